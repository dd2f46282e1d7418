//! `providers/*.yaml`

use super::entry::NextHopPolicy;
use super::shapes::{Date, OneOrList, Parameter, ProviderName, Text};
use schemars::JsonSchema;
use std::collections::BTreeMap;

/// How to recognise a mail provider, and which policy its domains deserve. A file of the name of a
/// built-in template takes its place
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "provider template of mxward")]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) struct Provider {
    /// The name that domains use; also that of the file, without .yaml
    name: ProviderName,
    /// The name for people
    title: Text,
    /// What kind of service it is
    kind: Option<ProviderKind>,
    /// Templates whose patterns are this one's too: it accepts their hosts
    members: Option<OneOrList<ProviderName>>,
    /// Regular expressions for whole names of MX hosts in lower case, which end in a domain. They are
    /// anchored: leave `^` and `$` out
    mx_patterns: Option<OneOrList<Text>>,
    /// The same for names in the provider's zone that are not among its MX hosts, such as mistyped ones
    odd_patterns: Option<OneOrList<Text>>,
    /// The MX hosts, for the routes `host` and `pin`
    #[schemars(length(min = 1))]
    hosts: Option<Vec<Host>>,
    /// Instead of `hosts`: the MX records of each domain, of which every host must match `mx_patterns`
    hosts_from: Option<HostsFrom>,
    /// The policy. Without one the template is for detection only. Values may be minijinja texts over
    /// `domain` and `params`
    policy: Option<NextHopPolicy>,
    /// Another policy for domains with a property
    policy_when: Option<PolicyWhen>,
    /// Whether pinning the addresses is sensible; discouraged where nothing is said
    pin: Option<Pin>,
    /// Parameters with their defaults; one without a default must be given by every domain
    #[schemars(extend("propertyNames" = { "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" }))]
    params: Option<BTreeMap<String, Parameter>>,
    /// What supports each claim of the template
    evidence: Option<Vec<Evidence>>,
    /// What an administrator should know
    notes: Option<Vec<Text>>,
}

/// What kind of service it is
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum ProviderKind {
    /// Mailboxes, for the public or for businesses
    Mailbox,
    /// Web hosting with mailboxes
    Hoster,
    /// A filter in front of somebody else's mailboxes
    Gateway,
    /// Forwards to mailboxes elsewhere
    Forwarder,
    /// Takes mail for programs
    Infrastructure,
}

/// An MX host
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Host {
    /// Lower is tried first; hosts of equal preference take turns
    preference: u16,
    /// The name, or a minijinja text over `domain` and `params`, such as "{{ params.id }}.mx.example"
    host: Text,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum HostsFrom {
    /// The MX records of the domain
    Mx,
}

/// Another policy for domains with a property
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct PolicyWhen {
    /// For domains whose MX records are signed and whose MX hosts all have TLSA records
    dane: NextHopPolicy,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum Pin {
    /// The addresses are stable
    Ok,
    /// They rotate, are shared, or nobody knows: `mxward check` warns of pins
    Discouraged,
}

/// Where something was seen
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Evidence {
    /// What kind of claim it supports
    claim: Claim,
    /// What was seen, in a phrase
    fact: Text,
    /// Where it was seen
    source: Text,
    /// When: YYYY-MM-DD, YYYY-MM, YYYY or unknown
    date: Date,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum Claim {
    /// The MX hosts
    Mx,
    /// The names in the certificates, or the chain
    Certificate,
    /// TLSA records and signed zones
    Dane,
    /// The provider's own MTA-STS policy
    MtaSts,
    /// How stable the addresses are
    Pin,
}
