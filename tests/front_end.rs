//! What is read, and what is refused, with which words: `mxward check` on repositories with mistakes.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

mod anything;
mod cases;
mod hostile;
mod includes;
mod lists;
mod names;
mod rendered;
