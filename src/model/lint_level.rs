//! Names and levels of lints, as far as reading `lints:` needs them.

use crate::diag::Severity;

/// What a finding of a lint is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LintLevel {
    /// Nothing: the lint does not run.
    Allow,
    /// Worth knowing.
    Note,
    /// A warning; `check --deny-warnings` fails.
    Warn,
    /// An error; `check` fails.
    Deny,
}

impl LintLevel {
    /// Every level with its name in YAML.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("allow", Self::Allow), ("note", Self::Note), ("warn", Self::Warn), ("deny", Self::Deny)];

    /// The name in YAML.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }

    /// How bad a finding is; `None` means that nothing is reported.
    pub fn severity(self) -> Option<Severity> {
        match self {
            Self::Allow => None,
            Self::Note => Some(Severity::Note),
            Self::Warn => Some(Severity::Warning),
            Self::Deny => Some(Severity::Error),
        }
    }
}

/// Every lint by name, sorted, with the lowest level that it can be set to: those that guard against
/// less security than the repository says are at least warnings.
///
/// The lints themselves come later than the reading of files; a test compares both lists.
pub const LINTS: &[(&str, LintLevel)] = &[
    ("ca-missing", LintLevel::Allow),
    ("dane-on-address", LintLevel::Warn),
    ("default-none", LintLevel::Allow),
    ("exception-expired", LintLevel::Warn),
    ("exception-expiring", LintLevel::Allow),
    ("exception-without-end", LintLevel::Allow),
    ("exception-without-reason", LintLevel::Allow),
    ("fallback-relay-weaker", LintLevel::Warn),
    ("fingerprint-digest", LintLevel::Allow),
    ("leave-to-covered", LintLevel::Allow),
    ("level-none", LintLevel::Warn),
    ("literal-wildcard", LintLevel::Allow),
    ("lock-old", LintLevel::Allow),
    ("lock-retained", LintLevel::Allow),
    ("lock-unconfirmed", LintLevel::Allow),
    ("map-type-hash", LintLevel::Allow),
    ("map-type-texthash", LintLevel::Allow),
    ("match-impossible", LintLevel::Allow),
    ("match-public-suffix", LintLevel::Warn),
    ("match-unrelated", LintLevel::Allow),
    ("match-wider-than-provider", LintLevel::Allow),
    ("next-hop-unused", LintLevel::Allow),
    ("next-hop-without-policy", LintLevel::Allow),
    ("opportunistic-demands", LintLevel::Allow),
    ("parent-key-ignored", LintLevel::Warn),
    ("pin-discouraged", LintLevel::Allow),
    ("policy-of-other-service", LintLevel::Allow),
    ("policy-unreachable", LintLevel::Warn),
    ("relayhost-bypassed", LintLevel::Allow),
    ("relayhost-hides-policies", LintLevel::Allow),
    ("relayhost-without-policy", LintLevel::Allow),
    ("servername-of-address", LintLevel::Allow),
    ("subdomains-captured", LintLevel::Allow),
    ("subdomains-of-public-suffix", LintLevel::Allow),
    ("verify-without-match", LintLevel::Allow),
    ("weak-cryptography", LintLevel::Allow),
    ("weaker-than-default", LintLevel::Allow),
];
