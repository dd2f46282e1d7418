//! Which provider an MX set belongs to.

use crate::model::{MxPattern, Provider};
use crate::names::DomainName;
use regex::bytes::RegexSet;
use std::collections::{BTreeMap, BTreeSet};

/// Recognises providers by the names of MX hosts.
///
/// # Examples
///
/// ```
/// use mxward::detect::{Detector, DomainVerdict};
/// use mxward::diag::Diagnostics;
/// use mxward::model::catalogue;
/// use mxward::source::SourceMap;
/// use std::collections::BTreeMap;
///
/// let mut providers = BTreeMap::new();
/// let (mut sources, mut diagnostics) = (SourceMap::new(), Diagnostics::new());
/// catalogue::add_all(&mut providers, &mut sources, &mut diagnostics);
/// let detector = Detector::new(&providers);
/// let verdict = detector.domain(&["mx1.mail.hostpoint.ch", "mx2.mail.hostpoint.ch"]);
/// assert_eq!(verdict, DomainVerdict::One("hostpoint".to_owned()));
/// ```
#[derive(Debug)]
pub struct Detector {
    hosts: PatternSet,
    odd: PatternSet,
}

/// What one MX host is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum HostVerdict {
    /// One of the provider's MX hosts.
    Provider(String),
    /// A name in the provider's zone that is not one of its MX hosts: mistyped or out of date.
    Odd(String),
    /// Nobody's that is known, or no host name at all.
    None,
}

/// What the MX set of a domain is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DomainVerdict {
    /// Every host is one of this provider's.
    One(String),
    /// At least one host is a provider's or odd, and they do not agree: the hosts by verdict.
    Mixed(BTreeMap<HostVerdict, BTreeSet<String>>),
    /// No host is known, or there is none.
    None,
}

/// Many patterns at once, each with the template it came from.
#[derive(Debug)]
struct PatternSet {
    set: RegexSet,
    owners: Vec<String>,
}

impl Detector {
    /// A detector for all `providers` but the umbrellas, whose members speak for them.
    ///
    /// Where patterns of several templates match, one of the repository wins over a built-in one, then
    /// the first in the order of names.
    pub fn new(providers: &BTreeMap<String, Provider>) -> Self {
        let mut list: Vec<(&str, &Provider)> = providers
            .iter()
            .filter(|(_, provider)| provider.members.is_empty())
            .map(|(name, provider)| (name.as_str(), provider))
            .collect();
        list.sort_by_key(|(name, provider)| (provider.builtin, *name));
        Self {
            hosts: PatternSet::new(&list, |provider| &provider.mx_patterns),
            odd: PatternSet::new(&list, |provider| &provider.odd_patterns),
        }
    }

    /// What `host` is.
    pub fn host(&self, host: &DomainName) -> HostVerdict {
        if let Some(owner) = self.hosts.owner(host) {
            return HostVerdict::Provider(owner.to_owned());
        }
        self.odd.owner(host).map_or(HostVerdict::None, |owner| HostVerdict::Odd(owner.to_owned()))
    }

    /// What a published MX target is, which need not be a host name: addresses, the root and other
    /// texts are [`HostVerdict::None`].
    pub fn text(&self, target: &str) -> HostVerdict {
        DomainName::parse(target).map_or(HostVerdict::None, |host| self.host(&host))
    }

    /// What an MX set is.
    pub fn domain<T: AsRef<str>>(&self, hosts: &[T]) -> DomainVerdict {
        let mut verdicts: BTreeMap<HostVerdict, BTreeSet<String>> = BTreeMap::new();
        for host in hosts {
            let host = host.as_ref();
            verdicts.entry(self.text(host)).or_default().insert(host.to_owned());
        }
        let mut keys = verdicts.keys();
        match (keys.next(), keys.next()) {
            (None | Some(HostVerdict::None), None) => DomainVerdict::None,
            (Some(HostVerdict::Provider(name)), None) => DomainVerdict::One(name.clone()),
            (Some(HostVerdict::Odd(_)), None) | (_, Some(_)) => DomainVerdict::Mixed(verdicts),
        }
    }
}

impl PatternSet {
    fn new(providers: &[(&str, &Provider)], patterns: fn(&Provider) -> &[MxPattern]) -> Self {
        let all = || {
            providers.iter().flat_map(|(name, provider)| {
                patterns(provider).iter().map(move |pattern| (*name, pattern))
            })
        };
        Self {
            set: MxPattern::set(all().map(|(_, pattern)| pattern)),
            owners: all().map(|(name, _)| name.to_owned()).collect(),
        }
    }

    /// The first owner of a pattern that matches.
    fn owner(&self, host: &DomainName) -> Option<&str> {
        let at = self.set.matches(host.as_str().as_bytes()).iter().next()?;
        self.owners.get(at).map(String::as_str)
    }
}
