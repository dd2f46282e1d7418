//! Changes to files that people write: entries are added and replaced, and everything else stays as it is.

mod entry;
mod exception;
mod insert;
mod list;
mod mark;

pub use exception::{Ended, ExceptionError, end, renew, replace};
pub use insert::{InsertError, insert};
pub use list::{strike, unstrike};
pub use mark::Mark;
