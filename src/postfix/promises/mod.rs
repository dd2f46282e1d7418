//! What a policy promises against an attacker, on the path or in DNS.

mod credential;
mod listening;
mod protection;

pub use self::protection::Protection;

use self::credential::{Credential, credentials};
use self::listening::{Demands, Listening};
use super::delivery::{Delivery, HopPolicy, Outcome};
use super::level::SecurityLevel;
use super::next_hop::NextHop;
use super::policy::TlsPolicy;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// What a policy promises, ordered by inclusion: greater means that whatever an attacker
/// is kept from under the lesser one, the greater one keeps them from too.
///
/// There are two worlds: the destination has usable TLSA records, or it has none; a policy that is
/// better in one and worse in the other is neither greater nor less. Several next hops promise what
/// the weakest does, since an attacker can silence the others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Promises {
    without_tlsa: World,
    with_tlsa: World,
}

/// What is promised in one of the two worlds.
#[derive(Clone, PartialEq, Eq, Debug)]
struct World {
    /// Whether an attacker who hides STARTTLS, or breaks the handshake, gets nothing.
    never_plain: bool,
    peers: Peers,
    /// What those get who only listen; empty when no mail is sent.
    listening: BTreeSet<Listening>,
}

/// Who may receive the mail over TLS.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Peers {
    /// Whoever answers.
    Anyone,
    /// Who can show one of these; empty is nobody.
    These(BTreeSet<Credential>),
}

impl Promises {
    /// What a policy promises for one next hop; `None` when no mail can be delivered by it.
    pub fn of(policy: &TlsPolicy, next_hop: &NextHop) -> Option<Self> {
        let demands = Demands::of(policy);
        let may = || World {
            never_plain: false,
            peers: Peers::Anyone,
            listening: BTreeSet::from([Listening::opportunistic(demands.clone())]),
        };
        let tls = |peers| match &demands {
            Some(demands) => World {
                never_plain: true,
                peers,
                listening: BTreeSet::from([Listening::Mandatory(demands.clone())]),
            },
            None => World::nobody(),
        };
        let tlsa = || {
            let credential = Credential::Tlsa(next_hop.host_part().to_owned());
            tls(Peers::These(BTreeSet::from([credential])))
        };
        // An address has no DNSSEC status, so there are no TLSA records for it.
        // [Postfix `smtp_addr.c`, `tls_dane.c`]
        let (without_tlsa, with_tlsa) = match policy.level {
            SecurityLevel::None => (World::plain(), World::plain()),
            SecurityLevel::May => (may(), may()),
            SecurityLevel::Encrypt => (tls(Peers::Anyone), tls(Peers::Anyone)),
            SecurityLevel::Dane if next_hop.is_address() => (may(), may()),
            SecurityLevel::Dane => (may(), tlsa()),
            SecurityLevel::DaneOnly if next_hop.is_address() => return None,
            SecurityLevel::DaneOnly => (World::nobody(), tlsa()),
            SecurityLevel::Fingerprint | SecurityLevel::Verify | SecurityLevel::Secure => {
                let credentials = credentials(policy, next_hop);
                if credentials.is_empty() {
                    return None;
                }
                let peers = Peers::These(reduced(&credentials, Credential::covers));
                (tls(peers.clone()), tls(peers))
            }
        };
        let delivers = !without_tlsa.listening.is_empty() || !with_tlsa.listening.is_empty();
        delivers.then_some(Self { without_tlsa, with_tlsa })
    }

    /// What a delivery promises: what the weakest of its next hops does. `None` when no mail can be
    /// delivered, or not by SMTP.
    pub fn of_delivery(delivery: &Delivery) -> Option<Self> {
        let Outcome::Smtp { hops, .. } = &delivery.outcome else { return None };
        hops.iter()
            .filter_map(|hop| match &hop.policy {
                HopPolicy::Valid(policy) => Self::of(policy, &hop.next_hop),
                // Postfix passes over a next hop with an invalid policy.
                HopPolicy::Invalid(_) => None,
            })
            .reduce(Self::weakest)
    }

    /// What is promised when the attacker chooses between the two.
    #[must_use]
    pub fn weakest(self, other: Self) -> Self {
        Self {
            without_tlsa: self.without_tlsa.weakest(other.without_tlsa),
            with_tlsa: self.with_tlsa.weakest(other.with_tlsa),
        }
    }

    /// Whether this is at least what people mean by a level.
    ///
    /// `may`: TLS where it is offered. `encrypt`: never plain text. `dane`: a server with usable TLSA
    /// records must match them. `verify`: never anybody but an authenticated server. `dane-only`,
    /// `fingerprint` and `secure`: the same, and no name that must match comes from unsigned DNS.
    pub fn reaches(&self, level: SecurityLevel) -> bool {
        let worlds = [&self.without_tlsa, &self.with_tlsa];
        let tls = |world: &&World| !world.listening.contains(&Listening::Plain);
        let forgeable = |it: &Credential| matches!(it, Credential::Certificate(_, None));
        let authenticated = |world: &World, names_from_dns: bool| match &world.peers {
            Peers::Anyone => false,
            Peers::These(list) => {
                world.never_plain && (names_from_dns || !list.iter().any(forgeable))
            }
        };
        match level {
            SecurityLevel::None => true,
            SecurityLevel::May => worlds.iter().all(tls),
            SecurityLevel::Encrypt => worlds.iter().all(|world| world.never_plain),
            SecurityLevel::Dane => worlds.iter().all(tls) && authenticated(&self.with_tlsa, true),
            SecurityLevel::Verify => worlds.iter().all(|world| authenticated(world, true)),
            SecurityLevel::DaneOnly | SecurityLevel::Fingerprint | SecurityLevel::Secure => {
                worlds.iter().all(|world| authenticated(world, false))
            }
        }
    }

    /// Whether mail may go to whoever answers, so that nothing but the next hop says who gets it.
    pub fn admits_anyone(&self) -> bool {
        [&self.without_tlsa, &self.with_tlsa].iter().any(|world| world.peers == Peers::Anyone)
    }
}

impl PartialOrd for Promises {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        combine(
            self.without_tlsa.compare(&other.without_tlsa)?,
            self.with_tlsa.compare(&other.with_tlsa)?,
        )
    }
}

/// The order of a pair whose parts are ordered so.
fn combine(a: Ordering, b: Ordering) -> Option<Ordering> {
    match (a, b) {
        (Ordering::Equal, other) | (other, Ordering::Equal) => Some(other),
        (a, b) => (a == b).then_some(a),
    }
}

/// The order of two of which the first, the second or both let in all that the other does. Who lets
/// more in promises less.
fn by_inclusion(first_covers: bool, second_covers: bool) -> Option<Ordering> {
    match (first_covers, second_covers) {
        (true, true) => Some(Ordering::Equal),
        (true, false) => Some(Ordering::Less),
        (false, true) => Some(Ordering::Greater),
        (false, false) => None,
    }
}

impl World {
    fn plain() -> Self {
        let listening = BTreeSet::from([Listening::Plain]);
        Self { never_plain: false, peers: Peers::Anyone, listening }
    }

    /// The mail waits.
    fn nobody() -> Self {
        let peers = Peers::These(BTreeSet::new());
        Self { never_plain: true, peers, listening: BTreeSet::new() }
    }

    fn compare(&self, other: &Self) -> Option<Ordering> {
        let covers =
            |a: &Self, b: &Self| all_covered(&a.listening, &b.listening, Listening::covers);
        let listening = by_inclusion(covers(self, other), covers(other, self))?;
        let plain = self.never_plain.cmp(&other.never_plain);
        combine(combine(plain, self.peers.compare(&other.peers)?)?, listening)
    }

    fn weakest(self, other: Self) -> Self {
        Self {
            never_plain: self.never_plain && other.never_plain,
            peers: match (self.peers, other.peers) {
                (Peers::These(mut mine), Peers::These(theirs)) => {
                    mine.extend(theirs);
                    Peers::These(reduced(&mine, Credential::covers))
                }
                (Peers::Anyone, _) | (_, Peers::Anyone) => Peers::Anyone,
            },
            listening: {
                let mut both = self.listening;
                both.extend(other.listening);
                reduced(&both, Listening::covers)
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
                all_covered(mine, theirs, Credential::covers)
            }
        }
    }
}

/// Whether each of `theirs` is covered by one of `mine`.
fn all_covered<T>(mine: &BTreeSet<T>, theirs: &BTreeSet<T>, covers: fn(&T, &T) -> bool) -> bool {
    theirs.iter().all(|it| mine.iter().any(|mine| covers(mine, it)))
}

/// Leaves out what others cover, so that equal promises are equal values.
fn reduced<T: Ord + Clone>(list: &BTreeSet<T>, covers: fn(&T, &T) -> bool) -> BTreeSet<T> {
    let covered = |it: &T| list.iter().any(|other| other != it && covers(other, it));
    list.iter().filter(|it| !covered(it)).cloned().collect()
}
