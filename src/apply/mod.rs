//! Changes deployed maps, exactly as planned.

mod engine;
mod file_store;
mod kept;
mod ready;
mod reload;
mod sql_store;
mod store;

pub(crate) use engine::Restored;
pub use engine::Run;
pub use file_store::FileStore;
pub use kept::Kept;
pub use ready::{Ending, Ready};
pub use reload::Reload;
pub use sql_store::SqlStore;
pub use store::{Failure, Store};
