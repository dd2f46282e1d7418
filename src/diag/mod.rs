//! Messages: what is wrong, where, and what to write instead.

mod diagnostic;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
