//! Changes to files that people write: entries are added and replaced, and everything else stays as it is.

mod exception;
mod insert;

pub use exception::{Ended, ExceptionError, Mark, end, replace, strike, unstrike};
pub use insert::{InsertError, insert};
