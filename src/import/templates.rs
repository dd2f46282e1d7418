//! Policies and addresses → the templates that give them.

use super::body::base;
use crate::detect::{Detector, HostVerdict};
use crate::diag::Diagnostics;
use crate::expand::fixed_policy;
use crate::model::{Hosts, MxPattern, Provider, catalogue};
use crate::names::DomainName;
use crate::postfix::{MatchPattern, TlsPolicy};
use crate::source::SourceMap;
use std::collections::BTreeMap;

/// The built-in templates, by what they give.
#[derive(Debug)]
pub struct Templates {
    providers: BTreeMap<String, Provider>,
    /// By the policy with its names sorted.
    by_policy: BTreeMap<String, String>,
    detector: Detector,
}

impl Templates {
    /// Reads the built-in templates.
    ///
    /// Recognised are those with names of their own: every provider could give `dane-only`. Templates that
    /// treat DANE-secured domains otherwise are left out, because what they give depends on facts that a
    /// map does not tell.
    pub fn builtin() -> Self {
        let (mut providers, mut sources) = (BTreeMap::new(), SourceMap::new());
        catalogue::add_all(&mut providers, &mut sources, &mut Diagnostics::new());
        let mut candidates: BTreeMap<String, Vec<&Provider>> = BTreeMap::new();
        for provider in providers.values() {
            if provider.policy_when_dane.is_none()
                && provider.params.is_empty()
                && let Some(policy) = provider.policy.as_ref().and_then(fixed_policy)
                && !policy.matches.is_empty()
            {
                candidates.entry(sorted(&policy)).or_default().push(provider);
            }
        }
        let by_policy = candidates.into_iter().filter_map(|(policy, list)| {
            let whole = |it: &&&Provider| {
                let members = || it.members.iter().map(|member| &member.value);
                list.iter().all(|other| {
                    other.name.value == it.name.value
                        || members().any(|member| *member == other.name.value)
                })
            };
            let only = list.iter().find(whole)?;
            Some((policy, only.name.value.clone()))
        });
        let by_policy = by_policy.collect();
        let detector = Detector::new(&providers);
        Self { providers, by_policy, detector }
    }

    /// The template that gives exactly this policy.
    pub(super) fn of_policy(&self, policy: &TlsPolicy) -> Option<&str> {
        self.by_policy.get(&sorted(policy)).map(String::as_str)
    }

    /// The template of an address key: by its policy, or by the host that a comment names.
    pub(super) fn of_address(
        &self,
        policy: Option<&TlsPolicy>,
        host: Option<&str>,
    ) -> Option<String> {
        let by_policy = policy.and_then(|policy| self.of_policy(&base(policy))).map(str::to_owned);
        by_policy.or_else(|| {
            let host = DomainName::parse(host?).ok()?;
            match self.detector.host(&host) {
                HostVerdict::Provider(name) | HostVerdict::Odd(name) => Some(name),
                HostVerdict::None => None,
            }
        })
    }

    /// The fixed MX hosts of a template in the order of preference; none where they come from the MX set of
    /// each domain.
    pub(super) fn hosts(&self, name: &str) -> Vec<(u16, DomainName)> {
        let Some(Hosts::Listed(list)) = self.providers.get(name).map(|it| &it.hosts) else {
            return Vec::new();
        };
        let host = |name: &str| DomainName::parse(name).ok();
        let mut hosts: Vec<_> =
            list.iter().filter_map(|it| Some((it.preference, host(&it.name.value)?))).collect();
        hosts.sort();
        if hosts.len() == list.len() { hosts } else { Vec::new() }
    }

    /// Whether a template takes the MX hosts of each domain.
    pub(super) fn asks_mx(&self, name: &str) -> bool {
        matches!(self.providers.get(name).map(|it| &it.hosts), Some(Hosts::FromMx(_)))
    }

    /// Whether a host is one of a template's.
    pub(super) fn accepts(&self, name: &str, host: &DomainName) -> bool {
        let patterns = self.providers.get(name).map_or(&[][..], |it| &it.mx_patterns);
        patterns.iter().any(|pattern: &MxPattern| pattern.matches(host))
    }

    /// A name for a template of the user's own: of the first name in certificates, none that is taken.
    pub(super) fn new_name(
        &self,
        policy: &TlsPolicy,
        wanted: Option<&str>,
        taken: &BTreeMap<String, TlsPolicy>,
    ) -> String {
        let of_domain = |name: &DomainName| {
            let registered = psl::domain_str(name.as_str()).unwrap_or(name.as_str());
            registered.to_owned()
        };
        let base = wanted.map(str::to_owned).or_else(|| {
            policy.matches.iter().find_map(|pattern| match pattern {
                MatchPattern::Name(name)
                | MatchPattern::Subdomains(name)
                | MatchPattern::LiteralWildcard(name) => Some(of_domain(name)),
                MatchPattern::NextHop
                | MatchPattern::DotNextHop
                | MatchPattern::Hostname
                | MatchPattern::Fingerprint(_)
                | MatchPattern::Unmatchable(_) => None,
            })
        });
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let base: String =
            base.as_deref().unwrap_or(policy.level.as_str()).chars().map(plain).collect();
        let base = base.trim_matches('-');
        let base = if base.is_empty() { "own" } else { base };
        let is_free =
            |name: &String| !taken.contains_key(name) && !self.providers.contains_key(name);
        let numbered = (2_u32..).map(|number| format!("{base}-{number}"));
        std::iter::once(base.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
    }
}

/// A policy as text with its names sorted: their order has no meaning.
fn sorted(policy: &TlsPolicy) -> String {
    let mut policy = policy.clone();
    policy.matches.sort();
    policy.to_string()
}
