//! `targets:`

use super::entry::Level;
use super::shapes::{Folder, OneOrList, Place, Text, Time, Version};
use schemars::JsonSchema;

/// One Postfix, or several that are configured alike
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) struct Target {
    /// The version of Postfix there, such as "3.7", as `postconf -h mail_version` prints it: lines are
    /// emitted as this version reads them
    postfix: Version,
    /// `smtp_tls_security_level` there: what holds for mail without an entry
    security_level: Level,
    /// The type of the maps there, as `postconf -m` names it. Only where all of them are tables of a database
    /// it can be left out
    map_type: Option<MapType>,
    /// The folder of the deployed maps `transport` and `tls_policy`: <file:PATH>, relative to mxward.yaml
    /// or absolute, or <ssh://user@host/PATH>
    deployed: Option<Folder>,
    /// Where the transport map is, when that is not in the folder `deployed`
    transport: Option<Place>,
    /// Where the TLS policy map is, when that is not in the folder `deployed`; also a table of a database,
    /// such as <mysql://user@host/database?table=tlspolicies>
    tls_policy: Option<Place>,
    /// relayhost there: the next hop of all domains without an entry in the transport map
    relayhost: Option<Text>,
    /// `smtp_fallback_relay` there: next hops that are tried when all others failed
    fallback_relay: Option<OneOrList<Text>>,
    /// `parent_domain_matches_subdomains` there; only `transport_maps` in it matters
    parent_domain_matches_subdomains: Option<OneOrList<Text>>,
    /// Which addresses pins may have: ipv4 where nothing is said
    address_families: Option<OneOrList<AddressFamily>>,
    /// What stands at the end of a list of pins
    pin_fallback: Option<PinFallback>,
    /// `smtp_tls_CAfile` or, for a name that ends in `/` or has no ending, `smtp_tls_CApath` there: without CAs, `verify` and `secure` let no mail through.
    /// smtp(8) reads a file before it goes into its chroot, and a folder inside of it, so a folder must be there, too: on Debian name
    /// the file, `/etc/ssl/certs/ca-certificates.crt`
    ca: Option<Text>,
    /// The domains that go there: all, none, or globs such as "*.ch". All where nothing is said
    domains: Option<Domains>,
    /// What to do with deployed entries that are not ours: kept where nothing is said
    unmanaged: Option<Unmanaged>,
    /// The environment variable with the password of the database
    password_env: Option<Text>,
    /// A folder for what was applied last and for former contents, where the database takes no table for
    /// that: <file:PATH>, relative to mxward.yaml or absolute, or <ssh://user@host/PATH>
    state: Option<Folder>,
    /// For how long keys stay in a table that nothing asks for any more, since a delivery under way may:
    /// a number and s, m, h or d. 1h where nothing is said
    prune_after: Option<Time>,
    /// For how long an apply waits, at most, for deliveries under way before a next hop that changes hands
    /// gets its new policy. 5m where nothing is said
    settle: Option<Time>,
    /// Further hosts whose Postfix is reloaded after a change: <ssh://user@host>
    reload: Option<OneOrList<Text>>,
    /// Where Postfix logs, on the host of each that reads the maps, for `apply --watch-log`: an absolute
    /// path, or `journal`. Its `maillog_file` where nothing is said
    log: Option<Text>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum MapType {
    /// LMDB: replaced as a whole
    Lmdb,
    /// Constant database: replaced as a whole
    Cdb,
    /// Berkeley DB; not in every build of Postfix any more
    Hash,
    /// Berkeley DB; not in every build of Postfix any more
    Btree,
    /// The text itself, which Postfix reads only when it starts
    Texthash,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum AddressFamily {
    Ipv4,
    Ipv6,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum PinFallback {
    /// The domain itself, so that its MX records are used when no pin takes the mail
    Domain,
    /// Nothing; refused for every pin
    None,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only the shape is used")]
enum Domains {
    /// All, or none
    Word(AllOrNone),
    /// Globs over the names of domains
    Globs(Vec<Text>),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum AllOrNone {
    /// Every domain of the repository
    All,
    /// No domain: only `next_hops`
    None,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum Unmanaged {
    /// They stay, and `diff` counts them
    Keep,
    /// They stay, and each is a finding
    Report,
    /// They are removed
    Remove,
}
