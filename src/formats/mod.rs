//! Forms of a table outside of this program, each read and written in one file.

pub mod cdb;
pub mod postmap_text;
pub mod record;
pub mod seal;
pub mod sql_table;

pub use postmap_text::{Ignored, IgnoredKind, MapEntry, MapText};
