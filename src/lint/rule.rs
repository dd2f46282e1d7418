//! One lint.

use super::findings::Findings;
use super::view::View;
use crate::model::LintLevel;

/// A lint: its name and levels, what it does, and its page of the documentation.
#[derive(Debug)]
pub struct Rule {
    /// The stable name, which is the code of its findings.
    pub name: &'static str,
    /// The level where `lints:` says nothing.
    pub level: LintLevel,
    /// The lowest level that `lints:` may set.
    pub lowest: LintLevel,
    /// What it finds, in one phrase.
    pub summary: &'static str,
    /// The documentation.
    pub docs: Docs,
    /// Looks for what is wrong.
    pub(super) run: fn(&View<'_>, &mut Findings<'_>),
}

/// The documentation of a lint or of an error; Markdown, none of it empty.
#[derive(Debug)]
pub struct Docs {
    /// What it finds, and what it leaves alone.
    pub what: &'static str,
    /// What happens to mail otherwise.
    pub why: &'static str,
    /// A piece of `mxward.yaml` in which it is found.
    pub example: &'static str,
    /// The same piece as it should be.
    pub instead: &'static str,
    /// Where the facts come from.
    pub sources: &'static str,
}
