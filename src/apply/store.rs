//! A deployed map that can be changed.

use crate::formats::MapEntry;
use std::fmt;

/// A deployed map that can be changed. Steps are made ready first, and switched to in their order.
pub trait Store {
    /// Removes what this run or one that was killed made ready and nobody will switch to.
    ///
    /// # Errors
    ///
    /// Why it cannot be done, in a phrase.
    fn tidy(&mut self) -> Result<(), String>;

    /// Makes a step ready, beside what is in force, and reads it back.
    ///
    /// # Errors
    ///
    /// Why it cannot be done, in a phrase; nothing in force has changed.
    fn prepare(&mut self, step: usize, lines: &[MapEntry<'_>]) -> Result<(), String>;

    /// Switches to a step that is ready; `record` is what is ours from then on. Where both cannot be one
    /// step, the record comes first.
    ///
    /// # Errors
    ///
    /// [`Failure`], which tells whether the map may have changed.
    fn switch(&mut self, step: usize, record: &str) -> Result<(), Failure>;

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

    /// Whether keys must stay until deliveries that are under way have ended: they ask for each row
    /// anew, where a process that reads a file keeps the old one open.
    fn prunes_later(&self) -> bool;
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
