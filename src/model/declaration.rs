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
    /// What was said.
    pub entry: Entry,
}

/// What was said of a domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// `gmail.com: google`, or a line of a list file: a provider and nothing else.
    Provider {
        /// Index into [`super::Config::provider_uses`].
        name: ProviderUse,
        /// The route of the list, if it has one of its own.
        route: Option<Route>,
    },
    /// A mapping with a provider, or with a policy of its own.
    Policy(Box<PolicyEntry>),
    /// `leave_to: mta-sts`: nothing static is emitted; a run-time resolver decides.
    LeaveTo(Spanned<String>),
}

/// A provider's name as used; the same text is stored once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProviderUse(pub u32);

/// The long form of a declaration.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PolicyEntry {
    /// The provider template.
    pub provider: Option<Spanned<ProviderUse>>,
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
    /// Why this entry is an exception.
    pub reason: Option<Spanned<String>>,
    /// The last day on which the exception holds.
    pub until: Option<Spanned<Date>>,
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
