//! From the texts of a repository to [`Config`].

mod body;
mod list;
mod loader;
mod location;
mod target;
mod root;

pub use loader::Loader;
pub use root::Include;
