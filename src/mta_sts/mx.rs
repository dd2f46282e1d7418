//! The MX hosts that a policy names.

use crate::names::{DomainName, NameError};
use std::fmt;

/// The value of `mx` in a policy. [RFC 8461 §3.2, §4.1]
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PolicyMx {
    /// `mx.example.com`: that host.
    Host(DomainName),
    /// `*.example.com`: every host one label below.
    Wildcard(DomainName),
}

impl PolicyMx {
    /// Reads a pattern; U-labels, letter case and a final dot do not matter.
    ///
    /// # Errors
    ///
    /// When it names no host.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match text.strip_prefix("*.") {
            Some(parent) => DomainName::parse(parent).map(Self::Wildcard),
            None => DomainName::parse(text).map(Self::Host),
        }
    }

    /// Reads a pattern as it stands in a policy, which is ASCII without `_` and without a final dot.
    /// [RFC 8461 §3.2; RFC 5321 §4.1.2]
    pub(super) fn parse_strict(text: &str) -> Option<Self> {
        if !text.is_ascii() || text.contains('_') || text.ends_with('.') {
            return None;
        }
        Self::parse(text).ok()
    }

    /// Whether the policy covers a host of this name. A wildcard stands for exactly one label, which
    /// is less than `.example.com` stands for in Postfix. [RFC 8461 §4.1; RFC 6125 §6.4]
    pub fn covers(&self, host: &DomainName) -> bool {
        match self {
            Self::Host(name) => name == host,
            Self::Wildcard(parent) => host.parent() == Some(parent.as_str()),
        }
    }
}

impl fmt::Display for PolicyMx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(name) => write!(f, "{name}"),
            Self::Wildcard(parent) => write!(f, "*.{parent}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_stands_for_one_label() {
        let covers = |pattern: &str, host: &str| {
            PolicyMx::parse(pattern).unwrap().covers(&DomainName::parse(host).unwrap())
        };
        assert!(covers("mx.example.com", "MX.example.com."));
        assert!(covers("*.example.com", "mx.example.com"));
        assert!(!covers("*.example.com", "example.com"));
        assert!(!covers("*.example.com", "a.mx.example.com"));
        assert!(!covers("*.example.com", "mxexample.com"));
        assert!(covers("*.b\u{fc}cher.example", "mx.xn--bcher-kva.example"));
        assert!(PolicyMx::parse("mx.*.example").is_err());
        assert!(PolicyMx::parse("*").is_err());
    }
}
