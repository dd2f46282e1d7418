//! An apply whose system calls fail, one by one, and one on a disk that is full.

use super::judge::Pair;
use super::kills::{goes_on, holds_now, no_litter};
use super::scene::{Copy, Place, Policy, Scene, told};
use super::strace::{Point, each, points_of_apply};
use std::process::Output;

/// Nothing may differ from what was there. Only the record may, where the disk stays broken: it names
/// more than is there, and the next apply must put that right.
pub(super) fn is_as_before(copy: &Copy<'_>) -> Result<(), String> {
    let untouched = copy.scene.untouched();
    let pairs = |copy: &Copy<'_>| -> Result<_, String> {
        Ok([copy.live()?, copy.texts(), copy.reloads().pop().unwrap()])
    };
    if pairs(copy)? != pairs(&untouched)? {
        return Err(format!("something has changed: {:#?}", pairs(copy)?));
    }
    no_litter(copy)?;
    if copy.records() == untouched.records() { Ok(()) } else { goes_on(copy, Policy::New) }
}

/// What must be so after a run that met an error, by what it says of itself.
pub(super) fn is_honest(copy: &Copy<'_>, output: &Output, reason: &str) -> Result<(), String> {
    holds_now(copy)?;
    says(copy, output, reason)?;
    if output.status.code() == Some(1) { is_as_before(copy) } else { goes_on(copy, Policy::New) }
}

/// Exit status and message must fit what is there, and name the reason.
pub(super) fn says(copy: &Copy<'_>, output: &Output, reason: &str) -> Result<(), String> {
    let states = Scene::states();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let place = &copy.scene.place;
    let live = place.in_use(copy.live()?);
    let is = |state: &Pair| live == place.in_use(state.clone());
    let (old, new) = (is(&states[0]), is(states.last().unwrap()));
    let unchanged = ["; nothing was changed\n", "; everything is as it was before\n"];
    let may_be = match output.status.code() {
        // With 8 it was written, and Postfix was not asked, or answers something else.
        Some(0 | 8) => new,
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

/// Lets each call of an apply fail with an error, once or from then on.
fn at_every_point(place: Place, error: &str, reason: &str, stays: bool, calls: &[&str]) {
    let scene = Scene::new(place);
    let mut points = points_of_apply(&scene.copy());
    points.retain(|point| calls.contains(&&*point.call) && is_of_files(point));
    assert!(points.len() > 30, "{points:#?}");
    each(&points, |point| {
        let copy = scene.copy();
        let what = format!("error={error}");
        let before = if stays { point.inject_from(&what) } else { point.inject(&what) };
        let output = copy.run(&before, "apply");
        let judged = is_honest(&copy, &output, reason);
        judged.map_err(|why| {
            let Point { call, nth, line, .. } = point;
            format!("{error} at {call} {nth}: {line}\n{why}\n{}", told(&output))
        })
    });
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

/// Runs an apply in a namespace of its own, in which `mounts` change what the deployed maps lie on.
/// What is there then is put in their place.
fn in_namespace(copy: &Copy<'_>, mounts: &str) -> Output {
    let script = format!(
        "cp -a deployed before && mkdir after && {mounts} || exit 99\n\
         \"$@\"\ncode=$?\ncp -a deployed/. after && exit $code\nexit 98"
    );
    let before = ["unshare", "--map-root-user", "--mount", "sh", "-c", &script, "sh"];
    let output = copy.run(&before.map(str::to_owned), "apply");
    let deployed = copy.path.join("deployed");
    std::fs::remove_dir_all(&deployed).unwrap();
    std::fs::rename(copy.path.join("after"), deployed).unwrap();
    output
}

/// The next apply has space again.
fn on_every_disk_that_is_too_small(place: Place) {
    const PAGE: u64 = 4096;
    let scene = Scene::new(place);
    let untouched = scene.untouched();
    let lengths = untouched.names().into_iter().map(|name| {
        let found = std::fs::metadata(untouched.path.join(name)).unwrap();
        if found.is_dir() { 0 } else { found.len().div_ceil(PAGE) * PAGE }
    });
    let used: u64 = lengths.sum();
    let is_done = |pages: u64| -> Result<bool, String> {
        let copy = scene.copy();
        let size = used + pages * PAGE;
        let mounts =
            format!("mount -t tmpfs -o size={size} tmpfs deployed && cp -a before/. deployed");
        let output = in_namespace(&copy, &mounts);
        // An index of lmdb may just be too short, which shows when it is read back.
        let is_short = told(&output).contains("is not what was written: is the disk full?");
        let reason = if is_short { "is the disk full?" } else { "o space left on device" };
        let judged = is_honest(&copy, &output, reason);
        judged.map_err(|why| format!("{pages} pages: {why}\n{}", told(&output)))?;
        Ok(output.status.success())
    };
    let enough = (0..200).find(|pages| is_done(*pages).unwrap());
    assert!(enough.unwrap() > 10);
}

#[test]
fn a_full_disk_is_told_and_leaves_nobody_weaker_in_hash_maps() {
    on_every_disk_that_is_too_small(Place::Files("hash"));
}

#[test]
fn a_full_disk_is_told_and_leaves_nobody_weaker_in_lmdb_maps() {
    on_every_disk_that_is_too_small(Place::Files("lmdb"));
}

#[test]
fn a_full_disk_is_told_and_leaves_nobody_weaker_in_cdb_maps() {
    on_every_disk_that_is_too_small(Place::Files("cdb"));
}

#[test]
fn a_folder_that_cannot_be_written_is_told_and_nothing_changes() {
    let scene = Scene::new(Place::Files("lmdb"));
    let copy = scene.copy();
    let mounts = "mount --bind deployed deployed && mount -o remount,ro,bind deployed";
    let output = in_namespace(&copy, mounts);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(
        stderr,
        "error: target `mx`: cannot lock `./deployed`: cannot lock `./deployed/.mxward/lock`: read-only file system\n"
    );
    assert_eq!(output.status.code(), Some(1));
    is_honest(&copy, &output, "read-only file system").unwrap();
}
