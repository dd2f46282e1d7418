//! An apply that is killed at each of its system calls.

use super::errors::is_honest;
use super::judge::{Entries, Pair, exposed};
use super::scene::{Copy, Place, Policy, Scene, told};
use super::strace::{CALLS, Point, each, of_server, points, points_of_apply, points_of_database};
use crate::harness::wait_for;
use mxward::sql::Dialect;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::process::Output;
use std::sync::Mutex;

/// What can be seen of a copy. What is made ready beside the maps is told by its names alone, since the
/// next run makes it anew.
pub(super) type Seen = (Pair, usize, BTreeMap<String, Vec<u8>>, [Option<String>; 2], String);

pub(super) fn seen(copy: &Copy<'_>) -> Result<Seen, String> {
    let mut files = BTreeMap::new();
    for name in copy.names() {
        // Over a connection all takes longer, and what is not in force yet is nothing else there.
        if copy.scene.sshd.is_some() && !name.ends_with(".applied") {
            continue;
        }
        let is_index = [".db", ".lmdb", ".cdb"].iter().any(|suffix| name.ends_with(suffix));
        let path = copy.path.join(&name);
        let by_name = is_index || name.contains(".mxward-") || name.contains("/policies.");
        let content =
            if by_name || path.is_dir() { Vec::new() } else { std::fs::read(path).unwrap() };
        files.insert(name, content);
    }
    let reloads = copy.reloads().len();
    Ok((copy.live()?, reloads, files, copy.records(), copy.generations()))
}

/// What must be so at any instant.
pub(super) fn holds_now(copy: &Copy<'_>) -> Result<(), String> {
    let states = Scene::states();
    let live = copy.live()?;
    let place = &copy.scene.place;
    let shown = place.in_use(live.clone());
    if !states.iter().any(|state| place.in_use(state.clone()) == shown) {
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
    let mut output = copy.run(&[], "apply");
    if told(&output).contains("another apply is at work") {
        // A shell on another host was about to take the lock when its connection ended.
        copy.unlocked();
        output = copy.run(&[], "apply");
    }
    if !output.status.success() {
        return Err(format!("the next apply fails: {}", told(&output)));
    }
    holds_now(copy)?;
    let planned = copy.succeeds("plan");
    if !planned.ends_with("mx  no changes\n") || planned.contains("steps:") {
        return Err(format!("something is left to do: {planned}\nafter {}", told(&output)));
    }
    let states = Scene::states();
    let end = match policy {
        Policy::Old => &states[0],
        Policy::New => states.last().unwrap(),
    };
    for (what, found) in [
        ("the maps", copy.live()?),
        ("the source texts", copy.texts()),
        ("what Postfix last read", copy.reloads().pop().unwrap()),
    ] {
        let place = &copy.scene.place;
        if place.in_use(found.clone()) != place.in_use(end.clone()) {
            return Err(format!("{what} are not those of {policy:?}: {found:#?}"));
        }
    }
    no_litter(copy)
}

/// Nothing that was only made ready may stay.
pub(super) fn no_litter(copy: &Copy<'_>) -> Result<(), String> {
    let litter = |name: &String| {
        let ends = [".new", ".tmp"].iter().any(|end| name.ends_with(end));
        ends || (name.contains(".mxward-") && !name.ends_with(".mxward-lock"))
    };
    let litter: Vec<String> = copy.names().into_iter().filter(litter).collect();
    if !litter.is_empty() {
        return Err(format!("what is left behind: {litter:?}"));
    }
    Ok(())
}

fn at_every_point(place: Place) {
    let scene = Scene::new(place);
    let whole = scene.copy();
    let mut points = points_of_apply(&whole);
    if let Place::Sqlite = scene.place {
        points.extend(points_of_database(&scene.copy()));
    }
    goes_on(&whole, Policy::New).unwrap();
    assert!(points.len() > 100, "{points:#?}");
    if let Place::Server(_) = scene.place {
        points = of_server(points);
    }
    let known: Mutex<Vec<Seen>> = Mutex::new(Vec::new());
    each(&points, |point: &Point| {
        let killed = || -> Result<(), String> {
            let copy = scene.copy();
            let before = if point.of_database {
                point.inject_into_database(&copy, "signal=KILL")
            } else {
                point.inject("signal=KILL")
            };
            let output = copy.run(&before, "apply");
            if output.status.signal() != Some(9) {
                return Err(format!("it was not killed: {}", told(&output)));
            }
            copy.unlocked();
            holds_now(&copy)?;
            let seen = seen(&copy)?;
            {
                let mut known = known.lock().unwrap();
                if known.contains(&seen) {
                    return Ok(());
                }
                known.push(seen);
            }
            // Where nothing was switched to, that would be no change.
            if copy.texts() != Scene::states()[0] || copy.records() != scene.untouched().records() {
                goes_on(&copy.copy(), Policy::Old).map_err(|why| format!("back: {why}"))?;
            }
            goes_on(&copy, Policy::New)
        };
        killed()
            .map_err(|why| format!("killed at {} {}: {}\n{why}", point.call, point.nth, point.line))
    });
    assert!(known.into_inner().unwrap().len() > 10);
}

#[test]
fn a_killed_apply_to_a_table_of_sqlite_leaves_nobody_weaker_and_the_next_one_goes_on() {
    at_every_point(Place::Sqlite);
}

#[test]
fn a_killed_apply_to_a_table_of_mariadb_leaves_nobody_weaker_and_the_next_one_goes_on() {
    at_every_point(Place::Server(Dialect::Mysql));
}

#[test]
fn a_killed_apply_to_a_table_of_postgres_leaves_nobody_weaker_and_the_next_one_goes_on() {
    at_every_point(Place::Server(Dialect::Postgres));
}

#[test]
fn a_killed_apply_over_ssh_leaves_nobody_weaker_and_the_next_one_goes_on() {
    at_every_point(Place::Ssh("hash"));
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

/// Stands in for a postmap(1) that takes its time, once.
const SLOW_POSTMAP: &str = "#!/bin/sh
if mkdir slow 2>/dev/null; then until [ -e go ]; do /bin/sleep 0.01; done; fi
exec /usr/sbin/postmap \"$@\"
";

/// It writes under names that the next run uses too: of two at once, the one might write into what the other
/// one has read back and put into place.
#[test]
fn a_postmap_that_outlives_its_apply_keeps_the_next_one_waiting() {
    let scene = Scene::new(Place::Files("hash"));
    scene.program("postmap", SLOW_POSTMAP);
    let copy = scene.copy();
    let mut killed = copy.command(&[], "apply").spawn().unwrap();
    wait_for("postmap", || copy.path.join("slow").exists().then_some(()));
    killed.kill().unwrap();
    killed.wait().unwrap();
    let output = copy.run(&[], "apply");
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(told(&output).contains("another apply is at work"), "{}", told(&output));
    holds_now(&copy).unwrap();
    std::fs::write(copy.path.join("go"), "").unwrap();
    copy.unlocked();
    goes_on(&copy, Policy::New).unwrap();
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
    assert!(all.len() > 15, "{all:#?}");
    each(&all, |(run, point)| {
        let copy = scene.copy();
        let Point { call, nth, line, .. } = point;
        let what = format!("inject={call}:signal=KILL:when={nth}");
        let output = with_postmap(&copy, &run.to_string(), &what);
        let judged = is_honest(&copy, &output, "postmap");
        judged.map_err(|why| {
            format!("run {run} killed at {call} {nth}: {line}\n{why}\n{}", told(&output))
        })
    });
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
