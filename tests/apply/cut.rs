//! An apply whose connection to the server of a database ends.

use super::errors::{is_as_before, says};
use super::kills::{Seen, goes_on, holds_now, seen};
use super::scene::{Copy, Place, Policy, Scene, told};
use super::strace::{each, of_server};
use crate::sql::proxy::{Fate, between};
use mxward::sql::Dialect;
use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// An apply through something on the way, which deals so with what is sent as the `nth`, from 1.
fn cut(copy: &Copy<'_>, nth: usize, fate: Fate) -> (Output, usize) {
    let table = copy.table.as_ref().unwrap();
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let port = between(table.place(), move |_| {
        let is_it = count.fetch_add(1, Ordering::SeqCst) + 1 == nth;
        if is_it { fate } else { Fate::Passes }
    });
    copy.policy_by(Policy::New, &table.url_at(port));
    let output = copy.run(&[], "apply");
    copy.policy(Policy::New);
    copy.unlocked();
    (output, sent.load(Ordering::SeqCst))
}

fn at_every_statement(dialect: Dialect) {
    let scene = Scene::new(Place::Server(dialect));
    let (output, count) = cut(&scene.copy(), 0, Fate::Passes);
    assert!(output.status.success(), "{}", told(&output));
    assert!(count > 50, "{count}");
    let fates = [Fate::IsCut, Fate::HasNoAnswer];
    let points: Vec<(usize, Fate)> =
        of_server((1..=count).flat_map(|nth| fates.map(|fate| (nth, fate))).collect());
    let known: Mutex<Vec<(Option<i32>, Seen)>> = Mutex::new(Vec::new());
    each(&points, |(nth, fate)| {
        let copy = scene.copy();
        let (output, sent) = cut(&copy, *nth, *fate);
        let judged = || {
            if sent < *nth {
                return Err(format!("only {sent} were sent"));
            }
            holds_now(&copy)?;
            says(&copy, &output, "the connection to the server ended")?;
            let code = output.status.code();
            let seen = (code, seen(&copy)?);
            {
                let mut known = known.lock().unwrap();
                if known.contains(&seen) {
                    return Ok(());
                }
                known.push(seen);
            }
            if code == Some(1) {
                is_as_before(&copy)?;
            }
            goes_on(&copy, Policy::New)
        };
        judged().map_err(|why| format!("{fate:?} {nth} of {count}\n{why}\n{}", told(&output)))
    });
    let known = known.into_inner().unwrap();
    let ended = |code: i32| known.iter().any(|(it, _)| *it == Some(code));
    // With 0 all was done, and the lock could not be given back.
    assert!(known.len() > 8 && [0, 1, 7].into_iter().all(ended), "{known:#?}");
}

#[test]
fn a_cut_connection_to_mariadb_is_told_and_leaves_nobody_weaker_and_the_next_apply_goes_on() {
    at_every_statement(Dialect::Mysql);
}

#[test]
fn a_cut_connection_to_postgres_is_told_and_leaves_nobody_weaker_and_the_next_apply_goes_on() {
    at_every_statement(Dialect::Postgres);
}
