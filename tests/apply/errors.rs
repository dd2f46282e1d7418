//! An apply whose system calls fail, one by one, and one on a disk that is full.

use super::kills::{goes_on, holds_now, no_litter};
use super::scene::{Copy, Place, Policy, Scene, told};
use super::strace::{Point, each, points_of_apply};
use std::process::Output;

/// Nothing may differ from what was there. Only the record may, where the disk stays broken: it names
/// more than is there, and the next apply must put that right.
fn is_as_before(copy: &Copy<'_>) -> Result<(), String> {
    let untouched = copy.scene.untouched();
    let pairs = |copy: &Copy<'_>| -> Result<_, String> {
        Ok([copy.live()?, copy.texts(), copy.reloads().pop().unwrap()])
    };
    if pairs(copy)? != pairs(&untouched)? {
        return Err(format!("something has changed: {:#?}", pairs(copy)?));
    }
    let records = |copy: &Copy<'_>| {
        ["transport", "tls_policy"].map(|name| {
            std::fs::read(copy.path.join(format!("deployed/.mxward/{name}.applied"))).ok()
        })
    };
    no_litter(copy)?;
    if records(copy) == records(&untouched) { Ok(()) } else { goes_on(copy, Policy::New) }
}

/// What must be so after a run that met an error, by what it says of itself.
pub(super) fn is_honest(copy: &Copy<'_>, output: &Output, reason: &str) -> Result<(), String> {
    holds_now(copy)?;
    let states = copy.scene.states();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let new = copy.live()? == *states.last().unwrap();
    let unchanged = ["; nothing was changed\n", "; everything is as it was before\n"];
    let may_be = match output.status.code() {
        Some(0) => new,
        Some(1) if stderr.contains(" Switched ") => stderr.contains(unchanged[1]),
        Some(1) => true,
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
    if output.status.code() == Some(1) { is_as_before(copy) } else { goes_on(copy, Policy::New) }
}

/// Lets each call of an apply fail with an error, once or from then on.
fn at_every_point(place: Place, error: &str, reason: &str, stays: bool, calls: &[&str]) {
    let scene = Scene::new(place);
    let mut points = points_of_apply(&scene.copy());
    points.retain(|point| calls.contains(&&*point.call) && is_of_files(point));
    each(&points, |point| {
        let copy = scene.copy();
        let what = format!("error={error}");
        let before = if stays { point.inject_from(&what) } else { point.inject(&what) };
        let output = copy.run(&before, "apply");
        let judged = is_honest(&copy, &output, reason);
        judged.map_err(|why| {
            let Point { call, nth, line } = point;
            format!("{error} at {call} {nth}: {line}\n{why}\n{}", told(&output))
        })
    });
    println!("{} errors", points.len());
}

/// Whether a call is about a file, not about what is told.
fn is_of_files(point: &Point) -> bool {
    !["write(1,", "write(2,"].iter().any(|start| point.line.starts_with(start))
}

const IN_OUT: &[&str] =
    &["mkdir", "openat", "write", "rename", "unlink", "fsync", "fdatasync", "fchmod", "flock"];
const SPACE: &[&str] = &["mkdir", "openat", "write", "rename", "fsync", "fdatasync"];

#[test]
fn an_error_of_the_disk_is_told_and_leaves_nobody_weaker() {
    at_every_point(Place::Files("lmdb"), "EIO", "input/output error", false, IN_OUT);
}

#[test]
fn a_disk_that_fails_for_good_is_told_and_leaves_nobody_weaker() {
    at_every_point(
        Place::Files("texthash"),
        "EIO",
        "input/output error",
        true,
        &["rename", "fsync"],
    );
}

#[test]
fn a_moment_without_space_is_told_and_leaves_nobody_weaker() {
    at_every_point(Place::Files("cdb"), "ENOSPC", "no space left on device", false, SPACE);
}
