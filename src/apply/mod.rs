//! Changes deployed maps, exactly as planned.

mod engine;
mod file_store;
mod reload;
mod store;

pub use engine::{Ending, Run, run};
pub use file_store::FileStore;
pub use reload::Reload;
pub use store::{Failure, Store};
