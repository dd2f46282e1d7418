//! Runs the steps of one target.

use super::reload::Reload;
use super::store::{Failure, Store};
use crate::diff::{Entries, Side};
use crate::formats::record::{self, Record};
use crate::formats::{MapEntry, postmap_text};
use crate::plan::{Step, Which, linger, steps};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What is to be done for one target, whose maps are locked.
pub struct Run<'a> {
    /// The target's name.
    pub target: String,
    /// Where `transport_maps` is kept; `None` when the target has none that is managed.
    pub transport: Option<Box<dyn Store>>,
    /// Where `smtp_tls_policy_maps` is kept.
    pub tls_policy: Option<Box<dyn Store>>,
    /// Who is told of changes.
    pub reloads: Vec<Reload>,
    /// What is deployed.
    pub(crate) before: &'a Side<'a>,
    /// What will be.
    pub(crate) after: &'a Side<'a>,
    /// How to get there.
    pub(crate) steps: Vec<Step<'a>>,
    /// Keys that are not ours, of both maps.
    pub(crate) foreign: [BTreeSet<&'a str>; 2],
    /// The records of both maps before this run, as texts.
    pub(crate) records: [String; 2],
    /// What is ours, where that does not follow from what changes: a rollback.
    pub(crate) restores: Option<[Restored; 2]>,
    /// The number of this run; that of the one before where its end is still to come, so that a
    /// rollback goes behind both.
    pub(crate) generation: u64,
    /// Whether a run before this one has changed the maps and did not come to its end.
    pub(crate) unfinished: [bool; 2],
    /// The time of this run.
    pub(crate) now: Timestamp,
    /// Policies that nothing asks for and that are not due to go, since when, and what they say.
    pub(crate) waiting: BTreeMap<String, (Timestamp, String)>,
    /// How long deliveries under way are waited for, in seconds.
    pub(crate) settle: u32,
    /// Keys of policies that begin to wait with this run; `None` where a map in a file needs none of it.
    pub(crate) begin: Option<BTreeSet<String>>,
}

/// What is ours of a map in a rollback.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Restored {
    /// The number of the last apply that is not taken back.
    pub(crate) generation: u64,
    /// The keys that are ours then.
    pub(crate) ours: BTreeSet<String>,
    /// The keys that are ours before.
    pub(crate) before: BTreeSet<String>,
}

/// What runs do beside changing maps.
pub(super) struct Around<'a> {
    /// Is told each thing that was done.
    pub(super) tell: &'a mut dyn FnMut(&str),
    /// Lets some seconds pass.
    pub(super) pause: &'a dyn Fn(u32),
}

/// Why a target stopped, and whether any of its maps may have changed by then.
pub(super) struct Stop {
    pub(super) why: String,
    pub(super) began: bool,
}

impl<'a> Run<'a> {
    fn store(&mut self, map: Which) -> Result<&mut Box<dyn Store>, String> {
        let store = match map {
            Which::Transport => &mut self.transport,
            Which::TlsPolicy => &mut self.tls_policy,
        };
        store.as_mut().ok_or_else(|| format!("the target has no {} that is managed", map.as_str()))
    }

    /// Whether a run before this one has something left to be done.
    fn goes_on(&self) -> bool {
        self.unfinished.contains(&true)
    }

    /// What tells whether somebody else changes a map from now on.
    pub(super) fn stamps(&mut self) -> Result<[Vec<u8>; 2], String> {
        let stamp = |store: &mut Option<Box<dyn Store>>| {
            store.as_mut().map_or(Ok(Vec::new()), |store| store.stamp())
        };
        Ok([stamp(&mut self.transport)?, stamp(&mut self.tls_policy)?])
    }

    /// Removes what is ready and will not be switched to.
    pub(super) fn tidy(&mut self) {
        for store in [&mut self.transport, &mut self.tls_policy].into_iter().flatten() {
            // What stays is removed by the next run.
            let _ignored = store.tidy();
        }
    }

    /// Records what was recorded before, for a run that has changed nothing.
    pub(super) fn forget(&mut self) {
        let maps = [&mut self.transport, &mut self.tls_policy];
        for (store, record) in maps.into_iter().zip(&self.records) {
            if let Some(store) = store {
                // What stays recorded names more than is there, and Postfix is told once more.
                let _ignored = store.record(record);
            }
        }
    }

    /// Keeps what is in force, and makes every step ready.
    pub(super) fn prepare(&mut self) -> Result<(), String> {
        for store in [&mut self.transport, &mut self.tls_policy].into_iter().flatten() {
            store.tidy()?;
        }
        self.finish_maps();
        let goes_on = self.goes_on();
        let (before, generation) = (self.before, self.generation);
        let maps: BTreeSet<Which> = match self.restores {
            // A rollback leaves the generations as they are, so that another one goes further back.
            Some(_) => BTreeSet::new(),
            None => self.steps.iter().map(|step| step.map).collect(),
        };
        for map in maps {
            let (lines, record) = match map {
                Which::Transport => (&before.transport, self.records[0].clone()),
                Which::TlsPolicy => (&before.tls_policy, self.records[1].clone()),
            };
            let store = self.store(map)?;
            // What was in force before the run that did not end is kept already.
            if !(goes_on && store.generation(generation)?.is_some()) {
                store.keep(generation, lines, &record)?;
            }
        }
        let steps = std::mem::take(&mut self.steps);
        let mut now: [&[MapEntry<'_>]; 2] = [&before.transport, &before.tls_policy];
        let mut result = Ok(());
        for (at, step) in steps.iter().enumerate() {
            let now = &mut now[step.map.at()];
            result = self.store(step.map).and_then(|store| store.prepare(at, now, &step.lines));
            if result.is_err() {
                break;
            }
            *now = &step.lines;
        }
        self.steps = steps;
        result
    }

    /// Adds steps that write maps anew which the run before has switched to: their source text may
    /// still be the old one.
    fn finish_maps(&mut self) {
        for map in [Which::Transport, Which::TlsPolicy] {
            let at = usize::from(map == Which::TlsPolicy);
            if self.unfinished[at] && self.steps.iter().all(|step| step.map != map) {
                let lines = self.last_lines(map, &[]);
                let what = "what the last apply had begun";
                self.steps.push(Step { map, lines, what, prunes: false, settles: false });
            }
        }
    }

    pub(super) fn switch(&mut self, around: &mut Around<'_>) -> Result<(), Stop> {
        let steps = std::mem::take(&mut self.steps);
        let mut began = false;
        let result = self.switch_all(&steps, &mut began, around);
        self.steps = steps;
        result.map_err(|why| Stop { why, began })
    }

    fn switch_all(
        &mut self,
        steps: &[Step<'a>],
        began: &mut bool,
        around: &mut Around<'_>,
    ) -> Result<(), String> {
        if self.goes_on() {
            // Nobody knows which transports Postfix has read, and the policies of the others may go.
            self.reload(around)?;
        }
        let mut untold = false;
        let mut at_work = false;
        for (at, step) in steps.iter().enumerate() {
            self.settle(step, at_work, around)?;
            let record = self.opening_record(step.map, steps)?;
            let store = self.store(step.map)?;
            match store.switch(at, &record) {
                Ok(()) => *began = true,
                Err(Failure::Unchanged(why)) => return Err(why),
                Err(Failure::Unknown(why)) => {
                    *began = true;
                    return Err(why);
                }
            }
            if !store.check(&step.lines)? {
                return Err(format!("{} is not what was written", step.map.as_str()));
            }
            (around.tell)(&format!(" Switched {}: {}", step.map.as_str(), step.what));
            untold = true;
            if step.map == Which::Transport {
                at_work = self.reload(around)?;
                untold = false;
            }
        }
        if untold {
            self.reload(around)?;
        }
        self.record_all(steps)
    }

    /// All entries of a map once the steps are done.
    fn last_lines(&self, map: Which, steps: &[Step<'a>]) -> Vec<MapEntry<'a>> {
        match (steps.iter().rfind(|step| step.map == map), map) {
            (Some(step), _) => step.lines.clone(),
            (None, Which::Transport) => self.after.transport.to_vec(),
            // Nothing changes but what waits in a table, so that before is after.
            (None, Which::TlsPolicy) if self.begin.is_some() => self.before.tls_policy.to_vec(),
            (None, Which::TlsPolicy) => self.after.tls_policy.to_vec(),
        }
    }

    /// Notes what is ours from now on.
    fn record_all(&mut self, steps: &[Step<'a>]) -> Result<(), String> {
        for map in [Which::Transport, Which::TlsPolicy] {
            if self.store(map).is_err() {
                continue;
            }
            let lines = self.last_lines(map, steps);
            let record = self.record(map, &lines);
            if steps.iter().any(|step| step.map == map) || record != self.records[map.at()] {
                self.store(map)?.record(&record)?;
            }
        }
        Ok(())
    }

    /// Waits for the end of deliveries that were under way before a step, where a Postfix is at work.
    ///
    /// They ask a table of policies anew for each of their next hops; and the TLS sessions that they begin
    /// are resumed by later ones to the same next hop, whatever name its policy asks for by then. So
    /// sessions are forgotten once they are gone. [smtp(8), tlsmgr(8)]
    fn settle(
        &self,
        step: &Step<'_>,
        at_work: bool,
        around: &mut Around<'_>,
    ) -> Result<(), String> {
        // A file that no Postfix is known to read may be none's.
        let nobody = self.reloads.is_empty();
        if !(step.settles && at_work) || (nobody && self.begin.is_none()) {
            return Ok(());
        }
        let deliveries = || self.reloads.iter().map(Reload::deliveries).collect::<Option<Vec<_>>>();
        let Some(old) = deliveries().filter(|_| !nobody) else {
            if self.settle > 0 {
                (around.tell)(&format!(" Waiting {} s for deliveries under way", self.settle));
                (around.pause)(self.settle);
            }
            return self.reload(around).map(drop);
        };
        let under_way =
            |now: &[BTreeSet<String>]| old.iter().zip(now).any(|(old, now)| !old.is_disjoint(now));
        if under_way(&old) {
            (around.tell)(&format!(" Waiting for deliveries under way, {} s at most", self.settle));
            // Those that have nothing to do end too.
            self.reload(around)?;
            let mut left = self.settle;
            while left > 0 && deliveries().is_none_or(|now| under_way(&now)) {
                (around.pause)(1);
                left -= 1;
            }
        }
        self.reload(around).map(drop)
    }

    /// Tells every Postfix; whether one may be at work, which is also so where none is known.
    fn reload(&self, around: &mut Around<'_>) -> Result<bool, String> {
        let mut at_work = self.reloads.is_empty();
        for reload in &self.reloads {
            let told = reload.run();
            if told.map_err(|why| format!("{} was not reloaded: {why}", reload.name))? {
                (around.tell)(&format!(" Reloaded {}", reload.name));
                at_work = true;
            }
        }
        Ok(at_work)
    }

    /// What may be ours until the run has come to its end: all that was and all that is going to be.
    fn opening_record(&self, map: Which, steps: &[Step<'_>]) -> Result<String, String> {
        let at = map.at();
        let old = Some(&self.records[at]).filter(|it| !it.is_empty());
        let old = old.map(|text| Record::read(text)).transpose()?.unwrap_or_default();
        let mut ours: BTreeMap<&str, &str> =
            old.entries.entries.iter().map(|it| (&*it.key, &*it.value)).collect();
        let is_ours = |key: &str| match &self.restores {
            None => !self.foreign[at].contains(key),
            Some(restored) => restored[at].ours.contains(key) || restored[at].before.contains(key),
        };
        for line in steps.iter().filter(|step| step.map == map).flat_map(|step| &step.lines) {
            if is_ours(&line.key) {
                ours.insert(&line.key, &line.value);
            }
        }
        Ok(record::write(self.generation, true, &old.waiting, ours.into_iter()))
    }

    /// What is ours once everything is done and a map has these entries.
    fn record(&self, map: Which, lines: &[MapEntry<'_>]) -> String {
        let mut waiting = BTreeMap::new();
        let mut ours: Vec<(&str, &str)> = Vec::with_capacity(lines.len());
        if map == Which::TlsPolicy {
            for (key, (since, value)) in &self.waiting {
                waiting.insert(key.clone(), *since);
                ours.push((key, value));
            }
            let begin = self.begin.iter().flatten();
            waiting.extend(begin.map(|key| (key.clone(), self.now)));
        }
        let foreign = &self.foreign[map.at()];
        let restored = self.restores.as_ref().map(|it| &it[map.at()]);
        let is_ours = |key: &str| match restored {
            None => !foreign.contains(key),
            Some(it) => it.ours.contains(key),
        };
        let generation = restored.map_or(self.generation, |it| it.generation);
        for line in lines.iter().filter(|it| is_ours(&it.key) || waiting.contains_key(&*it.key)) {
            ours.push((&line.key, &line.value));
        }
        ours.sort_unstable();
        if generation == 0 && ours.is_empty() {
            return String::new();
        }
        record::write(generation, false, &waiting, ours.into_iter())
    }

    /// Goes back to what was before, by steps that are as safe.
    pub(super) fn take_back(&mut self, around: &mut Around<'_>) -> bool {
        let now = |store: &mut Option<Box<dyn Store>>| match store {
            Some(store) => store.entries().ok(),
            None => Some(Vec::new()),
        };
        let (Some(transport), Some(tls_policy)) =
            (now(&mut self.transport), now(&mut self.tls_policy))
        else {
            return false;
        };
        let (transport, tls_policy) =
            (postmap_text::read(&transport), postmap_text::read(&tls_policy));
        // What others have added meanwhile stays theirs.
        let mut known: [BTreeSet<&str>; 2] = [&self.before.transport, &self.before.tls_policy]
            .map(|lines| lines.iter().map(|line| &*line.key).collect());
        for step in &self.steps {
            known[step.map.at()].extend(step.lines.iter().map(|line| &*line.key));
        }
        let mut lines = (transport.entries, tls_policy.entries);
        lines.0.retain(|line| known[0].contains(&*line.key));
        lines.1.retain(|line| known[1].contains(&*line.key));
        let here = Side {
            transport: Entries::Borrowed(&lines.0),
            tls_policy: Entries::Borrowed(&lines.1),
            settings: self.before.settings,
        };
        let Ok(mut back) = steps(&here, self.before) else { return false };
        let mut records = self.records.clone();
        if self.begin.is_some() {
            let begin;
            (back, begin) = linger(&here, self.before, back, &BTreeSet::new());
            let Some(record) = self.waiting_too(&records[1], &here, &begin) else { return false };
            records[1] = record;
        }
        let first = self.steps.len();
        let mut now: [&[MapEntry<'_>]; 2] = [&here.transport, &here.tls_policy];
        let mut at_work = false;
        for (at, step) in back.iter().enumerate() {
            if self.settle(step, at_work, around).is_err() {
                return false;
            }
            // What was recorded for the way there holds on the way back.
            let Ok(record) = self.opening_record(step.map, &self.steps) else { return false };
            let now = &mut now[step.map.at()];
            let store = match step.map {
                Which::Transport => &mut self.transport,
                Which::TlsPolicy => &mut self.tls_policy,
            };
            let Some(store) = store else { return false };
            let done = store.prepare(first + at, now, &step.lines).is_ok()
                && store.switch(first + at, &record).is_ok();
            if !done {
                return false;
            }
            if step.map == Which::Transport {
                let Ok(told) = self.reload(around) else { return false };
                at_work = told;
            }
            *now = &step.lines;
        }
        if self.reload(around).is_err() {
            return false;
        }
        let maps = [&mut self.transport, &mut self.tls_policy];
        for (store, record) in maps.into_iter().zip(&records) {
            if store.as_mut().is_some_and(|store| store.record(record).is_err()) {
                return false;
            }
        }
        (around.tell)(" Returned to what was before");
        true
    }

    /// A record with some policies of a side that wait as well; `None` where it cannot be read.
    fn waiting_too(&self, text: &str, side: &Side<'_>, begin: &BTreeSet<String>) -> Option<String> {
        if begin.is_empty() {
            return Some(text.to_owned());
        }
        let known = if text.is_empty() { Record::default() } else { Record::read(text).ok()? };
        let mut waiting = known.waiting.clone();
        waiting.extend(begin.iter().map(|key| (key.clone(), self.now)));
        let known_lines = known.entries.entries.iter().map(|line| (&*line.key, &*line.value));
        let mut lines: BTreeMap<&str, &str> = known_lines.collect();
        let begin = side.tls_policy.iter().filter(|line| begin.contains(&*line.key));
        lines.extend(begin.map(|line| (&*line.key, &*line.value)));
        Some(record::write(known.generation, false, &waiting, lines.into_iter()))
    }
}
