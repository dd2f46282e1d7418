//! Plans with the facts of DNS filled in.

use crate::expand::PolicyId;
use crate::names::DomainName;
use crate::postfix::Transport;
use crate::source::Span;
use std::net::IpAddr;
use std::sync::Arc;

/// What to do with mail, after the facts of DNS are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resolved {
    /// The body of the declaration, an index into [`crate::model::Config::bodies`].
    pub body: u32,
    /// The template, if one is used.
    pub template: Option<Arc<str>>,
    /// The policy; `None` emits no entry.
    pub policy: Option<PolicyId>,
    /// How mail gets there.
    pub way: Way,
    /// Where the way was chosen.
    pub span: Span,
}

/// How mail gets to a destination.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Way {
    /// By the domain's MX records; the policy stands under the domain.
    Mx,
    /// By a transport; the policy stands under each next hop.
    Transport(Transport),
    /// To addresses, then to the domain; the policy stands under all of them. Never empty.
    Pinned(Arc<[PinHost]>),
    /// Nothing static: the resolver of this name decides at run time.
    LeftTo(Arc<str>),
}

/// An MX host with the addresses that the lock knows.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PinHost {
    /// Lower is tried first.
    pub preference: u16,
    /// The host.
    pub name: DomainName,
    /// Its addresses, sorted, with whether each is current; one that vanished from DNS lately is not.
    pub addresses: Vec<(IpAddr, bool)>,
}
