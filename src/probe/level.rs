//! What the level of a policy comes to for one server: `dane` depends on TLSA records.

use super::route::{Endpoint, Host};
use super::site::Site;
use super::verdict::Verdict;
use crate::dane::TlsaState;
use crate::dane::{MatchingType, Tlsa, usable};
use crate::names::DomainName;
use crate::postfix::SecurityLevel;

/// What a level came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decided {
    /// The level that holds: that of the policy, or a lesser one when `dane` has no records to go by.
    pub level: SecurityLevel,
    /// The level by which ciphers are chosen.
    pub ciphers: SecurityLevel,
    /// The records to go by; empty where none counts.
    pub records: Vec<Tlsa>,
    /// The name under which they stand.
    pub base: Option<DomainName>,
    /// Whether the MX set is not signed: the server is verified, but who it should be is not.
    pub half: bool,
    /// Whether none of the records can be used, and that is fatal.
    pub must_fail: bool,
}

impl Decided {
    fn plain(level: SecurityLevel) -> Self {
        let (records, base) = (Vec::new(), None);
        Self { level, ciphers: level, records, base, half: false, must_fail: false }
    }
}

/// What the level of a policy comes to for a server. [RFC 7672 §2.2; Postfix `smtp_tls_policy.c`
/// `dane_init`, `tls_client.c` `tls_client_start`]
///
/// # Errors
///
/// The verdict when there is no need to ask the server.
pub fn decide(
    level: SecurityLevel,
    endpoint: &Endpoint,
    site: &Site,
) -> Result<Decided, Box<Verdict>> {
    if !level.checks_tlsa() {
        return Ok(Decided::plain(level));
    }
    let mandatory = level == SecurityLevel::DaneOnly;
    let without = |less: SecurityLevel, why: &str| {
        if mandatory { Err(Box::new(Verdict::defers(why))) } else { Ok(Decided::plain(less)) }
    };
    let insecure_mx = endpoint.mx_secure == Some(false);
    if insecure_mx && (mandatory || !site.insecure_mx) {
        return without(SecurityLevel::May, "non DNSSEC destination");
    }
    let (base, records) = match (&endpoint.host, &endpoint.tlsa) {
        (Host::Address(_), _) | (_, TlsaState::InsecureHost | TlsaState::None) => {
            return without(SecurityLevel::May, "no TLSA records found");
        }
        (_, TlsaState::Unknown(why)) => {
            let text = format!("TLSA lookup error for {}:{}", endpoint.host, endpoint.port);
            return Err(Box::new(Verdict::defers(text).note(why.clone())));
        }
        (_, TlsaState::Records { base, records }) => (base.clone(), records),
    };
    // Postfix passes over these before anything else, and gives the others to OpenSSL.
    // [Postfix `tls_dane.c` `parse_tlsa_rr`]
    let for_mail = |it: &&Tlsa| {
        matches!(it.usage.number(), 2 | 3) && it.matching != MatchingType::Unassigned(255)
    };
    let records: Vec<Tlsa> = records.iter().filter(for_mail).cloned().collect();
    if records.is_empty() {
        return without(SecurityLevel::Encrypt, "TLSA records unusable");
    }
    let none = usable(&records).next().is_none();
    // `dane-only` with records is `dane` that found them.
    let effective = if none && !mandatory { SecurityLevel::Encrypt } else { SecurityLevel::Dane };
    Ok(Decided {
        level: effective,
        ciphers: SecurityLevel::Dane,
        records: if none { Vec::new() } else { records },
        base: Some(base),
        half: insecure_mx,
        must_fail: none && mandatory,
    })
}
