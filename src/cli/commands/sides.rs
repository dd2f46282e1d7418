//! What a target has and what it will have: what `diff`, `plan`, `apply` and `rollback` compare.

use super::changes::Shown;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::deployed::DeployedMap;
use crate::diff::{Compared, Entries, Maps, Owner, Side, compare};
use crate::emit::Artifact;
use crate::formats::record::Record;
use crate::formats::{MapEntry, MapText, postmap_text};
use crate::model::{Location, Target};
use crate::plan::{
    Exposed, Step, TargetPlan, WaitingPlan, Which, asked, linger, make_missing, steps,
};
use crate::postfix::Settings;
use crate::report::{counted, some_of};
use crate::source::{SourceMap, Spanned};
use crate::tables::{Lowered, Origin, Rows as _};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

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
    /// Policies that are there, that nothing asks for, and that are not due to go: since when, and what
    /// they say. No side has them.
    pub(super) waiting: BTreeMap<String, (Timestamp, String)>,
    /// Keys of policies that nothing asks for and that have waited long enough.
    due: BTreeSet<String>,
}

/// What would change for a target.
pub(super) struct Computed<'s> {
    sides: &'s Sides<'s>,
    pub(super) compared: Compared<'s>,
    pub(super) steps: Result<Vec<Step<'s>>, Vec<Exposed>>,
    /// Keys of policies that begin to wait; `None` where a map in a file needs none of it.
    pub(super) begin: Option<BTreeSet<String>>,
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
    /// nothing asks for them. Those in `held` are not due in any case.
    ///
    /// # Errors
    ///
    /// What is wrong with a record, in a phrase.
    pub(super) fn texts(
        &self,
        now: Timestamp,
        held: &BTreeSet<String>,
    ) -> Result<Texts<'_>, String> {
        let read = |at: usize| -> Result<Option<Record<'_>>, String> {
            let Some(text) = &self.before[at].record else { return Ok(None) };
            let name = &self.before[at].name;
            Record::read(text)
                .map(Some)
                .map_err(|why| format!("what was applied last to `{name}` cannot be read: {why}"))
        };
        let before = [0, 1].map(|at: usize| postmap_text::read(&self.before[at].bytes));
        let after = [0, 1]
            .map(|at: usize| postmap_text::read_beside(self.after[at].as_bytes(), &before[at]));
        let mut texts = Texts {
            sides: self,
            before,
            after,
            records: [read(0)?, read(1)?],
            waiting: BTreeMap::new(),
            due: BTreeSet::new(),
        };
        texts.set_aside(now, held);
        Ok(texts)
    }

    /// For how long keys stay that nothing asks for.
    fn prune_after(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.target.prune_after))
    }

    /// Whether policies are in a table, which each delivery asks anew.
    fn waits(&self) -> bool {
        let location = self.target.tls_policy.as_ref().map(|it| &it.value);
        matches!(location, Some(Location::Sql { .. }))
    }
}

impl Texts<'_> {
    /// Takes the policies aside that wait and are not due.
    fn set_aside(&mut self, now: Timestamp, held: &BTreeSet<String>) {
        let Some(record) = &self.records[1] else { return };
        if record.waiting.is_empty() {
            return;
        }
        let after = &self.after[1];
        let wait = |entry: &&MapEntry<'_>| {
            record.waiting.contains_key(&*entry.key) && after.get(&entry.key).is_none()
        };
        let lines: Vec<MapEntry<'_>> =
            self.before[1].entries.iter().filter(wait).cloned().collect();
        // Somebody else may have brought a transport back that asks for one of them.
        let side = Side {
            transport: Entries::Borrowed(&self.before[0].entries),
            tls_policy: Entries::Borrowed(&self.before[1].entries),
            settings: &self.sides.settings[0],
        };
        let asked = asked(&side, &lines);
        for line in lines.iter().filter(|line| !asked.contains(&*line.key)) {
            let since = record.waiting[&*line.key];
            if now >= self.until(since) && !held.contains(&*line.key) {
                self.due.insert(line.key.to_string());
            } else {
                self.waiting.insert(line.key.to_string(), (since, line.value.to_string()));
            }
        }
        let waiting = &self.waiting;
        self.before[1].entries.retain(|entry| !waiting.contains_key(&*entry.key));
        if let Some(record) = &mut self.records[1] {
            record.entries.entries.retain(|entry| !waiting.contains_key(&*entry.key));
        }
    }

    /// The time from which on all of what waits is due.
    pub(super) fn until(&self, since: Timestamp) -> Timestamp {
        since.saturating_add(self.sides.prune_after()).unwrap_or(Timestamp::MAX)
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
        let (steps, begin) = if self.sides.waits() {
            let waits = |steps| linger(&compared.before, &compared.after, steps, &self.due);
            match steps.map(waits) {
                Ok((steps, begin)) => (Ok(steps), Some(begin)),
                Err(exposed) => (Err(exposed), Some(BTreeSet::new())),
            }
        } else {
            (steps, None)
        };
        let missing = self.sides.before.each_ref().map(|map| map.is_missing);
        let steps = steps.map(|steps| make_missing(steps, missing, &compared.after));
        Computed { sides: self.sides, compared, steps, begin }
    }
}

impl Computed<'_> {
    /// The name of the target.
    pub(super) fn name(&self) -> &str {
        &self.sides.target.name.value
    }

    /// What is to be said of policies that stay although nothing asks for them.
    pub(super) fn waiting(&self, plan: &TargetPlan) -> Vec<String> {
        let shown = |list: &[&WaitingPlan]| {
            let keys = some_of(list.iter().map(|it| it.key.as_str()), 3);
            format!(
                "{} of tls_policy that nothing asks for any more: {keys}",
                counted(list.len(), "entry")
            )
        };
        let (waiting, begin): (Vec<_>, Vec<_>) =
            plan.waiting.iter().partition(|it| it.until.is_some());
        let mut notes = Vec::new();
        if let Some(until) = waiting.iter().filter_map(|it| it.until.as_deref()).max() {
            notes.push(format!("waiting until {until} at the latest, {}", shown(&waiting)));
        }
        if !begin.is_empty() {
            let minutes = self.sides.target.prune_after.div_ceil(60);
            let minutes = counted(usize::try_from(minutes).unwrap_or_default(), "minute");
            notes.push(format!(
                "staying for {minutes} at least, {}; a later apply removes them",
                shown(&begin)
            ));
        }
        notes
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

/// Reads the texts of targets; `held` are the policies of each that a reviewed plan lets wait.
///
/// # Errors
///
/// The status to exit with; what is wrong was said.
pub(super) fn texts<'s>(
    context: &mut Context<'_, '_>,
    sides: &'s [Sides<'_>],
    held: &BTreeMap<String, BTreeSet<String>>,
) -> Result<Vec<Texts<'s>>, Exit> {
    let now = context.world.now();
    let none = BTreeSet::new();
    let read = |it: &'s Sides<'_>| it.texts(now, held.get(&it.target.name.value).unwrap_or(&none));
    let texts = sides.iter().map(read).collect::<Result<Vec<_>, String>>();
    texts.map_err(|why| {
        context.printer.error(&why);
        Exit::Failed
    })
}
