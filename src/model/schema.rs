//! The shape of the files as JSON Schemas, for editors; the loader decides what is valid.
//!
//! The types here mirror what `load` reads. A test compares the files in `schemas/` with what they
//! give, and validates the examples and a set of broken files against them.

use super::lint_level::{LINTS, LintLevel};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The schema of `mxward.yaml`.
pub fn mxward() -> String {
    text(&generator().into_root_schema_for::<Root>())
}

/// The schema of included files such as `domains/*.yaml`.
pub fn domains() -> String {
    text(&generator().into_root_schema_for::<Included>())
}

/// The schema of `providers/*.yaml`.
pub fn provider() -> String {
    text(&generator().into_root_schema_for::<Provider>())
}

/// Draft 7 is what the YAML extensions of editors understand best.
fn generator() -> SchemaGenerator {
    SchemaSettings::draft07().into_generator()
}

fn text(schema: &Schema) -> String {
    format!("{:#}\n", schema.as_value())
}

/// One value or a list of them.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "only the shape is used")]
enum OneOrList<T> {
    One(T),
    List(Vec<T>),
}

/// A text, or a number or boolean that is read as text.
#[derive(JsonSchema)]
#[schemars(untagged, inline)]
#[expect(dead_code, reason = "only the shape is used")]
enum Text {
    Text(String),
    Number(f64),
    Boolean(bool),
}

/// mxward.yaml: recipient domains, how mail to them is encrypted, and the Postfix servers that need it
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "mxward.yaml")]
#[expect(dead_code, reason = "only the shape is used")]
struct Root {
    /// The version of this format
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// Further files: globs of YAML files, or plain lists with what holds for all their domains
    #[schemars(default)]
    include: Option<OneOrList<Include>>,
    #[schemars(default)]
    defaults: Option<Defaults>,
    /// Recipient domains; `.example.com` stands for all subdomains of example.com
    #[schemars(default)]
    domains: Option<BTreeMap<String, Domain>>,
    /// Policies of next hops that are not domains, such as "[relay.example.net]:587"
    #[schemars(default)]
    next_hops: Option<BTreeMap<String, NextHop>>,
    /// Each is one Postfix, or several that are configured alike
    #[schemars(default)]
    targets: Option<BTreeMap<String, Target>>,
    #[schemars(default)]
    lock: Option<LockSettings>,
    #[schemars(default)]
    dns: Option<Dns>,
    /// What `mxward check` makes of the findings of each lint
    #[schemars(default, schema_with = "lints")]
    lints: Option<()>,
}

/// Every lint by its name, with the levels that it can have.
fn lints(_: &mut SchemaGenerator) -> Schema {
    let of = |lowest: LintLevel| {
        let levels = LintLevel::ALL.iter().filter(move |(_, level)| *level >= lowest);
        json!({ "enum": levels.map(|(name, _)| name).collect::<Vec<_>>() })
    };
    let properties: Map<String, Value> =
        LINTS.iter().map(|(name, lowest)| ((*name).to_owned(), of(*lowest))).collect();
    json_schema!({
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": false,
    })
}

/// An included file: more domains and next hops
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "domains of mxward")]
#[expect(dead_code, reason = "only the shape is used")]
struct Included {
    /// Recipient domains; `.example.com` stands for all subdomains of example.com
    #[schemars(default)]
    domains: Option<BTreeMap<String, Domain>>,
    /// Policies of next hops that are not domains, such as "[relay.example.net]:587"
    #[schemars(default)]
    next_hops: Option<BTreeMap<String, NextHop>>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only the shape is used")]
enum Include {
    /// A glob of YAML files inside of the repository
    Glob(String),
    /// Plain lists, one domain a line
    List(List),
}

#[derive(JsonSchema)]
#[expect(dead_code, reason = "only the shape is used")]
struct List {
    /// A glob of text files inside of the repository
    list: String,
    #[serde(flatten)]
    entry: Entry,
}

/// What holds where a domain says nothing
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Defaults {
    /// The route of domains with a provider
    #[schemars(default)]
    route: Option<Route>,
}

/// How mail reaches the MX hosts of a provider
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum Route {
    /// To the addresses in the lock, then to the domain itself
    Pin,
    /// By MX records
    Mx,
    /// To the MX hosts by name
    Host,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only the shape is used")]
enum Domain {
    /// A provider template by name
    Provider(String),
    /// Everything else
    Entry(Entry),
}

/// What holds for a domain
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Entry {
    /// A provider template by name
    #[schemars(default)]
    provider: Option<String>,
    /// Values for the parameters of the template
    #[schemars(default)]
    params: Option<BTreeMap<String, Text>>,
    #[schemars(default)]
    route: Option<Route>,
    /// A next-hop destination of its own
    #[schemars(default)]
    next_hop: Option<String>,
    /// The delivery service, or a whole transport(5) result
    #[schemars(default)]
    transport: Option<String>,
    /// Emit nothing: the resolver of this name decides at run time
    #[schemars(default)]
    leave_to: Option<LeaveTo>,
    /// Why this is an exception
    #[schemars(default)]
    reason: Option<String>,
    /// The last day on which the exception holds, YYYY-MM-DD
    #[schemars(default, regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    until: Option<String>,
    #[serde(flatten)]
    policy: Policy,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum LeaveTo {
    /// A resolver for MTA-STS in `smtp_tls_policy_maps`
    MtaSts,
}

/// The policy of a next hop
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct NextHop {
    #[serde(flatten)]
    policy: Policy,
}

/// A TLS policy with the attributes of Postfix, postconf(5) `smtp_tls_policy_maps`
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only the shape is used")]
struct Policy {
    /// The security level
    #[schemars(default)]
    level: Option<Level>,
    /// Names or fingerprints that the certificate must have; `.example.com` matches every name below
    #[serde(rename = "match")]
    #[schemars(default)]
    matches: Option<OneOrList<String>>,
    /// Files with the only trust anchors for this destination
    #[schemars(default)]
    tafile: Option<OneOrList<String>>,
    /// TLS protocols, such as ">=TLSv1.2"
    #[schemars(default)]
    protocols: Option<OneOrList<String>>,
    /// The least cipher grade
    #[schemars(default)]
    ciphers: Option<String>,
    /// Ciphers that are excluded, instead of those that main.cf excludes
    #[schemars(default)]
    exclude: Option<OneOrList<String>>,
    /// The name to send as SNI: a host name, `hostname` or `nexthop`
    #[schemars(default)]
    servername: Option<String>,
    /// Whether TLS connections are reused
    #[schemars(default)]
    connection_reuse: Option<Text>,
    /// Whether raw public keys are asked for (Postfix 3.9)
    #[schemars(default)]
    enable_rpk: Option<Text>,
    /// For TLSRPT (Postfix 3.10)
    #[schemars(default)]
    policy_type: Option<String>,
    /// For TLSRPT (Postfix 3.10)
    #[schemars(default)]
    policy_domain: Option<String>,
    /// For TLSRPT (Postfix 3.10)
    #[schemars(default)]
    policy_string: Option<OneOrList<String>>,
    /// For TLSRPT (Postfix 3.10)
    #[schemars(default)]
    policy_ttl: Option<Text>,
    /// MX host patterns of an MTA-STS policy (Postfix 3.10)
    #[schemars(default)]
    mx_host_pattern: Option<OneOrList<String>>,
    /// For TLSRPT (Postfix 3.10)
    #[schemars(default)]
    policy_failure: Option<String>,
}

/// A TLS security level of Postfix
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum Level {
    /// Plain text, even where TLS is offered
    None,
    /// TLS where it is offered
    May,
    /// TLS always, with whoever answers
    Encrypt,
    /// TLSA records where they are, else as `may`
    Dane,
    /// TLSA records always
    DaneOnly,
    /// A certificate or key by fingerprint
    Fingerprint,
    /// A trusted certificate, by default for the name of the MX host
    Verify,
    /// A trusted certificate, by default for the domain
    Secure,
}

/// One Postfix, or several that are configured alike
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Target {
    /// The version of Postfix, such as "3.7"
    postfix: Text,
    /// `smtp_tls_security_level` there
    security_level: Level,
    /// The type of its maps
    map_type: MapType,
    /// The folder of both maps: <file:PATH> or <ssh://HOST/PATH>
    #[schemars(default)]
    deployed: Option<String>,
    /// The transport map by itself
    #[schemars(default)]
    transport: Option<String>,
    /// The TLS policy map by itself, or an SQL table
    #[schemars(default)]
    tls_policy: Option<String>,
    /// relayhost there
    #[schemars(default)]
    relayhost: Option<String>,
    /// `smtp_fallback_relay` there
    #[schemars(default)]
    fallback_relay: Option<OneOrList<String>>,
    /// `parent_domain_matches_subdomains` there
    #[schemars(default)]
    parent_domain_matches_subdomains: Option<OneOrList<String>>,
    /// Which addresses pins may have; ipv4 unless said otherwise
    #[schemars(default)]
    address_families: Option<OneOrList<AddressFamily>>,
    /// What stands at the end of a list of pins
    #[schemars(default)]
    pin_fallback: Option<PinFallback>,
    /// `smtp_tls_CAfile` or `smtp_tls_CApath` there
    #[schemars(default)]
    ca: Option<String>,
    /// `all`, `none` or globs
    #[schemars(default)]
    domains: Option<Domains>,
    /// What to do with deployed entries that are not ours
    #[schemars(default)]
    unmanaged: Option<Unmanaged>,
    /// The environment variable with the password of the database
    #[schemars(default)]
    password_env: Option<String>,
    /// Further hosts whose Postfix is reloaded after a change
    #[schemars(default)]
    reload: Option<OneOrList<String>>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum MapType {
    Lmdb,
    Cdb,
    Hash,
    Btree,
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
    Domain,
    None,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only the shape is used")]
enum Domains {
    Word(AllOrNone),
    Globs(Vec<String>),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum AllOrNone {
    All,
    None,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum Unmanaged {
    Keep,
    Report,
    Remove,
}

/// How long facts hold
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct LockSettings {
    /// Days an address stays after it vanished from DNS
    #[schemars(default, range(min = 0, max = 365))]
    retain: Option<u16>,
    /// Days after which unconfirmed pins are refused
    #[schemars(default, range(min = 1, max = 365))]
    max_age: Option<u16>,
    /// Networks that pins may point into although they are private or reserved
    #[schemars(default)]
    allow_addresses: Option<OneOrList<String>>,
}

/// How to ask DNS
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Dns {
    /// ADDRESS, ADDRESS:PORT, <tls://ADDRESS#NAME> or <https://ADDRESS#NAME>
    #[schemars(default)]
    servers: Option<OneOrList<String>>,
    /// A file with the keys that DNSSEC starts from
    #[schemars(default)]
    trust_anchor: Option<String>,
    /// Who validates DNSSEC
    #[schemars(default)]
    validation: Option<Validation>,
    /// Seconds for one question
    #[schemars(default, range(min = 1, max = 60))]
    timeout: Option<u32>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum Validation {
    Local,
    Resolver,
}

/// How to recognise a mail provider, and which policy its domains deserve
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "provider template of mxward")]
#[expect(dead_code, reason = "only the shape is used")]
struct Provider {
    /// The name that domains use; also the name of the file
    name: String,
    /// The name for people
    title: String,
    #[schemars(default)]
    kind: Option<ProviderKind>,
    /// Templates whose patterns are this one's too
    #[schemars(default)]
    members: Option<OneOrList<String>>,
    /// Regular expressions for whole names of MX hosts, anchors implied
    #[schemars(default)]
    mx_patterns: Option<OneOrList<String>>,
    /// The same for names in the provider's zone that are not among its MX hosts
    #[schemars(default)]
    odd_patterns: Option<OneOrList<String>>,
    /// The MX hosts; names are minijinja texts over `domain` and `params`
    #[schemars(default)]
    hosts: Option<Vec<Host>>,
    /// Instead of `hosts`: the domain's own MX set, of which every host must match `mx_patterns`
    #[schemars(default)]
    hosts_from: Option<HostsFrom>,
    /// The policy; without one the template is for detection only
    #[schemars(default)]
    policy: Option<NextHop>,
    #[schemars(default)]
    policy_when: Option<PolicyWhen>,
    /// Whether pinning the addresses is sensible
    #[schemars(default)]
    pin: Option<Pin>,
    /// Parameters with their defaults; null must be given
    #[schemars(default)]
    params: Option<BTreeMap<String, Option<Text>>>,
    /// What supports each claim
    #[schemars(default)]
    evidence: Option<Vec<Evidence>>,
    /// What an administrator should know
    #[schemars(default)]
    notes: Option<Vec<String>>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum ProviderKind {
    Mailbox,
    Hoster,
    Gateway,
    Forwarder,
    Infrastructure,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Host {
    /// Lower is tried first; equal ones take turns
    preference: u16,
    /// The name of the host
    host: String,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum HostsFrom {
    Mx,
}

/// Another policy for domains with a property
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct PolicyWhen {
    /// The MX set is signed and every MX host has usable TLSA records
    dane: NextHop,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum Pin {
    Ok,
    Discouraged,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Evidence {
    claim: Claim,
    /// What was seen
    fact: String,
    /// Where it was seen
    source: String,
    /// YYYY-MM-DD, YYYY-MM, YYYY or `unknown`
    date: Text,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum Claim {
    Mx,
    Certificate,
    Dane,
    MtaSts,
    Pin,
}
