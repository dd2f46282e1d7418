//! The classes in which the page counts domains and mail.

use crate::postfix::{Delivery, HopPolicy, Outcome, Promises, Protection};

/// What happens with mail, in one class; the best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Class {
    /// What the weakest next hop promises.
    Promised(Protection),
    /// Nothing static is said: a resolver decides at run time.
    Resolver,
    /// A service that is not smtp(8) takes the mail.
    Service,
    /// No mail can be delivered.
    Waits,
}

impl Class {
    /// What a delivery comes to; `left` where the declaration leaves the domain to a resolver.
    pub(super) fn of(delivery: &Delivery, domain: &str, left: bool) -> Self {
        if matches!(delivery.outcome, Outcome::Other(_)) {
            return Self::Service;
        }
        let promised = Promises::of_delivery(delivery)
            .map_or(Self::Waits, |it| Self::Promised(it.protection()));
        let Outcome::Smtp { hops, .. } = &delivery.outcome else { return promised };
        let own = |it: &&crate::postfix::Hop| !it.is_fallback_relay;
        let asked = hops
            .iter()
            .filter(own)
            .all(|it| it.policy_key.is_none() && it.next_hop.as_str() == domain);
        if !left || !asked {
            return promised;
        }
        // The resolver says nothing of the fallback relays, and the weakest next hop decides.
        let relays = hops.iter().filter(|it| it.is_fallback_relay);
        let relays = relays.filter_map(|it| match &it.policy {
            HopPolicy::Valid(policy) => Promises::of(policy, &it.next_hop),
            HopPolicy::Invalid(_) => None,
        });
        match relays.reduce(Promises::weakest).map(|it| Self::Promised(it.protection())) {
            Some(class) if class > Self::Promised(Protection::Several) => class,
            Some(_) | None => Self::Resolver,
        }
    }

    /// All of them, the best first.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let promised = Protection::ALL.into_iter().map(Self::Promised);
        promised.chain([Self::Resolver, Self::Service, Self::Waits])
    }

    /// The letter by which plots name it.
    pub(super) fn letter(self) -> &'static str {
        match self {
            Self::Promised(Protection::Name) => "A",
            Self::Promised(Protection::Dane) => "B",
            Self::Promised(Protection::Key) => "C",
            Self::Promised(Protection::Several) => "D",
            Self::Promised(Protection::UnsignedName) => "E",
            Self::Promised(Protection::Encrypted) => "F",
            Self::Promised(Protection::DaneOrPlain) => "G",
            Self::Promised(Protection::Opportunistic) => "H",
            Self::Promised(Protection::Plain) => "I",
            Self::Resolver => "J",
            Self::Service => "K",
            Self::Waits => "L",
        }
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Promised(Protection::Name) => "Authenticated: names checked",
            Self::Promised(Protection::Dane) => "Authenticated: DANE",
            Self::Promised(Protection::Key) => "Authenticated: known keys",
            Self::Promised(Protection::Several) => "Authenticated: in several ways",
            Self::Promised(Protection::UnsignedName) => "Certificate for a name from unsigned DNS",
            Self::Promised(Protection::Encrypted) => "Encrypted, not authenticated",
            Self::Promised(Protection::DaneOrPlain) => {
                "DANE where published, else may be clear text"
            }
            Self::Promised(Protection::Opportunistic) => "May be clear text",
            Self::Promised(Protection::Plain) => "Clear text",
            Self::Resolver => "Left to the run-time resolver",
            Self::Service => "Handed to another service",
            Self::Waits => "Cannot be delivered",
        }
    }

    /// The family that gives the colour.
    pub(super) fn family(self) -> &'static str {
        match self {
            Self::Promised(
                Protection::Name | Protection::Dane | Protection::Key | Protection::Several,
            ) => "good",
            Self::Promised(Protection::UnsignedName | Protection::Encrypted) => "fair",
            Self::Promised(
                Protection::DaneOrPlain | Protection::Opportunistic | Protection::Plain,
            ) => "open",
            Self::Resolver | Self::Service | Self::Waits => "other",
        }
    }
}
