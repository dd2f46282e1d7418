//! From the texts of a repository to [`Config`](super::Config).

mod body;
mod lints;
mod list;
mod loader;
mod location;
mod root;
mod target;

pub(crate) use list::listed;
pub use loader::Loader;
pub(crate) use loader::{next_hop_error, recipients};
pub use root::Include;
