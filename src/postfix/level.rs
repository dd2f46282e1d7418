//! TLS security levels.

use std::fmt;

/// A TLS security level. [postconf(5) `smtp_tls_security_level`]
///
/// There is no order among them: `dane` may end in plain text where `encrypt` never does, and
/// `dane-only`, `fingerprint` and `secure` trust different roots. [`super::Promises`] compares policies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SecurityLevel {
    /// Plain text, even where STARTTLS is offered.
    None,
    /// TLS where it is offered.
    May,
    /// TLS always, with whoever answers.
    Encrypt,
    /// By usable TLSA records where there are any, else as `may`.
    Dane,
    /// By usable TLSA records always.
    DaneOnly,
    /// By the fingerprint of a certificate or key.
    Fingerprint,
    /// By a trusted certificate; by default for the name of the MX host.
    Verify,
    /// By a trusted certificate; by default for the next-hop domain.
    Secure,
}

impl SecurityLevel {
    /// Every level, in the order of postconf(5).
    pub const ALL: &'static [Self] = &[
        Self::None,
        Self::May,
        Self::Encrypt,
        Self::Dane,
        Self::DaneOnly,
        Self::Fingerprint,
        Self::Verify,
        Self::Secure,
    ];

    /// Reads a level; letter case does not matter. [Postfix `tls_level.c` `name_code`]
    ///
    /// `half-dane`, which only appears in logs, is not a level.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|level| text.eq_ignore_ascii_case(level.as_str()))
    }

    /// The name in Postfix.
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

    /// Whether the certificate is checked against names and a trusted CA.
    pub fn checks_names(self) -> bool {
        matches!(self, Self::Verify | Self::Secure)
    }

    /// Whether the certificate is checked against TLSA records.
    pub fn checks_tlsa(self) -> bool {
        matches!(self, Self::Dane | Self::DaneOnly)
    }

    /// Whether mail may end with whoever answers, over TLS or without.
    pub fn takes_anyone(self) -> bool {
        self.may_end_in_plain_text() || self == Self::Encrypt
    }

    /// Whether delivery may go on in plain text. [Postfix `tls.h` `TLS_REQUIRED_BY_SECURITY_LEVEL`]
    pub fn may_end_in_plain_text(self) -> bool {
        matches!(self, Self::None | Self::May | Self::Dane)
    }
}

impl fmt::Display for SecurityLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
