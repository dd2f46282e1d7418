//! What DNS said, in four values.

use crate::names::DomainName;
use std::net::{Ipv4Addr, Ipv6Addr};

/// One question.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Question {
    /// The MX set of a domain. [RFC 5321 §5.1]
    Mx(DomainName),
    /// The IPv4 addresses of a host.
    A(DomainName),
    /// The IPv6 addresses of a host.
    Aaaa(DomainName),
    /// The TLSA records of `_25._tcp.HOST`. [RFC 7672 §2.2]
    Tlsa(DomainName),
}

/// The security status of a positive answer. [RFC 4033 §5]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dnssec {
    /// Signed, and the chain of signatures from the trust anchor holds.
    Secure,
    /// Proven to be outside signed zones.
    Insecure,
}

/// What a question brought. Unknown is not absent: nothing may get weaker because of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// A validated answer with records.
    Secure(Reply),
    /// A validated proof that there are no such records.
    ProvenAbsent,
    /// An answer from an unsigned zone: records, or an unprovable "nothing there" as an empty reply.
    Insecure(Reply),
    /// No usable answer.
    Unknown(UnknownReason),
}

/// Why there is no usable answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UnknownReason {
    /// The server said SERVFAIL or another error code; the text is that code.
    Failure(String),
    /// Nobody answered in time, or the connection broke.
    Timeout,
    /// The signatures do not validate.
    Bogus,
    /// The answer is no valid DNS message or holds a name or number that cannot be.
    Malformed(String),
    /// More aliases than 8, or a loop of them.
    AliasLoop,
}

/// The records of an answer, aliases followed; sorted and unique.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// For [`Question::Mx`]; empty means no MX set. A null MX has exchange `None`. [RFC 7505 §3]
    Mx(Vec<MxRecord>),
    /// For [`Question::A`].
    A(Vec<Ipv4Addr>),
    /// For [`Question::Aaaa`].
    Aaaa(Vec<Ipv6Addr>),
    /// For [`Question::Tlsa`]: how many records are usable and how many are not. [RFC 7672 §3.1]
    Tlsa {
        /// Records with usage 2 or 3, a known selector and matching type and a fitting length.
        usable: usize,
        /// All others.
        unusable: usize,
    },
}

/// One MX record.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MxRecord {
    /// Lower is tried first.
    pub preference: u16,
    /// The host; `None` is the root, which says "no mail here". [RFC 7505 §3]
    pub exchange: Option<DomainName>,
}

impl Reply {
    /// Whether there are no records in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Mx(list) => list.is_empty(),
            Self::A(list) => list.is_empty(),
            Self::Aaaa(list) => list.is_empty(),
            Self::Tlsa { usable, unusable } => usable + unusable == 0,
        }
    }
}
