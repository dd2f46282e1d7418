//! What is wrong with a policy.

use super::level::SecurityLevel;
use super::match_pattern::MatchPatternError;
use super::version::Version;
use crate::diag::nearest;

/// What is wrong with a policy, in the words of Postfix where it has some.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PolicyError {
    /// Nothing was written.
    #[error("the policy is empty")]
    Empty,
    /// The first word is no security level.
    #[error("`{0}` is no security level")]
    Level(String),
    /// No Postfix knows the attribute.
    #[error("`{0}` is no attribute of a policy")]
    Attribute(String),
    /// The target's Postfix does not know the attribute.
    #[error("the attribute `{0}` needs Postfix {1}")]
    Version(&'static str, Version),
    /// The `{ name = value }` form.
    #[error("attributes in braces need Postfix 3.10")]
    Braces,
    /// A word without `=`.
    #[error("`{0}` is neither an attribute nor a value: `=` is missing")]
    Malformed(String),
    /// An attribute that may stand once.
    #[error("the attribute `{0}` stands twice")]
    Twice(&'static str),
    /// An attribute that the level does not take.
    #[error("the attribute `{0}` is invalid at level `{1}`")]
    NotAtLevel(&'static str, SecurityLevel),
    /// Nothing after `=`.
    #[error("the attribute `{0}` has no value")]
    NoValue(&'static str),
    /// A value that does not work.
    #[error("`{0}={1}`: {2}")]
    Value(&'static str, String, String),
    /// A value with which no handshake is started: the mail waits, or at `may` it goes in plain text.
    #[error("`{0}={1}`: {2}")]
    Handshake(&'static str, String, String),
    /// The level `fingerprint` without a fingerprint.
    #[error("`fingerprint` needs a fingerprint as `match`")]
    NoFingerprint,
    /// A pattern that does not work.
    #[error(transparent)]
    Match(#[from] MatchPatternError),
    /// `match=:` or the like: no certificate satisfies it.
    #[error("`match` holds no name: no certificate satisfies it")]
    MatchesNothing,
    /// One of the attributes for TLSRPT without `policy_type`.
    #[error("`{0}` needs `policy_type`")]
    PolicyType(&'static str),
}

impl PolicyError {
    /// What to write instead, where that can be said.
    pub fn hint(&self) -> Option<String> {
        let attributes = || super::ATTRIBUTES.iter().map(|attribute| attribute.name);
        let levels = || SecurityLevel::ALL.iter().map(|level| level.as_str());
        match self {
            Self::Level(text) => match nearest(text, levels()) {
                Some(near) => Some(format!("did you mean `{near}`?")),
                None => Some(format!("the levels are {}", levels().collect::<Vec<_>>().join(", "))),
            },
            Self::Attribute(name) => match nearest(name, attributes()) {
                Some(near) => Some(format!("did you mean `{near}`?")),
                None => Some(format!(
                    "the attributes are {}",
                    attributes().collect::<Vec<_>>().join(", ")
                )),
            },
            Self::Malformed(text) if text.starts_with('#') => {
                Some("a comment must have a line of its own".to_owned())
            }
            Self::NotAtLevel("match", _) => {
                Some("it belongs to `secure`, `verify` or `fingerprint`".to_owned())
            }
            Self::NotAtLevel("tafile", _) => Some("it belongs to `secure` or `verify`".to_owned()),
            Self::Match(MatchPatternError::Address(_)) => {
                Some("write the name in the certificate, such as `mx.example.com`".to_owned())
            }
            Self::Match(MatchPatternError::TrailingDot(text)) => {
                Some(format!("write `{}`", text.trim_end_matches('.')))
            }
            Self::Match(MatchPatternError::Name(text, _)) if text.contains('*') => {
                Some("for all names below example.com write `.example.com`".to_owned())
            }
            Self::Handshake("protocols", ..) => Some(
                "write for example `>=TLSv1.2`, or before Postfix 3.6 `!SSLv2:!SSLv3:!TLSv1`"
                    .to_owned(),
            ),
            Self::Handshake("ciphers", ..) => Some("write `high` or `medium`".to_owned()),
            Self::Empty
            | Self::Version(..)
            | Self::Braces
            | Self::Malformed(_)
            | Self::Twice(_)
            | Self::NotAtLevel(..)
            | Self::NoValue(_)
            | Self::Value(..)
            | Self::Handshake(..)
            | Self::NoFingerprint
            | Self::Match(_)
            | Self::MatchesNothing
            | Self::PolicyType(_) => None,
        }
    }
}
