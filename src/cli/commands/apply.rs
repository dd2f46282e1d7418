//! `mxward apply` and `rollback`

mod canary;
mod watch;

use super::change::{Opened, judge, obstacles, open};
use super::check::denied;
use super::consent::Consented;
use super::plan::Report;
use super::probe;
use super::seen::look;
use super::sides::{Computed, Sides, Texts, texts};
use crate::apply::{Ending, Ready, Reload, Restored, Run, Store};
use crate::cli::args::{Consent, Watching};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::deployed::Hosts;
use crate::formats::postmap_text;
use crate::formats::record::Record;
use crate::plan::Plan;
use crate::report::counted;
use canary::Canary;
pub(super) use canary::left_out;
use jiff::{Timestamp, Unit};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use watch::LogWatch;

/// What changes hands from the opening of a target to its change.
type Hands = ([Option<Box<dyn Store>>; 2], Vec<Reload>);

pub(super) fn apply(
    context: &mut Context<'_, '_>,
    reviewed: Option<&Path>,
    (probe, canary, watching): (bool, &[String], &Watching),
    consent: &Consent,
) -> Result<Exit, Exit> {
    let reviewed = match reviewed {
        None => None,
        Some(path) => match context.world.read(path) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                let shown = Context::shown(path);
                context.printer.error(&format!("cannot read `{shown}`: {error}"));
                return Err(Exit::Failed);
            }
        },
    };
    let compiled = context.compile(context.lock_mode())?;
    denied(context, &compiled)?;
    let consented = Consented::read(context, consent)?;
    let mut hosts = context.hosts();
    let (sides, mut hands) = split(open(context, &mut hosts, &compiled, true)?);
    let held = reviewed.as_deref().map(Plan::held).unwrap_or_default();
    let texts = texts(context, &sides, &held)?;
    let computed: Vec<Computed<'_>> = texts.iter().map(Texts::compute).collect();
    let today = context.world.today();
    let (plan, mut refused) = judge(&computed, &texts, &compiled, &consented, today);
    if let Some(reviewed) = reviewed
        && let Err(stale) = plan.confirms(&reviewed)
    {
        context.printer.error(&format!("the plan is stale: {stale}"));
        context.printer.note("make a new one with `mxward plan --out FILE`");
        return Ok(Exit::Stale);
    }
    refused.extend(obstacles(context, stores(&mut hands), &computed)?);
    refused.extend(left_out(&consented, &computed));
    let canary = Canary::new(context, (&compiled, &consented), canary, &computed)?;
    let sources = &compiled.repository.sources;
    let probed = probe::guard(context, &compiled, &computed, &consented, probe, &mut refused)?;
    let report = Report::new("apply", (&plan, &refused), &computed, sources);
    let report = report.with_probe(probed.as_ref());
    let runs = Runs { hands, restores: None, canary, watching };
    Ok(finish(context, &mut hosts, &report, runs, &texts, &computed))
}

pub(super) fn rollback(
    context: &mut Context<'_, '_>,
    watching: &Watching,
    consent: &Consent,
) -> Result<Exit, Exit> {
    let compiled = context.compile(context.lock_mode())?;
    let consented = Consented::read(context, consent)?;
    let mut hosts = context.hosts();
    let (mut sides, mut hands) = split(open(context, &mut hosts, &compiled, true)?);
    let mut restores = Vec::with_capacity(sides.len());
    for (sides, (stores, _)) in sides.iter_mut().zip(&mut hands) {
        match restore(sides, stores) {
            Ok(records) => restores.push(records),
            Err(why) => {
                let name = &sides.target.name.value;
                context.printer.error(&format!("target `{name}`: {why}"));
                return Err(Exit::Failed);
            }
        }
    }
    let texts = texts(context, &sides, &BTreeMap::new())?;
    let computed: Vec<Computed<'_>> = texts.iter().map(Texts::compute).collect();
    let today = context.world.today();
    let (plan, mut refused) = judge(&computed, &texts, &compiled, &consented, today);
    refused.extend(obstacles(context, stores(&mut hands), &computed)?);
    let sources = &compiled.repository.sources;
    let report = Report::new("rollback", (&plan, &refused), &computed, sources);
    let runs = Runs { hands, restores: Some(restores), canary: None, watching };
    Ok(finish(context, &mut hosts, &report, runs, &texts, &computed))
}

/// Takes apart what is read and what is written.
fn split(opened: Vec<Opened<'_>>) -> (Vec<Sides<'_>>, Vec<Hands>) {
    opened.into_iter().map(|it| (it.sides, (it.stores, it.reloads))).unzip()
}

fn stores(hands: &mut [Hands]) -> impl Iterator<Item = &mut [Option<Box<dyn Store>>; 2]> {
    hands.iter_mut().map(|(stores, _)| stores)
}

/// Puts what was there before the last apply in the place of what is compiled. Entries that were never
/// ours stay as they are now. Gives what is ours of both maps then.
fn restore(
    sides: &mut Sides<'_>,
    stores: &mut [Option<Box<dyn Store>>; 2],
) -> Result<[Restored; 2], String> {
    let mut restored = [Restored::default(), Restored::default()];
    let generation = sides
        .before
        .iter()
        .filter_map(|map| Record::read(map.record.as_deref()?).ok())
        .map(|record| record.generation)
        .filter(|generation| *generation > 0)
        .max()
        .ok_or("nothing was ever applied there")?;
    let mut found = false;
    for at in [0, 1] {
        let Some(store) = &mut stores[at] else { continue };
        let live = postmap_text::read(&sides.before[at].bytes);
        let now =
            sides.before[at].record.as_deref().map(Record::read).transpose()?.unwrap_or_default();
        let mut wanted: BTreeMap<&str, &str> =
            live.entries.iter().map(|it| (&*it.key, &*it.value)).collect();
        wanted.retain(|key, _| !now.waiting.contains_key(*key));
        let keys = |record: &Record<'_>| -> BTreeSet<String> {
            record.entries.entries.iter().map(|it| it.key.to_string()).collect()
        };
        let kept = store.generation(generation)?;
        let (kept_entries, kept_record) = kept.as_ref().map_or_else(
            // This map did not change then.
            || (&*sides.before[at].bytes, sides.before[at].record.as_deref().unwrap_or_default()),
            |(entries, record)| (entries, record),
        );
        found |= kept.is_some();
        let then =
            if kept_record.is_empty() { Record::default() } else { Record::read(kept_record)? };
        let kept_entries = postmap_text::read(kept_entries);
        // Where it did not change, all of that stays.
        let ours = now.entries.entries.iter().chain(&then.entries.entries);
        for entry in ours.filter(|_| kept.is_some()) {
            match kept_entries.get(&entry.key) {
                Some(entry) => wanted.insert(&entry.key, &entry.value),
                None => wanted.remove(&*entry.key),
            };
        }
        restored[at] =
            Restored { generation: generation - 1, ours: keys(&then), before: keys(&now) };
        let lines = wanted.iter().map(|(key, value)| format!("{key} {value}\n"));
        sides.after[at] = lines.collect();
    }
    if found { Ok(restored) } else { Err(format!("generation {generation} is not kept any more")) }
}

/// What is needed to change targets.
struct Runs<'c> {
    hands: Vec<Hands>,
    /// What is ours then, in a rollback.
    restores: Option<Vec<[Restored; 2]>>,
    /// Who goes first.
    canary: Option<Canary<'c>>,
    /// How the log is looked at in the end.
    watching: &'c Watching,
}

/// Shows what would be done; does it unless something is against it.
fn finish(
    context: &mut Context<'_, '_>,
    hosts: &mut Hosts<'_>,
    report: &Report<'_>,
    runs: Runs<'_>,
    texts: &[Texts<'_>],
    computed: &[Computed<'_>],
) -> Exit {
    context.printer.report(report);
    if report.is_refused() {
        return Exit::Refused;
    }
    let Runs { hands, restores, canary, watching } = runs;
    let can_roll_back = restores.is_none();
    let world = context.world;
    let (now, pause) = (world.now(), |seconds| world.pause(seconds));
    let targets: Vec<_> = texts.iter().zip(computed).collect();
    let watch = match LogWatch::begin(context, hosts, watching, &targets) {
        Ok(watch) => watch,
        Err(exit) => return exit,
    };
    let order =
        canary.as_ref().map_or_else(|| (0..targets.len()).collect(), |it| it.order(targets.len()));
    let mut hands: Vec<_> = hands.into_iter().map(Some).collect();
    let mut runs = Vec::with_capacity(order.len());
    for at in &order {
        let restores = restores.as_ref().map(|it| it[*at].clone());
        let (texts, computed) = targets[*at];
        runs.extend(hands[*at].take().map(|it| prepared(texts, computed, it, restores, now)));
    }
    let mut ready = match Ready::new(&mut runs) {
        Ok(ready) => ready,
        Err(why) => return end(context, Ending::Nothing(why)),
    };
    if let Some(canary) = &canary
        && let Err(exit) = canary.run(context, hosts, &mut ready, &targets)
    {
        return exit;
    }
    let ending = ready.switch(usize::MAX, &mut |line| context.printer.note(line), &pause);
    drop(ready);
    if ending != Ending::Done {
        return end(context, ending);
    }
    for (texts, computed) in &targets {
        let begin = computed.begin.as_ref().map_or(0, BTreeSet::len);
        if begin > 0 {
            let (keys, until) = (counted(begin, "entry"), texts.until(now));
            let until = until.round(Unit::Second).unwrap_or(until);
            let name = &texts.sides.target.name.value;
            context.printer.note(&format!(
                "  Waiting tls_policy of {name}: {keys} that nothing asks for any more until {until}; a \
                 later apply removes them"
            ));
        }
    }
    // The canaries were looked at.
    let first = canary.as_ref().map_or(0, Canary::len);
    let in_force = look(context, hosts, order.iter().skip(first).map(|at| targets[*at]));
    let complained = watch.map_or(Exit::Done, |watch| watch.end(context, can_roll_back));
    if complained == Exit::Done { in_force } else { complained }
}

/// Says how a change ended.
fn end(context: &mut Context<'_, '_>, ending: Ending) -> Exit {
    let (message, exit) = match ending {
        Ending::Done => return Exit::Done,
        Ending::Nothing(why) => (format!("{why}; nothing was changed"), Exit::Failed),
        Ending::Returned(why) => (format!("{why}; everything is as it was before"), Exit::Failed),
        Ending::InPart(why) => (format!("{why}; the next apply goes on from here"), Exit::InPart),
    };
    context.printer.error(&message);
    exit
}

fn prepared<'a>(
    texts: &'a Texts<'a>,
    computed: &'a Computed<'a>,
    ([transport, tls_policy], reloads): Hands,
    restores: Option<[Restored; 2]>,
    now: Timestamp,
) -> Run<'a> {
    let foreign = |map: &'a crate::diff::MapDiff| -> BTreeSet<&'a str> {
        let kept = map.keeps_foreign.then_some(&map.foreign).into_iter().flatten();
        kept.map(|line| line.key.as_str()).collect()
    };
    let diff = &computed.compared.diff;
    let record = |at: usize| texts.sides.before[at].record.clone().unwrap_or_default();
    let records = [record(0), record(1)];
    let known = || texts.records.iter().flatten();
    let last = known().map(|record| record.generation).max().unwrap_or_default();
    let unfinished =
        [0, 1].map(|at: usize| texts.records[at].as_ref().is_some_and(|it| it.unfinished));
    let steps = computed.steps.clone().unwrap_or_default();
    // A rollback has no number of its own; nor has a run that goes on, or one that changes nothing.
    let is_next = restores.is_none() && !unfinished.contains(&true) && !steps.is_empty();
    let generation = last + u64::from(is_next);
    Run {
        target: texts.sides.target.name.value.clone(),
        transport,
        tls_policy,
        reloads,
        before: &computed.compared.before,
        after: &computed.compared.after,
        steps,
        foreign: [foreign(&diff.transport), foreign(&diff.tls_policy)],
        records,
        restores,
        generation,
        unfinished,
        now,
        waiting: texts.waiting.clone(),
        settle: texts.sides.target.settle,
        begin: computed.begin.clone(),
    }
}
