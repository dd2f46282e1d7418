//! The intermediate form: sorted tables of lookup keys with the line that caused each entry.

mod lower;
mod lowered;
mod pin_list;
mod pinned;
mod requirements;
mod row;
mod table;

pub use lower::lower;
pub use lowered::Lowered;
pub use requirements::{policy_uses, requirements};
pub use row::{Counts, Row, Rows};
pub use table::{Entry, Origin, Table, Tables};
