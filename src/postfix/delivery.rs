//! What Postfix would do with mail for a domain.

use super::level::SecurityLevel;
use super::next_hop::NextHop;
use super::policy::TlsPolicy;
use super::policy_error::PolicyError;
use super::search::{policy_keys, transport_keys};
use super::transport::{Transport, TransportError};
use super::version::Version;
use compact_str::CompactString;

/// The parameters of main.cf that decide beside the two maps.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The version of Postfix.
    pub version: Version,
    /// `smtp_tls_security_level`: what holds where no entry is found.
    pub security_level: SecurityLevel,
    /// `relayhost`: the next hop of domains without a transport entry.
    pub relayhost: Option<NextHop>,
    /// `smtp_fallback_relay`: appended to every list of next hops.
    pub fallback_relay: Vec<NextHop>,
    /// Whether `parent_domain_matches_subdomains` has `transport_maps`.
    pub parents_match: bool,
}

impl Settings {
    /// Those of a main.cf that names no relays.
    pub fn new(version: Version, security_level: SecurityLevel) -> Self {
        Self {
            version,
            security_level,
            relayhost: None,
            fallback_relay: Vec::new(),
            parents_match: false,
        }
    }
}

/// What happens with mail for one recipient domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// The key of `transport_maps` that was found; `None` when none was.
    pub transport_key: Option<CompactString>,
    /// What comes of it.
    pub outcome: Outcome,
}

/// Where mail goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// To next hops by SMTP, in the order of trying; never empty.
    Smtp {
        /// The service in master.cf.
        service: CompactString,
        /// The next hops, `smtp_fallback_relay` included.
        hops: Vec<Hop>,
    },
    /// To a service that is not smtp(8), or one that only master.cf knows.
    Other(Transport),
    /// Nowhere: the result ends smtp(8), and the mail of others waits too.
    Fatal(TransportError),
}

impl Delivery {
    /// The keys of `smtp_tls_policy_maps` that decided, in the order of the next hops.
    pub fn policy_keys(&self) -> impl Iterator<Item = &str> {
        let hops = match &self.outcome {
            Outcome::Smtp { hops, .. } => hops.as_slice(),
            Outcome::Other(_) | Outcome::Fatal(_) => &[],
        };
        hops.iter().filter_map(|hop| hop.policy_key.as_deref())
    }
}

impl Outcome {
    /// Whether mail is treated alike, be it by entries under other keys.
    pub fn treats_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Smtp { service, hops }, Self::Smtp { service: theirs, hops: others }) => {
                let pairs = || hops.iter().zip(others);
                service == theirs
                    && hops.len() == others.len()
                    && pairs().all(|(a, b)| (&a.next_hop, &a.policy) == (&b.next_hop, &b.policy))
            }
            (Self::Smtp { .. } | Self::Other(_) | Self::Fatal(_), _) => self == other,
        }
    }
}

/// One next hop with its policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hop {
    /// The next-hop destination.
    pub next_hop: NextHop,
    /// Whether it comes from `smtp_fallback_relay`.
    pub is_fallback_relay: bool,
    /// The key of `smtp_tls_policy_maps` that was found; `None` when none was.
    pub policy_key: Option<CompactString>,
    /// The policy.
    pub policy: HopPolicy,
}

/// The policy of a next hop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HopPolicy {
    /// An entry was found, or else `smtp_tls_security_level` holds.
    Valid(TlsPolicy),
    /// Postfix refuses the entry and defers the mail: `client TLS configuration problem`.
    Invalid(PolicyError),
}

/// Follows mail for `domain` through both maps. [Postfix `resolve.c`, `transport.c`,
/// `smtp_connect.c`, `smtp_tls_policy.c`]
///
/// Both functions answer the right-hand side under exactly one lower-case key. The `user@domain` keys
/// of `transport_maps`, maps that depend on the sender and `TLS-Required: no` are not looked at.
pub fn deliver<'m>(
    domain: &str,
    transport_map: &dyn Fn(&str) -> Option<&'m str>,
    policy_map: &dyn Fn(&str) -> Option<&'m str>,
    settings: &Settings,
) -> Delivery {
    let found = transport_keys(domain, settings.parents_match)
        .find_map(|key| transport_map(key).map(|value| (CompactString::new(key), value)));
    let (transport_key, transport) = match found {
        None => (None, Ok(Transport::smtp(settings.relayhost.iter().cloned().collect()))),
        Some((key, text)) => (Some(key), Transport::parse_as_postfix(text, settings.version)),
    };
    let mut transport = match transport {
        Ok(transport) => transport,
        Err(error) => return Delivery { transport_key, outcome: Outcome::Fatal(error) },
    };
    if transport.service.is_empty() {
        transport.service = CompactString::const_new("smtp");
        if transport.next_hops.is_empty() {
            transport.next_hops.extend(settings.relayhost.clone());
        }
    }
    if !transport.speaks_smtp() {
        return Delivery { transport_key, outcome: Outcome::Other(transport) };
    }
    if transport.next_hops.is_empty() {
        match NextHop::parse_as_postfix(domain) {
            Ok(next_hop) => transport.next_hops.push(next_hop),
            Err(error) => {
                let outcome = Outcome::Fatal(TransportError::NextHop(error));
                return Delivery { transport_key, outcome };
            }
        }
    }
    let own = transport.next_hops.into_iter().map(|next_hop| (next_hop, false));
    let relays = settings.fallback_relay.iter().cloned().map(|next_hop| (next_hop, true));
    let hops = own
        .chain(relays)
        .map(|(next_hop, is_fallback_relay)| {
            let (policy_key, policy) = policy_of(&next_hop, policy_map, settings);
            Hop { next_hop, is_fallback_relay, policy_key, policy }
        })
        .collect();
    Delivery { transport_key, outcome: Outcome::Smtp { service: transport.service, hops } }
}

fn policy_of<'m>(
    next_hop: &NextHop,
    policy_map: &dyn Fn(&str) -> Option<&'m str>,
    settings: &Settings,
) -> (Option<CompactString>, HopPolicy) {
    let found = policy_keys(next_hop)
        .find_map(|key| policy_map(key).map(|value| (CompactString::new(key), value)));
    match found {
        None => (None, HopPolicy::Valid(TlsPolicy::new(settings.security_level))),
        Some((key, text)) => match TlsPolicy::parse_as_postfix(text, settings.version) {
            Ok((policy, _)) => (Some(key), HopPolicy::Valid(policy)),
            Err(error) => (Some(key), HopPolicy::Invalid(error)),
        },
    }
}
