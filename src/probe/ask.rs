//! What a server is asked, as smtp(8) would.

use super::level::{Decided, decide};
use super::names::Names;
use super::route::{Endpoint, Host};
use super::site::Site;
use super::verdict::Verdict;
use crate::dane::Tlsa;
use crate::names::DomainName;
use crate::postfix::{ClientTls, MatchPattern, NextHop, SecurityLevel, TlsPolicy};
use crate::world::{ServerName, StarttlsLimits, StarttlsRequest};

/// A question to a server, and what its answer is judged by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// What is said to the server.
    pub request: StarttlsRequest,
    /// What the level came to.
    pub decided: Decided,
    /// The names for `verify` and `secure`.
    pub(super) names: Names,
}

/// Makes the question for one server of a next hop. `anchors` are the contents of `tafile`, as TLSA
/// records; `None` when one of them cannot be read.
///
/// # Errors
///
/// The verdict when there is no need to ask: Postfix does not even start.
pub fn ask(
    (next_hop, policy): (&NextHop, &TlsPolicy),
    endpoint: &Endpoint,
    site: &Site,
    anchors: Option<&[Tlsa]>,
    (helo, limits): (&DomainName, StarttlsLimits),
) -> Result<Asked, Box<Verdict>> {
    let local = || Verdict::defers("client TLS configuration problem");
    let decided = decide(policy.level, endpoint, site)?;
    let names = Names::of(policy, next_hop, endpoint);
    let Some(anchors) = anchors else {
        return Err(Box::new(local().note("a file of `tafile` cannot be read, or has no anchor")));
    };
    if policy.level == SecurityLevel::Fingerprint && policy.matches.is_empty() {
        return Err(Box::new(local().note("the policy names no fingerprint")));
    }
    let tls = match ClientTls::of(policy, decided.ciphers, site.version) {
        Ok(tls) => tls.map(|tls| ClientTls { authenticates: authenticates(&decided), ..tls }),
        Err(why) => {
            let verdict = Verdict::defers("Cannot start TLS: handshake failure");
            return Err(Box::new(verdict.note(why)));
        }
    };
    let server_name = match &decided.base {
        Some(base) => Some(ServerName::Name(base.clone())),
        None => policy.servername.as_deref().and_then(|it| server_name(it, next_hop, endpoint)),
    };
    let (tlsa, tlsa_names) = if policy.level.checks_names() {
        (anchors.to_vec(), names.patterns.clone())
    } else {
        (decided.records.clone(), dane_names(&decided, endpoint))
    };
    let request = StarttlsRequest {
        address: (endpoint.address, endpoint.port).into(),
        helo: helo.clone(),
        server_name,
        tls,
        trust: site.trust.clone(),
        tlsa,
        tlsa_names,
        limits,
    };
    Ok(Asked { request, decided, names })
}

/// Whether the server must prove who it is. [Postfix `tls.h` `TLS_MUST_MATCH`]
fn authenticates(decided: &Decided) -> bool {
    !decided.level.takes_anyone() || decided.level == SecurityLevel::Dane
}

/// [Postfix `tls_client.c` `tls_auth_enable`]
fn server_name(written: &str, next_hop: &NextHop, endpoint: &Endpoint) -> Option<ServerName> {
    let text = match written {
        "hostname" => match &endpoint.host {
            Host::Name(name) => return Some(ServerName::Name(name.clone())),
            Host::Address(address) => return Some(ServerName::Address(*address)),
        },
        "nexthop" => next_hop.host_part(),
        name => name,
    };
    let address = text.strip_prefix("ipv6:").unwrap_or(text).parse().map(ServerName::Address);
    address.ok().or_else(|| DomainName::parse(text).ok().map(ServerName::Name))
}

/// The names below a trust anchor of DANE: the TLSA base domain and the next hop.
/// [RFC 7672 §3.2.3; Postfix `smtp_tls_policy.c` `dane_init`]
fn dane_names(decided: &Decided, endpoint: &Endpoint) -> Vec<MatchPattern> {
    let mx = endpoint.mx_names.iter().cloned();
    decided.base.iter().cloned().chain(mx).map(MatchPattern::Name).collect()
}
