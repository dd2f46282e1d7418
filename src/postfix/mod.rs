//! Postfix's own rules: levels, policies, next hops, transports, search orders, and what they promise.

mod attribute;
mod client_tls;
mod delivery;
mod demands;
mod effect;
mod fold;
mod hostname;
mod level;
pub mod main_cf;
mod match_pattern;
mod next_hop;
mod policy;
mod policy_error;
mod policy_parser;
mod promises;
mod protocols;
mod search;
mod transport;
mod transport_reader;
mod version;

pub use attribute::{ATTRIBUTES, Attribute, Multiplicity};
pub use client_tls::ClientTls;
pub use delivery::{Delivery, Hop, HopPolicy, Outcome, Settings, deliver};
pub use effect::Effect;
pub use fold::fold_key;
pub use level::SecurityLevel;
pub use match_pattern::{MatchPattern, MatchPatternError};
pub use next_hop::{NextHop, NextHopError};
pub use policy::TlsPolicy;
pub use policy_error::PolicyError;
pub use promises::{Promises, Protection};
pub use search::{policy_keys, transport_keys};
pub use transport::{Transport, TransportError, words};
pub use transport_reader::TransportReader;
pub use version::{Version, VersionError};
