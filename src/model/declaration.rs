//! Declared domains and next hops.

use super::policy_spec::PolicySpec;
use crate::names::Recipients;
use crate::postfix::{NextHop, Transport};
use crate::source::{Span, Spanned};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// One line or mapping entry that declares what happens with mail for a domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declaration {
    /// Whose mail.
    pub recipients: Recipients,
    /// The place of the name.
    pub span: Span,
    /// Index into [`super::Config::bodies`]: what was said. Declarations that say the same in the
    /// same words share a body, so that a million domains cost a few hundred bodies.
    pub body: u32,
}

/// What was said of a domain: `gmail.com: google`, a mapping, or what stands beside a list file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Body {
    /// Where it was written first.
    pub span: Span,
    /// The provider template by name.
    pub provider: Option<Spanned<String>>,
    /// Values for the template's `params`.
    pub params: BTreeMap<String, Spanned<String>>,
    /// How mail gets there; absent means `defaults.route` where a template is used, else `mx`.
    pub route: Option<Spanned<Route>>,
    /// The level and attributes written here; they replace the template's, name by name.
    pub policy: PolicySpec,
    /// A next-hop destination of its own.
    pub next_hop: Option<Spanned<NextHop>>,
    /// The delivery service, or a whole transport result; absent means `smtp`.
    pub transport: Option<Spanned<Transport>>,
    /// `leave_to`: nothing static is emitted; the resolver of that name decides at run time.
    pub leave_to: Option<Spanned<String>>,
    /// Why this entry is an exception.
    pub reason: Option<Spanned<String>>,
    /// The last day on which the exception holds.
    pub until: Option<Spanned<Date>>,
    /// Whether something in it was refused, which was reported: the rest is not to be judged.
    pub broken: bool,
}

impl Body {
    /// A body in which nothing is said yet.
    pub fn new(span: Span) -> Self {
        Self {
            span,
            provider: None,
            params: BTreeMap::new(),
            route: None,
            policy: PolicySpec::default(),
            next_hop: None,
            transport: None,
            leave_to: None,
            reason: None,
            until: None,
            broken: false,
        }
    }
}

/// How mail reaches the MX hosts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Route {
    /// No transport entry: Postfix looks the MX up, the policy stands under the domain.
    Mx,
    /// The MX hosts by name, `[mx-host]`.
    Host,
    /// The addresses of the lock, then the domain itself.
    Pin,
}

impl Route {
    /// Every route with its name in YAML.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("pin", Self::Pin), ("mx", Self::Mx), ("host", Self::Host)];

    /// The name in YAML.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mx => "mx",
            Self::Host => "host",
            Self::Pin => "pin",
        }
    }
}

/// The policy of a next hop that is not a domain, from `next_hops:`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NextHopPolicy {
    /// The next-hop destination.
    pub next_hop: Spanned<NextHop>,
    /// Its policy; the level is always there.
    pub policy: PolicySpec,
}
