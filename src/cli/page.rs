//! Text for people, line by line.

use crate::diag::{Style, printable};
use crate::report::wrapped;
use anstyle::Style as Paint;

/// A report as text.
pub(super) struct Page<'a> {
    pub(super) text: String,
    pub(super) style: &'a Style,
}

impl<'a> Page<'a> {
    /// An empty one.
    pub(super) fn new(style: &'a Style) -> Self {
        Self { text: String::new(), style }
    }

    /// A line; blanks at its end are nothing.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// Text in a colour, where colours are wanted.
    pub(super) fn paint(&self, paint: Paint, text: &str) -> String {
        if self.style.color { format!("{paint}{text}{paint:#}") } else { text.to_owned() }
    }

    /// A line that says what the next ones are about.
    pub(super) fn heading(&mut self, text: &str) {
        let text = self.paint(Paint::new().bold(), &printable(text));
        self.line(&text);
    }

    /// Text that may need several lines, indented; those after the first a little more.
    pub(super) fn paragraph(&mut self, indent: usize, text: &str) {
        let text = wrapped(&printable(text), self.style.width, indent + 2);
        self.line(&format!("{:indent$}{text}", ""));
    }
}
