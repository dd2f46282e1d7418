//! Entries that somebody else changed since the last apply.

use super::side::find;
use crate::formats::MapEntry;

/// An entry that is not as mxward left it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drift {
    /// The lookup key.
    pub key: String,
    /// What was applied.
    pub applied: String,
    /// What is there now; `None` when it is gone.
    pub live: Option<String>,
    /// What the repository gives; `None` when it is not declared any more.
    pub wanted: Option<String>,
}

/// What an apply does with an entry that somebody else changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// The entry of the repository takes its place.
    Overwritten,
    /// It was removed, and comes back.
    Restored,
    /// It goes, since it is not declared any more.
    Removed,
    /// Nothing: the repository says the same by now.
    Kept,
}

impl Fate {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Overwritten => "overwritten",
            Self::Restored => "restored",
            Self::Removed => "removed",
            Self::Kept => "kept",
        }
    }
}

impl Drift {
    /// What an apply does with it.
    pub fn fate(&self) -> Fate {
        match (&self.live, &self.wanted) {
            (live, wanted) if live == wanted => Fate::Kept,
            (Some(_), Some(_)) => Fate::Overwritten,
            (None, _) => Fate::Restored,
            (Some(_), None) => Fate::Removed,
        }
    }
}

impl std::fmt::Display for Drift {
    /// What was changed, and what becomes of it, by an apply or a rollback.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, applied, live, wanted } = self;
        write!(f, "{key}: applied was `{applied}`, ")?;
        match live {
            Some(live) => write!(f, "now it is `{live}`; ")?,
            None => f.write_str("now it is gone; ")?,
        }
        match (self.fate(), wanted) {
            (Fate::Kept, Some(_)) => f.write_str("that stays, since it is what is wanted"),
            (Fate::Kept, None) => f.write_str("that stays, since nobody wants it any more"),
            (Fate::Removed, _) | (_, None) => f.write_str("it goes"),
            (Fate::Restored, Some(wanted)) => write!(f, "it comes back as `{wanted}`"),
            (Fate::Overwritten, Some(wanted)) => write!(f, "it becomes `{wanted}`"),
        }
    }
}

/// The entries that are not as they were applied, sorted by key. All lists are.
pub(super) fn drift(
    applied: &[MapEntry<'_>],
    deployed: &[MapEntry<'_>],
    compiled: &[MapEntry<'_>],
) -> Vec<Drift> {
    let value = |lines: &[MapEntry<'_>], key: &str| find(lines, key).map(|it| it.value.to_string());
    let moved = |entry: &&MapEntry<'_>| {
        find(deployed, &entry.key).map(|it| &it.value) != Some(&entry.value)
    };
    let drift = |entry: &MapEntry<'_>| Drift {
        key: entry.key.to_string(),
        applied: entry.value.to_string(),
        live: value(deployed, &entry.key),
        wanted: value(compiled, &entry.key),
    };
    applied.iter().filter(moved).map(drift).collect()
}
