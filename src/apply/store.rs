//! A deployed map that can be changed.

use crate::formats::{MapEntry, postmap_text};
use std::fmt;

/// A deployed map that can be changed. Steps are made ready first, and switched to in their order.
pub trait Store {
    /// Removes what this run or one that was killed made ready and nobody will switch to.
    ///
    /// # Errors
    ///
    /// Why it cannot be done, in a phrase.
    fn tidy(&mut self) -> Result<(), String>;

    /// What makes the steps impossible or unsafe, in phrases, as far as it can be known before: each is
    /// all entries after it, and `before` are those in force.
    ///
    /// # Errors
    ///
    /// Why it cannot be looked at, in a phrase.
    fn obstacles(
        &mut self,
        before: &[MapEntry<'_>],
        steps: &[&[MapEntry<'_>]],
    ) -> Result<Vec<String>, String> {
        let _ = (before, steps);
        Ok(Vec::new())
    }

    /// Makes a step ready, beside what is in force, and reads it back; `before` is what the step before
    /// leaves.
    ///
    /// # Errors
    ///
    /// Why it cannot be done, in a phrase; nothing in force has changed.
    fn prepare(
        &mut self,
        step: usize,
        before: &[MapEntry<'_>],
        lines: &[MapEntry<'_>],
    ) -> Result<(), String>;

    /// Switches to a step that is ready; `record` is what is ours from then on. Where both cannot be one
    /// step, the record comes first.
    ///
    /// # Errors
    ///
    /// [`Failure`], which tells whether the map may have changed.
    fn switch(&mut self, step: usize, record: &str) -> Result<(), Failure>;

    /// Reads back whether `lines` are in force.
    ///
    /// # Errors
    ///
    /// Why it cannot be read, in a phrase.
    fn check(&mut self, lines: &[MapEntry<'_>]) -> Result<bool, String> {
        let read = self.entries()?;
        let read = postmap_text::read(&read);
        let same =
            |(a, b): (&MapEntry<'_>, &MapEntry<'_>)| (&a.key, &a.value) == (&b.key, &b.value);
        Ok(read.entries.len() == lines.len() && read.entries.iter().zip(lines).all(same))
    }

    /// What tells whether somebody else changes the map from now on; nothing where [`Self::switch`] sees
    /// that by itself.
    ///
    /// # Errors
    ///
    /// Why it cannot be read, in a phrase.
    fn stamp(&mut self) -> Result<Vec<u8>, String> {
        self.entries()
    }

    /// Notes what is ours, where no entry changes; the empty text means that nothing was ever applied.
    ///
    /// # Errors
    ///
    /// Why it cannot be done, in a phrase.
    fn record(&mut self, record: &str) -> Result<(), String>;

    /// The entries of a generation that was kept, and what of them was ours; `None` when there is none.
    ///
    /// # Errors
    ///
    /// Why it cannot be read, in a phrase.
    fn generation(&mut self, generation: u64) -> Result<Option<(Vec<u8>, String)>, String>;

    /// The entries that are in force, one `key value` a line.
    ///
    /// # Errors
    ///
    /// Why they cannot be read, in a phrase.
    fn entries(&mut self) -> Result<Vec<u8>, String>;

    /// Keeps the entries in force, and what of them is ours, as a generation for a rollback.
    ///
    /// # Errors
    ///
    /// Why it cannot be done, in a phrase.
    fn keep(&mut self, generation: u64, lines: &[MapEntry<'_>], record: &str)
    -> Result<(), String>;
}

/// Why a switch failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The map is as it was.
    Unchanged(String),
    /// Nobody knows whether the map changed.
    Unknown(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unchanged(why) | Self::Unknown(why) => f.write_str(why),
        }
    }
}
