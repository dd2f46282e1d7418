//! What an answer means for a fact.

use crate::answer::{Answer, Dnssec, Reply, UnknownReason};

/// What an answer means for a fact.
pub(super) enum Verdict {
    /// There are records.
    Records(Dnssec, Reply),
    /// There are none, and as far as the lock knows there never were.
    Absent,
    /// The lock knows some, and a signed answer says that there are none.
    Vanished,
    /// The lock knows some, and an unsigned answer says that there are none: anybody on the way can say
    /// that.
    Denied,
    /// Nobody knows.
    Unknown(UnknownReason),
}

impl Verdict {
    /// `known` tells whether the lock holds records of this kind.
    pub(super) fn of(answer: Answer, known: bool) -> Self {
        match answer {
            Answer::Secure(reply) if !reply.is_empty() => Self::Records(Dnssec::Secure, reply),
            Answer::Insecure(reply) if !reply.is_empty() => Self::Records(Dnssec::Insecure, reply),
            Answer::Secure(_) | Answer::ProvenAbsent if known => Self::Vanished,
            Answer::Insecure(_) if known => Self::Denied,
            Answer::Secure(_) | Answer::ProvenAbsent | Answer::Insecure(_) => Self::Absent,
            Answer::Unknown(reason) => Self::Unknown(reason),
        }
    }
}
