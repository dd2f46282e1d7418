//! What somebody who only listens gets.

use crate::postfix::TlsPolicy;
use crate::postfix::Version;
use crate::postfix::protocols::{Allowed, allowed, grade_rank};
use std::collections::BTreeSet;

/// How mail looks on the wire when the server is the right one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Listening {
    /// Plain text.
    Plain,
    /// TLS where server and policy agree, else plain text: what the policy demands beyond TLS keeps no
    /// one out, and may end in plain text.
    Opportunistic(Demands),
    /// TLS as the policy demands it, or the mail waits.
    Mandatory(Demands),
}

/// What a policy demands of a TLS session.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Demands {
    protocols: Allowed,
    grade: u8,
    /// `None` means what main.cf excludes.
    exclude: Option<BTreeSet<String>>,
}

impl Demands {
    /// Without attributes the defaults of Postfix hold; `None` when no session is ever started.
    /// [postconf(5) `smtp_tls_mandatory_protocols`, `smtp_tls_mandatory_ciphers`]
    pub(super) fn of(policy: &TlsPolicy) -> Option<Self> {
        if policy.fails_handshake {
            return None;
        }
        let version = Version::NEWEST;
        Some(Self {
            protocols: allowed(policy.protocols.as_deref().unwrap_or(">=TLSv1"), version).ok()?,
            grade: grade_rank(policy.ciphers.as_deref().unwrap_or("medium"), version)?,
            exclude: policy.exclude.as_ref().map(|list| {
                let words = list.split([':', ',', ' ']).filter(|word| !word.is_empty());
                words.map(str::to_ascii_lowercase).collect()
            }),
        })
    }

    /// Whether `other` asks for everything that this does, the protocols left aside.
    fn ciphers_within(&self, other: &Self) -> bool {
        let exclude = match (&self.exclude, &other.exclude) {
            (None, None) => true,
            (None, Some(_)) | (Some(_), None) => false,
            (Some(mine), Some(theirs)) => mine.is_subset(theirs),
        };
        exclude && self.grade <= other.grade
    }
}

impl Listening {
    /// TLS where it can be had.
    pub(super) fn opportunistic(demands: Option<Demands>) -> Self {
        demands.map_or(Self::Plain, Self::Opportunistic)
    }

    /// Whether somebody gets everything by this that they get by `other`.
    ///
    /// Both ends take the highest protocol that they share. So a list with more old protocols gives more
    /// away where TLS is mandatory, while one without newer protocols gives away something else; and
    /// where plain text is the other choice, more protocols are better.
    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Plain, _) => true,
            (Self::Opportunistic(_) | Self::Mandatory(_), Self::Plain)
            | (Self::Mandatory(_), Self::Opportunistic(_)) => false,
            (Self::Opportunistic(mine), Self::Opportunistic(theirs)) => {
                subset(mine.protocols, theirs.protocols) && theirs.ciphers_within(mine)
            }
            (Self::Opportunistic(mine), Self::Mandatory(theirs)) => {
                !lacks_newer(theirs.protocols, mine.protocols)
            }
            (Self::Mandatory(mine), Self::Mandatory(theirs)) => {
                subset(theirs.protocols, mine.protocols)
                    && !lacks_newer(theirs.protocols, mine.protocols)
                    && mine.ciphers_within(theirs)
            }
        }
    }
}

fn subset(a: Allowed, b: Allowed) -> bool {
    a.into_iter().zip(b).all(|(a, b)| !a || b)
}

/// Whether `other` has a protocol that is newer than some of `list`, and not in it.
fn lacks_newer(list: Allowed, other: Allowed) -> bool {
    let oldest = list.into_iter().position(|it| it).unwrap_or(list.len());
    list.into_iter().zip(other).skip(oldest).any(|(mine, theirs)| theirs && !mine)
}
