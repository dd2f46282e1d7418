//! The report of `logs`.

use super::Exit;
use super::discover::Level;
use schemars::JsonSchema;
use std::collections::BTreeMap;

/// What mail logs prove of each recipient domain
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "mxward logs --report json")]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) struct LogsReport<'a> {
    /// The version of this shape; one that readers would stumble over gets a new one
    #[schemars(range(min = 1, max = 1))]
    format_version: u32,
    /// How many logs were read
    logs: usize,
    /// How many lines they have
    lines: u64,
    left_out: LeftOut,
    /// How many instances say nothing of TLS: `smtp_tls_loglevel` is 0 there
    instances_without_tls_lines: u64,
    /// How often something was wrong with the logs themselves
    troubles: BTreeMap<String, u64>,
    domains: Vec<Domain>,
    /// Whether it was compared with what a repository declares; if not, the lists below are empty
    compared: bool,
    /// Domains that may be raised
    raises: Vec<Raise>,
    /// Domains for which more evidence is wanted
    held: Vec<Held>,
    /// Deliveries that compiled policies would have deferred
    would_have_waited: Vec<Missed>,
    /// Entries with `reason` or `until`
    exceptions: Vec<Exception>,
    exit: Exit<'a>,
}

/// Lines and deliveries that do not count
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct LeftOut {
    /// Lines without end
    too_long: u64,
    /// Lines that read in two ways
    ambiguous: u64,
    /// Deliveries to domains beyond `--max-domains`
    beyond_max_domains: u64,
    /// Deliveries without a domain
    no_domain: u64,
}

/// One recipient domain
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, clippy::struct_field_names, reason = "only the shape is used")]
struct Domain {
    domain: String,
    /// Deliveries that a server took
    sent: u64,
    /// Messages; one with several recipients counts once
    messages: u64,
    /// Deliveries by what was reached
    levels: Levels,
    /// When the first was; in UTC where the log tells the offset
    first: Option<String>,
    /// When the last was
    last: Option<String>,
    connections: Vec<Connection>,
    hosts: Vec<Host>,
    /// Whether there were more hosts than are told apart
    more_hosts: bool,
    failures: Vec<Failure>,
}

/// Deliveries by what was reached
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Levels {
    none: u64,
    anonymous: u64,
    untrusted: u64,
    trusted: u64,
    verified: u64,
    unknown: u64,
}

/// What a delivery reached
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum Reached {
    /// The log does not tell
    Unknown,
    /// Plain text
    None,
    /// The server showed no certificate
    Anonymous,
    /// No known authority vouches for the certificate
    Untrusted,
    /// A known authority does; the name was not compared
    Trusted,
    /// The server that the policy asks for
    Verified,
}

/// A kind of connection
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Connection {
    level: Reached,
    /// Such as `TLSv1.3`; `null` for plain text, and where the log does not tell
    protocol: Option<String>,
    cipher: Option<String>,
    deliveries: u64,
}

/// A host that took mail
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, clippy::struct_field_names, reason = "only the shape is used")]
struct Host {
    host: String,
    address: String,
    deliveries: u64,
    /// The weakest that was reached with it
    weakest: Reached,
}

/// A kind of failure
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Failure {
    /// `deferred`, `bounced`, `passed over` or `reported`
    failed: String,
    reason: String,
    /// Whether TLS is the reason
    tls: bool,
    count: u64,
    /// When the last was
    last: Option<String>,
}

/// A domain that may be raised
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Raise {
    domain: String,
    to: Level,
    /// Whether it would be safer today and less safe once there are TLSA records
    gives_up_dane: bool,
    /// The messages that this rests on
    messages: u64,
    /// The days between the first and the last
    days: i64,
    /// The addresses that took them
    addresses: usize,
    /// The compiled policy by target; empty where mail does not go by SMTP
    now: BTreeMap<String, String>,
    /// The place of its declaration
    declared: Option<String>,
    /// The template whose hosts took all mail
    template: Option<String>,
}

/// A domain for which more evidence is wanted
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Held {
    domain: String,
    to: Level,
    /// What is lacking, in phrases
    doubts: Vec<String>,
}

/// Deliveries that a compiled policy would have deferred
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Missed {
    domain: String,
    target: String,
    /// The compiled policy
    policy: String,
    deferred: u64,
    /// Those of which the log does not tell
    unknown: u64,
    /// All of them
    sent: u64,
}

/// An entry with `reason` or `until`
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Exception {
    domain: String,
    /// Where it is declared
    place: String,
    need: Need,
}

/// Whether an exception is needed
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum Need {
    /// No longer
    Over,
    /// Still
    Needed,
    /// More evidence is wanted
    Open,
    /// The log does not tell
    Unknown,
    /// There was no mail
    NoMail,
}
