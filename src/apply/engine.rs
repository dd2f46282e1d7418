//! Runs the steps of all targets.

use super::reload::Reload;
use super::store::{Failure, Store};
use crate::diff::{Entries, Side};
use crate::formats::{postmap_text, record};
use crate::plan::{Step, Which, steps};
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
    /// What is ours once everything is done, where that is not what changed: a rollback.
    pub(crate) restores: Option<[String; 2]>,
    /// The number of this run.
    pub(crate) generation: u64,
    /// The time of this run.
    pub(crate) now: Timestamp,
    /// Keys that waited to be pruned before this run, and are not due yet; policies only.
    pub(crate) waiting: BTreeMap<String, Timestamp>,
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
        let mut result = Ok(());
        for (at, step) in steps.iter().enumerate() {
            result = self.store(step.map).and_then(|store| store.prepare(at, &step.lines));
            if result.is_err() {
                break;
            }
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
            let later = step.prunes && self.store(step.map)?.prunes_later();
            if later {
                // The rows stay, and the record says since when nothing asks for them.
                let count = step.lines.len();
                tell(&format!(
                    "  Waiting {}: a later apply prunes to {count} entries",
                    step.map.as_str()
                ));
                continue;
            }
            let record = self.record(step, steps);
            let store = self.store(step.map)?;
            match store.switch(at, &record) {
                Ok(()) => *began = true,
                Err(Failure::Unchanged(why)) => return Err(why),
                Err(Failure::Unknown(why)) => {
                    *began = true;
                    return Err(why);
                }
            }
            let read = store.entries()?;
            let read = postmap_text::read(&read);
            let same = read.entries.len() == step.lines.len()
                && read
                    .entries
                    .iter()
                    .zip(&step.lines)
                    .all(|(a, b)| (&a.key, &a.value) == (&b.key, &b.value));
            if !same {
                return Err(format!("{} is not what was written", step.map.as_str()));
            }
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

    /// Notes what is ours of maps in which no entry changed.
    fn record_rest(&mut self, steps: &[Step<'_>]) -> Result<(), String> {
        for map in [Which::Transport, Which::TlsPolicy] {
            if steps.iter().any(|step| step.map == map) || self.store(map).is_err() {
                continue;
            }
            let lines = match map {
                Which::Transport => self.after.transport.to_vec(),
                Which::TlsPolicy => self.after.tls_policy.to_vec(),
            };
            let step = Step { map, lines, what: "", prunes: false };
            let record = self.record(&step, steps);
            if record != self.records[usize::from(map == Which::TlsPolicy)] {
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

    /// What is ours once a step is switched to.
    fn record(&self, step: &Step<'_>, steps: &[Step<'_>]) -> String {
        if let Some(records) = &self.restores {
            return records[usize::from(step.map == Which::TlsPolicy)].clone();
        }
        let foreign = &self.foreign[usize::from(step.map == Which::TlsPolicy)];
        let mut waiting = BTreeMap::new();
        let prune = steps.iter().find(|it| it.prunes && it.map == step.map);
        let prunes_later = step.map == Which::TlsPolicy
            && self.tls_policy.as_ref().is_some_and(|store| store.prunes_later());
        if prunes_later {
            waiting.clone_from(&self.waiting);
            if let Some(prune) = prune {
                let stays: BTreeSet<&str> = prune.lines.iter().map(|line| &*line.key).collect();
                for line in step.lines.iter().filter(|line| !stays.contains(&*line.key)) {
                    waiting.entry(line.key.to_string()).or_insert(self.now);
                }
            }
        }
        let ours = step
            .lines
            .iter()
            .filter(|line| !foreign.contains(&*line.key) && !waiting.contains_key(&*line.key));
        record::write(self.generation, &waiting, ours.map(|line| (&*line.key, &*line.value)))
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
        let here = Side {
            transport: Entries::Borrowed(&transport.entries),
            tls_policy: Entries::Borrowed(&tls_policy.entries),
            settings: self.before.settings,
        };
        let Ok(back) = steps(&here, self.before) else { return false };
        let first = self.steps.len();
        for (at, step) in back.iter().enumerate() {
            let record = self.records[usize::from(step.map == Which::TlsPolicy)].clone();
            let Ok(store) = self.store(step.map) else { return false };
            let done = store.prepare(first + at, &step.lines).is_ok()
                && store.switch(first + at, &record).is_ok();
            if !done || (step.map == Which::Transport && self.reload(tell).is_err()) {
                return false;
            }
        }
        tell(" Returned to what was before");
        self.reload(tell).is_ok()
    }
}
