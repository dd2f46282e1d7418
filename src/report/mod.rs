//! Results in the forms that people's pipelines and platforms take.
//!
//! A command turns what it found into one [`Report`]; every form is written from that, within the
//! limits of the platform that reads it: worst first, and what is left out is counted. Nothing of
//! a value is markup or an order in any of them.

mod fingerprint;
pub mod github;
mod gitlab;
mod item;
mod json;
mod junit;
mod markdown;
mod rdjsonl;
mod root;
mod sarif;
pub mod schema;
mod words;

pub use gitlab::gitlab;
pub use item::{Item, Place, Position};
pub use json::{findings, json_lines};
pub use junit::junit;
pub use markdown::{COMMENT_LIMIT, cut_comment, html_text, markdown, markdown_cell};
pub use rdjsonl::rdjsonl;
pub use root::Root;
pub use sarif::sarif;
pub use words::{counted, shortened, some_of, thousands, wrapped};

use crate::diag::Severity;

/// The file that stands for the whole repository where a platform asks for a place.
const MAIN_FILE: &str = "mxward.yaml";

/// What a run found, one item each.
#[derive(Clone, Debug)]
pub struct Report {
    /// The command, such as `check`.
    pub command: &'static str,
    /// What came out, in one line.
    pub summary: String,
    /// What was found, in the order of finding.
    pub items: Vec<Item>,
    /// What was tested and holds, for forms that count tests: names.
    pub passed: Vec<String>,
    /// Items as bad as this, and worse ones, are failures.
    pub fails_at: Severity,
    /// What the codes of the items mean, as far as it is written down.
    pub rules: Vec<Rule>,
}

/// What a code means.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// The code.
    pub code: &'static str,
    /// What is found, in one phrase.
    pub summary: String,
    /// Why it matters, and what to do.
    pub help: String,
}

/// How many items there are of each severity.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
}

impl Report {
    /// A report of which errors fail.
    pub fn new(command: &'static str, summary: impl Into<String>, items: Vec<Item>) -> Self {
        let summary = summary.into();
        let passed = Vec::new();
        Self { command, summary, items, passed, fails_at: Severity::Error, rules: Vec::new() }
    }

    /// The items, worst first, those alike in their order, each with its fingerprint.
    fn worst_first(&self) -> Vec<(&Item, String)> {
        let mut list: Vec<_> = self.items.iter().zip(fingerprint::all(&self.items)).collect();
        list.sort_by_key(|(item, _)| item.severity);
        list
    }

    /// How many items there are of each severity.
    pub fn counts(&self) -> Counts {
        Counts::of(&self.items)
    }
}

impl Counts {
    fn of<'a>(items: impl IntoIterator<Item = &'a Item>) -> Self {
        let mut counts = Self::default();
        for item in items {
            match item.severity {
                Severity::Error => counts.errors += 1,
                Severity::Warning => counts.warnings += 1,
                Severity::Note => counts.notes += 1,
            }
        }
        counts
    }
}

impl std::fmt::Display for Counts {
    /// `2 errors, 1 warning, 3 notes`; what there is none of is left out.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { errors, warnings, notes } = *self;
        let list = [(errors, "error"), (warnings, "warning"), (notes, "note")];
        let some = list.iter().filter(|(count, _)| *count > 0);
        let words: Vec<String> = some.map(|(count, noun)| counted(*count, noun)).collect();
        f.write_str(if words.is_empty() { "no findings" } else { "" })?;
        f.write_str(&words.join(", "))
    }
}
