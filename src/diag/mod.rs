//! Messages: what is wrong, where, and what to write instead.

mod diagnostic;
mod fields;
mod nearest;
pub mod values;
mod yaml;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use fields::{Fields, unknown_key};
pub use nearest::nearest;
pub use yaml::parse_yaml;
