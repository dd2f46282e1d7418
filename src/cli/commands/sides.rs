//! What a target has and what it will have: what `diff`, `plan`, `apply` and `rollback` compare.

use super::changes::Shown;
use crate::deployed::DeployedMap;
use crate::diff::{Compared, Maps, Owner, compare};
use crate::emit::Artifact;
use crate::formats::record::Record;
use crate::formats::{MapText, postmap_text};
use crate::model::Target;
use crate::plan::{Exposed, Step, Which, steps};
use crate::postfix::Settings;
use crate::source::{SourceMap, Spanned};
use crate::tables::{Lowered, Origin, Rows as _};
use jiff::Timestamp;

/// The least time for which keys stay in a table that nothing asks for any more, in seconds: a delivery
/// under way may still ask.
const PRUNE_AFTER: i64 = 3600;

/// What a target has and what it will have, as texts.
pub(super) struct Sides<'c> {
    pub(super) target: Target,
    /// What decides beside the maps, before and after.
    settings: [Settings; 2],
    tables: Lowered<'c>,
    /// What is there: `transport_maps` and `smtp_tls_policy_maps`.
    pub(super) before: [DeployedMap; 2],
    /// What will be there, as map text.
    pub(super) after: [String; 2],
}

/// The texts of a target, read.
pub(super) struct Texts<'s> {
    pub(super) sides: &'s Sides<'s>,
    before: [MapText<'s>; 2],
    after: [MapText<'s>; 2],
    pub(super) records: [Option<Record<'s>>; 2],
}

/// What would change for a target.
pub(super) struct Computed<'s> {
    sides: &'s Sides<'s>,
    pub(super) compared: Compared<'s>,
    pub(super) steps: Result<Vec<Step<'s>>, Vec<Exposed>>,
}

impl<'c> Sides<'c> {
    /// Both sides of a target; `before_settings` are those that hold for what is there.
    pub(super) fn new(
        target: &Target,
        (before, before_settings): ([DeployedMap; 2], Settings),
        (tables, after): (Lowered<'c>, [Artifact; 2]),
    ) -> Self {
        let settings = [before_settings, target.settings()];
        let after = after.map(|artifact| artifact.text);
        Self { target: target.clone(), settings, tables, before, after }
    }

    /// The declaration of an entry that is compiled.
    pub(super) fn origin(&self, map: Which, key: &str) -> Option<Origin> {
        match map {
            Which::Transport => self.tables.transport_origin(key),
            Which::TlsPolicy => self.tables.policy_origin(key),
        }
    }

    /// Reads the texts. Keys that wait to be pruned and are not due stay out of it: they are there, and
    /// nothing asks for them.
    ///
    /// # Errors
    ///
    /// What is wrong with a record, in a phrase.
    pub(super) fn texts(&self, now: Timestamp) -> Result<Texts<'_>, String> {
        let read = |at: usize| -> Result<Option<Record<'_>>, String> {
            let Some(text) = &self.before[at].record else { return Ok(None) };
            let name = &self.before[at].name;
            Record::read(text)
                .map(Some)
                .map_err(|why| format!("what was applied last to `{name}` cannot be read: {why}"))
        };
        let records = [read(0)?, read(1)?];
        let mut before = [0, 1].map(|at: usize| postmap_text::read(&self.before[at].bytes));
        let after = [0, 1]
            .map(|at: usize| postmap_text::read_beside(self.after[at].as_bytes(), &before[at]));
        for at in [0, 1] {
            let Some(record) = &records[at] else { continue };
            before[at].entries.retain(|entry| {
                let waits = record
                    .waiting
                    .get(&*entry.key)
                    .is_some_and(|since| now.duration_since(*since).as_secs() < PRUNE_AFTER);
                !waits || after[at].get(&entry.key).is_some()
            });
        }
        Ok(Texts { sides: self, before, after, records })
    }
}

impl Texts<'_> {
    /// Compares both sides.
    pub(super) fn compare(&self) -> Compared<'_> {
        let owner = |at: usize| match (&self.records[at], self.sides.before[at].is_ours()) {
            (Some(record), _) => Owner::Applied(&record.entries),
            (None, true) => Owner::Ours,
            (None, false) => Owner::Unknown,
        };
        let [before, after] = &self.sides.settings;
        let mut compared = compare(
            Maps { transport: &self.before[0], tls_policy: &self.before[1], settings: before },
            [owner(0), owner(1)],
            Maps { transport: &self.after[0], tls_policy: &self.after[1], settings: after },
            &self.sides.tables,
            self.sides.target.unmanaged,
        );
        let maps = [&mut compared.diff.transport, &mut compared.diff.tls_policy];
        for (map, record) in maps.into_iter().zip(&self.records) {
            // Until an apply is finished, what is recorded is what may be there.
            if record.as_ref().is_some_and(|record| record.unfinished) {
                map.drift.clear();
            }
        }
        compared
    }

    /// Compares both sides and finds the steps between them.
    pub(super) fn compute(&self) -> Computed<'_> {
        let compared = self.compare();
        let steps = steps(&compared.before, &compared.after);
        Computed { sides: self.sides, compared, steps }
    }
}

impl Computed<'_> {
    /// The name of the target.
    pub(super) fn target(&self) -> &str {
        &self.sides.target.name.value
    }

    /// How its changes are shown.
    pub(super) fn shown<'a>(&'a self, sources: &'a SourceMap) -> Shown<'a> {
        let Spanned { value, span } = &self.sides.target.name;
        Shown {
            name: value,
            span: *span,
            groups: &self.compared.diff.groups,
            files: self.sides.before.each_ref().map(|map| &*map.name),
            has_lines: self.sides.before.each_ref().map(|map| map.has_lines),
            sources,
        }
    }
}
