//! Messages: what is wrong, where, and what to write instead.

mod diagnostic;
mod yaml;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use yaml::parse_yaml;
