//! mxward compiles a small YAML repository into Postfix `transport` and TLS policy maps.

pub mod answer;
pub mod apply;
pub mod cli;
pub mod compile;
pub mod deployed;
pub mod detect;
pub mod diag;
pub mod diff;
pub mod emit;
pub mod expand;
pub mod expect;
pub mod explain;
pub mod formats;
pub mod lint;
pub mod lock;
pub mod logs;
pub mod model;
pub mod names;
pub mod plan;
pub mod postfix;
pub mod report;
pub mod resolve;
pub mod source;
pub mod sql;
pub mod tables;
pub mod world;
