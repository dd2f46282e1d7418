//! The intermediate form: sorted tables of lookup keys with the line that caused each entry.

mod table;

pub use table::{Entry, Origin, Table, Tables};
