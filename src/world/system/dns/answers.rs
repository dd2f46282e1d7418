//! From DNS records to checked replies.

use crate::answer::{MxRecord, Question, Reply, UnknownReason};
use crate::names::DomainName;
use hickory_resolver::proto::rr::rdata::tlsa::{CertUsage, Matching, Selector};
use hickory_resolver::proto::rr::{Name, RData, RecordType};

/// The name and type to ask for.
pub(super) fn query(question: &Question) -> Result<(Name, RecordType), UnknownReason> {
    let (text, kind) = match question {
        Question::Mx(name) => (format!("{name}."), RecordType::MX),
        Question::A(name) => (format!("{name}."), RecordType::A),
        Question::Aaaa(name) => (format!("{name}."), RecordType::AAAA),
        Question::Tlsa(name) => (format!("_25._tcp.{name}."), RecordType::TLSA),
    };
    let name = Name::from_ascii(&text).map_err(|_| UnknownReason::Malformed(text))?;
    Ok((name, kind))
}

/// A reply without records.
pub(super) fn empty(question: &Question) -> Reply {
    match question {
        Question::Mx(_) => Reply::Mx(Vec::new()),
        Question::A(_) => Reply::A(Vec::new()),
        Question::Aaaa(_) => Reply::Aaaa(Vec::new()),
        Question::Tlsa(_) => Reply::Tlsa { usable: 0, unusable: 0 },
    }
}

/// The records that answer the question; others, such as aliases and signatures, are passed over.
///
/// # Errors
///
/// [`UnknownReason::Malformed`] when an MX host is no name, such as an address.
pub(super) fn reply<'r>(
    question: &Question,
    records: impl Iterator<Item = &'r RData>,
) -> Result<Reply, UnknownReason> {
    let mut reply = empty(question);
    for record in records {
        match (&mut reply, record) {
            (Reply::Mx(list), RData::MX(mx)) => {
                let exchange = if mx.exchange.is_root() { None } else { Some(name(&mx.exchange)?) };
                list.push(MxRecord { preference: mx.preference, exchange });
            }
            (Reply::A(list), RData::A(address)) => list.push(address.0),
            (Reply::Aaaa(list), RData::AAAA(address)) => list.push(address.0),
            (Reply::Tlsa { usable, unusable }, RData::TLSA(tlsa)) => {
                if is_usable(tlsa.cert_usage, tlsa.selector, tlsa.matching, tlsa.cert_data.len()) {
                    *usable += 1;
                } else {
                    *unusable += 1;
                }
            }
            _ => {}
        }
    }
    match &mut reply {
        Reply::Mx(list) => {
            list.sort();
            list.dedup();
        }
        Reply::A(list) => {
            list.sort();
            list.dedup();
        }
        Reply::Aaaa(list) => {
            list.sort();
            list.dedup();
        }
        Reply::Tlsa { .. } => {}
    }
    Ok(reply)
}

fn name(name: &Name) -> Result<DomainName, UnknownReason> {
    let text = name.to_ascii();
    DomainName::parse(&text).map_err(|_| UnknownReason::Malformed(format!("MX host `{text}`")))
}

/// Whether a mail client may use the record: PKIX usages are not for mail. [RFC 7672 §3.1]
fn is_usable(usage: CertUsage, selector: Selector, matching: Matching, length: usize) -> bool {
    let length_fits = match matching {
        Matching::Raw => length > 0,
        Matching::Sha256 => length == 32,
        Matching::Sha512 => length == 64,
        Matching::Unassigned(_) | Matching::Private => false,
    };
    matches!(usage, CertUsage::DaneTa | CertUsage::DaneEe)
        && matches!(selector, Selector::Full | Selector::Spki)
        && length_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    /// [RFC 7672 §3.1; RFC 6698 §2.1]
    #[test]
    fn tlsa_records_for_mail_have_usage_2_or_3_and_a_digest_of_the_right_length() {
        for (usage, selector, matching, length, usable) in [
            (3, 1, 1, 32, true),
            (2, 0, 2, 64, true),
            (3, 0, 0, 900, true),
            (0, 1, 1, 32, false),
            (1, 1, 1, 32, false),
            (3, 2, 1, 32, false),
            (3, 1, 3, 32, false),
            (3, 1, 1, 31, false),
            (3, 1, 0, 0, false),
            (255, 1, 1, 32, false),
        ] {
            let (usage, selector) = (CertUsage::from(usage), Selector::from(selector));
            let matching = Matching::from(matching);
            assert_eq!(
                is_usable(usage, selector, matching, length),
                usable,
                "{usage:?} {selector:?}"
            );
        }
    }
}
