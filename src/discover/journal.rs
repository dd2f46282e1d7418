//! What was found out so far, in a file from which another run goes on.

use super::outcome::Outcome;
use serde_json::{Value, json};

/// A journal: a line that says what it is, then one outcome a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Journal {
    /// The outcomes, in the order of writing.
    pub outcomes: Vec<Outcome>,
    /// Whether the last line is torn, as a kill leaves it: that domain is asked for again.
    pub torn: bool,
}

/// Why a file is no journal.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JournalError {
    /// The first line is not that of a journal.
    #[error("it is no journal of `mxward discover`")]
    NotOne,
    /// Written by a newer program.
    #[error("it was written by a newer mxward")]
    Newer,
    /// A line that no program wrote so.
    #[error("line {0} is no outcome")]
    Line(usize),
}

impl Journal {
    /// The first line.
    pub fn head() -> String {
        format!("{}\n", json!({ "mxward": "discover", "format_version": 1 }))
    }

    /// The line of an outcome.
    pub fn line(outcome: &Outcome) -> String {
        format!("{}\n", outcome.json())
    }

    /// Reads a journal; an empty text is an empty one.
    ///
    /// # Errors
    ///
    /// When it is something else: then nothing may be added to it.
    pub fn read(text: &str) -> Result<Self, JournalError> {
        let mut journal = Self { outcomes: Vec::new(), torn: false };
        for (at, line) in text.split_inclusive('\n').enumerate() {
            let value = serde_json::from_str::<Value>(line).ok();
            if at == 0 {
                match value {
                    Some(head) if head["mxward"] != "discover" => {
                        return Err(JournalError::NotOne);
                    }
                    Some(head) if head["format_version"] != 1 => return Err(JournalError::Newer),
                    Some(_) => continue,
                    None => return Err(JournalError::NotOne),
                }
            }
            match value.as_ref().and_then(Outcome::from_json) {
                Some(outcome) if line.ends_with('\n') => journal.outcomes.push(outcome),
                _ if !line.ends_with('\n') => journal.torn = true,
                _ => return Err(JournalError::Line(at + 1)),
            }
        }
        Ok(journal)
    }
}
