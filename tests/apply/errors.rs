//! An apply whose system calls fail, one by one, and one on a disk that is full.

use super::kills::{goes_on, holds_now};
use super::scene::{Copy, Place, Policy, Scene, told};
use super::strace::{Point, each, points_of_apply};
use std::process::Output;

/// What must be so after a run that met an error, by what it says of itself.
fn is_honest(copy: &Copy<'_>, output: &Output, reason: &str) -> Result<(), String> {
    holds_now(copy)?;
    let states = copy.scene.states();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let old = copy.live()? == states[0];
    let new = copy.live()? == *states.last().unwrap();
    let unchanged = ["; nothing was changed\n", "; everything is as it was before\n"];
    let may_be = match output.status.code() {
        Some(0) => new,
        Some(1) if stderr.contains(" Switched ") => old && stderr.contains(unchanged[1]),
        Some(1) => old,
        Some(7) => stderr.ends_with("; the next apply goes on from here\n"),
        _ => false,
    };
    if !may_be {
        return Err("that is not what it says".to_owned());
    }
    let told = stderr.lines().any(|line| line.starts_with("error: ") && line.contains(reason));
    if output.status.code() != Some(0) && !told {
        return Err(format!("nobody is told of `{reason}`"));
    }
    Ok(())
}

/// Lets each call of an apply fail that `may` fail.
fn at_every_point(place: Place, errors: &[(&str, &str)], may: impl Fn(&Point) -> bool) {
    let scene = Scene::new(place);
    let mut points = points_of_apply(&scene.copy());
    points.retain(|point| may(point));
    let all: Vec<(&Point, (&str, &str))> =
        points.iter().flat_map(|point| errors.iter().map(move |error| (point, *error))).collect();
    each(&all, |(point, (error, reason))| {
        let copy = scene.copy();
        let output = copy.run(&point.inject(&format!("error={error}")), "apply");
        let judged = is_honest(&copy, &output, reason).and_then(|()| goes_on(&copy, Policy::New));
        judged.map_err(|why| {
            format!(
                "{error} at {} {}: {}\n{why}\n{}",
                point.call,
                point.nth,
                point.line,
                told(&output)
            )
        })
    });
    println!("{} errors", all.len());
}

/// Whether a call is about a file, not about what is told.
fn is_of_files(point: &Point) -> bool {
    !["exit_group", "kill"].contains(&&*point.call)
        && !["write(1,", "write(2,"].iter().any(|start| point.line.starts_with(start))
}

#[test]
fn a_call_that_fails_is_told_and_leaves_nobody_weaker_in_lmdb_maps() {
    at_every_point(Place::Files("lmdb"), &[("EIO", "input/output error")], is_of_files);
}

#[test]
fn a_disk_without_space_is_told_and_leaves_nobody_weaker_in_texthash_maps() {
    let takes_space = |point: &Point| {
        is_of_files(point) && !["unlink", "fchmod", "flock"].contains(&&*point.call)
    };
    let errors = [("ENOSPC", "no space left on device")];
    at_every_point(Place::Files("texthash"), &errors, takes_space);
}
