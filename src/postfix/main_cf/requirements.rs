//! What the maps of a target need of main.cf.

use crate::postfix::{MatchPattern, SecurityLevel, TlsPolicy, Version};
use std::collections::BTreeSet;

/// What main.cf must say for the maps of a target to mean what the target says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirements<'a> {
    /// The version that the maps are compiled for.
    pub version: Version,
    /// `smtp_tls_security_level`.
    pub security_level: SecurityLevel,
    /// `transport_maps`.
    pub transport: RequiredMap<'a>,
    /// `smtp_tls_policy_maps`.
    pub tls_policy: RequiredMap<'a>,
    /// `relayhost`; empty when there is none.
    pub relayhost: String,
    /// `smtp_fallback_relay`, in order.
    pub fallback_relay: Vec<String>,
    /// Whether `parent_domain_matches_subdomains` has `transport_maps`.
    pub parents_match: bool,
    /// Whether next hops with addresses of IPv4 are used.
    pub ipv4: bool,
    /// The same for IPv6.
    pub ipv6: bool,
    /// `smtp_tls_CAfile`, or `smtp_tls_CApath` when it ends with `/`; `None` when the target says
    /// nothing.
    pub ca: Option<String>,
    /// What the policies and the level need.
    pub uses: PolicyUses,
    /// Whether a domain is left to a resolver that `smtp_tls_policy_maps` names.
    pub left_to: bool,
    /// The services of master.cf that entries name, beside `smtp`.
    pub services: BTreeSet<&'a str>,
}

/// One of the two maps.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RequiredMap<'a> {
    /// The table; `None` when the target manages no such map.
    pub table: Option<RequiredTable>,
    /// Its keys, sorted.
    pub keys: Vec<&'a str>,
}

/// A table that must be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RequiredTable {
    /// The type, such as `lmdb`.
    pub map_type: &'static str,
    /// The paths under which main.cf may name it, the best one first; empty for a database, whose file
    /// may have any name.
    pub paths: Vec<String>,
}

impl RequiredTable {
    /// Whether it is a table of a database.
    pub(super) fn is_in_database(&self) -> bool {
        self.paths.is_empty()
    }

    /// The table as `parameter` of main.cf should name it.
    pub(super) fn name(&self, parameter: &str) -> String {
        let Self { map_type, paths } = self;
        match paths.first() {
            Some(path) => format!("{map_type}:{path}"),
            None => table_of_database(map_type, parameter),
        }
    }
}

/// The table of a database as `parameter` of main.cf should name it.
pub fn table_of_database(map_type: &str, parameter: &str) -> String {
    format!("proxy:{map_type}:$config_directory/{}.cf", lookup_name(parameter))
}

/// What the lookup file of a database is called that `parameter` of main.cf names, without `.cf`.
pub fn lookup_name(parameter: &str) -> &'static str {
    if parameter == "transport_maps" { "transport" } else { "tlspolicies" }
}

/// What policies use of main.cf.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PolicyUses {
    /// The CAs: `verify` or `secure` without `tafile`.
    pub cas: bool,
    /// The files of trust anchors.
    pub tafiles: BTreeSet<String>,
    /// `smtp_tls_verify_cert_match`: `verify` without `match`.
    pub verify_match: bool,
    /// `smtp_tls_secure_cert_match`: `secure` without `match`.
    pub secure_match: bool,
    /// DNSSEC, without which `dane` is `may`.
    pub dane: bool,
    /// DNSSEC, without which `dane-only` defers.
    pub dane_only: bool,
    /// How many bytes the fingerprints have.
    pub digests: BTreeSet<usize>,
    /// `smtp_tls_mandatory_ciphers` and the like: a level above `may` without `ciphers`.
    pub ciphers: bool,
    /// The same for `smtp_tls_mandatory_protocols`.
    pub protocols: bool,
}

impl PolicyUses {
    /// What policies use, `smtp_tls_security_level` among them.
    pub fn of<'p>(level: SecurityLevel, policies: impl Iterator<Item = &'p TlsPolicy>) -> Self {
        let mut uses = Self::default();
        uses.add(&TlsPolicy::new(level));
        policies.for_each(|policy| uses.add(policy));
        uses
    }

    fn add(&mut self, policy: &TlsPolicy) {
        let level = policy.level;
        self.cas |= level.checks_names() && policy.tafiles.is_empty();
        self.tafiles.extend(policy.tafiles.iter().cloned());
        self.verify_match |= level == SecurityLevel::Verify && policy.matches.is_empty();
        self.secure_match |= level == SecurityLevel::Secure && policy.matches.is_empty();
        self.dane |= level == SecurityLevel::Dane;
        self.dane_only |= level == SecurityLevel::DaneOnly;
        let mandatory = !matches!(level, SecurityLevel::None | SecurityLevel::May);
        self.ciphers |= mandatory && policy.ciphers.is_none();
        self.protocols |= mandatory && policy.protocols.is_none();
        self.digests.extend(policy.matches.iter().filter_map(MatchPattern::digest_length));
    }
}
