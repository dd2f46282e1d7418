//! The attributes of a TLS policy.

use super::level::SecurityLevel;
use super::version::Version;

/// One attribute as Postfix knows it. [postconf(5) `smtp_tls_policy_maps`; Postfix `smtp_tls_policy.c`
/// `tls_policy_lookup_one`]
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// The name in the table, in lower case.
    pub name: &'static str,
    /// The first series that knows it.
    pub since: Version,
    /// What happens when it stands more than once.
    pub multiplicity: Multiplicity,
    /// Which levels take it.
    levels: Levels,
}

/// What happens when an attribute stands more than once in a policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Multiplicity {
    /// The policy is invalid.
    Once,
    /// The last one holds.
    LastWins,
    /// The values add up.
    Many,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Levels {
    /// Every level but `none`.
    Tls,
    /// `verify` and `secure`.
    Names,
    /// `fingerprint`, `verify` and `secure`.
    Matching,
}

const fn attribute(
    name: &'static str,
    since: (u8, u8),
    multiplicity: Multiplicity,
    levels: Levels,
) -> Attribute {
    Attribute { name, since: Version::series(since.0, since.1), multiplicity, levels }
}

/// Every attribute, in the order in which mxward writes them.
pub const ATTRIBUTES: &[Attribute] = &[
    attribute("match", (2, 3), Multiplicity::Many, Levels::Matching),
    attribute("tafile", (2, 11), Multiplicity::Many, Levels::Names),
    attribute("protocols", (2, 3), Multiplicity::Once, Levels::Tls),
    attribute("ciphers", (2, 3), Multiplicity::Once, Levels::Tls),
    attribute("exclude", (2, 3), Multiplicity::Once, Levels::Tls),
    attribute("servername", (3, 4), Multiplicity::Once, Levels::Tls),
    attribute("connection_reuse", (3, 4), Multiplicity::LastWins, Levels::Tls),
    attribute("enable_rpk", (3, 9), Multiplicity::LastWins, Levels::Tls),
    attribute("policy_type", (3, 10), Multiplicity::Once, Levels::Tls),
    attribute("policy_domain", (3, 10), Multiplicity::Once, Levels::Tls),
    attribute("policy_string", (3, 10), Multiplicity::Many, Levels::Tls),
    attribute("policy_ttl", (3, 10), Multiplicity::Once, Levels::Tls),
    attribute("mx_host_pattern", (3, 10), Multiplicity::Many, Levels::Tls),
    attribute("policy_failure", (3, 10), Multiplicity::Once, Levels::Tls),
];

impl Attribute {
    /// The attribute of that name; letter case does not matter.
    pub fn find(name: &str) -> Option<&'static Self> {
        ATTRIBUTES.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }

    /// Whether `version` reads the attribute.
    pub fn known_to(&self, version: Version) -> bool {
        match self.name {
            "connection_reuse" => version.reads_connection_reuse(),
            _ => version.at_least(self.since.major, self.since.minor),
        }
    }

    /// Whether the attribute is valid at `level`. At `none` every attribute is ignored with a warning.
    pub fn valid_at(&self, level: SecurityLevel) -> bool {
        match self.levels {
            Levels::Tls => level != SecurityLevel::None,
            Levels::Names => level.checks_names(),
            Levels::Matching => level.checks_names() || level == SecurityLevel::Fingerprint,
        }
    }
}
