//! What a change does to mail, by what Postfix would do before and after.

use super::delivery::{Delivery, HopPolicy, Outcome};
use super::promises::Promises;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// What a change does to one recipient domain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Effect {
    /// Mail that was delivered is deferred or returned from now on.
    Breaks,
    /// An attacker can do more than before.
    Weaker,
    /// Neither stronger nor weaker: another trust root, or mail that starts to flow.
    Different,
    /// An attacker can do less than before.
    Stronger,
    /// Nothing that an attacker would notice: addresses rotated, another way of writing.
    Neutral,
}

impl Effect {
    /// Every effect, worst first.
    pub const ALL: &'static [Self] =
        &[Self::Breaks, Self::Weaker, Self::Different, Self::Stronger, Self::Neutral];

    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Breaks => "breaks",
            Self::Weaker => "weaker",
            Self::Different => "different",
            Self::Stronger => "stronger",
            Self::Neutral => "neutral",
        }
    }

    /// Compares what happens before and after a change.
    ///
    /// Mail that could not be delivered before and can be after is [`Self::Different`]: nothing was
    /// sent, so nothing was safer. So is mail that takes another way where only the way says who gets it.
    pub fn between(before: &Delivery, after: &Delivery) -> Self {
        let fatal = |it: &Delivery| matches!(it.outcome, Outcome::Fatal(_));
        match (Promises::of_delivery(before), Promises::of_delivery(after)) {
            (None, None) => match (&before.outcome, &after.outcome) {
                // The mail of others stalls too.
                (_, Outcome::Fatal(_)) if !fatal(before) => Self::Breaks,
                (Outcome::Fatal(_), _) if !fatal(after) => Self::Different,
                (Outcome::Other(a), Outcome::Other(b)) if a == b => Self::Neutral,
                (Outcome::Other(_), _) | (_, Outcome::Other(_)) => Self::Different,
                (Outcome::Smtp { .. } | Outcome::Fatal(_), _) => Self::Neutral,
            },
            (None, Some(_)) => Self::Different,
            (Some(_), None) => match &after.outcome {
                Outcome::Other(transport) if !transport.returns_or_drops() => Self::Different,
                Outcome::Other(_) | Outcome::Smtp { .. } | Outcome::Fatal(_) => Self::Breaks,
            },
            (Some(old), Some(new)) => match new.partial_cmp(&old) {
                Some(Ordering::Equal) if open_next_hops(before) == open_next_hops(after) => {
                    Self::Neutral
                }
                Some(Ordering::Greater) => Self::Stronger,
                Some(Ordering::Less) => Self::Weaker,
                Some(Ordering::Equal) | None => Self::Different,
            },
        }
    }
}

/// The next hops at which whoever answers may get the mail.
fn open_next_hops(delivery: &Delivery) -> BTreeSet<&str> {
    let Outcome::Smtp { hops, .. } = &delivery.outcome else { return BTreeSet::new() };
    let open = hops.iter().filter(|hop| match &hop.policy {
        HopPolicy::Valid(policy) => {
            Promises::of(policy, &hop.next_hop).is_some_and(|it| it.admits_anyone())
        }
        HopPolicy::Invalid(_) => false,
    });
    open.map(|hop| hop.next_hop.as_str()).collect()
}

impl std::fmt::Display for Effect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
