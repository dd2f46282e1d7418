//! One difference between what runs and what is needed.

use std::fmt;

/// How bad a difference is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Mail waits or returns that the target says is delivered.
    Breaks,
    /// Mail may leave with less than the target says.
    Weaker,
    /// Something else happens than what the target says, so that no effect is judged right.
    Different,
    /// Nothing is wrong, but it is good to know.
    Note,
}

/// A parameter that is not as the maps of a target need it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct MainCfDifference {
    /// How bad it is.
    pub severity: Severity,
    /// The parameter; one that master.cf sets for a service is `SERVICE/TYPE/PARAMETER`, as postconf(1)
    /// writes it.
    pub parameter: String,
    /// Its value, expanded; empty when it is set to nothing, `None` when there is no such thing.
    pub found: Option<String>,
    /// The value that the target needs, or one that would do; empty for nothing at all, `None` where no
    /// value is asked for.
    pub needed: Option<String>,
    /// What is wrong with it, in a phrase.
    pub why: String,
    /// Where to read about it, such as `postconf(5) relayhost`.
    pub source: String,
    /// The command that puts it right, where there is one.
    pub command: Option<String>,
}

impl Severity {
    /// The word for reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Breaks => "breaks",
            Self::Weaker => "weaker",
            Self::Different => "different",
            Self::Note => "note",
        }
    }
}

impl fmt::Display for MainCfDifference {
    /// One phrase: what is there, what is wrong with it and where to read about it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { parameter, found, needed, why, source, .. } = self;
        match found.as_deref() {
            None => write!(f, "`{parameter}` is missing")?,
            Some("") => write!(f, "`{parameter}` is empty")?,
            Some(value) => write!(f, "`{parameter}` is `{value}`")?,
        }
        match needed.as_deref() {
            None => {}
            Some("") => f.write_str(", not empty")?,
            Some(needed) => write!(f, ", not `{needed}`")?,
        }
        write!(f, ": {why} [{source}]")
    }
}
