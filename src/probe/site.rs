//! What decides on the host that sends the mail.

use crate::postfix::Version;
use crate::world::Trust;

/// What decides on the host that sends the mail, beside the policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// Its Postfix.
    pub version: Version,
    /// `smtp_tls_CAfile` or `smtp_tls_CApath` there.
    pub trust: Trust,
    /// Whether it connects by IPv4.
    pub ipv4: bool,
    /// Whether it connects by IPv6.
    pub ipv6: bool,
    /// Whether TLSA records of MX hosts count although the MX set is not signed.
    pub insecure_mx: bool,
}

impl Site {
    /// Whether a Postfix takes TLSA records of MX hosts although the MX set is not signed, when it has no
    /// configuration about it. [postconf(5) `smtp_tls_dane_insecure_mx_policy`]
    pub fn takes_insecure_mx(version: Version, dane_is_default: bool) -> bool {
        let since = match (version.major, version.minor) {
            (3, 6) => 17,
            (3, 7) => 13,
            (3, 8) => 8,
            (3, 9) => 2,
            (major, minor) => return (major, minor) >= (3, 10) || dane_is_default,
        };
        dane_is_default || version.patch.is_some_and(|patch| patch >= since)
    }
}
