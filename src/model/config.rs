//! The whole repository as declared.

use super::declaration::{Body, Declaration, NextHopPolicy, Route};
use super::lint_level::LintLevel;
use super::provider::Provider;
use crate::names::DomainName;
use crate::postfix::main_cf::index_suffix;
use crate::postfix::{NextHop, SecurityLevel, Settings, Version};
use crate::source::Spanned;
use crate::sql::{DatabaseLocation, TableMapping};
use ipnet::IpNet;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Everything that `mxward.yaml`, its includes and `providers/` say.
#[derive(Debug, Default)]
pub struct Config {
    /// `defaults.route`.
    pub default_route: Option<Spanned<Route>>,
    /// Declared domains, sorted as their keys sort in a map; each name once.
    pub declarations: Vec<Declaration>,
    /// What the declarations say.
    pub bodies: Vec<Body>,
    /// Templates by name, built-in ones included where the repository has none of that name.
    pub providers: BTreeMap<String, Provider>,
    /// Policies of next hops that are not domains.
    pub next_hops: Vec<NextHopPolicy>,
    /// Targets in the order of their names.
    pub targets: Vec<Target>,
    /// `lock:`
    pub lock: LockSettings,
    /// `dns:`
    pub dns: DnsConfig,
    /// `lints:`, the levels that differ from the lints' own, by name.
    pub lints: BTreeMap<&'static str, LintLevel>,
    /// What could not be read.
    pub gaps: Gaps,
}

/// What could not be read, which was reported: nothing is to be said of what may stand there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Gaps {
    /// Whether a file was not read to its end.
    pub files: bool,
    /// Templates that are there and invalid.
    pub providers: BTreeSet<String>,
}

/// One Postfix, or several that are configured alike.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// Its name.
    pub name: Spanned<String>,
    /// The Postfix version that must accept what is emitted.
    pub postfix: Version,
    /// `smtp_tls_security_level` there: what holds where no entry applies.
    pub security_level: Spanned<SecurityLevel>,
    /// The type of the maps, such as `lmdb`.
    pub map_type: Spanned<MapType>,
    /// Where the transport map lives; `None` means that none is managed there.
    pub transport: Option<Spanned<Location>>,
    /// Where the TLS policy map lives; `None` means that it is only compiled.
    pub tls_policy: Option<Spanned<Location>>,
    /// `relayhost` there.
    pub relayhost: Option<Spanned<NextHop>>,
    /// `smtp_fallback_relay` there, in order.
    pub fallback_relay: Vec<Spanned<NextHop>>,
    /// Whether `transport_maps` is among `parent_domain_matches_subdomains` there.
    pub parent_domain_matches_subdomains: bool,
    /// Which address families the host can use for pins.
    pub ipv4: bool,
    /// See [`Self::ipv4`]. False unless `address_families` says otherwise.
    pub ipv6: bool,
    /// Whether pins end in the domain itself (`pin_fallback: domain`, the only form that is safe).
    pub pin_fallback: Spanned<PinFallback>,
    /// `smtp_tls_CAfile` or `smtp_tls_CApath` there, as `ca:` says; `None` means none declared.
    pub ca: Option<Spanned<String>>,
    /// Which domains go there.
    pub domains: DomainFilter,
    /// What to do with deployed entries that are not ours.
    pub unmanaged: Unmanaged,
    /// Names of environment variables for passwords, kept for the SQL locations.
    pub password_env: Option<Spanned<String>>,
    /// The folder in which is kept what was applied last to tables, where the database takes no table for
    /// it.
    pub state: Option<Spanned<Location>>,
    /// For how many seconds keys of a table stay that nothing asks for any more.
    pub prune_after: u32,
    /// How many seconds an apply gives deliveries under way before a next hop that changes hands gets its new
    /// policy.
    pub settle: u32,
    /// Where else a change must be announced with `postfix reload`: folders with a `main.cf`, or hosts with
    /// an empty path, whose Postfix has the usual one.
    pub reload: Vec<Spanned<Location>>,
    /// Where each Postfix of the target logs, on its own host; `None` is what its main.cf says.
    pub log: Option<Spanned<MailLogPlace>>,
}

/// Where Postfix logs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MailLogPlace {
    /// In a file: that of syslog, or `maillog_file`.
    File(String),
    /// In the journal of systemd.
    Journal,
}

impl Target {
    /// The environment variable with the password of its database.
    pub fn password_variable(&self) -> Option<&str> {
        self.password_env.as_ref().map(|it| it.value.as_str())
    }

    /// What decides there beside the two maps.
    pub fn settings(&self) -> Settings {
        Settings {
            version: self.postfix,
            security_level: self.security_level.value,
            relayhost: self.relayhost.as_ref().map(|it| it.value.clone()),
            fallback_relay: self.fallback_relay.iter().map(|it| it.value.clone()).collect(),
            parents_match: self.parent_domain_matches_subdomains,
        }
    }
}

/// `pin_fallback`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PinFallback {
    /// The list of pins ends in the domain itself.
    Domain,
    /// It does not; refused for every pin.
    None,
}

/// A map type that mxward can write. (Postfix `DATABASE_README`)
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MapType {
    /// Berkeley DB hash.
    Hash,
    /// Berkeley DB btree.
    Btree,
    /// LMDB.
    Lmdb,
    /// Constant database.
    Cdb,
    /// Text, read at start only.
    Texthash,
}

impl MapType {
    /// Every type with its name in Postfix.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("lmdb", Self::Lmdb),
        ("cdb", Self::Cdb),
        ("hash", Self::Hash),
        ("btree", Self::Btree),
        ("texthash", Self::Texthash),
    ];

    /// The name in Postfix.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hash => "hash",
            Self::Btree => "btree",
            Self::Lmdb => "lmdb",
            Self::Cdb => "cdb",
            Self::Texthash => "texthash",
        }
    }

    /// What stands behind the name of the text in the name of the index that Postfix reads instead; `None`
    /// where it reads the text. [postmap(1)]
    pub fn index_suffix(self) -> Option<&'static str> {
        index_suffix(self.as_str())
    }
}

/// Where a deployed map lives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Location {
    /// A folder or file on this host; relative paths start at the repository.
    File(String),
    /// Reached with OpenSSH: `user@host` and the path.
    Ssh {
        /// `host` or `user@host`, as for ssh(1).
        destination: String,
        /// The absolute path there.
        path: String,
    },
    /// A table of an SQL database.
    Sql {
        /// The database.
        database: DatabaseLocation,
        /// The table and its columns.
        table: Box<TableMapping>,
    },
}

/// Which declared domains a target gets.
#[derive(Clone, Default)]
pub enum DomainFilter {
    /// `all`, also when nothing is said.
    #[default]
    All,
    /// `none`: only `next_hops`.
    None,
    /// Those whose name matches one of the globs.
    Globs(globset::GlobSet, Vec<Spanned<String>>),
}

impl DomainFilter {
    /// Whether the target gets every domain.
    pub fn is_all(&self) -> bool {
        matches!(self, Self::All)
    }

    /// Whether the target gets this domain; all subdomains of a domain go where it goes.
    pub fn takes(&self, domain: &DomainName) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Globs(globs, _) => globs.is_match(domain.as_str()),
        }
    }
}

/// The globs as they were written: what is made of them is not always the same.
impl fmt::Debug for DomainFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("All"),
            Self::None => f.write_str("None"),
            Self::Globs(_, globs) => f.debug_tuple("Globs").field(globs).finish(),
        }
    }
}

impl PartialEq for DomainFilter {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, Self::All) | (Self::None, Self::None) => true,
            (Self::Globs(_, a), Self::Globs(_, b)) => a == b,
            (Self::All | Self::None | Self::Globs(..), _) => false,
        }
    }
}

impl Eq for DomainFilter {}

/// What to do with deployed entries that are not ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Unmanaged {
    /// Keep and show them.
    #[default]
    Keep,
    /// Keep them, and report each as a finding.
    Report,
    /// Remove them.
    Remove,
}

/// `lock:`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockSettings {
    /// Days an address stays after it vanished from DNS.
    pub retain: u16,
    /// Days after which unconfirmed pins are refused.
    pub max_age: u16,
    /// Networks that pins may point into although they are private or reserved.
    pub allow_addresses: Vec<IpNet>,
}

impl Default for LockSettings {
    fn default() -> Self {
        Self { retain: 7, max_age: 14, allow_addresses: Vec::new() }
    }
}

/// `dns:`
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DnsConfig {
    /// `address:port`, `tls://address:port#name` or `https://address:port#name`; empty means the system's.
    pub servers: Vec<Spanned<String>>,
    /// Trust anchor file, relative to the repository.
    pub trust_anchor: Option<Spanned<String>>,
    /// `local` (true) or `resolver`.
    pub resolver_validates: bool,
    /// Milliseconds for one question; 0 means the default.
    pub timeout_ms: u32,
}
