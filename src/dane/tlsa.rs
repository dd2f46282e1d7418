//! TLSA records as checked types.

use std::fmt;

/// What a TLSA record says about the certificate. [RFC 6698 §2.1.1; RFC 7218 §2.1]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CertificateUsage {
    /// 0: a CA, and the chain must be valid for the public ones too.
    PkixTa,
    /// 1: the server's certificate, and the chain must be valid for the public CAs too.
    PkixEe,
    /// 2: a CA of the domain's own.
    DaneTa,
    /// 3: the server's certificate or key.
    DaneEe,
    /// Any other number.
    Unassigned(u8),
}

/// Which part of the certificate is meant. [RFC 6698 §2.1.2; RFC 7218 §2.2]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Selector {
    /// 0: the whole certificate.
    Cert,
    /// 1: its public key.
    Spki,
    /// Any other number.
    Unassigned(u8),
}

/// How the data stands for that part. [RFC 6698 §2.1.3; RFC 7218 §2.3]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MatchingType {
    /// 0: as it is.
    Full,
    /// 1: by its SHA-256 digest.
    Sha256,
    /// 2: by its SHA-512 digest.
    Sha512,
    /// Any other number.
    Unassigned(u8),
}

/// One TLSA record. [RFC 6698 §2.1]
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tlsa {
    /// What is said about the certificate.
    pub usage: CertificateUsage,
    /// About which part of it.
    pub selector: Selector,
    /// In which form.
    pub matching: MatchingType,
    /// The certificate association data, as published.
    pub data: Vec<u8>,
}

/// Why a mail client may not use a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, thiserror::Error)]
pub enum Unusable {
    /// Usage 0 or 1: mail has no list of CAs that both sides know. [RFC 7672 §3.1.3]
    #[error("its usage needs public CAs, which DANE for mail has not")]
    Pkix,
    /// Another usage than 0 to 3.
    #[error("its usage is unknown")]
    Usage,
    /// Another selector than 0 and 1.
    #[error("its selector is unknown")]
    Selector,
    /// Another matching type than 0 to 2.
    #[error("its matching type is unknown")]
    Matching,
    /// The data cannot be a digest of that type.
    #[error("its data does not have the length of the digest")]
    Length,
    /// The data is no certificate and no public key.
    #[error("its data is no certificate and no key")]
    Data,
}

impl CertificateUsage {
    /// The number in the record.
    pub fn number(self) -> u8 {
        match self {
            Self::PkixTa => 0,
            Self::PkixEe => 1,
            Self::DaneTa => 2,
            Self::DaneEe => 3,
            Self::Unassigned(number) => number,
        }
    }
}

impl From<u8> for CertificateUsage {
    fn from(number: u8) -> Self {
        match number {
            0 => Self::PkixTa,
            1 => Self::PkixEe,
            2 => Self::DaneTa,
            3 => Self::DaneEe,
            number => Self::Unassigned(number),
        }
    }
}

impl Selector {
    /// The number in the record.
    pub fn number(self) -> u8 {
        match self {
            Self::Cert => 0,
            Self::Spki => 1,
            Self::Unassigned(number) => number,
        }
    }
}

impl From<u8> for Selector {
    fn from(number: u8) -> Self {
        match number {
            0 => Self::Cert,
            1 => Self::Spki,
            number => Self::Unassigned(number),
        }
    }
}

impl MatchingType {
    /// The number in the record.
    pub fn number(self) -> u8 {
        match self {
            Self::Full => 0,
            Self::Sha256 => 1,
            Self::Sha512 => 2,
            Self::Unassigned(number) => number,
        }
    }
}

impl From<u8> for MatchingType {
    fn from(number: u8) -> Self {
        match number {
            0 => Self::Full,
            1 => Self::Sha256,
            2 => Self::Sha512,
            number => Self::Unassigned(number),
        }
    }
}

impl Tlsa {
    /// A record of its four fields.
    pub fn new(usage: u8, selector: u8, matching: u8, data: Vec<u8>) -> Self {
        let (usage, selector, matching) = (usage.into(), selector.into(), matching.into());
        Self { usage, selector, matching, data }
    }

    /// Reads the form of zone files, `3 1 1 AB…`; blanks between the digits are allowed.
    /// [RFC 6698 §2.2]
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split_ascii_whitespace();
        let number = |text: &str| text.parse().ok().filter(|_| !text.starts_with('+'));
        let mut number = || fields.next().and_then(number);
        let (usage, selector, matching) = (number()?, number()?, number()?);
        let digits: String = fields.collect();
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if digits.is_empty() || !is_hex || !digits.len().is_multiple_of(2) {
            return None;
        }
        let pairs = (0..digits.len()).step_by(2);
        let bytes = pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok());
        Some(Self::new(usage, selector, matching, bytes.collect::<Option<_>>()?))
    }

    /// Whether a mail client may use the record.
    ///
    /// Usages 0 and 1 are not for mail, and what cannot match is as good as not there. [RFC 7672 §3.1;
    /// Postfix `tls_dane.c` `parse_tlsa_rr`; OpenSSL `SSL_dane_tlsa_add(3)`]
    ///
    /// # Errors
    ///
    /// Why not.
    pub fn usable(&self) -> Result<(), Unusable> {
        match self.usage {
            CertificateUsage::DaneTa | CertificateUsage::DaneEe => {}
            CertificateUsage::PkixTa | CertificateUsage::PkixEe => return Err(Unusable::Pkix),
            CertificateUsage::Unassigned(_) => return Err(Unusable::Usage),
        }
        if let Selector::Unassigned(_) = self.selector {
            return Err(Unusable::Selector);
        }
        match self.matching {
            MatchingType::Full if is_der_sequence(&self.data) => Ok(()),
            MatchingType::Full => Err(Unusable::Data),
            MatchingType::Sha256 if self.data.len() == 32 => Ok(()),
            MatchingType::Sha512 if self.data.len() == 64 => Ok(()),
            MatchingType::Sha256 | MatchingType::Sha512 => Err(Unusable::Length),
            MatchingType::Unassigned(_) => Err(Unusable::Matching),
        }
    }
}

/// The records of a set that a mail client may use; the set counts only where its answer is secure.
pub fn usable(records: &[Tlsa]) -> impl Iterator<Item = &Tlsa> {
    records.iter().filter(|record| record.usable().is_ok())
}

/// Whether the bytes are one sequence in DER, as certificates and public keys are. [RFC 5280 §4.1]
fn is_der_sequence(data: &[u8]) -> bool {
    let [0x30, length, rest @ ..] = data else { return false };
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        0x81..=0x83 => {
            let bytes = usize::from(length & 0x7f);
            let Some((number, rest)) = rest.split_at_checked(bytes) else { return false };
            (number.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
        }
        _ => return false,
    };
    rest.len() == length && length > 0
}

impl fmt::Display for Tlsa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { usage, selector, matching, data } = self;
        write!(f, "{} {} {} ", usage.number(), selector.number(), matching.number())?;
        // A whole certificate would fill the page.
        for byte in data.iter().take(64) {
            write!(f, "{byte:02x}")?;
        }
        if data.len() > 64 { f.write_str("\u{2026}") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(usage: u8, selector: u8, matching: u8, data: Vec<u8>) -> Result<(), Unusable> {
        Tlsa::new(usage, selector, matching, data).usable()
    }

    /// [RFC 7672 §3.1; RFC 6698 §2.1]
    #[test]
    fn tlsa_records_for_mail_have_usage_2_or_3_and_data_of_the_right_form() {
        let digest = |length: usize| vec![0xab; length];
        assert_eq!(verdict(3, 1, 1, digest(32)), Ok(()));
        assert_eq!(verdict(2, 0, 2, digest(64)), Ok(()));
        assert_eq!(verdict(0, 1, 1, digest(32)), Err(Unusable::Pkix));
        assert_eq!(verdict(1, 1, 1, digest(32)), Err(Unusable::Pkix));
        assert_eq!(verdict(4, 1, 1, digest(32)), Err(Unusable::Usage));
        assert_eq!(verdict(255, 1, 1, digest(32)), Err(Unusable::Usage));
        assert_eq!(verdict(3, 2, 1, digest(32)), Err(Unusable::Selector));
        assert_eq!(verdict(3, 1, 3, digest(32)), Err(Unusable::Matching));
        // Postfix keeps it for fingerprints.
        assert_eq!(verdict(3, 1, 255, digest(32)), Err(Unusable::Matching));
        assert_eq!(verdict(3, 1, 1, digest(31)), Err(Unusable::Length));
        assert_eq!(verdict(3, 1, 2, digest(32)), Err(Unusable::Length));
    }

    #[test]
    fn data_without_digest_is_one_der_sequence() {
        let full = |data: &[u8]| verdict(3, 0, 0, data.to_vec());
        assert_eq!(full(&[0x30, 0x01, 0x05]), Ok(()));
        assert_eq!(full(&[&[0x30, 0x81, 0x80][..], &[0; 128]].concat()), Ok(()));
        assert_eq!(full(&[&[0x30, 0x82, 0x01, 0x00][..], &[0; 256]].concat()), Ok(()));
        for broken in [
            &[][..],
            &[0x30],
            &[0x30, 0],
            &[0x30, 2, 5],
            &[0x30, 1, 5, 5],
            &[0x31, 1, 5],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x82, 1],
        ] {
            assert_eq!(full(broken), Err(Unusable::Data), "{broken:?}");
        }
    }

    #[test]
    fn records_are_read_and_written_as_in_zone_files() {
        let record = Tlsa::parse("3 1 1 aBcd 01").unwrap();
        assert_eq!(record, Tlsa::new(3, 1, 1, vec![0xab, 0xcd, 0x01]));
        assert_eq!(record.to_string(), "3 1 1 abcd01");
        for wrong in [
            "",
            "3 1 1",
            "3 1 1 abc",
            "3 1 1 zz",
            "3 1 256 ab",
            "3 1 1 \u{e9}",
            "+3 1 1 ab",
            "3 1 1 +b",
        ] {
            assert_eq!(Tlsa::parse(wrong), None, "{wrong}");
        }
        let long = Tlsa::new(3, 0, 0, vec![0; 900]).to_string();
        assert!(long.ends_with('\u{2026}') && long.len() < 140);
    }

    #[test]
    fn numbers_survive() {
        for number in 0..=255 {
            assert_eq!(CertificateUsage::from(number).number(), number);
            assert_eq!(Selector::from(number).number(), number);
            assert_eq!(MatchingType::from(number).number(), number);
        }
    }
}
