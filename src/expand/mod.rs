//! Binds names: declarations with their templates and defaults become destinations that still lack
//! the facts of DNS.

mod destination;
mod expander;
mod merge;
mod policies;
mod policy;
mod route;
mod text_template;

pub use destination::{
    Destination, Destinations, HostSource, NextHopEntry, Unresolved, UnresolvedWay,
};
pub use expander::expand;
pub use merge::fixed_policy;
pub use policies::{Policies, PolicyId};
