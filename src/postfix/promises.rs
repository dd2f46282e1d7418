//! What a policy promises against an attacker on the path.

use super::delivery::{Delivery, HopPolicy, Outcome};
use super::level::SecurityLevel;
use super::match_pattern::MatchPattern;
use super::next_hop::NextHop;
use super::policy::TlsPolicy;
use super::protocols::{allowed, grade_rank};
use crate::names::DomainName;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// What a policy promises, ordered by inclusion: greater means that whatever an attacker on the path
/// is kept from under the lesser one, the greater one keeps them from too.
///
/// There are two worlds: the destination has usable TLSA records, or it has none; a policy that is
/// better in one and worse in the other is neither greater nor less. Several next hops promise what
/// the weakest does, since an attacker can silence the others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Promises {
    /// Whether TLS is used where it is offered, so that listening alone is not enough.
    uses_tls: bool,
    without_tlsa: World,
    with_tlsa: World,
    cryptography: Cryptography,
}

/// What is promised in one of the two worlds.
#[derive(Clone, PartialEq, Eq, Debug)]
struct World {
    never_plain: bool,
    peers: Peers,
}

/// Who may receive the mail over TLS.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Peers {
    /// Whoever answers.
    Anyone,
    /// Who can show one of these; empty is nobody.
    These(BTreeSet<Credential>),
}

/// Something that makes a peer trusted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Credential {
    /// A key that DNSSEC-signed TLSA records name.
    Tlsa,
    /// A certificate from these trust anchors (`None`: the CAs of main.cf) for this name (`None`: any
    /// name, since it comes from DNS).
    Certificate(Option<BTreeSet<String>>, Option<MatchPattern>),
    /// The certificate or key with this digest.
    Fingerprint(String),
}

/// What the handshake allows.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Cryptography {
    /// Whether a failed handshake may end in plain text, so that a higher demand is no gain by itself.
    opportunistic: bool,
    protocols: [bool; 6],
    grade: u8,
    /// `None` means what main.cf excludes.
    exclude: Option<BTreeSet<String>>,
}

impl Promises {
    /// What a policy promises for one next hop; `None` when no mail can be delivered by it.
    pub fn of(policy: &TlsPolicy, next_hop: &NextHop) -> Option<Self> {
        let plain = || World { never_plain: false, peers: Peers::Anyone };
        let anyone = || World { never_plain: true, peers: Peers::Anyone };
        let only = |credentials: BTreeSet<Credential>| World {
            never_plain: true,
            peers: Peers::These(credentials),
        };
        let tlsa = || only(BTreeSet::from([Credential::Tlsa]));
        // An address has no DNSSEC status, so there are no TLSA records for it.
        // [Postfix `smtp_addr.c`, `tls_dane.c`]
        let (without_tlsa, with_tlsa) = match policy.level {
            SecurityLevel::None | SecurityLevel::May => (plain(), plain()),
            SecurityLevel::Encrypt => (anyone(), anyone()),
            SecurityLevel::Dane if next_hop.is_address() => (plain(), plain()),
            SecurityLevel::Dane => (plain(), tlsa()),
            SecurityLevel::DaneOnly if next_hop.is_address() => return None,
            SecurityLevel::DaneOnly => (only(BTreeSet::new()), tlsa()),
            SecurityLevel::Fingerprint | SecurityLevel::Verify | SecurityLevel::Secure => {
                let credentials = credentials(policy, next_hop);
                if credentials.is_empty() {
                    return None;
                }
                (only(credentials.clone()), only(credentials))
            }
        };
        Some(Self {
            uses_tls: policy.level != SecurityLevel::None,
            without_tlsa,
            with_tlsa,
            cryptography: Cryptography::of(policy),
        })
    }

    /// What a delivery promises: what the weakest of its next hops does. `None` when no mail can be
    /// delivered, or not by SMTP.
    pub fn of_delivery(delivery: &Delivery) -> Option<Self> {
        let Outcome::Smtp { hops, .. } = &delivery.outcome else { return None };
        hops.iter()
            .filter_map(|hop| match &hop.policy {
                HopPolicy::Valid(policy) => Self::of(policy, &hop.next_hop),
                HopPolicy::Invalid(_) => None,
            })
            .reduce(Self::weakest)
    }

    /// What is promised when the attacker chooses between the two.
    #[must_use]
    pub fn weakest(self, other: Self) -> Self {
        Self {
            uses_tls: self.uses_tls && other.uses_tls,
            without_tlsa: self.without_tlsa.weakest(other.without_tlsa),
            with_tlsa: self.with_tlsa.weakest(other.with_tlsa),
            cryptography: self.cryptography.weakest(other.cryptography),
        }
    }
}

impl PartialOrd for Promises {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        let parts = [
            Some(self.uses_tls.cmp(&other.uses_tls)),
            self.without_tlsa.compare(&other.without_tlsa),
            self.with_tlsa.compare(&other.with_tlsa),
            self.cryptography.compare(&other.cryptography),
        ];
        parts.into_iter().try_fold(Ordering::Equal, |sum, part| combine(sum, part?))
    }
}

/// The order of a pair whose parts are ordered so.
fn combine(a: Ordering, b: Ordering) -> Option<Ordering> {
    match (a, b) {
        (Ordering::Equal, other) | (other, Ordering::Equal) => Some(other),
        (a, b) => (a == b).then_some(a),
    }
}

/// The order in which `a_holds` means that the first covers the second.
fn by_inclusion(first_covers: bool, second_covers: bool) -> Option<Ordering> {
    match (first_covers, second_covers) {
        (true, true) => Some(Ordering::Equal),
        // Who lets more in promises less.
        (true, false) => Some(Ordering::Less),
        (false, true) => Some(Ordering::Greater),
        (false, false) => None,
    }
}

impl World {
    fn compare(&self, other: &Self) -> Option<Ordering> {
        combine(self.never_plain.cmp(&other.never_plain), self.peers.compare(&other.peers)?)
    }

    fn weakest(self, other: Self) -> Self {
        Self {
            never_plain: self.never_plain && other.never_plain,
            peers: match (self.peers, other.peers) {
                (Peers::These(mut mine), Peers::These(theirs)) => {
                    mine.extend(theirs);
                    Peers::These(reduced(mine))
                }
                (Peers::Anyone, _) | (_, Peers::Anyone) => Peers::Anyone,
            },
        }
    }
}

impl Peers {
    fn compare(&self, other: &Self) -> Option<Ordering> {
        by_inclusion(self.covers(other), other.covers(self))
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Anyone, _) => true,
            (Self::These(_), Self::Anyone) => false,
            (Self::These(mine), Self::These(theirs)) => {
                theirs.iter().all(|it| mine.iter().any(|mine| mine.covers(it)))
            }
        }
    }
}

impl Credential {
    fn covers(&self, other: &Self) -> bool {
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
            (Self::Tlsa | Self::Certificate(..) | Self::Fingerprint(_), _) => self == other,
        }
    }
}

/// Leaves out what others cover, so that equal promises are equal values.
fn reduced(credentials: BTreeSet<Credential>) -> BTreeSet<Credential> {
    credentials
        .iter()
        .filter(|it| !credentials.iter().any(|other| other != *it && other.covers(it)))
        .cloned()
        .collect()
}

/// What the certificate must show; empty when no certificate can.
fn credentials(policy: &TlsPolicy, next_hop: &NextHop) -> BTreeSet<Credential> {
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
    // An address in the list is a condition beside all names, which no certificate of a mail server
    // meets. [Postfix `tls_client.c` `add_namechecks`; OpenSSL `X509_VERIFY_PARAM_set1_ip_asc(3)`]
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
            (MatchPattern::NextHop | MatchPattern::Hostname | MatchPattern::DotNextHop, None) => {
                return BTreeSet::new();
            }
            (MatchPattern::Unmatchable(_), _) => continue,
        };
        list.insert(credential);
    }
    reduced(list)
}

impl Cryptography {
    /// Without attributes the defaults of Postfix hold. [postconf(5) `smtp_tls_mandatory_protocols`,
    /// `smtp_tls_mandatory_ciphers`]
    fn of(policy: &TlsPolicy) -> Self {
        Self {
            opportunistic: policy.level.may_end_in_plain_text(),
            protocols: allowed(policy.protocols.as_deref().unwrap_or(">=TLSv1")),
            grade: grade_rank(policy.ciphers.as_deref().unwrap_or("medium")),
            exclude: policy.exclude.as_ref().map(|list| {
                let words = list.split([':', ',', ' ']).filter(|word| !word.is_empty());
                words.map(str::to_ascii_lowercase).collect()
            }),
        }
    }

    fn same_demands(&self, other: &Self) -> bool {
        (&self.protocols, self.grade, &self.exclude)
            == (&other.protocols, other.grade, &other.exclude)
    }

    /// At opportunistic levels a higher demand can end in plain text: it is neither more nor less, and
    /// whatever is demanded there is less than TLS in any case.
    fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self.opportunistic, other.opportunistic) {
            (true, true) => return self.same_demands(other).then_some(Ordering::Equal),
            (true, false) => return Some(Ordering::Less),
            (false, true) => return Some(Ordering::Greater),
            (false, false) => {}
        }
        let covers = |a: &[bool; 6], b: &[bool; 6]| a.iter().zip(b).all(|(a, b)| *a || !b);
        let protocols = by_inclusion(
            covers(&self.protocols, &other.protocols),
            covers(&other.protocols, &self.protocols),
        )?;
        let exclude = match (&self.exclude, &other.exclude) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) | (Some(_), None) => return None,
            (Some(mine), Some(theirs)) => {
                by_inclusion(mine.is_subset(theirs), theirs.is_subset(mine))?
            }
        };
        combine(combine(protocols, self.grade.cmp(&other.grade))?, exclude)
    }

    fn weakest(self, other: Self) -> Self {
        let mut protocols = self.protocols;
        for (mine, theirs) in protocols.iter_mut().zip(other.protocols) {
            *mine |= theirs;
        }
        Self {
            opportunistic: self.opportunistic || other.opportunistic,
            protocols,
            grade: self.grade.min(other.grade),
            exclude: match (self.exclude, other.exclude) {
                (Some(mine), Some(theirs)) => Some(mine.intersection(&theirs).cloned().collect()),
                (None, _) | (_, None) => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postfix::Version;
    use proptest::prelude::*;

    fn promises(policy: &str, next_hop: &str) -> Option<Promises> {
        let policy = TlsPolicy::parse_as_postfix(policy, Version::NEWEST).unwrap().0;
        Promises::of(&policy, &NextHop::parse(next_hop).unwrap())
    }

    fn compare(a: &str, b: &str) -> Option<Ordering> {
        promises(a, "example.com").unwrap().partial_cmp(&promises(b, "example.com").unwrap())
    }

    #[test]
    fn levels_are_ordered_by_what_they_promise() {
        let less = Some(Ordering::Less);
        for (a, b, order) in [
            ("none", "may", less),
            ("may", "encrypt", less),
            ("may", "dane", less),
            ("dane", "dane-only", less),
            ("encrypt", "dane", None),
            ("encrypt", "dane-only", less),
            ("encrypt", "secure", less),
            ("encrypt", "verify", less),
            ("dane-only", "secure", None),
            ("dane", "secure", None),
            ("verify", "secure", less),
            ("verify match=mx.example.net", "secure match=mx.example.net", Some(Ordering::Equal)),
            ("verify", "secure match=mx.example.net", less),
            ("verify", "secure match=hostname", Some(Ordering::Equal)),
        ] {
            assert_eq!(compare(a, b), order, "{a} and {b}");
            assert_eq!(compare(b, a), order.map(Ordering::reverse), "{b} and {a}");
        }
    }

    /// [postconf(5) `smtp_tls_verify_cert_match`: `hostname` is the name from the MX record]
    #[test]
    fn a_port_does_not_keep_mx_records_from_naming_the_host() {
        let named = |next_hop| promises("verify", next_hop).unwrap();
        let fixed = promises("secure match=relay.example", "relay.example").unwrap();
        assert_eq!(named("relay.example:587").partial_cmp(&fixed), Some(Ordering::Less));
        assert_eq!(named("[relay.example]:587").partial_cmp(&fixed), Some(Ordering::Equal));
    }

    #[test]
    fn attributes_change_what_is_promised() {
        let (less, greater) = (Some(Ordering::Less), Some(Ordering::Greater));
        for (a, b, order) in [
            ("secure match=a.example:b.example", "secure match=a.example", less),
            ("secure match=.example.net", "secure match=mx.example.net", less),
            ("secure match=.example.net", "secure match=.a.b.example.net", less),
            ("secure match=a.example", "secure match=b.example", None),
            ("secure match=a.example tafile=/x", "secure match=a.example", greater),
            ("secure match=a.example tafile=/x", "secure match=a.example tafile=/y", None),
            ("encrypt protocols=>=TLSv1.2", "encrypt", greater),
            ("encrypt ciphers=high", "encrypt", greater),
            ("encrypt ciphers=null", "encrypt", less),
            ("encrypt protocols=", "encrypt", less),
            ("may protocols=>=TLSv1.2", "may", None),
            ("encrypt exclude=RC4", "encrypt", None),
            ("encrypt exclude=RC4:3DES", "encrypt exclude=RC4", greater),
            ("encrypt servername=hostname", "encrypt", Some(Ordering::Equal)),
        ] {
            assert_eq!(compare(a, b), order, "{a} and {b}");
        }
    }

    /// [Postfix `smtp_addr.c`: an address literal has no DNSSEC status]
    #[test]
    fn dane_on_an_address_is_may_and_dane_only_delivers_nothing() {
        assert_eq!(promises("dane", "[192.0.2.1]"), promises("may", "[192.0.2.1]"));
        assert_eq!(promises("dane-only", "[192.0.2.1]"), None);
        assert_ne!(promises("dane", "[mx.example.com]"), promises("may", "[mx.example.com]"));
    }

    #[test]
    fn secure_without_match_delivers_nothing_to_an_address() {
        assert_eq!(promises("secure", "[192.0.2.1]"), None);
        assert_eq!(promises("verify", "[192.0.2.1]"), None);
        assert!(promises("secure match=mx.google.com", "[192.0.2.1]").is_some());
        assert_eq!(promises("fingerprint", "example.com"), None);
    }

    /// What an attacker on the path tries.
    #[derive(Clone, Copy, Debug)]
    enum Attack {
        Listen,
        StripStartTls,
        AnyCertificate,
        CertificateFor(&'static str),
        SignedTlsa,
    }

    /// Whether the attack succeeds on one next hop, said without the type under test.
    fn succeeds(policy: &TlsPolicy, tlsa: bool, attack: Attack) -> bool {
        let names = |san: &str| {
            let host = "example.com";
            let default = match policy.level {
                SecurityLevel::Verify => vec![MatchPattern::Hostname],
                _ => vec![MatchPattern::NextHop, MatchPattern::DotNextHop],
            };
            let list = if policy.matches.is_empty() { &default } else { &policy.matches };
            list.iter().any(|pattern| match pattern {
                // The attacker answers the MX lookup with the name the certificate is for.
                MatchPattern::Hostname => true,
                MatchPattern::NextHop => san == host,
                MatchPattern::DotNextHop => san.ends_with(".example.com"),
                pattern => pattern.matches_certificate_name(san),
            })
        };
        let opportunistic = matches!(policy.level, SecurityLevel::None | SecurityLevel::May)
            || (policy.level == SecurityLevel::Dane && !tlsa);
        match (policy.level, attack) {
            (SecurityLevel::None, _) => true,
            (_, Attack::Listen) => false,
            _ if opportunistic => true,
            (_, Attack::StripStartTls) => false,
            (SecurityLevel::Encrypt, _) => true,
            (SecurityLevel::Dane | SecurityLevel::DaneOnly, attack) => {
                tlsa && matches!(attack, Attack::SignedTlsa)
            }
            (_, Attack::CertificateFor(san)) => names(san),
            (_, Attack::AnyCertificate | Attack::SignedTlsa) => false,
        }
    }

    const POLICIES: &[&str] = &[
        "none",
        "may",
        "encrypt",
        "dane",
        "dane-only",
        "verify",
        "secure",
        "secure match=mx.example.net",
        "secure match=.example.net",
        "secure match=mx.example.net:mx.example.org",
        "verify match=mx.example.org",
        "secure match=nexthop",
        "secure match=hostname",
        "secure match=*.example.net",
    ];

    #[test]
    fn the_order_agrees_with_what_an_attacker_gets() {
        const SANS: &[&str] = &[
            "example.com",
            "mx.example.com",
            "mx.example.net",
            "a.mx.example.net",
            "*.example.net",
            "mx.example.org",
            "stranger.example",
        ];
        let mut attacks =
            vec![Attack::Listen, Attack::StripStartTls, Attack::AnyCertificate, Attack::SignedTlsa];
        attacks.extend(SANS.iter().map(|san| Attack::CertificateFor(san)));
        let won = |text: &str| -> Vec<bool> {
            let policy = TlsPolicy::parse(text, Version::NEWEST).unwrap();
            [false, true]
                .iter()
                .flat_map(|tlsa| attacks.iter().map(|attack| succeeds(&policy, *tlsa, *attack)))
                .collect()
        };
        for a in POLICIES {
            for b in POLICIES {
                let (wins_a, wins_b) = (won(a), won(b));
                let a_safer = wins_a.iter().zip(&wins_b).all(|(a, b)| !a || *b);
                let b_safer = wins_a.iter().zip(&wins_b).all(|(a, b)| *a || !b);
                let expected = match (a_safer, b_safer) {
                    (true, true) => Some(Ordering::Equal),
                    (true, false) => Some(Ordering::Greater),
                    (false, true) => Some(Ordering::Less),
                    (false, false) => None,
                };
                assert_eq!(compare(a, b), expected, "{a} and {b}");
            }
        }
    }

    fn any_promises() -> impl Strategy<Value = Promises> {
        let attributes = prop::sample::select(vec![
            "",
            " ciphers=high",
            " protocols=>=TLSv1.2",
            " exclude=RC4",
            " exclude=RC4:3DES",
        ]);
        let one = (prop::sample::select(POLICIES), attributes).prop_map(|(policy, attributes)| {
            let attributes = if policy == "none" { "" } else { attributes };
            promises(&format!("{policy}{attributes}"), "example.com").unwrap()
        });
        prop::collection::vec(one, 1..3)
            .prop_map(|list| list.into_iter().reduce(Promises::weakest).unwrap())
    }

    proptest! {
        #[test]
        fn the_order_is_a_partial_order(a in any_promises(), b in any_promises(), c in any_promises()) {
            prop_assert_eq!(a.partial_cmp(&a), Some(Ordering::Equal));
            prop_assert_eq!(a.partial_cmp(&b), b.partial_cmp(&a).map(Ordering::reverse));
            prop_assert_eq!(a.partial_cmp(&b) == Some(Ordering::Equal), a == b);
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
        }

        #[test]
        fn the_weakest_is_never_more_than_either(a in any_promises(), b in any_promises()) {
            let weakest = a.clone().weakest(b.clone());
            prop_assert_ne!(weakest.partial_cmp(&a), Some(Ordering::Greater));
            prop_assert_ne!(weakest.partial_cmp(&b), Some(Ordering::Greater));
        }
    }
}
