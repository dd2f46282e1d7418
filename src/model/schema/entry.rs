//! What stands beside a domain or a next hop.

use super::shapes::{AnyText, Day, OneOrMore, ProviderName, Switch, Text};
use schemars::JsonSchema;
use std::collections::BTreeMap;

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) enum Domain {
    /// The name of a provider template, which gives policy and hosts. `mxward providers` lists them
    Provider(ProviderName),
    /// A provider with changes, or a policy without one
    Entry(Box<Entry>),
}

/// What holds for a domain
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) struct Entry {
    /// The name of a provider template, which gives policy and hosts. `mxward providers` lists them
    provider: Option<ProviderName>,
    /// Values for the parameters of the template
    params: Option<BTreeMap<String, AnyText>>,
    /// How mail reaches the domain's MX hosts
    route: Option<Route>,
    /// A next hop for the transport map: `[host]`, `[host]:port`, or a domain, whose MX records are used
    next_hop: Option<Text>,
    /// The delivery service, such as relay, or a whole result of transport(5) such as `smtp:[host]`
    transport: Option<Text>,
    /// Nothing static is emitted: the resolver of this name in `smtp_tls_policy_maps` decides at run time
    leave_to: Option<LeaveTo>,
    /// Why this is an exception
    reason: Option<AnyText>,
    /// The last day on which the exception holds, as YYYY-MM-DD
    until: Option<Day>,
    /// The TLS security level, instead of the template's
    level: Option<Level>,
    #[serde(flatten)]
    attributes: Attributes,
}

/// A TLS policy
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) struct NextHopPolicy {
    /// The TLS security level
    level: Level,
    #[serde(flatten)]
    attributes: Attributes,
}

/// How mail reaches MX hosts
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) enum Route {
    /// To the addresses in mxward.lock, and by MX records when none of them takes the mail. Only for `secure`
    /// and `verify` with a `match`, and for `fingerprint`
    Pin,
    /// By MX records, without an entry in the transport map
    Mx,
    /// To the template's MX hosts by name, without MX records
    Host,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum LeaveTo {
    /// A resolver for MTA-STS
    MtaSts,
}

/// A TLS security level of Postfix
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) enum Level {
    /// Plain text, even where TLS is offered
    None,
    /// TLS where it is offered, else plain text. Nobody is authenticated
    May,
    /// TLS always. Nobody is authenticated
    Encrypt,
    /// The TLSA records of the MX hosts decide; where there are none, as `may`
    Dane,
    /// The TLSA records of the MX hosts decide; where there are none, mail waits
    DaneOnly,
    /// A certificate or key with one of the fingerprints in `match`
    Fingerprint,
    /// A certificate from a trusted CA; without `match` for the name of the MX host, which whoever
    /// forges DNS can choose
    Verify,
    /// A certificate from a trusted CA for one of the names in `match`; without it for the domain
    Secure,
}

/// Attributes of a policy, named as in postconf(5) `smtp_tls_policy_maps`
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only the shape is used")]
struct Attributes {
    /// Names of which the certificate must have one; `.example.com` matches every name below
    /// example.com. At the level `fingerprint`: fingerprints of the certificate or its key
    #[serde(rename = "match")]
    matches: Option<OneOrMore<Text>>,
    /// Files with the only trust anchors for this destination, instead of the CAs of main.cf. smtp(8) reads
    /// them inside of its chroot: on Debian they must be under /var/spool/postfix, too
    tafile: Option<OneOrMore<Text>>,
    /// TLS protocols, such as ">=TLSv1.2"
    protocols: Option<OneOrMore<Text>>,
    /// The least cipher grade: high or medium
    ciphers: Option<Text>,
    /// Ciphers that are excluded, instead of those that main.cf excludes
    exclude: Option<OneOrMore<Text>>,
    /// The name to ask for by SNI: a host name, or hostname or nexthop
    servername: Option<Text>,
    /// Whether TLS connections are reused
    connection_reuse: Option<Switch>,
    /// Whether raw public keys are asked for (Postfix 3.9)
    enable_rpk: Option<Switch>,
    /// What kind of policy TLSRPT is told of: sts or no-policy-found (Postfix 3.10)
    policy_type: Option<Text>,
    /// The domain of the policy that TLSRPT is told of (Postfix 3.10)
    policy_domain: Option<Text>,
    /// The lines of the policy that TLSRPT is told of (Postfix 3.10)
    policy_string: Option<OneOrMore<Text>>,
    /// For how many seconds the policy that TLSRPT is told of holds (Postfix 3.10)
    policy_ttl: Option<AnyText>,
    /// Patterns for MX hosts of the MTA-STS policy (Postfix 3.10)
    mx_host_pattern: Option<OneOrMore<Text>>,
    /// Why no policy could be had, for TLSRPT (Postfix 3.10)
    policy_failure: Option<Text>,
}
