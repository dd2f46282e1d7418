//! The intermediate form: sorted tables of lookup keys with the line that caused each entry.

mod lower;
mod pin_list;
mod table;

pub use lower::lower;

pub use table::{Entry, Origin, Table, Tables};
