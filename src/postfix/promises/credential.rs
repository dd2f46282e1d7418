//! What makes a server a trusted one.

use crate::names::DomainName;
use crate::postfix::{MatchPattern, NextHop, SecurityLevel, TlsPolicy};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Something that makes a server trusted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Credential {
    /// A key that the DNSSEC-signed TLSA records of this host or domain name.
    Tlsa(String),
    /// A certificate from these trust anchors (`None`: the CAs of main.cf) for this name (`None`: any
    /// name, since it comes from DNS).
    Certificate(Option<BTreeSet<String>>, Option<MatchPattern>),
    /// The certificate or key with this digest.
    Fingerprint(String),
}

impl Credential {
    /// Whether everyone who has `other` has this too.
    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Certificate(roots, name), Self::Certificate(other_roots, other_name)) => {
                let roots = match (roots, other_roots) {
                    // A file of its own trusts fewer than the CAs of main.cf.
                    (None, _) => true,
                    (Some(_), None) => false,
                    (Some(mine), Some(theirs)) => mine.is_superset(theirs),
                };
                let name = match (name, other_name) {
                    (None, _) => true,
                    (Some(_), None) => false,
                    (Some(mine), Some(theirs)) => mine.covers(theirs),
                };
                roots && name
            }
            (Self::Tlsa(_) | Self::Certificate(..) | Self::Fingerprint(_), _) => self == other,
        }
    }
}

/// What a server must show under a policy of the levels `fingerprint`, `verify` and `secure`; empty when
/// none can. Without `match` the defaults of main.cf hold. [postconf(5) `smtp_tls_verify_cert_match`,
/// `smtp_tls_secure_cert_match`, `smtp_tls_fingerprint_cert_match`]
pub(super) fn credentials(policy: &TlsPolicy, next_hop: &NextHop) -> BTreeSet<Credential> {
    let default: &[MatchPattern] = match policy.level {
        SecurityLevel::Verify => &[MatchPattern::Hostname],
        SecurityLevel::Secure => &[MatchPattern::NextHop, MatchPattern::DotNextHop],
        SecurityLevel::None
        | SecurityLevel::May
        | SecurityLevel::Encrypt
        | SecurityLevel::Dane
        | SecurityLevel::DaneOnly
        | SecurityLevel::Fingerprint => &[],
    };
    let patterns = if policy.matches.is_empty() { default } else { &policy.matches };
    let host = DomainName::parse(next_hop.host_part()).ok();
    let roots = (!policy.tafiles.is_empty())
        .then(|| policy.tafiles.iter().cloned().collect::<BTreeSet<_>>());
    let certificate = |name| Credential::Certificate(roots.clone(), name);
    let mut list = BTreeSet::new();
    for pattern in patterns {
        let credential = match (pattern, &host) {
            (MatchPattern::Fingerprint(digest), _) => Credential::Fingerprint(digest.clone()),
            (
                MatchPattern::Name(_)
                | MatchPattern::Subdomains(_)
                | MatchPattern::LiteralWildcard(_),
                _,
            ) => certificate(Some(pattern.clone())),
            (MatchPattern::Hostname, _) if next_hop.asks_for_mx() => certificate(None),
            (MatchPattern::NextHop | MatchPattern::Hostname, Some(host)) => {
                certificate(Some(MatchPattern::Name(host.clone())))
            }
            (MatchPattern::DotNextHop, Some(host)) => {
                certificate(Some(MatchPattern::Subdomains(host.clone())))
            }
            // An address in the list is a condition beside all names, which no certificate of a mail
            // server meets. [Postfix `tls_client.c` `add_namechecks`; OpenSSL
            // `X509_VERIFY_PARAM_set1_ip_asc(3)`]
            (MatchPattern::NextHop | MatchPattern::Hostname, None) => return BTreeSet::new(),
            (MatchPattern::Unmatchable(text), _) if text.parse::<IpAddr>().is_ok() => {
                return BTreeSet::new();
            }
            (MatchPattern::DotNextHop, None) | (MatchPattern::Unmatchable(_), _) => continue,
        };
        list.insert(credential);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postfix::Version;

    /// [postconf(5) `smtp_tls_verify_cert_match`: `hostname` is the name from the MX record]
    #[test]
    fn a_port_does_not_keep_mx_records_from_naming_the_host() {
        let verify = TlsPolicy::parse("verify", Version::NEWEST).unwrap();
        let named = |next_hop| credentials(&verify, &NextHop::parse(next_hop).unwrap());
        let any = BTreeSet::from([Credential::Certificate(None, None)]);
        assert_eq!(named("relay.example:587"), any);
        assert_eq!(named("relay.example"), any);
        assert_ne!(named("[relay.example]:587"), any);
    }
}
