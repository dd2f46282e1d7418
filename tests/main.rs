//! All integration tests, as modules of one binary.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests are not covered by `allow-unwrap-in-tests` and `allow-panic-in-tests`"
)]

mod apply;
mod book;
mod breakglass;
mod cli;
mod compile;
mod diff;
mod discover;
mod examples;
mod expectations;
mod explain;
mod front_end;
mod fuzzing;
mod harness;
mod host;
mod import;
mod init;
mod injection;
mod internet;
mod lab;
mod layers;
mod lints;
mod lock;
mod logs;
mod postfix;
mod probe;
mod providers;
mod report;
mod reports;
mod schemas;
mod servers;
mod sql;
mod yaml_differential;
