//! What the user wrote, checked word by word, with names still unbound.

pub mod builtin;
pub mod catalogue;
pub mod config;
pub mod declaration;
mod duration;
pub mod lint_level;
pub mod load;
pub mod load_provider;
pub mod mx_pattern;
pub mod policy_spec;
pub mod provider;
pub mod schema;

/// The text of a built-in template.
pub use builtin::text as builtin;
pub use config::{
    Config, DnsConfig, DomainFilter, Gaps, Location, LockSettings, MailLogPlace, MapType,
    PinFallback, Target, Unmanaged,
};
pub use declaration::{Body, Declaration, NextHopPolicy, Route};
pub use duration::seconds;
pub use lint_level::{LINTS, LintLevel};
pub(crate) use load::{listed, next_hop_error, recipients};
pub use load_provider::load_provider;
pub use mx_pattern::MxPattern;
pub use policy_spec::{AttributeSpec, PolicySpec};
pub use provider::{Claim, Evidence, HostSpec, Hosts, PinAdvice, Provider, ProviderKind};
