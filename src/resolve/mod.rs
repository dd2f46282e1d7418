//! Facts of DNS: what the destinations need, from the lock or from the network, and what they become.

mod lock_event;
mod needs;
mod plan;
mod refresh;
mod resolver;

pub use lock_event::LockEvent;
pub use needs::needs;
pub use plan::{PinHost, Resolved, Way};
pub use refresh::{Offline, Refreshed, Scope, refresh};
pub use resolver::resolve;
