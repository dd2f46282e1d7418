//! SQL databases as Postfix and this program see them: dialects, where a database is, what the
//! columns of a table mean.

mod dialect;
mod location;
mod table_mapping;

pub use dialect::Dialect;
pub use location::{BadUrl, DatabaseLocation, Server, read_url};
pub use table_mapping::{Identifier, TableMapping};
