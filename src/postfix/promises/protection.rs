//! What promises come to, in the few words of somebody who asks how mail is protected.

use super::credential::Credential;
use super::{Peers, Promises};
use crate::postfix::SecurityLevel;

/// A kind of protection, the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Protection {
    /// Only to servers with a certificate for a name that the policy knows beforehand.
    Name,
    /// Only to servers that match DNSSEC-signed TLSA records.
    Dane,
    /// Only to servers with a certificate or key that the policy knows beforehand.
    Key,
    /// Only to authenticated servers, in more than one of these ways.
    Several,
    /// Only to servers with a certificate for a name that DNS gave, unsigned: who forges the answer
    /// gets the mail.
    UnsignedName,
    /// Always over TLS, with whoever answers.
    Encrypted,
    /// As [`Self::Dane`] where there are usable TLSA records, else it may end in plain text.
    DaneOrPlain,
    /// Over TLS where it is offered, so that an attacker can have it in plain text.
    Opportunistic,
    /// In plain text.
    Plain,
}

impl Protection {
    /// All of them, the best first.
    pub const ALL: [Self; 9] = [
        Self::Name,
        Self::Dane,
        Self::Key,
        Self::Several,
        Self::UnsignedName,
        Self::Encrypted,
        Self::DaneOrPlain,
        Self::Opportunistic,
        Self::Plain,
    ];
}

impl Promises {
    /// The kind of protection, as [`Self::reaches`] judges it.
    pub fn protection(&self) -> Protection {
        if self.reaches(SecurityLevel::Secure) {
            return self.by_credential();
        }
        let weaker = [
            (SecurityLevel::Verify, Protection::UnsignedName),
            (SecurityLevel::Encrypt, Protection::Encrypted),
            (SecurityLevel::Dane, Protection::DaneOrPlain),
            (SecurityLevel::May, Protection::Opportunistic),
        ];
        let reached = weaker.into_iter().find(|(level, _)| self.reaches(*level));
        reached.map_or(Protection::Plain, |(_, protection)| protection)
    }

    /// The kind of what authenticates servers, where something does.
    fn by_credential(&self) -> Protection {
        let peers = [&self.without_tlsa.peers, &self.with_tlsa.peers];
        let credentials = peers.into_iter().filter_map(|peers| match peers {
            Peers::Anyone => None,
            Peers::These(list) => Some(list),
        });
        let kind = |credential: &Credential| match credential {
            Credential::Tlsa(_) => Protection::Dane,
            Credential::Certificate(..) => Protection::Name,
            Credential::Fingerprint(_) => Protection::Key,
        };
        credentials
            .flatten()
            .map(kind)
            .reduce(|one, other| if one == other { one } else { Protection::Several })
            .unwrap_or(Protection::Several)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postfix::{NextHop, TlsPolicy, Version};

    fn promises(policy: &str, next_hop: &str) -> Promises {
        let policy = TlsPolicy::parse_as_postfix(policy, Version::NEWEST).unwrap().0;
        Promises::of(&policy, &NextHop::parse(next_hop).unwrap()).unwrap()
    }

    #[test]
    fn protection_follows_from_what_is_promised_not_from_the_level() {
        let fingerprint = format!("fingerprint match={}", ["ab"; 32].join(":"));
        let cases = [
            ("secure", "a.example", Protection::Name),
            ("secure match=hostname", "a.example", Protection::UnsignedName),
            ("secure match=mx.a.example:hostname", "a.example", Protection::UnsignedName),
            ("verify", "a.example", Protection::UnsignedName),
            ("verify", "[mx.a.example]", Protection::Name),
            ("verify match=mx.a.example", "a.example", Protection::Name),
            ("dane-only", "a.example", Protection::Dane),
            ("dane", "a.example", Protection::DaneOrPlain),
            ("dane", "[192.0.2.1]", Protection::Opportunistic),
            (&fingerprint, "a.example", Protection::Key),
            ("encrypt", "a.example", Protection::Encrypted),
            ("may", "a.example", Protection::Opportunistic),
            ("none", "a.example", Protection::Plain),
        ];
        for (policy, next_hop, protection) in cases {
            assert_eq!(promises(policy, next_hop).protection(), protection, "{policy} {next_hop}");
        }
        assert!(Protection::ALL.is_sorted());
    }

    #[test]
    fn the_weakest_next_hop_decides() {
        let secure = || promises("secure", "a.example");
        let with = |policy| secure().weakest(promises(policy, "[relay.example]")).protection();
        assert_eq!(with("secure"), Protection::Name);
        assert_eq!(with("dane-only"), Protection::Several);
        assert_eq!(with("encrypt"), Protection::Encrypted);
        assert_eq!(with("dane"), Protection::DaneOrPlain);
        assert_eq!(with("may"), Protection::Opportunistic);
        assert_eq!(with("none"), Protection::Plain);
    }
}
