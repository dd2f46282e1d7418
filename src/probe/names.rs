//! The names that a certificate must have one of.

use super::route::{Endpoint, Host};
use crate::names::DomainName;
use crate::postfix::{MatchPattern, NextHop, SecurityLevel, TlsPolicy};
use crate::world::Certificate;
use std::net::IpAddr;

/// What `match` comes to for one server. [Postfix `tls_client.c` `add_namechecks`]
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Names {
    /// One of these must be in the certificate.
    pub(super) patterns: Vec<MatchPattern>,
    /// This address must be in it, too. [OpenSSL `X509_VERIFY_PARAM_set1_ip_asc(3)`]
    pub(super) address: Option<IpAddr>,
    /// Whether there are names that no certificate has.
    unmatchable: bool,
}

impl Names {
    /// Resolves `match`, or what holds without it, for a server of a next hop.
    pub(super) fn of(policy: &TlsPolicy, next_hop: &NextHop, endpoint: &Endpoint) -> Self {
        let default: &[MatchPattern] = if policy.level == SecurityLevel::Verify {
            &[MatchPattern::Hostname]
        } else {
            &[MatchPattern::NextHop, MatchPattern::DotNextHop]
        };
        let patterns = if policy.matches.is_empty() { default } else { &policy.matches };
        let mut names = Self::default();
        for pattern in patterns {
            match pattern {
                MatchPattern::NextHop => names.add(next_hop.host_part()),
                MatchPattern::Hostname => match &endpoint.host {
                    Host::Name(name) => names.patterns.push(MatchPattern::Name(name.clone())),
                    Host::Address(address) => names.add_address(*address),
                },
                MatchPattern::DotNextHop => match DomainName::parse(next_hop.host_part()) {
                    Ok(name) => names.patterns.push(MatchPattern::Subdomains(name)),
                    Err(_) => names.unmatchable = true,
                },
                MatchPattern::Unmatchable(text) => names.add(text),
                MatchPattern::Fingerprint(_) => {}
                MatchPattern::Name(_)
                | MatchPattern::Subdomains(_)
                | MatchPattern::LiteralWildcard(_) => names.patterns.push(pattern.clone()),
            }
        }
        names
    }

    fn add(&mut self, text: &str) {
        let bare = text.strip_prefix("ipv6:").unwrap_or(text);
        match (bare.parse(), DomainName::parse(text)) {
            (Ok(address), _) => self.add_address(address),
            (Err(_), Ok(name)) => self.patterns.push(MatchPattern::Name(name)),
            // What is left of an empty list, or a name with a final dot.
            (Err(_), Err(_)) => self.unmatchable |= !text.is_empty() && text != ".",
        }
    }

    fn add_address(&mut self, address: IpAddr) {
        // OpenSSL takes no second one. [Postfix `tls_client.c`: `error loading match name`]
        self.address.get_or_insert(address);
    }

    /// Whether Postfix could set up no check at all.
    pub(super) fn is_empty(&self) -> bool {
        self.patterns.is_empty() && self.address.is_none() && !self.unmatchable
    }

    /// What OpenSSL objects to; `None` when the certificate is one for these names.
    pub(super) fn objection(&self, certificate: &Certificate) -> Option<(i32, &'static str)> {
        let has = |pattern: &MatchPattern| {
            certificate.names.iter().any(|name| pattern.matches_certificate_name(name))
        };
        let asks = !self.patterns.is_empty() || self.unmatchable;
        if asks && !self.patterns.iter().any(has) {
            return Some((62, "hostname mismatch"));
        }
        let lacks = self.address.is_some_and(|it| !certificate.addresses.contains(&it));
        lacks.then_some((64, "IP address mismatch"))
    }

    /// The names, for messages.
    pub(super) fn shown(&self) -> String {
        let patterns = self.patterns.iter().map(|it| format!("`{it}`"));
        let address = self.address.iter().map(|it| format!("`{it}`"));
        patterns.chain(address).collect::<Vec<_>>().join(", ")
    }
}
