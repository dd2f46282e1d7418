//! What DNS said, in four values.

use crate::dane::Tlsa;
use crate::names::DomainName;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One question.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Question {
    /// The MX set of a domain. [RFC 5321 §5.1]
    Mx(DomainName),
    /// The IPv4 addresses of a host.
    A(DomainName),
    /// The IPv6 addresses of a host.
    Aaaa(DomainName),
    /// The TLSA records of `_PORT._tcp.HOST`; mail servers have port 25. [RFC 6698 §3; RFC 7672 §2.2]
    Tlsa(DomainName, u16),
    /// The TXT records of a name.
    Txt(DomainName),
}

/// The port of mail servers. [RFC 5321 §4.5.4.2]
pub const SMTP: u16 = 25;

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

/// An answer with the way to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// What the question brought.
    pub answer: Answer,
    /// The aliases between the name that was asked for and the records, in order.
    pub aliases: Vec<Alias>,
}

/// One step from a name to another. [RFC 1034 §3.6.2]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alias {
    /// The name it leads to; `None` when that is no name of a host.
    pub target: Option<DomainName>,
    /// The status of this step alone.
    pub dnssec: Dnssec,
}

impl From<Answer> for Found {
    fn from(answer: Answer) -> Self {
        Self { answer, aliases: Vec::new() }
    }
}

/// Why there is no usable answer. The texts come from the network: they are for messages only, which
/// print no control characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum UnknownReason {
    /// The server said SERVFAIL or another error code; the text is that code.
    Failure(String),
    /// Nobody answered in time.
    Timeout,
    /// Nobody listens there, or the connection broke.
    Unreachable,
    /// As [`Self::Unreachable`], or there is no certificate for the server's name by a known authority:
    /// the resolver does not tell the one from the other.
    Untrusted,
    /// The signatures do not validate.
    Bogus,
    /// The answer is no DNS message.
    Garbled(String),
    /// The answer holds records that cannot be, such as an MX host that is no name.
    Malformed(String),
    /// More records than [`MAX_RECORDS`].
    TooMany,
    /// More aliases than [`MAX_ALIASES`], or a loop of them.
    AliasLoop,
    /// The network may not be used.
    Offline,
}

/// More records of one type than this at one name are no mail server's.
pub const MAX_RECORDS: usize = 64;

/// More aliases than this in a row are no mail server's.
pub const MAX_ALIASES: usize = 8;

impl UnknownReason {
    /// Whether this is about the name that was asked for: somebody answers, and others may be well.
    pub fn is_of_the_name(&self) -> bool {
        match self {
            Self::Malformed(_) | Self::TooMany | Self::AliasLoop => true,
            Self::Failure(_)
            | Self::Timeout
            | Self::Unreachable
            | Self::Untrusted
            | Self::Bogus
            | Self::Garbled(_)
            | Self::Offline => false,
        }
    }

    /// The reason as one word of letters, digits and inner `-`, as the lock keeps it.
    pub fn word(&self) -> String {
        match self {
            Self::Failure(code) => {
                let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
                let code: String = code.replace(' ', "-").chars().filter(plain).take(40).collect();
                match code.trim_matches('-') {
                    "" => "failure".to_owned(),
                    code => code.to_owned(),
                }
            }
            Self::Timeout => "timeout".to_owned(),
            Self::Unreachable | Self::Untrusted => "unreachable".to_owned(),
            Self::Bogus => "bogus".to_owned(),
            Self::Garbled(_) => "garbled".to_owned(),
            Self::Malformed(_) => "malformed".to_owned(),
            Self::TooMany => "too-many-records".to_owned(),
            Self::AliasLoop => "alias-loop".to_owned(),
            Self::Offline => "offline".to_owned(),
        }
    }
}

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failure(text) | Self::Malformed(text) => f.write_str(text),
            Self::Timeout => f.write_str("no answer in time"),
            Self::Unreachable => f.write_str("no connection to the name server"),
            Self::Untrusted => f.write_str(
                "no connection to the name server, or none with a certificate for its name by a known \
                 authority",
            ),
            Self::Bogus => f.write_str("the signatures do not validate"),
            Self::Garbled(text) => write!(f, "the answer is no DNS message: {text}"),
            Self::TooMany => write!(f, "more than {MAX_RECORDS} records"),
            Self::AliasLoop => write!(f, "more than {MAX_ALIASES} aliases, or a loop of them"),
            Self::Offline => f.write_str("the network may not be used"),
        }
    }
}

/// The records of an answer, aliases followed; sorted and unique.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// For [`Question::Mx`]; empty means no MX set. A null MX stands alone and has the exchange `None`.
    /// [RFC 7505 §3]
    Mx(Vec<MxRecord>),
    /// For [`Question::A`].
    A(Vec<Ipv4Addr>),
    /// For [`Question::Aaaa`].
    Aaaa(Vec<Ipv6Addr>),
    /// For [`Question::Tlsa`], usable or not.
    Tlsa(Vec<Tlsa>),
    /// For [`Question::Txt`]: the strings of each record joined. [RFC 8461 §3.1]
    Txt(Vec<Vec<u8>>),
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
    /// The addresses; none where the question was for something else.
    pub fn into_addresses(self) -> Vec<IpAddr> {
        match self {
            Self::A(list) => list.into_iter().map(IpAddr::V4).collect(),
            Self::Aaaa(list) => list.into_iter().map(IpAddr::V6).collect(),
            Self::Mx(_) | Self::Tlsa(_) | Self::Txt(_) => Vec::new(),
        }
    }

    /// Whether there are no records in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Mx(list) => list.is_empty(),
            Self::A(list) => list.is_empty(),
            Self::Aaaa(list) => list.is_empty(),
            Self::Tlsa(list) => list.is_empty(),
            Self::Txt(list) => list.is_empty(),
        }
    }
}
