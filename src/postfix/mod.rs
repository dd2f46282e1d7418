//! Postfix's own rules (placeholders until the module lands).
#![allow(missing_docs)]
use compact_str::CompactString;
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum SecurityLevel {
    None,
    May,
    Encrypt,
    Dane,
    DaneOnly,
    Fingerprint,
    Verify,
    Secure,
}
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Version {
    pub major: u8,
    pub minor: u8,
    pub patch: Option<u8>,
}
#[derive(Clone, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct NextHop(pub CompactString);
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transport {
    pub service: CompactString,
    pub next_hops: Vec<NextHop>,
}
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlsPolicy {
    pub level: SecurityLevel,
}
impl SecurityLevel {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::May => "may",
            Self::Encrypt => "encrypt",
            Self::Dane => "dane",
            Self::DaneOnly => "dane-only",
            Self::Fingerprint => "fingerprint",
            Self::Verify => "verify",
            Self::Secure => "secure",
        }
    }
}
