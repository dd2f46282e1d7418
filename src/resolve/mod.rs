//! Facts of DNS: what the destinations need, from the lock or from the network, and what they become.

mod needs;
mod plan;
mod resolver;

pub use needs::needs;
pub use plan::{PinHost, Resolved, Way};
pub use resolver::resolve;
