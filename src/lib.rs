//! mxward compiles a small YAML repository into Postfix `transport` and TLS policy maps.

pub mod answer;
pub mod diag;
pub mod formats;
pub mod names;
pub mod postfix;
pub mod source;
pub mod world;
