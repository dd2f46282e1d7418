//! How well a delivery was protected.

/// What a delivery reached. [`TLS_README` "Server certificate verification"; Postfix `tls_misc.c`
/// `tls_log_summary`]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reached {
    /// The log does not tell.
    Unknown,
    /// Plain text.
    None,
    /// TLS with a server that showed no certificate.
    Anonymous,
    /// TLS with a certificate that no known authority vouches for; the usual outcome at `may` and
    /// `encrypt` where no authorities are configured.
    Untrusted,
    /// TLS with a certificate of a known authority, whose name was not compared.
    Trusted,
    /// TLS with the server that the policy asks for.
    Verified,
}

impl Reached {
    /// All of them, the weakest first.
    pub const ALL: [Self; 6] = [
        Self::Unknown,
        Self::None,
        Self::Anonymous,
        Self::Untrusted,
        Self::Trusted,
        Self::Verified,
    ];

    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::None => "none",
            Self::Anonymous => "anonymous",
            Self::Untrusted => "untrusted",
            Self::Trusted => "trusted",
            Self::Verified => "verified",
        }
    }

    /// Whether the mail was encrypted.
    pub fn is_encrypted(self) -> bool {
        self >= Self::Anonymous
    }
}
