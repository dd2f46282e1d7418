//! Recipient domains with everything that the repository says about them.

use super::policies::{Policies, PolicyId};
use crate::names::{DomainName, Recipients};
use crate::postfix::{NextHop, Transport};
use crate::source::Span;
use std::sync::Arc;

/// All destinations of a repository. `P` is the state of their plans: [`Unresolved`] before the facts
/// of DNS are known, and what `resolve` makes of it after.
#[derive(Debug)]
pub struct Destinations<P> {
    /// Sorted by recipients, each once.
    pub list: Vec<Destination>,
    /// What [`Destination::plan`] points to.
    pub plans: Vec<P>,
    /// The policies of plans and next hops.
    pub policies: Policies,
    /// Policies of next hops that are not domains, in the order of writing.
    pub next_hops: Vec<NextHopEntry>,
}

/// One declared recipient domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Destination {
    /// Whose mail.
    pub recipients: Recipients,
    /// The declaration.
    pub span: Span,
    /// Index into [`Destinations::plans`]; domains that are treated alike share one.
    pub plan: u32,
}

/// What to do with mail, before the facts of DNS are known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unresolved {
    /// The body of the declaration, an index into [`crate::model::Config::bodies`].
    pub body: u32,
    /// The template, if one is used.
    pub template: Option<Arc<str>>,
    /// The policy; `None` emits no entry.
    pub policy: Option<PolicyId>,
    /// The policy for domains that are DANE-secured; `None` makes no difference.
    pub policy_when_dane: Option<PolicyId>,
    /// How mail gets there.
    pub way: UnresolvedWay,
    /// Where the way was chosen: the `route`, the template's name or the body.
    pub span: Span,
}

/// How mail gets to a destination.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UnresolvedWay {
    /// By the domain's MX records; the policy stands under the domain.
    Mx,
    /// To the MX hosts by name.
    Hosts(HostSource),
    /// To the addresses of the MX hosts, then to the domain.
    Pinned {
        /// Which hosts.
        hosts: HostSource,
        /// Whether `route: pin` stands beside the domain, and not only among the defaults.
        explicit: bool,
    },
    /// By a transport of the declaration's own.
    Transport(Transport),
    /// Nothing static: the resolver of this name decides at run time.
    LeftTo(Arc<str>),
}

/// Where the MX hosts of a plan come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HostSource {
    /// From the template, with their preferences, in its order. Never empty.
    Listed(Arc<[(u16, DomainName)]>),
    /// From the domain's own MX set, all of which the template must accept.
    OwnMx,
}

/// The policy of a next hop that is not a domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NextHopEntry {
    /// The next-hop destination.
    pub next_hop: NextHop,
    /// Its policy.
    pub policy: PolicyId,
    /// The place of the next hop.
    pub span: Span,
}
