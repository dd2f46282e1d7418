//! What smtp(8) sets in OpenSSL before a handshake.

use super::level::SecurityLevel;
use super::policy::TlsPolicy;
use super::protocols::allowed;
use super::version::Version;

/// What smtp(8) sets in OpenSSL before a handshake. [Postfix `tls_client.c` `tls_client_start`]
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ClientTls {
    /// Which of TLS 1.0, 1.1, 1.2 and 1.3 are allowed; at least one is.
    pub protocols: [bool; 4],
    /// The list of ciphers in OpenSSL's syntax.
    pub ciphers: String,
    /// Whether the server is authenticated: OpenSSL's security level is then 1, else 0.
    pub authenticates: bool,
}

/// `tls_medium_cipherlist` and `tls_high_cipherlist`. [postconf(5)]
const MEDIUM: &str = "aNULL:-aNULL:HIGH:MEDIUM:+RC4:@STRENGTH";
const HIGH: &str = "aNULL:-aNULL:HIGH:@STRENGTH";

impl ClientTls {
    /// TLS with whoever answers, with the protocols and ciphers that Postfix has without configuration.
    pub fn any() -> Self {
        Self { protocols: [true; 4], ciphers: MEDIUM.to_owned(), authenticates: false }
    }

    /// What holds for a policy whose level came to be `level`, with the defaults of main.cf for what the
    /// policy leaves open; `None` at level `none`. `dane` without TLSA records comes to be `may`, for one.
    ///
    /// # Errors
    ///
    /// Why smtp(8) does not even start the handshake.
    /// [Postfix `tls_misc.c` `tls_proto_mask_lims`, `tls_set_ciphers`; `smtp_tls_policy.c` `set_cipher_grade`]
    pub fn of(
        policy: &TlsPolicy,
        level: SecurityLevel,
        version: Version,
    ) -> Result<Option<Self>, String> {
        let (authenticates, also) = match level {
            SecurityLevel::None => return Ok(None),
            SecurityLevel::May => (false, ""),
            SecurityLevel::Encrypt => (false, "eNULL"),
            SecurityLevel::Dane
            | SecurityLevel::DaneOnly
            | SecurityLevel::Fingerprint
            | SecurityLevel::Verify
            | SecurityLevel::Secure => (true, "aNULL"),
        };
        if policy.fails_handshake {
            return Err("`protocols`, `ciphers` or `exclude` are not valid".to_owned());
        }
        let [_, _, protocols @ ..] = match &policy.protocols {
            Some(list) => allowed(list, version)?,
            None => [false, false, true, true, true, true],
        };
        let grade = policy.ciphers.as_deref().unwrap_or("medium");
        let mut ciphers = if grade.eq_ignore_ascii_case("high") { HIGH } else { MEDIUM }.to_owned();
        let excluded = policy.exclude.as_deref().unwrap_or("").split([':', ',', ' ', '\t']);
        for name in excluded.chain([also]).filter(|name| !name.is_empty()) {
            ciphers.push_str(":!");
            ciphers.push_str(name);
        }
        Ok(Some(Self { protocols, ciphers, authenticates }))
    }
}
