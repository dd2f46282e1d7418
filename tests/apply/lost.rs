//! An apply whose connection to a host ends.

use super::errors::says;
use super::kills::{Seen, goes_on, holds_now, seen};
use super::scene::{Copy, Place, Policy, Scene, told};
use super::strace::{Point, each, points};
use std::process::Output;
use std::sync::Mutex;

/// An apply by an ssh(1) that is run by strace(1).
fn with_ssh(copy: &Copy<'_>, strace: &str) -> Output {
    let ssh = format!("strace -qq {strace} {}", copy.scene.sshd.as_ref().unwrap().command);
    copy.command(&[], "apply").env("MXWARD_SSH", ssh).output().unwrap()
}

/// Each request and each answer is one write of ssh(1), so that it ends before each step, and behind each
/// step whose answer is lost.
#[test]
fn an_ssh_that_dies_is_told_and_leaves_nobody_weaker_and_the_next_apply_goes_on() {
    let scene = Scene::new(Place::Ssh("hash"));
    let whole = scene.copy();
    let trace = whole.path.join("trace");
    let output = with_ssh(&whole, &format!("-o {} -e trace=write", trace.display()));
    assert!(output.status.success(), "{}", told(&output));
    let points = points(&trace);
    let known: Mutex<Vec<Seen>> = Mutex::new(Vec::new());
    assert!(points.len() > 200, "{points:#?}");
    each(&points, |point| {
        let copy = scene.copy();
        let Point { call, nth, line, .. } = point;
        let inject = format!("-o /dev/null -e inject={call}:signal=KILL:when={nth}");
        let output = with_ssh(&copy, &inject);
        copy.unlocked();
        let judged = || {
            holds_now(&copy)?;
            says(&copy, &output, "ssh")?;
            let seen = seen(&copy)?;
            {
                let mut known = known.lock().unwrap();
                if known.contains(&seen) {
                    return Ok(());
                }
                known.push(seen);
            }
            goes_on(&copy, Policy::New)
        };
        judged().map_err(|why: String| {
            format!("killed at {call} {nth}: {line}\n{why}\n{}", told(&output))
        })
    });
}
