//! Which certificates TLSA records are about.

use super::tlsa::{CertificateUsage, MatchingType, Selector, Tlsa, usable};
use sha2::{Digest, Sha256, Sha512};

impl Tlsa {
    /// Whether a certificate is the one that the record is about; both parts in DER.
    /// [RFC 6698 §2.1.2, §2.1.3]
    pub fn is_about(&self, certificate: &[u8], public_key: &[u8]) -> bool {
        let part = match self.selector {
            Selector::Cert => certificate,
            Selector::Spki => public_key,
            Selector::Unassigned(_) => return false,
        };
        match self.matching {
            MatchingType::Full => self.data == part,
            MatchingType::Sha256 => self.data == Sha256::digest(part).as_slice(),
            MatchingType::Sha512 => self.data == Sha512::digest(part).as_slice(),
            MatchingType::Unassigned(_) => false,
        }
    }
}

/// The usable records of one usage that count, weaker digests left out: of one selector only those
/// with the strongest digest, and those that give all. [RFC 7671 §9; OpenSSL `x509_vfy.c` `dane_match`]
pub fn counting(records: &[Tlsa], usage: CertificateUsage) -> impl Iterator<Item = &Tlsa> {
    let mine = move |it: &&Tlsa| it.usage == usage;
    let strongest = move |selector| {
        let same = usable(records).filter(mine).filter(move |it| it.selector == selector);
        same.map(|it| it.matching).filter(|it| *it != MatchingType::Full).max()
    };
    usable(records).filter(mine).filter(move |it| {
        it.matching == MatchingType::Full || Some(it.matching) == strongest(it.selector)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(usage: u8, selector: u8, matching: u8, data: &[u8]) -> Tlsa {
        Tlsa::new(usage, selector, matching, data.to_vec())
    }

    #[test]
    fn a_record_is_about_the_certificate_or_its_key() {
        let digest = Sha256::digest(b"key");
        assert!(record(3, 1, 1, &digest).is_about(b"certificate", b"key"));
        assert!(!record(3, 0, 1, &digest).is_about(b"certificate", b"key"));
        assert!(record(3, 0, 0, b"certificate").is_about(b"certificate", b"key"));
        assert!(record(3, 0, 2, &Sha512::digest(b"certificate")).is_about(b"certificate", b"key"));
        assert!(!record(3, 2, 0, b"key").is_about(b"certificate", b"key"));
    }

    /// [RFC 7671 §9]
    #[test]
    fn only_the_strongest_digest_of_a_selector_counts() {
        let records =
            [record(3, 1, 1, &[0; 32]), record(3, 1, 2, &[0; 64]), record(3, 0, 1, &[0; 32])];
        let left: Vec<_> = counting(&records, CertificateUsage::DaneEe).collect();
        assert_eq!(left, [&records[1], &records[2]]);
        assert_eq!(counting(&records, CertificateUsage::DaneTa).count(), 0);
    }
}
