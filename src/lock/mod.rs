//! The lock: every looked-up fact, so that the same repository gives the same maps on any day.

mod address_gate;
mod facts;
mod format;
mod needs;

pub use address_gate::refused;
pub use facts::{AddressFact, DomainFact, HostFact, Lock, LockMode, Stale};
pub use needs::{DomainNeed, HostNeed, HostsOfDomain, Needs};
