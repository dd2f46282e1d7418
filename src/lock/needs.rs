//! What the repository needs to know from DNS.

use crate::model::MxPattern;
use crate::names::DomainName;
use crate::source::Span;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Every fact the declarations need.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// MX hosts by name.
    pub hosts: BTreeMap<DomainName, HostNeed>,
    /// Domains whose own MX set is needed.
    pub domains: BTreeMap<DomainName, DomainNeed>,
}

/// What is needed of an MX host.
#[derive(Clone, Debug)]
pub struct HostNeed {
    /// Where the need comes from, for messages.
    pub span: Span,
    /// Whether its addresses are needed; without that only their DNSSEC status is.
    pub addresses: bool,
    /// Whether it matters that it has usable TLSA records.
    pub dane: bool,
}

/// What is needed of a domain.
#[derive(Clone, Debug)]
pub struct DomainNeed {
    /// The declaration.
    pub span: Span,
    /// The template's name and patterns, which every MX host must match; `None` accepts any.
    pub provider: Option<(Arc<str>, Arc<[MxPattern]>)>,
    /// What is needed of each of its MX hosts, once they are known.
    pub hosts: HostsOfDomain,
    /// The hosts that its template lists, with their preferences; none where its own MX set is used.
    pub listed: Option<Arc<[(u16, DomainName)]>>,
}

/// What is needed of each MX host of a domain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HostsOfDomain {
    /// Their addresses.
    pub addresses: bool,
    /// Whether they have usable TLSA records.
    pub dane: bool,
}
