//! What Postfix would do.

use std::fmt;

/// What Postfix would do with mail for one server, in its own words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// What happens to the mail.
    pub does: Does,
    /// The text of the delivery in the log, as in `status=deferred (…)`; empty when the mail is taken.
    pub text: String,
    /// The lines that smtp(8) logs before that, with the address.
    pub log: Vec<String>,
    /// What the words do not say: why, and what can be done.
    pub notes: Vec<String>,
}

/// What happens to mail.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Does {
    /// It goes out by TLS.
    Delivers,
    /// It goes out in plain text.
    DeliversInClear,
    /// It waits, and after five minutes it is tried in plain text.
    DefersThenClear,
    /// It waits for another server, or for better times.
    Defers,
    /// It returns to its sender at once.
    Bounces,
    /// Nobody looked, and why.
    NotProbed(String),
}

impl Does {
    /// Whether mail goes out.
    pub fn is_delivery(&self) -> bool {
        matches!(self, Self::Delivers | Self::DeliversInClear)
    }

    /// Whether mail waits or returns.
    pub fn fails(&self) -> bool {
        matches!(self, Self::Defers | Self::DefersThenClear | Self::Bounces)
    }

    /// The name in reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Delivers => "delivers",
            Self::DeliversInClear => "delivers-in-clear",
            Self::DefersThenClear => "defers-then-clear",
            Self::Defers => "defers",
            Self::Bounces => "bounces",
            Self::NotProbed(_) => "not-probed",
        }
    }
}

impl Verdict {
    /// A verdict without further words.
    pub(super) fn new(does: Does, text: impl Into<String>) -> Self {
        Self { does, text: text.into(), log: Vec::new(), notes: Vec::new() }
    }

    /// Mail waits with this text.
    pub(super) fn defers(text: impl Into<String>) -> Self {
        Self::new(Does::Defers, text)
    }

    /// Adds a note.
    #[must_use]
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { does, text, log, .. } = self;
        match does {
            Does::Delivers => f.write_str(log.last().map_or("would deliver", String::as_str)),
            Does::DeliversInClear => f.write_str("would deliver in plain text"),
            Does::DefersThenClear => {
                write!(f, "would defer, and deliver in plain text after 5 minutes: {text}")
            }
            Does::Defers => write!(f, "would defer: {text}"),
            Does::Bounces => write!(f, "would bounce: {text}"),
            Does::NotProbed(why) => write!(f, "not probed: {why}"),
        }
    }
}
