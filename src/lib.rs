//! mxward compiles a small YAML repository into Postfix `transport` and TLS policy maps.

pub mod answer;
pub mod detect;
pub mod diag;
pub mod expand;
pub mod formats;
pub mod lock;
pub mod model;
pub mod names;
pub mod postfix;
pub mod report;
pub mod source;
pub mod world;
