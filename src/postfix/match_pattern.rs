//! What a certificate must have: one element of `match=`.

use crate::names::{DomainName, NameError};
use std::fmt;

/// One element of a `match` attribute. [postconf(5) `smtp_tls_secure_cert_match`]
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MatchPattern {
    /// `mx.example.com`: that name, or a wildcard name of its parent.
    Name(DomainName),
    /// `.example.com`: every name below, at any depth, wildcard names included.
    Subdomains(DomainName),
    /// `*.example.com`: only a certificate that literally has this wildcard name.
    LiteralWildcard(DomainName),
    /// `nexthop`: the next-hop domain.
    NextHop,
    /// `dot-nexthop`: every name below the next-hop domain.
    DotNextHop,
    /// `hostname`: the name of the MX host, which comes from DNS.
    Hostname,
    /// A digest of the certificate or of its public key, at level `fingerprint`: lower-case hexadecimal
    /// digits in pairs with colons between.
    Fingerprint(String),
    /// A text that Postfix accepts and no certificate satisfies; only in deployed maps.
    Unmatchable(String),
}

/// Why a text is not a [`MatchPattern`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MatchPatternError {
    /// Not the name of a host.
    #[error("`{0}` cannot be the name in a certificate: {1}")]
    Name(String, NameError),
    /// OpenSSL takes an address as a condition that is added to all names, and IPv6 cannot be written.
    #[error("`{0}` is an address: no name would match any more")]
    Address(String),
    /// A name with a final dot never matches.
    #[error("`{0}` ends with a dot, which no name in a certificate does")]
    TrailingDot(String),
    /// Not pairs of hexadecimal digits.
    #[error("`{0}` is not a fingerprint")]
    Fingerprint(String),
    /// Before Postfix 3.6 the colons are required.
    #[error("the fingerprint `{0}` needs colons before Postfix 3.6")]
    Colons(String),
}

impl MatchPattern {
    /// How many bytes a fingerprint has; `None` for everything else.
    pub(super) fn digest_length(&self) -> Option<usize> {
        match self {
            Self::Fingerprint(text) => Some(text.bytes().filter(u8::is_ascii_hexdigit).count() / 2),
            Self::Name(_)
            | Self::Subdomains(_)
            | Self::LiteralWildcard(_)
            | Self::NextHop
            | Self::DotNextHop
            | Self::Hostname
            | Self::Unmatchable(_) => None,
        }
    }

    /// Reads a pattern of the levels `verify` and `secure`; letter case does not matter.
    ///
    /// # Errors
    ///
    /// What Postfix would accept and never match is an error, as what OpenSSL takes as an address.
    pub fn parse_name(text: &str) -> Result<Self, MatchPatternError> {
        for (word, pattern) in [
            ("nexthop", Self::NextHop),
            ("dot-nexthop", Self::DotNextHop),
            ("hostname", Self::Hostname),
        ] {
            if text.eq_ignore_ascii_case(word) {
                return Ok(pattern);
            }
        }
        if text.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok() {
            return Err(MatchPatternError::Address(text.to_owned()));
        }
        if text.ends_with('.') {
            return Err(MatchPatternError::TrailingDot(text.to_owned()));
        }
        let name = |rest| {
            DomainName::parse(rest).map_err(|error| MatchPatternError::Name(text.to_owned(), error))
        };
        if let Some(rest) = text.strip_prefix("*.") {
            return name(rest).map(Self::LiteralWildcard);
        }
        match text.strip_prefix('.') {
            Some(rest) => name(rest).map(Self::Subdomains),
            None => name(text).map(Self::Name),
        }
    }

    /// Reads a fingerprint: pairs of hexadecimal digits, with colons, or without where
    /// `colons_optional` says so. [RELEASE_NOTES-3.6]
    ///
    /// # Errors
    ///
    /// When it is anything else.
    pub fn parse_fingerprint(text: &str, colons_optional: bool) -> Result<Self, MatchPatternError> {
        let wrong = || MatchPatternError::Fingerprint(text.to_owned());
        let digits: String = if text.contains(':') {
            let pairs: Vec<&str> = text.split(':').collect();
            if pairs.iter().any(|pair| pair.len() != 2) {
                return Err(wrong());
            }
            pairs.concat()
        } else if colons_optional {
            text.to_owned()
        } else {
            return Err(MatchPatternError::Colons(text.to_owned()));
        };
        let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        // The digests that Postfix knows have at least 16 bytes (MD5).
        if !hex || !digits.len().is_multiple_of(2) || digits.len() < 32 {
            return Err(wrong());
        }
        let lower = digits.to_ascii_lowercase();
        let pairs: Vec<&str> = (0..lower.len()).step_by(2).map(|at| &lower[at..at + 2]).collect();
        Ok(Self::Fingerprint(pairs.join(":")))
    }

    /// Whether every certificate that satisfies `other` satisfies this too.
    pub fn covers(&self, other: &Self) -> bool {
        if self == other {
            return true;
        }
        match (self, other) {
            (
                Self::Subdomains(mine),
                Self::Name(theirs) | Self::Subdomains(theirs) | Self::LiteralWildcard(theirs),
            ) => {
                // A literal `*.example.com` is a name below example.com.
                let itself = matches!(other, Self::LiteralWildcard(_)) && mine == theirs;
                itself || theirs.is_below(mine.as_str())
            }
            // A certificate with the wildcard name `*.d` satisfies every name one label below d.
            (Self::Name(mine), Self::LiteralWildcard(theirs)) => {
                mine.parent() == Some(theirs.as_str())
            }
            (
                Self::Name(_)
                | Self::Subdomains(_)
                | Self::LiteralWildcard(_)
                | Self::NextHop
                | Self::DotNextHop
                | Self::Hostname
                | Self::Fingerprint(_)
                | Self::Unmatchable(_),
                _,
            ) => false,
        }
    }

    /// Whether a DNS name in a certificate satisfies the pattern, as OpenSSL decides for Postfix since
    /// 3.6. `san` may start with `*.`. Strategies and fingerprints match nothing here.
    /// [Postfix `tls_client.c` `add_namechecks`]
    pub fn matches_certificate_name(&self, san: &str) -> bool {
        let san = san.to_ascii_lowercase();
        let wildcard = san.strip_prefix("*.");
        match self {
            Self::Name(name) => match wildcard {
                Some(parent) => name.parent() == Some(parent),
                None => name.as_str() == san,
            },
            Self::Subdomains(parent) => san
                .strip_suffix(parent.as_str())
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            Self::LiteralWildcard(parent) => wildcard == Some(parent.as_str()),
            Self::NextHop
            | Self::DotNextHop
            | Self::Hostname
            | Self::Fingerprint(_)
            | Self::Unmatchable(_) => false,
        }
    }
}

impl fmt::Display for MatchPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name}"),
            Self::Subdomains(name) => write!(f, ".{name}"),
            Self::LiteralWildcard(name) => write!(f, "*.{name}"),
            Self::NextHop => f.write_str("nexthop"),
            Self::DotNextHop => f.write_str("dot-nexthop"),
            Self::Hostname => f.write_str("hostname"),
            Self::Fingerprint(text) | Self::Unmatchable(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, san: &str) -> bool {
        MatchPattern::parse_name(pattern).unwrap().matches_certificate_name(san)
    }

    /// [Postfix `tls_client.c` `add_namechecks`; OpenSSL `X509_check_host(3)` with `NO_PARTIAL_WILDCARDS`]
    #[test]
    fn patterns_match_as_openssl_does() {
        for (san, pattern, expected) in [
            ("*.mail.hostpoint.ch", "mx1.mail.hostpoint.ch", true),
            ("*.mail.hostpoint.ch", ".mail.hostpoint.ch", true),
            ("*.mail.hostpoint.ch", ".hostpoint.ch", true),
            ("*.mail.hostpoint.ch", "*.mail.hostpoint.ch", true),
            ("mx1.mail.hostpoint.ch", "*.mail.hostpoint.ch", false),
            ("mx1.mail.hostpoint.ch", ".mail.hostpoint.ch", true),
            ("*.mail.hostpoint.ch", "a.b.mail.hostpoint.ch", false),
            ("*.mail.hostpoint.ch", "mail.hostpoint.ch", false),
            ("mx.google.com", "google.com", false),
            ("mx.google.com", ".google.com", true),
            ("google.com", ".google.com", false),
            ("mx*.part.example", "mx1.part.example", false),
        ] {
            assert_eq!(matches(pattern, san), expected, "{pattern} against {san}");
        }
    }

    #[test]
    fn addresses_and_final_dots_are_refused() {
        use MatchPatternError as Error;
        assert!(matches!(MatchPattern::parse_name("192.0.2.1"), Err(Error::Address(_))));
        assert!(matches!(MatchPattern::parse_name("mx.google.com."), Err(Error::TrailingDot(_))));
        assert!(matches!(MatchPattern::parse_name("mx.*.com"), Err(Error::Name(..))));
    }

    #[test]
    fn fingerprints_may_leave_out_colons_from_3_6_on() {
        let digits = "ab".repeat(32);
        let stored = MatchPattern::parse_fingerprint(&digits.to_uppercase(), true).unwrap();
        assert_eq!(stored.to_string(), vec!["ab"; 32].join(":"));
        assert_eq!(MatchPattern::parse_fingerprint(&stored.to_string(), false).unwrap(), stored);
        assert!(MatchPattern::parse_fingerprint(&digits, false).is_err());
        for wrong in ["aa:bb", "", "zz", "a:b:c"] {
            assert!(MatchPattern::parse_fingerprint(wrong, true).is_err(), "{wrong}");
        }
    }
}
