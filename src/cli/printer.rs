//! The two streams: reports to standard output, talk to standard error.

use super::args::{Color, Global};
use super::exit::Exit;
use crate::diag::{Diagnostics, Style, printable, render, summary};
use crate::source::SourceMap;
use crate::world::World;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::path::PathBuf;

/// The form of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people at a terminal.
    Text,
    /// For programs.
    Json,
    /// For comments on merge requests.
    Markdown,
}

impl Format {
    const ALL: &'static [(&'static str, Self)] =
        &[("text", Self::Text), ("json", Self::Json), ("markdown", Self::Markdown)];
}

/// A result that can be reported in every form.
pub trait Render {
    /// For people; lines of at most `style.width` where the content allows it.
    fn text(&self, style: &Style) -> String;
    /// An object.
    fn json(&self) -> Value;
    /// GitHub-flavoured Markdown in which no value is markup.
    fn markdown(&self) -> String;
}

/// Writes to the two streams.
pub struct Printer<'a> {
    stdout: &'a mut dyn Write,
    stderr: &'a mut dyn Write,
    world: &'a dyn World,
    quiet: bool,
    /// Colours and width of standard output.
    style: Style,
    /// Colours and width of standard error.
    talk_style: Style,
    reports: Vec<(Format, Option<PathBuf>)>,
    /// What came of writing, and of the flags.
    problem: Option<Exit>,
    /// The JSON report, which waits for the exit status.
    pending: Vec<(Value, Option<PathBuf>)>,
}

impl<'a> Printer<'a> {
    /// A printer as the flags want it.
    pub fn new(
        global: &Global,
        world: &'a dyn World,
        stdout: &'a mut dyn Write,
        stderr: &'a mut dyn Write,
    ) -> Self {
        let terminal = world.terminal();
        let no_color = world.variable("NO_COLOR").is_some_and(|it| !it.is_empty());
        let style = |is_terminal: bool| Style {
            color: match global.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => is_terminal && !no_color,
            },
            width: if is_terminal { terminal.width.clamp(40, 120) } else { 100 },
            limit: if global.verbose { usize::MAX } else { 50 },
        };
        let mut printer = Self {
            stdout,
            stderr,
            world,
            quiet: global.quiet,
            style: style(terminal.stdout),
            talk_style: style(terminal.stderr),
            reports: Vec::new(),
            problem: None,
            pending: Vec::new(),
        };
        printer.read_reports(&global.report);
        printer
    }

    fn read_reports(&mut self, reports: &[String]) {
        for report in reports {
            let (format, file) = match report.split_once('=') {
                Some((format, file)) => (format, Some(PathBuf::from(file))),
                None => (report.as_str(), None),
            };
            if let Some((_, format)) = Format::ALL.iter().find(|(name, _)| *name == format) {
                self.reports.push((*format, file));
            } else {
                let format = printable(format).into_owned();
                self.error(&format!("no report format `{format}`: use text, json or markdown"));
                self.problem = Some(Exit::Usage);
            }
        }
    }

    /// Whether the flags made sense; [`Self::finish`] gives the status otherwise.
    pub fn usable(&self) -> bool {
        self.problem.is_none()
    }

    /// How standard output is written.
    pub fn style(&self) -> &Style {
        &self.style
    }

    /// Writes a text to standard output as it is.
    pub fn out(&mut self, text: &str) {
        let result = self.stdout.write_all(text.as_bytes());
        self.note_failure(&result);
    }

    /// Writes a line of talk, unless `--quiet`.
    pub fn note(&mut self, line: &str) {
        if !self.quiet {
            // Who closed standard error does not want to hear of it.
            let _ignored = writeln!(self.stderr, "{line}");
        }
    }

    /// Writes an error that has no place in a file.
    pub fn error(&mut self, message: &str) {
        let _ignored = writeln!(self.stderr, "error: {message}");
    }

    /// Writes messages to standard error, and how many there are.
    pub fn diagnostics(&mut self, diagnostics: &Diagnostics, sources: &SourceMap) {
        if diagnostics.is_empty() {
            return;
        }
        let mut text = render(diagnostics, sources, &self.talk_style);
        text.push_str(&summary(diagnostics, &self.talk_style));
        let _ignored = writeln!(self.stderr, "{text}");
    }

    /// Gives a result in every form that `--report` asks for; text to standard output when no other
    /// form goes there.
    pub fn report(&mut self, result: &dyn Render) {
        let reports = self.reports.clone();
        if reports.iter().all(|(_, file)| file.is_some()) {
            self.out(&result.text(&self.style));
        }
        for (format, file) in reports {
            let plain = Style { color: false, ..self.style };
            let text = match (format, &file) {
                (Format::Text, None) => result.text(&self.style),
                (Format::Text, Some(_)) => result.text(&plain),
                (Format::Markdown, _) => result.markdown(),
                (Format::Json, _) => {
                    self.pending.push((result.json(), file));
                    continue;
                }
            };
            self.deliver(&text, file);
        }
    }

    fn deliver(&mut self, text: &str, file: Option<PathBuf>) {
        match file {
            None => self.out(text),
            Some(path) => {
                if let Err(error) = self.world.write(&path, text.as_bytes()) {
                    self.error(&format!("cannot write `{}`: {error}", path.display()));
                    self.problem = Some(Exit::Failed);
                }
            }
        }
    }

    /// Ends the run: writes what waited for the status, and gives the final one.
    pub fn finish(mut self, exit: Exit) -> Exit {
        let exit = self.problem.unwrap_or(exit);
        for (mut value, file) in std::mem::take(&mut self.pending) {
            if let Value::Object(object) = &mut value {
                object.insert(
                    "exit".to_owned(),
                    json!({"status": exit.code(), "reason": exit.reason()}),
                );
            }
            let text = format!("{value:#}\n");
            self.deliver(&text, file);
        }
        let result = self.stdout.flush();
        self.note_failure(&result);
        self.problem.unwrap_or(exit)
    }

    fn note_failure(&mut self, result: &io::Result<()>) {
        match result {
            Ok(()) => {}
            // The reader has seen enough, as in `mxward diff | head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(error) => {
                let message = format!("cannot write to standard output: {error}");
                self.error(&message);
                self.problem = Some(Exit::Failed);
            }
        }
    }
}
