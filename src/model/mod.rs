//! What the user wrote, checked word by word, with names still unbound.

pub mod config;
pub mod declaration;
pub mod load;
pub mod policy_spec;
pub mod provider;

pub use config::{
    Config, DnsConfig, DomainFilter, Location, LockSettings, MapType, PinFallback, Target, Unmanaged,
};
pub use declaration::{Body, Declaration, NextHopPolicy, Route};
pub use policy_spec::{AttributeSpec, PolicySpec};
pub use provider::{HostSpec, Hosts, MxPattern, PinAdvice, Provider};
