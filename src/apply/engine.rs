//! Runs the steps of all targets.

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
    /// What this run has noted of both maps.
    pub(crate) written: [Option<String>; 2],
    /// The number of this run.
    pub(crate) generation: u64,
    /// The time of this run.
    pub(crate) now: Timestamp,
    /// Policies that nothing asks for and that are not due to go, since when, and what they say.
    pub(crate) waiting: BTreeMap<String, (Timestamp, String)>,
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
    /// The number of the last apply.
    pub(crate) last: u64,
    /// The keys that are ours before.
    pub(crate) before: BTreeSet<String>,
}

/// How a run ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ending {
    /// Everything was done.
    Done,
    /// Nothing has changed, and why.
    Nothing(String),
    /// Something had changed and was taken back, and why.
    Returned(String),
    /// Some targets have changed and others have not, or a change is not finished, and why. Each map
    /// is wholly in one of its planned states.
    InPart(String),
}

/// Runs the steps of all targets: all are made ready before the first is switched to.
///
/// `tell` gets a line for each thing that was done.
pub fn run(runs: &mut [Run<'_>], tell: &mut dyn FnMut(&str)) -> Ending {
    for run in &mut *runs {
        if let Err(why) = run.prepare() {
            return Ending::Nothing(format!("target `{}`: {why}", run.target));
        }
    }
    let mut changed = false;
    for run in &mut *runs {
        let target = run.target.clone();
        match run.switch(tell) {
            Ok(()) => changed |= !run.steps.is_empty(),
            Err(Stop { why, began: false }) if !changed => {
                return Ending::Nothing(format!("target `{target}`: {why}"));
            }
            Err(Stop { why, began: true }) if !changed && run.take_back(tell) => {
                return Ending::Returned(format!("target `{target}`: {why}"));
            }
            Err(Stop { why, .. }) => return Ending::InPart(format!("target `{target}`: {why}")),
        }
    }
    Ending::Done
}

/// Why a target stopped, and whether any of its maps may have changed by then.
struct Stop {
    why: String,
    began: bool,
}

impl<'a> Run<'a> {
    fn store(&mut self, map: Which) -> Result<&mut Box<dyn Store>, String> {
        let store = match map {
            Which::Transport => &mut self.transport,
            Which::TlsPolicy => &mut self.tls_policy,
        };
        store.as_mut().ok_or_else(|| format!("the target has no {} that is managed", map.as_str()))
    }

    /// Keeps what is in force, and makes every step ready.
    fn prepare(&mut self) -> Result<(), String> {
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
            self.store(map)?.keep(generation, lines, &record)?;
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

    fn switch(&mut self, tell: &mut dyn FnMut(&str)) -> Result<(), Stop> {
        let steps = std::mem::take(&mut self.steps);
        let mut began = false;
        let result = self.switch_all(&steps, &mut began, tell);
        self.steps = steps;
        result.map_err(|why| Stop { why, began })
    }

    fn switch_all(
        &mut self,
        steps: &[Step<'a>],
        began: &mut bool,
        tell: &mut dyn FnMut(&str),
    ) -> Result<(), String> {
        let mut untold = false;
        for (at, step) in steps.iter().enumerate() {
            let rest = &steps[at + 1..];
            // Until the transports are switched, policies that will wait are still asked for.
            let is_done = rest.iter().all(|it| step.map == Which::Transport && it.map != step.map);
            let record = self.record(step.map, &step.lines, is_done);
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
            self.written[step.map.at()] = Some(record);
            tell(&format!(" Switched {}: {}", step.map.as_str(), step.what));
            untold = true;
            if step.map == Which::Transport {
                self.reload(tell)?;
                untold = false;
            }
        }
        self.record_rest(steps)?;
        if untold { self.reload(tell) } else { Ok(()) }
    }

    /// Notes what is ours of maps of which no step was the last to do so.
    fn record_rest(&mut self, steps: &[Step<'_>]) -> Result<(), String> {
        for map in [Which::Transport, Which::TlsPolicy] {
            if self.store(map).is_err() {
                continue;
            }
            let last = steps.iter().rfind(|step| step.map == map);
            let lines = match (last, map) {
                (Some(step), _) => step.lines.clone(),
                (None, Which::Transport) => self.after.transport.to_vec(),
                // Nothing changes but what waits, so that before is after.
                (None, Which::TlsPolicy) => self.before.tls_policy.to_vec(),
            };
            let record = self.record(map, &lines, true);
            let written =
                self.written[map.at()].as_ref().unwrap_or_else(|| &self.records[map.at()]);
            if record != *written {
                self.store(map)?.record(&record)?;
            }
        }
        Ok(())
    }

    fn reload(&self, tell: &mut dyn FnMut(&str)) -> Result<(), String> {
        for reload in &self.reloads {
            let told = reload.run();
            if told.map_err(|why| format!("{} was not reloaded: {why}", reload.name))? {
                tell(&format!(" Reloaded {}", reload.name));
            }
        }
        Ok(())
    }

    /// What is ours of a map that has these lines; `is_done` where it has them for good.
    fn record(&self, map: Which, lines: &[MapEntry<'_>], is_done: bool) -> String {
        let mut waiting = BTreeMap::new();
        let mut ours: Vec<(&str, &str)> = Vec::with_capacity(lines.len());
        if map == Which::TlsPolicy {
            for (key, (since, value)) in &self.waiting {
                waiting.insert(key.clone(), *since);
                ours.push((key, value));
            }
            let begin = self.begin.iter().flatten().filter(|_| is_done);
            waiting.extend(begin.map(|key| (key.clone(), self.now)));
        }
        let foreign = &self.foreign[map.at()];
        let restored = self.restores.as_ref().map(|it| &it[map.at()]);
        let is_ours = |key: &str| match restored {
            None => !foreign.contains(key),
            Some(it) => it.ours.contains(key) || (!is_done && it.before.contains(key)),
        };
        let generation = match restored {
            None => self.generation,
            Some(it) if is_done => it.generation,
            Some(it) => it.last,
        };
        for line in lines.iter().filter(|it| is_ours(&it.key) || waiting.contains_key(&*it.key)) {
            ours.push((&line.key, &line.value));
        }
        ours.sort_unstable();
        if generation == 0 && ours.is_empty() {
            return String::new();
        }
        record::write(generation, &waiting, ours.into_iter())
    }

    /// Goes back to what was before, by steps that are as safe.
    fn take_back(&mut self, tell: &mut dyn FnMut(&str)) -> bool {
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
        for (at, step) in back.iter().enumerate() {
            let (record, now) = (&records[step.map.at()], &mut now[step.map.at()]);
            let store = match step.map {
                Which::Transport => &mut self.transport,
                Which::TlsPolicy => &mut self.tls_policy,
            };
            let Some(store) = store else { return false };
            let done = store.prepare(first + at, now, &step.lines).is_ok()
                && store.switch(first + at, record).is_ok();
            if !done || (step.map == Which::Transport && self.reload(tell).is_err()) {
                return false;
            }
            *now = &step.lines;
        }
        // A record that was written before the change, or that nothing above has written.
        for (record, store) in records.iter().zip([&mut self.transport, &mut self.tls_policy]) {
            if let Some(store) = store
                && store.record(record).is_err()
            {
                return false;
            }
        }
        tell(" Returned to what was before");
        self.reload(tell).is_ok()
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
        Some(record::write(known.generation, &waiting, lines.into_iter()))
    }
}
