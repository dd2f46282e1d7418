//! Provider templates.

use super::mx_pattern::MxPattern;
use super::policy_spec::PolicySpec;
use crate::names::DomainName;
use crate::source::{Span, Spanned};
use std::collections::BTreeMap;

/// A provider template: how to recognise the provider's MX hosts and which policy they deserve.
///
/// [`Self::policy`] and [`Self::policy_when_dane`] together say what an entry that only names the
/// provider gets:
///
/// | `policy` | `policy_when_dane` | a DANE-secured domain | any other domain |
/// |---|---|---|---|
/// | given | absent | `policy` | `policy` |
/// | given | given | `policy_when_dane` | `policy` |
/// | absent | given | `policy_when_dane` | nothing: the entry needs a level of its own |
/// | absent | absent | nothing: for detection only | nothing |
#[derive(Clone, Debug)]
pub struct Provider {
    /// The name that declarations use; also the name of the file.
    pub name: Spanned<String>,
    /// The name for people.
    pub title: String,
    /// What kind of service it is.
    pub kind: ProviderKind,
    /// Whether the template was compiled into the program.
    pub builtin: bool,
    /// Other templates whose patterns and odd patterns this one takes as its own. Such an umbrella
    /// is not used by detection, its members are.
    pub members: Vec<Spanned<String>>,
    /// Patterns of the provider's MX hosts; those of the members are there once
    /// [`super::catalogue::add_members`] has been called.
    pub mx_patterns: Vec<MxPattern>,
    /// Patterns of names in the provider's zone that are not among its MX hosts, for detection.
    pub odd_patterns: Vec<MxPattern>,
    /// Where the MX hosts come from.
    pub hosts: Hosts,
    /// The policy of a domain that is not DANE-secured, or of every domain when
    /// [`Self::policy_when_dane`] is absent; `None` means that there is none to use. The level is
    /// always there.
    pub policy: Option<PolicySpec>,
    /// The policy of domains whose MX set and hosts are DANE-secured; `None` means no difference.
    /// The level is always there.
    pub policy_when_dane: Option<PolicySpec>,
    /// Whether pinning the addresses is sensible.
    pub pin: PinAdvice,
    /// Parameters that `hosts` and `policy` may use, with their defaults; `None` must be given.
    pub params: BTreeMap<String, Option<String>>,
    /// What supports each claim.
    pub evidence: Vec<Evidence>,
    /// What an administrator should know.
    pub notes: Vec<String>,
}

/// What kind of service a provider runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ProviderKind {
    /// Mailboxes, for the public or for businesses.
    Mailbox,
    /// Web hosting with mailboxes.
    Hoster,
    /// A filter in front of somebody else's mailboxes.
    Gateway,
    /// Forwards to mailboxes elsewhere.
    Forwarder,
    /// Takes mail for programs.
    Infrastructure,
}

/// Where a template's MX hosts come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Hosts {
    /// Nothing is known: route `mx` only.
    Unknown,
    /// A fixed list in preference order, each a minijinja text over `domain` and `params`.
    Listed(Vec<HostSpec>),
    /// The domain's own MX set, of which every host must match [`Provider::mx_patterns`].
    FromMx(Span),
}

/// One MX host of a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostSpec {
    /// Lower is tried first; hosts of equal preference take turns.
    pub preference: u16,
    /// The name, or a minijinja text that gives it.
    pub name: Spanned<String>,
}

/// Whether pinning the provider's addresses is sensible.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PinAdvice {
    /// The addresses are stable.
    Ok,
    /// They rotate, are shared, or nobody knows: pinning is allowed, a lint warns.
    Discouraged,
}

/// A source for something the template claims.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    /// What kind of claim it supports.
    pub claim: Claim,
    /// What was seen, in a phrase.
    pub fact: String,
    /// Where it was seen; `unverified` when nobody can be named.
    pub source: String,
    /// When, as `YYYY-MM-DD`, `YYYY-MM` or `YYYY`, or `unknown`.
    pub date: String,
}

/// What a piece of evidence is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Claim {
    /// The MX hosts.
    Mx,
    /// The names in the certificates, or the chain.
    Certificate,
    /// TLSA records and signed zones.
    Dane,
    /// The provider's own MTA-STS policy.
    MtaSts,
    /// How stable the addresses are.
    Pin,
}

impl Provider {
    /// Whether `host` is one of the provider's MX hosts.
    pub fn accepts(&self, host: &DomainName) -> bool {
        self.mx_patterns.iter().any(|pattern| pattern.matches(host))
    }

    /// Whether an entry that names only this provider has no policy in any case.
    pub fn is_detection_only(&self) -> bool {
        self.policy.is_none() && self.policy_when_dane.is_none()
    }
}

impl ProviderKind {
    /// Every kind with its name in YAML.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("mailbox", Self::Mailbox),
        ("hoster", Self::Hoster),
        ("gateway", Self::Gateway),
        ("forwarder", Self::Forwarder),
        ("infrastructure", Self::Infrastructure),
    ];

    /// The name in YAML.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mailbox => "mailbox",
            Self::Hoster => "hoster",
            Self::Gateway => "gateway",
            Self::Forwarder => "forwarder",
            Self::Infrastructure => "infrastructure",
        }
    }
}

impl Claim {
    /// Every claim with its name in YAML.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("mx", Self::Mx),
        ("certificate", Self::Certificate),
        ("dane", Self::Dane),
        ("mta-sts", Self::MtaSts),
        ("pin", Self::Pin),
    ];

    /// The name in YAML.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mx => "mx",
            Self::Certificate => "certificate",
            Self::Dane => "dane",
            Self::MtaSts => "mta-sts",
            Self::Pin => "pin",
        }
    }
}

impl PinAdvice {
    /// Every advice with its name in YAML.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("ok", Self::Ok), ("discouraged", Self::Discouraged)];

    /// The name in YAML.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Discouraged => "discouraged",
        }
    }
}
