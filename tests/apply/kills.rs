//! An apply that is killed at each of its system calls.

use super::errors::is_honest;
use super::judge::{Entries, Pair, exposed};
use super::scene::{Copy, Place, Policy, Scene, told};
use super::strace::{CALLS, Point, each, points, points_of_apply};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::process::Output;
use std::sync::Mutex;
use std::time::Instant;

/// What can be seen of a copy. What is made ready beside the maps is told by its names alone, since the
/// next run makes it anew.
type Seen = (Pair, usize, BTreeMap<String, Vec<u8>>);

fn seen(copy: &Copy<'_>) -> Result<Seen, String> {
    let mut files = BTreeMap::new();
    for name in copy.names() {
        let is_index = [".db", ".lmdb", ".cdb"].iter().any(|suffix| name.ends_with(suffix));
        let path = copy.path.join(&name);
        let content = if path.is_dir() || is_index || name.contains(".mxward-") {
            Vec::new()
        } else {
            std::fs::read(path).unwrap()
        };
        files.insert(name, content);
    }
    Ok((copy.live()?, copy.reloads().len(), files))
}

/// What must be so at any instant.
pub(super) fn holds_now(copy: &Copy<'_>) -> Result<(), String> {
    let states = copy.scene.states();
    let live = copy.live()?;
    if !states.contains(&live) {
        return Err(format!("the maps are in no planned state: {live:#?}"));
    }
    let ends = [&states[0], states.last().unwrap()];
    // Until it reloads, Postfix may go on by any transport since it did so last, whatever the policy is.
    let mut transport: Option<Entries> = None;
    for (now, policy) in copy.reloads().into_iter().chain([live]) {
        for transport in transport.iter().chain([&now]) {
            if let Some(why) = exposed(transport, &policy, ends) {
                return Err(why);
            }
        }
        transport = Some(now);
    }
    Ok(())
}

/// What must be so after the next apply, whichever policy that one wants.
pub(super) fn goes_on(copy: &Copy<'_>, policy: Policy) -> Result<(), String> {
    copy.policy(policy);
    let output = copy.run(&[], "apply");
    if !output.status.success() {
        return Err(format!("the next apply fails: {}", told(&output)));
    }
    holds_now(copy)?;
    let planned = copy.succeeds("plan");
    if planned != "mx  no changes\n" {
        return Err(format!("something is left to do: {planned}\nafter {}", told(&output)));
    }
    let states = copy.scene.states();
    let end = match policy {
        Policy::Old => &states[0],
        Policy::New => states.last().unwrap(),
    };
    for (what, found) in [
        ("the maps", copy.live()?),
        ("the source texts", copy.texts()),
        ("what Postfix last read", copy.reloads().pop().unwrap()),
    ] {
        if found != *end {
            return Err(format!("{what} are not those of {policy:?}: {found:#?}"));
        }
    }
    no_litter(copy)
}

/// Nothing that was only made ready may stay.
pub(super) fn no_litter(copy: &Copy<'_>) -> Result<(), String> {
    let litter = |name: &String| {
        name.contains(".mxward-") || name.ends_with(".new") || name.ends_with(".tmp")
    };
    let litter: Vec<String> = copy.names().into_iter().filter(litter).collect();
    if !litter.is_empty() {
        return Err(format!("what is left behind: {litter:?}"));
    }
    Ok(())
}

fn at_every_point(place: Place) {
    let scene = Scene::new(place);
    let start = Instant::now();
    let whole = scene.copy();
    let points = points_of_apply(&whole);
    goes_on(&whole, Policy::New).unwrap();
    let known: Mutex<Vec<Seen>> = Mutex::new(Vec::new());
    each(&points, |point: &Point| {
        let killed = || -> Result<(), String> {
            let copy = scene.copy();
            let output = copy.run(&point.inject("signal=KILL"), "apply");
            if output.status.signal() != Some(9) {
                return Err(format!("it was not killed: {}", told(&output)));
            }
            holds_now(&copy)?;
            let seen = seen(&copy)?;
            {
                let mut known = known.lock().unwrap();
                if known.contains(&seen) {
                    return Ok(());
                }
                known.push(seen);
            }
            goes_on(&copy.copy(), Policy::Old).map_err(|why| format!("back: {why}"))?;
            goes_on(&copy, Policy::New)
        };
        killed()
            .map_err(|why| format!("killed at {} {}: {}\n{why}", point.call, point.nth, point.line))
    });
    let states = known.into_inner().unwrap().len();
    println!("{} points, {states} states, {:?}", points.len(), start.elapsed());
}

/// Stands in for postmap(1): each run of it has a folder, and in one of them strace(1) does something.
const POSTMAP: &str = "#!/bin/sh
number=0
while ! mkdir \"runs/$number\" 2>/dev/null; do number=$((number + 1)); done
if [ \"$AT\" = all ]; then exec strace -qq -o \"runs/$number/trace\" -e \"$WHAT\" /usr/sbin/postmap \"$@\"; fi
if [ \"$AT\" = \"$number\" ]; then exec strace -qq -o /dev/null -e \"$WHAT\" /usr/sbin/postmap \"$@\"; fi
exec /usr/sbin/postmap \"$@\"
";

/// An apply with something that happens in one run of postmap(1), or in all.
fn with_postmap(copy: &Copy<'_>, at: &str, what: &str) -> Output {
    std::fs::create_dir(copy.path.join("runs")).unwrap();
    copy.command(&[], "apply").env("AT", at).env("WHAT", what).output().unwrap()
}

/// A postmap(1) that is killed is an error as others are.
fn at_every_point_of_postmap(place: Place) {
    let scene = Scene::new(place);
    scene.program("postmap", POSTMAP);
    let whole = scene.copy();
    with_postmap(&whole, "all", &format!("trace={CALLS}"));
    let (mut all, mut alike) = (Vec::new(), BTreeSet::new());
    for run in 0.. {
        let trace = whole.path.join(format!("runs/{run}/trace"));
        if !trace.exists() {
            break;
        }
        let mut points = points(&trace);
        let calls: Vec<String> = points.iter().map(|point| point.call.clone()).collect();
        if !alike.insert(calls) {
            // The last one is enough: what it has made is not taken.
            points.drain(..points.len() - 1);
        }
        all.extend(points.into_iter().map(|point| (run, point)));
    }
    each(&all, |(run, point)| {
        let copy = scene.copy();
        let Point { call, nth, line } = point;
        let what = format!("inject={call}:signal=KILL:when={nth}");
        let output = with_postmap(&copy, &run.to_string(), &what);
        let judged = is_honest(&copy, &output, "postmap");
        judged.map_err(|why| {
            format!("run {run} killed at {call} {nth}: {line}\n{why}\n{}", told(&output))
        })
    });
    println!("{} points", all.len());
}

#[test]
fn a_killed_postmap_of_hash_maps_is_an_error_that_changes_nothing() {
    at_every_point_of_postmap(Place::Files("hash"));
}

#[test]
fn a_killed_postmap_of_lmdb_maps_is_an_error_that_changes_nothing() {
    at_every_point_of_postmap(Place::Files("lmdb"));
}

#[test]
fn a_killed_postmap_of_cdb_maps_is_an_error_that_changes_nothing() {
    at_every_point_of_postmap(Place::Files("cdb"));
}

#[test]
fn a_killed_apply_to_hash_maps_leaves_nobody_weaker_and_the_next_one_goes_on() {
    at_every_point(Place::Files("hash"));
}

#[test]
fn a_killed_apply_to_lmdb_maps_leaves_nobody_weaker_and_the_next_one_goes_on() {
    at_every_point(Place::Files("lmdb"));
}

#[test]
fn a_killed_apply_to_cdb_maps_leaves_nobody_weaker_and_the_next_one_goes_on() {
    at_every_point(Place::Files("cdb"));
}

#[test]
fn a_killed_apply_to_texthash_maps_leaves_nobody_weaker_and_the_next_one_goes_on() {
    at_every_point(Place::Files("texthash"));
}
