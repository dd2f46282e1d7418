//! The pure part of mxward, built from its own sources, and the checks of its readers.
//!
//! A crate of its own, since what talks to the system (`world::system`, with OpenSSL, databases and the
//! network) would take most of the time to build and is not fuzzed.
#![allow(dead_code, unused_imports, reason = "commands and tests use the rest")]

extern crate self as mxward;

#[path = "../../src/answer.rs"]
pub mod answer;
#[path = "../../src/compile/mod.rs"]
pub mod compile;
#[path = "../../src/dane/mod.rs"]
pub mod dane;
#[path = "../../src/deployed/mod.rs"]
pub mod deployed;
#[path = "../../src/detect.rs"]
pub mod detect;
#[path = "../../src/diag/mod.rs"]
pub mod diag;
#[path = "../../src/diff/mod.rs"]
pub mod diff;
#[path = "../../src/discover/mod.rs"]
pub mod discover;
#[path = "../../src/edit/mod.rs"]
pub mod edit;
#[path = "../../src/emit/mod.rs"]
pub mod emit;
#[path = "../../src/expand/mod.rs"]
pub mod expand;
#[path = "../../src/expect.rs"]
pub mod expect;
#[path = "../../src/formats/mod.rs"]
pub mod formats;
#[path = "../../src/import/mod.rs"]
pub mod import;
#[path = "../../src/lock/mod.rs"]
pub mod lock;
#[path = "../../src/logs/mod.rs"]
pub mod logs;
#[path = "../../src/model/mod.rs"]
pub mod model;
#[path = "../../src/mta_sts/mod.rs"]
pub mod mta_sts;
#[path = "../../src/names.rs"]
pub mod names;
#[path = "../../src/plan/mod.rs"]
pub mod plan;
#[path = "../../src/postfix/mod.rs"]
pub mod postfix;
#[path = "../../src/report/mod.rs"]
pub mod report;
#[path = "../../src/resolve/mod.rs"]
pub mod resolve;
#[path = "../../src/source/mod.rs"]
pub mod source;
#[path = "../../src/sql/mod.rs"]
pub mod sql;
#[path = "../../src/tables/mod.rs"]
pub mod tables;
#[path = "../../src/world/mod.rs"]
pub mod world;

mod checks;

/// Runs a check over one input.
///
/// # Panics
///
/// When the input breaks a promise, or there is no such check.
pub fn check(name: &str, data: &[u8]) {
    let check = checks::CHECKS.iter().find(|(known, _)| *known == name);
    check.expect("the check is there").1(data);
}
