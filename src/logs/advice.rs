//! What may be raised, and what a policy would have deferred.

use super::evidence::{DomainEvidence, FailureEvidence};
use super::level::Reached;
use crate::names::DomainName;
use crate::postfix::{
    Delivery, Hop, HopPolicy, NextHop, Outcome, Promises, SecurityLevel, TlsPolicy,
};
use crate::report::{counted, thousands};
use std::cmp::Ordering;
use std::fmt;

/// How much evidence is enough.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Thresholds {
    /// So many messages were taken.
    pub messages: u64,
    /// So many days lie between the first and the last of them.
    pub days: i64,
    /// Whether each MX host must have taken some.
    pub every_mx: bool,
}

/// Why the evidence is not enough.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Doubt {
    /// Some mail went in plain text.
    Plain(u64),
    /// The log does not tell of some mail how it went.
    Untold(u64),
    /// So often TLS failed.
    Failed(u64),
    /// Too few messages: so many.
    Messages(u64),
    /// Over too short a time: so many days.
    Days(i64),
    /// Nobody knows the MX hosts.
    MxUnknown,
    /// These MX hosts took none of the mail.
    MxUnseen(Vec<DomainName>),
}

/// What the evidence rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Basis {
    /// How many messages were taken.
    pub messages: u64,
    /// Over how many whole days.
    pub days: i64,
    /// By how many hosts.
    pub hosts: usize,
}

/// What was delivered and would have waited under a policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shortfall {
    /// For so many recipients.
    pub deferred: u64,
    /// Of so many the log does not tell.
    pub untold: u64,
}

/// What becomes of a domain's mail on one target.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The target.
    pub target: String,
    /// What Postfix would do.
    pub delivery: Delivery,
}

impl Thresholds {
    /// Whether there is enough evidence that mail for the domain is always encrypted.
    ///
    /// `mx` are its MX hosts; `seen` tells which of them took mail.
    ///
    /// # Errors
    ///
    /// Everything that is lacking; never empty.
    pub fn judge(
        &self,
        evidence: &DomainEvidence<'_>,
        mx: Option<&[DomainName]>,
        seen: &dyn Fn(&DomainName) -> bool,
    ) -> Result<Basis, Vec<Doubt>> {
        let mut doubts = Vec::new();
        let mut doubt = |count: u64, doubt: fn(u64) -> Doubt| {
            if count > 0 {
                doubts.push(doubt(count));
            }
        };
        doubt(evidence.deliveries(Reached::None), Doubt::Plain);
        doubt(evidence.deliveries(Reached::Unknown), Doubt::Untold);
        let is_tls = |it: &&FailureEvidence| it.reason.is_tls();
        let failures = evidence.failures();
        doubt(failures.iter().filter(is_tls).map(|it| u64::from(it.count)).sum(), Doubt::Failed);
        let (messages, hosts) = (evidence.messages(), evidence.hosts().len());
        let days = evidence
            .sent_between()
            .map_or(0, |(first, last)| last.duration_since(first).as_secs() / (24 * 60 * 60));
        if messages < self.messages {
            doubts.push(Doubt::Messages(messages));
        }
        if days < self.days {
            doubts.push(Doubt::Days(days));
        }
        if self.every_mx {
            match mx {
                None => doubts.push(Doubt::MxUnknown),
                Some(mx) => {
                    let unseen: Vec<_> = mx.iter().filter(|it| !seen(it)).cloned().collect();
                    if !unseen.is_empty() {
                        doubts.push(Doubt::MxUnseen(unseen));
                    }
                }
            }
        }
        if doubts.is_empty() { Ok(Basis { messages, days, hosts }) } else { Err(doubts) }
    }
}

/// What a domain could get instead of its policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// The level.
    pub level: SecurityLevel,
    /// Whether it gives up `dane` where no TLSA records have been used so far: better while there are
    /// none, and another thing once there are.
    pub gives_up_dane: bool,
}

/// The level to which a domain could be raised, if the evidence is enough; `None` where that would be
/// weaker on some target, or the same on all.
///
/// Without a target nothing is known of the policy, and `may` is taken for it.
pub fn proposal(evidence: &DomainEvidence<'_>, standings: &[Standing]) -> Option<Proposal> {
    let reached = |level| evidence.deliveries(level) > 0;
    if !Reached::ALL.iter().any(|level| level.is_encrypted() && reached(*level)) {
        return None;
    }
    let dane = [SecurityLevel::Dane, SecurityLevel::DaneOnly];
    let by_dane = evidence.asked_for(&dane).unwrap_or_else(|| {
        let asks = |it: &Standing| {
            let hop = own_hop(it, evidence.name());
            hop.is_some_and(|(_, policy)| policy.level.checks_tlsa())
        };
        !standings.is_empty() && standings.iter().all(asks)
    });
    let only_verified = evidence.weakest() == Some(Reached::Verified);
    let level = match (only_verified, by_dane) {
        (true, true) => SecurityLevel::DaneOnly,
        // It is authenticated by a policy that is not known here.
        (true, false) if standings.is_empty() => return None,
        (true | false, _) => SecurityLevel::Encrypt,
    };
    let next_hop = NextHop::domain(evidence.name());
    let after = Promises::of(&TlsPolicy::new(level), &next_hop)?;
    let (mut is_stronger, mut gives_up_dane) = (standings.is_empty(), false);
    for standing in standings {
        // Where mail goes elsewhere, a policy under the domain says nothing.
        let (hop, policy) = own_hop(standing, evidence.name())?;
        // What asks for more than the defaults of Postfix is not to be lost.
        if *policy != TlsPolicy::new(policy.level) && policy.level.takes_anyone() {
            return None;
        }
        match after.partial_cmp(&Promises::of(policy, &hop.next_hop)?) {
            Some(Ordering::Greater) => is_stronger = true,
            Some(Ordering::Equal) => {}
            None if policy.level == SecurityLevel::Dane && !reached(Reached::Verified) => {
                (is_stronger, gives_up_dane) = (true, true);
            }
            Some(Ordering::Less) | None => return None,
        }
    }
    is_stronger.then_some(Proposal { level, gives_up_dane })
}

/// The only next hop, where that is the domain itself.
fn own_hop<'s>(standing: &'s Standing, domain: &DomainName) -> Option<(&'s Hop, &'s TlsPolicy)> {
    let Outcome::Smtp { hops, .. } = &standing.delivery.outcome else { return None };
    let mut own = hops.iter().filter(|hop| !hop.is_fallback_relay);
    let (hop, None) = (own.next()?, own.next()) else { return None };
    match &hop.policy {
        HopPolicy::Valid(policy) if hop.next_hop.bare_domain() == Some(domain.as_str()) => {
            Some((hop, policy))
        }
        HopPolicy::Valid(_) | HopPolicy::Invalid(_) => None,
    }
}

impl Standing {
    /// The policy of the first next hop, where there is a valid one.
    pub fn policy(&self) -> Option<&TlsPolicy> {
        let Outcome::Smtp { hops, .. } = &self.delivery.outcome else { return None };
        match &hops.first()?.policy {
            HopPolicy::Valid(policy) => Some(policy),
            HopPolicy::Invalid(_) => None,
        }
    }
}

impl Shortfall {
    /// What a policy would have done with mail that was taken.
    ///
    /// A certificate that no authority vouches for tells something only where authorities are configured;
    /// one of a known authority may be for another name.
    pub fn of(policy: &TlsPolicy, evidence: &DomainEvidence<'_>, knows_authorities: bool) -> Self {
        let count = |reached| evidence.deliveries(reached);
        let [unknown, none, anonymous, untrusted, trusted, _verified] = Reached::ALL.map(count);
        match policy.level {
            SecurityLevel::None | SecurityLevel::May | SecurityLevel::Dane => Self::default(),
            SecurityLevel::Encrypt => Self { deferred: none, untold: unknown },
            SecurityLevel::DaneOnly | SecurityLevel::Fingerprint => {
                let untold = unknown + untrusted + trusted;
                Self { deferred: none + anonymous, untold }
            }
            SecurityLevel::Verify | SecurityLevel::Secure => {
                let fails =
                    if knows_authorities && policy.tafiles.is_empty() { untrusted } else { 0 };
                let untold = unknown + trusted + untrusted - fails;
                Self { deferred: none + anonymous + fails, untold }
            }
        }
    }
}

fn number(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(count) => write!(f, "{} in plain text", thousands(number(*count))),
            Self::Untold(count) => {
                write!(f, "{} of which the log does not tell", thousands(number(*count)))
            }
            Self::Failed(count) => write!(f, "{} of TLS", counted(number(*count), "failure")),
            Self::Messages(count) => write!(f, "only {}", counted(number(*count), "message")),
            Self::Days(days) => {
                let days = u64::try_from(*days).unwrap_or(0);
                write!(f, "only {}", counted(number(days), "day"))
            }
            Self::MxUnknown => f.write_str("its MX hosts are not known"),
            Self::MxUnseen(hosts) => {
                let names: Vec<&str> = hosts.iter().take(3).map(DomainName::as_str).collect();
                write!(f, "no mail to {}", names.join(", "))?;
                match hosts.len() - names.len() {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
        }
    }
}
