//! The report of `probe`.

use super::Exit;
use schemars::JsonSchema;

/// What the servers of compiled policies do
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "mxward probe --report json")]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) struct ProbeReport<'a> {
    /// The version of this shape; one that readers would stumble over gets a new one
    #[schemars(range(min = 1, max = 1))]
    format_version: u32,
    targets: Vec<Target>,
    exit: Exit<'a>,
}

/// The same inside of the report of a plan
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
pub(crate) struct Probed {
    /// The version of this shape
    #[schemars(range(min = 1, max = 1))]
    format_version: u32,
    targets: Vec<Target>,
}

/// What the servers of one target do
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, clippy::struct_field_names, reason = "only the shape is used")]
struct Target {
    /// Its name
    target: String,
    /// What should be known of how it was probed
    notes: Vec<String>,
    /// How many next hops were not reached, because the run ended early
    not_probed: usize,
    next_hops: Vec<NextHop>,
}

/// A next hop under one policy
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, clippy::struct_field_names, reason = "only the shape is used")]
struct NextHop {
    /// As in `transport_maps`, or the domain
    next_hop: String,
    /// The policy, as in `smtp_tls_policy_maps`
    policy: String,
    /// Where it is declared, or the next hop where no entry holds; `null` when neither is of the repository
    place: Option<String>,
    does: Does,
    /// The recipient domains that are sent there, sorted
    recipients: Vec<String>,
    /// Those that have no other next hop which takes their mail
    stranded: Vec<String>,
    /// What happens where there is no server to ask
    problem: Option<Problem>,
    /// Addresses that were not connected to, in phrases
    passed_over: Vec<String>,
    /// In the order of trying
    servers: Vec<Server>,
}

/// What Postfix would do with mail
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum Does {
    /// Over TLS as the policy wants it
    Delivers,
    /// In plain text, as the policy allows
    DeliversInClear,
    /// It waits, and goes out in plain text later
    DefersThenClear,
    /// It waits
    Defers,
    /// It returns to its sender
    Bounces,
    /// Nobody was asked
    NotProbed,
}

/// Why there is no server to ask
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Problem {
    /// Postfix's words
    text: String,
    notes: Vec<String>,
}

/// One address of a next hop
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Server {
    /// Its name, or the address
    host: String,
    address: String,
    port: u16,
    /// The preference of its MX record; `null` without one
    preference: Option<u16>,
    does: Does,
    /// Postfix's words
    text: String,
    /// What Postfix would log before
    log: Vec<String>,
    notes: Vec<String>,
    /// Whole days until the first certificate of the chain expires
    days_left: Option<i64>,
    /// `null` where there was no handshake
    tls: Option<Session>,
}

/// A TLS session
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Session {
    /// Such as `TLSv1.3`
    protocol: String,
    /// OpenSSL's name of the cipher
    cipher: String,
    /// The bits of its key
    bits: u32,
    /// What the server sent, its own certificate first
    chain: Vec<Certificate>,
    /// The chain that was built from it, the trust anchor last where one was found
    path: Vec<Certificate>,
}

/// A certificate
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Certificate {
    subject: String,
    issuer: String,
    /// The names that it is for
    names: Vec<String>,
    /// Whether they come from the common name, for want of others
    by_common_name: bool,
    /// In UTC
    not_before: String,
    /// In UTC
    not_after: String,
    /// The SHA-256 digest of the certificate
    sha256: String,
    /// That of its public key
    key_sha256: String,
}
