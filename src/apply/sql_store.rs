//! A map in a table of a database.

use super::kept::{GENERATIONS, Kept, entries};
use super::store::{Failure, Store};
use crate::deployed::{SharedDatabase, StoredRow, rows};
use crate::diff::differences;
use crate::formats::MapEntry;
use crate::sql::TableMapping;
use crate::world::{DatabaseError, RowChange};
use std::collections::{BTreeMap, BTreeSet};

/// A map in a table of a database. Each step is one transaction, in which only rows that differ are
/// written, and read back.
pub struct SqlStore {
    database: SharedDatabase,
    table: TableMapping,
    /// Where is kept what the database takes no table for.
    state: Option<Kept>,
    /// Rows that are stored otherwise than their entry says, by lookup key, as they will be after the
    /// steps that are ready.
    stored: BTreeMap<String, StoredRow>,
    /// The steps that are ready.
    ready: BTreeMap<usize, Vec<RowChange>>,
}

impl SqlStore {
    /// The table; `stored` are the rows that are stored otherwise than their entry says.
    pub fn new(
        database: SharedDatabase,
        table: TableMapping,
        stored: BTreeMap<String, StoredRow>,
    ) -> Self {
        Self { database, table, state: None, stored, ready: BTreeMap::new() }
    }

    /// Keeps in files what was applied last, and former contents.
    #[must_use]
    pub fn with_state(self, state: Kept) -> Self {
        Self { state: Some(state), ..self }
    }

    /// What is to be changed for a step.
    fn changes(&mut self, before: &[MapEntry<'_>], after: &[MapEntry<'_>]) -> Vec<RowChange> {
        let mut changes = Vec::new();
        for it in differences(before, after) {
            let after = it.after.map(|line| line.value.to_string());
            let change = match self.stored.get_mut(it.key) {
                Some(row) => {
                    let before = row.value.clone();
                    after.as_deref().unwrap_or_default().clone_into(&mut row.value);
                    RowChange { key: row.key.clone(), before: Some(before), after }
                }
                None => RowChange {
                    key: it.key.to_owned(),
                    before: it.before.map(|line| line.value.to_string()),
                    after,
                },
            };
            if change.after.is_none() {
                self.stored.remove(it.key);
            }
            changes.push(change);
        }
        changes
    }
}

impl Store for SqlStore {
    fn tidy(&mut self) -> Result<(), String> {
        self.state.as_ref().map_or(Ok(()), Kept::tidy)
    }

    fn obstacles(
        &mut self,
        before: &[MapEntry<'_>],
        steps: &[&[MapEntry<'_>]],
    ) -> Result<Vec<String>, String> {
        let as_it_is = self.stored.clone();
        let mut found = BTreeSet::new();
        let mut now = before;
        for lines in steps {
            let changes = self.changes(now, lines);
            let obstacles = self.database.borrow_mut().obstacles(&self.table, &changes);
            found.extend(obstacles.map_err(text)?);
            now = lines;
        }
        self.stored = as_it_is;
        if self.state.is_none()
            && let Some(why) = self.database.borrow_mut().keeps_nothing().map_err(text)?
        {
            found.insert(format!(
                "{why}, in which is kept what was applied: grant it, or name a folder for that as `state`"
            ));
        }
        Ok(found.into_iter().collect())
    }

    fn prepare(
        &mut self,
        step: usize,
        before: &[MapEntry<'_>],
        lines: &[MapEntry<'_>],
    ) -> Result<(), String> {
        let changes = self.changes(before, lines);
        self.ready.insert(step, changes);
        Ok(())
    }

    fn switch(&mut self, step: usize, record: &str) -> Result<(), Failure> {
        let changes = self.ready.remove(&step).unwrap_or_default();
        // First, so that nothing of ours is ever there that is not recorded.
        if let Some(state) = &mut self.state {
            state.record(record).map_err(Failure::Unchanged)?;
        }
        let inside = self.state.is_none().then_some(record);
        self.database.borrow_mut().change(&self.table, &changes, inside).map_err(
            |error| match error {
                DatabaseError::Lost(_) => Failure::Unknown(error.to_string()),
                DatabaseError::Locked | DatabaseError::Moved(_) | DatabaseError::Failed(_) => {
                    Failure::Unchanged(error.to_string())
                }
            },
        )
    }

    fn check(&mut self, _lines: &[MapEntry<'_>]) -> Result<bool, String> {
        // It was done before the transaction ended.
        Ok(true)
    }

    fn stamp(&mut self) -> Result<Vec<u8>, String> {
        // A row that is not as it was read stops the transaction.
        Ok(Vec::new())
    }

    fn record(&mut self, record: &str) -> Result<(), String> {
        match &mut self.state {
            Some(state) => state.record(record),
            None => self.database.borrow_mut().change(&self.table, &[], Some(record)).map_err(text),
        }
    }

    fn generation(&mut self, generation: u64) -> Result<Option<(Vec<u8>, String)>, String> {
        if let Some(state) = &self.state {
            return state.generation(generation);
        }
        let kept = self.database.borrow_mut().generations(&self.table).map_err(text)?;
        let Some((_, kept)) = kept.into_iter().find(|(number, _)| *number == generation) else {
            return Ok(None);
        };
        let parts = || {
            let (length, rest) = kept.split_once('\n')?;
            let (record, entries) = rest.split_at_checked(length.parse().ok()?)?;
            Some((entries.as_bytes().to_vec(), record.to_owned()))
        };
        parts().map(Some).ok_or_else(|| format!("generation {generation} cannot be read"))
    }

    fn entries(&mut self) -> Result<Vec<u8>, String> {
        let read = rows::entries(&mut **self.database.borrow_mut(), &self.table);
        let (entries, stored) = read.map_err(text)?;
        self.stored = stored;
        Ok(entries)
    }

    fn keep(
        &mut self,
        generation: u64,
        lines: &[MapEntry<'_>],
        record: &str,
    ) -> Result<(), String> {
        if let Some(state) = &self.state {
            return state.keep(generation, lines, record, None);
        }
        // The record comes first, behind its length in bytes.
        let text_of_both = format!("{}\n{record}{}", record.len(), entries(lines));
        let mut database = self.database.borrow_mut();
        database.keep_generation(&self.table, generation, &text_of_both, GENERATIONS).map_err(text)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` gives it away")]
fn text(error: DatabaseError) -> String {
    error.to_string()
}
