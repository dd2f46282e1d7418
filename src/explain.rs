//! Every lookup that Postfix would do for a recipient, and what decides.

use crate::names::{DomainName, NameError};
use crate::postfix::{
    Delivery, HopPolicy, NextHop, Outcome, PolicyError, SecurityLevel, Settings, TlsPolicy,
    deliver, policy_keys, transport_keys,
};

/// A recipient: a domain, with the part before the `@` where an address was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recipient {
    /// The part before the `@`, in lower case as map keys are.
    pub local: Option<String>,
    /// The domain, as A-labels.
    pub domain: DomainName,
}

impl Recipient {
    /// Reads `user@example.com` or `example.com`.
    ///
    /// # Errors
    ///
    /// What is wrong with the domain.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let (local, domain) = match text.rsplit_once('@') {
            Some((local, domain)) => (Some(local), domain),
            None => (None, text),
        };
        let local = local.filter(|it| !it.is_empty()).map(str::to_lowercase);
        Ok(Self { local, domain: DomainName::parse(domain)? })
    }

    /// The keys of `transport_maps` with a local part: with its extension, then without.
    /// [transport(5)]
    fn address_keys(&self) -> Vec<String> {
        let Some(local) = &self.local else { return Vec::new() };
        let bare = local.split_once('+').map(|(bare, _)| bare).filter(|bare| !bare.is_empty());
        let locals = std::iter::once(local.as_str()).chain(bare);
        locals.map(|local| format!("{local}@{}", self.domain)).collect()
    }
}

impl std::fmt::Display for Recipient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.local {
            Some(local) => write!(f, "{local}@{}", self.domain),
            None => write!(f, "{}", self.domain),
        }
    }
}

/// One lookup; `P` says where the entry that was found comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lookup<P> {
    /// The key.
    pub key: String,
    /// The right-hand side and its place; `None` when nothing was found.
    pub found: Option<(String, P)>,
}

/// All lookups for one recipient, and what comes of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation<P> {
    /// Lookups in `transport_maps`, up to the first that finds something.
    pub transport: Vec<Lookup<P>>,
    /// Lookups in `smtp_tls_policy_maps` for each next hop of [`Self::delivery`], each up to the
    /// first that finds something.
    pub policies: Vec<Vec<Lookup<P>>>,
    /// What comes of it.
    pub delivery: Delivery,
}

/// Follows mail for a recipient through both maps.
///
/// Both functions give the right-hand side under exactly one lower-case key, and its place.
pub fn explain<'m, P>(
    recipient: &Recipient,
    transport_map: &dyn Fn(&str) -> Option<(&'m str, P)>,
    policy_map: &dyn Fn(&str) -> Option<(&'m str, P)>,
    settings: &Settings,
) -> Explanation<P> {
    let domain = recipient.domain.as_str();
    let addresses = recipient.address_keys();
    let keys = transport_keys(domain, settings.parents_match);
    let transport = lookups(addresses.iter().map(String::as_str).chain(keys), transport_map);
    // An entry of the address itself wins over those of its domain.
    let own = addresses.iter().find_map(|key| transport_map(key)).map(|(value, _)| value);
    let by_domain = |key: &str| match own {
        Some(value) if key == domain => Some(value),
        _ => transport_map(key).map(|(value, _)| value),
    };
    let by_next_hop = |key: &str| policy_map(key).map(|(value, _)| value);
    let delivery = deliver(domain, &by_domain, &by_next_hop, settings);
    let policies = match &delivery.outcome {
        Outcome::Smtp { hops, .. } => {
            hops.iter().map(|hop| lookups(policy_keys(&hop.next_hop), policy_map)).collect()
        }
        Outcome::Other(_) | Outcome::Fatal(_) => Vec::new(),
    };
    Explanation { transport, policies, delivery }
}

fn lookups<'k, 'm, P>(
    keys: impl Iterator<Item = &'k str>,
    map: &dyn Fn(&str) -> Option<(&'m str, P)>,
) -> Vec<Lookup<P>> {
    let mut list = Vec::new();
    for key in keys {
        let found = map(key).map(|(value, place)| (value.to_owned(), place));
        let stop = found.is_some();
        list.push(Lookup { key: key.to_owned(), found });
        if stop {
            break;
        }
    }
    list
}

/// What a policy means for the mail, in a sentence.
pub fn meaning(policy: &HopPolicy, next_hop: &NextHop) -> String {
    let policy = match policy {
        HopPolicy::Valid(policy) => policy,
        HopPolicy::Invalid(error) => return invalid(error),
    };
    if policy.fails_handshake && policy.level != SecurityLevel::None {
        return if policy.level.may_end_in_plain_text() {
            "TLS cannot be started with these values, so it goes in plain text".to_owned()
        } else {
            "TLS cannot be started with these values, so the mail waits".to_owned()
        };
    }
    match policy.level {
        SecurityLevel::None => "in plain text, also where TLS is offered".to_owned(),
        SecurityLevel::May => "TLS where it is offered, with any certificate; else plain text".into(),
        SecurityLevel::Encrypt => "TLS with any certificate, or the mail waits".to_owned(),
        SecurityLevel::Dane if next_hop.is_address() => {
            "an address has no TLSA records, so this is may: TLS where it is offered, else plain text"
                .to_owned()
        }
        SecurityLevel::Dane => "with usable TLSA records only a server that matches them; without any, \
             TLS where it is offered, else plain text"
            .to_owned(),
        SecurityLevel::DaneOnly if next_hop.is_address() => {
            "an address has no TLSA records, so the mail waits".to_owned()
        }
        SecurityLevel::DaneOnly => {
            "only a server that matches its TLSA records, or the mail waits".to_owned()
        }
        SecurityLevel::Fingerprint => {
            "only a server whose certificate or key has one of the fingerprints, or the mail waits"
                .to_owned()
        }
        SecurityLevel::Verify | SecurityLevel::Secure => certificate(policy),
    }
}

fn invalid(error: &PolicyError) -> String {
    format!("Postfix refuses the entry ({error}), and the mail waits")
}

fn certificate(policy: &TlsPolicy) -> String {
    let roots = if policy.tafiles.is_empty() { "a trusted CA" } else { "its tafile" };
    let names = if policy.matches.is_empty() {
        if policy.level == SecurityLevel::Verify {
            "the MX host, a name from DNS".to_owned()
        } else {
            "the next hop or a name below it".to_owned()
        }
    } else {
        let names: Vec<String> = policy.matches.iter().map(ToString::to_string).collect();
        names.join(" or ")
    };
    format!("only a server with a certificate from {roots} for {names}, or the mail waits")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postfix::Version;

    #[test]
    fn an_entry_of_the_address_wins_over_its_domain() {
        let settings = Settings::new(Version::series(3, 7), SecurityLevel::May);
        let transport = |key: &str| match key {
            "anna@example.com" => Some(("smtp:[mx1.example.com]", 1)),
            "example.com" => Some(("smtp:[mx2.example.com]", 2)),
            _ => None,
        };
        let policy = |key: &str| (key == "[mx1.example.com]").then_some(("encrypt", 3));
        let recipient = Recipient::parse("Anna+List@Example.com").unwrap();
        let found = explain(&recipient, &transport, &policy, &settings);
        let keys: Vec<_> = found.transport.iter().map(|it| it.key.as_str()).collect();
        assert_eq!(keys, ["anna+list@example.com", "anna@example.com"]);
        assert_eq!(found.policies[0][0].found, Some(("encrypt".to_owned(), 3)));
    }
}
