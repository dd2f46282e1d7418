//! From OpenSSL's certificates to ours.

use super::conversation::shown;
use crate::world::{Certificate, Digests};
use jiff::{SignedDuration, Timestamp};
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::hash::{MessageDigest, hash};
use openssl::nid::Nid;
use openssl::x509::{X509NameRef, X509Ref, X509VerifyResult};
use std::fmt::Write as _;
use std::net::IpAddr;

/// The most names that are kept of a certificate.
const MAX_NAMES: usize = 500;

/// Reads a certificate.
pub(super) fn certificate(from: &X509Ref) -> Result<Certificate, ErrorStack> {
    let (der, public_key) = (from.to_der()?, from.public_key()?.public_key_to_der()?);
    let alternative = from.subject_alt_names();
    let bytes = alternative.iter().flatten().filter_map(|it| it.ipaddress());
    let addresses = bytes.filter_map(address).take(MAX_NAMES).collect();
    let dns = alternative.iter().flatten().filter_map(|it| it.dnsname());
    let mut names: Vec<String> = dns.take(MAX_NAMES).map(shown).collect();
    // An alternative name of a kind that is not asked for does not stop the common name.
    // [OpenSSL `v3_utl.c` `do_x509_check`]
    let by_common_name = names.is_empty();
    if by_common_name {
        let common = from.subject_name().entries_by_nid(Nid::COMMONNAME);
        names.extend(
            common.filter_map(|it| it.data().to_string().ok()).take(MAX_NAMES).map(|it| shown(&it)),
        );
    }
    Ok(Certificate {
        subject: name(from.subject_name()),
        issuer: name(from.issuer_name()),
        names,
        by_common_name,
        addresses,
        not_before: time(from.not_before()),
        not_after: time(from.not_after()),
        self_signed: from.issued(from) == X509VerifyResult::OK,
        digests: Digests { certificate: digest(&der)?, public_key: digest(&public_key)? },
        der,
        public_key,
    })
}

/// An address of 4 or 16 bytes. [RFC 5280 §4.2.1.6]
fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

/// A name on one line, as OpenSSL and Postfix write it: `/C=CH/CN=mx.example.com`.
/// [OpenSSL `X509_NAME_oneline(3)`]
pub(super) fn name(from: &X509NameRef) -> String {
    let mut text = String::new();
    for entry in from.entries() {
        let kind = entry.object().nid().short_name().unwrap_or("?");
        // Writing to a String cannot fail.
        let _ = write!(text, "/{kind}=");
        for &byte in entry.data().as_slice() {
            if byte.is_ascii_graphic() || byte == b' ' {
                text.push(char::from(byte));
            } else {
                let _ = write!(text, "\\x{byte:02X}");
            }
        }
    }
    shown(&text)
}

/// A time; one that cannot be is the earliest there is, so that nothing counts as valid by it.
fn time(from: &Asn1TimeRef) -> Timestamp {
    let seconds = || {
        let difference = Asn1Time::from_unix(0).ok()?.diff(from).ok()?;
        Some(i64::from(difference.days) * 86_400 + i64::from(difference.secs))
    };
    let since = seconds().map(SignedDuration::from_secs);
    since.and_then(|it| Timestamp::from_duration(it).ok()).unwrap_or(Timestamp::MIN)
}

fn digest(of: &[u8]) -> Result<String, ErrorStack> {
    let mut text = String::new();
    for byte in &*hash(MessageDigest::sha256(), of)? {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}
