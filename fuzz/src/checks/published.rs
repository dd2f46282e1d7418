//! What domains publish about themselves.

use super::text;
use mxward::dane::{CertificateUsage, Tlsa, counting, usable};
use mxward::mta_sts::{Mode, Policy, PolicyMx, Record, find_record};
use std::fmt::Write as _;

/// A policy that is valid says the same when only what is known of it is written.
pub(super) fn policy(data: &[u8]) {
    let Ok(policy) = Policy::parse(data) else { return };
    let mut written = String::from("version: STSv1\n");
    // Writing to a String cannot fail.
    let _ = writeln!(written, "mode: {}", policy.mode.as_str());
    for mx in &policy.mx {
        let _ = writeln!(written, "mx: {mx}");
    }
    let _ = write!(written, "max_age: {}", policy.max_age);
    assert_eq!(Policy::parse(written.as_bytes()).as_ref(), Ok(&policy), "{written}");
    assert!(policy.max_age <= 31_557_600);
    assert!(!policy.mx.is_empty() || policy.mode == Mode::None);
    for mx in &policy.mx {
        match mx {
            PolicyMx::Host(host) => assert!(policy.covers(host)),
            PolicyMx::Wildcard(parent) => assert!(!mx.covers(parent)),
        }
    }
}

/// A record that is valid is found, alone and among others, and names an id of letters and digits.
pub(super) fn record(data: &[u8]) {
    let records: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    let found = find_record(&records);
    for text in &records {
        let Ok(record) = Record::parse(text) else { continue };
        assert_eq!(find_record(&[text]), Ok(Some(record.clone())));
        assert!(record.id().bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_eq!(Record::parse(record.to_string().as_bytes()), Ok(record));
        // It is found, or there is a reason not to use any.
        assert_ne!(found, Ok(None));
    }
}

/// Records are read as zone files have them: numbers, and digits in pairs.
pub(super) fn tlsa(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let records: Vec<Tlsa> = text.lines().filter_map(Tlsa::parse).collect();
    for (line, record) in text.lines().filter_map(|it| Some((it, Tlsa::parse(it)?))) {
        let plain = |c: char| c.is_ascii_hexdigit() || c.is_ascii_whitespace();
        assert!(line.chars().all(plain), "{line:?} is {record}");
        let written = record.to_string();
        match record.data.len() {
            0..=64 => assert_eq!(Tlsa::parse(&written).as_ref(), Some(&record), "{line:?}"),
            _ => assert!(written.ends_with('\u{2026}')),
        }
    }
    for usage in [CertificateUsage::DaneTa, CertificateUsage::DaneEe] {
        let mine = usable(&records).filter(|it| it.usage == usage).count();
        // The strongest is always left.
        assert_eq!(counting(&records, usage).count() > 0, mine > 0);
    }
}
