//! The report of `discover`.

use super::Exit;
use schemars::JsonSchema;

/// What domains publish about their mail, and the entry that each deserves
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "mxward discover --report json")]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) struct DiscoverReport<'a> {
    /// The version of this shape; one that readers would stumble over gets a new one
    #[schemars(range(min = 1, max = 1))]
    format_version: u32,
    /// In the order in which they were named
    domains: Vec<Domain>,
    /// How many domains were not looked at, because the run ended early
    not_looked_at: usize,
    exit: Exit<'a>,
}

/// One domain
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, clippy::struct_field_names, reason = "only the shape is used")]
struct Domain {
    /// Its name, with A-labels
    domain: String,
    verdict: Verdict,
    /// The template of the provider of all MX hosts, `self` for hosts of nobody that is known, `mixed` for
    /// hosts of several; `null` where it takes no mail or nobody knows
    provider: Option<String>,
    /// `DANE`, `MTA-STS`, or the latter with its mode
    published: Vec<String>,
    /// The level that holds with the entry; `null` where the target's default does
    level: Option<Level>,
    /// The attributes that hold with it, as in `smtp_tls_policy_maps`; empty for none
    parameter: String,
    /// What is proposed; `null` for nothing
    entry: Option<Entry>,
    /// The entry as it stands in a file of the repository
    yaml: Option<String>,
    /// Why, in a phrase
    reason: String,
    findings: Vec<Finding>,
    /// Whether the repository declares it already
    declared: bool,
}

/// Whether there is something to propose
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum Verdict {
    /// There is an entry
    Proposed,
    /// Nothing stronger than the target's default can be said
    Nothing,
    /// It takes no mail
    NoMail,
    /// It could not be found out
    Unknown,
}

/// A level of postconf(5) `smtp_tls_security_level`
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) enum Level {
    None,
    May,
    Encrypt,
    Dane,
    DaneOnly,
    Fingerprint,
    Verify,
    Secure,
}

/// What is proposed
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only the shape is used")]
enum Entry {
    Level(LevelEntry),
    Provider(ProviderEntry),
    LeaveTo(LeaveEntry),
    Frozen(FrozenEntry),
}

/// A level, with the names in certificates
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct LevelEntry {
    level: Level,
    /// Left out where the level needs none
    #[schemars(default, rename = "match", skip_serializing_if = "Option::is_none")]
    matches: Option<Vec<String>>,
}

/// A provider's template
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct ProviderEntry {
    /// Its name
    provider: String,
    /// Left out where the default of the repository will do
    #[schemars(default, skip_serializing_if = "Option::is_none")]
    route: Option<Route>,
}

/// How mail is routed
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum Route {
    Pin,
    Mx,
    Host,
}

/// Left to the resolver in `smtp_tls_policy_maps`
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct LeaveEntry {
    leave_to: Resolver,
}

/// Who follows the policy
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum Resolver {
    MtaSts,
}

/// An MTA-STS policy as it is now
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct FrozenEntry {
    /// The id of its record [RFC 8461 §3.1]
    mta_sts_id: String,
    /// The MX hosts that it covers
    hosts: Vec<String>,
    /// The day on which it ends
    until: String,
}

/// One fact
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Finding {
    /// The kind of fact
    code: String,
    /// What it was seen in
    evidence: String,
}
