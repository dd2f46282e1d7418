//! What is known of the TLSA records of a host.

use super::Tlsa;
use crate::names::DomainName;

/// The TLSA records of a host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TlsaState {
    /// Not asked for: the addresses are insecure, so no record would count [RFC 7672 §2.2.2], or no
    /// policy wants to know.
    InsecureHost,
    /// There are none, or none that are secure.
    None,
    /// Records of a secure zone.
    Records {
        /// The name under which they stand.
        base: DomainName,
        /// The records, usable or not; never empty.
        records: Vec<Tlsa>,
    },
    /// Nobody knows, and why: mail is then deferred and not sent without. [RFC 7672 §2.1.2]
    Unknown(String),
}
