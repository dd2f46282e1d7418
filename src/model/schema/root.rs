//! `mxward.yaml` and the files that it includes.

use super::entry::{Domain, Entry, NextHopPolicy, Route};
use super::shapes::{Glob, OneOrList, Text, YamlGlob};
use super::target::Target;
use crate::model::lint_level::{LINTS, LintLevel};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Recipient domains, how mail to them is encrypted, and the Postfix servers that need to know
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "mxward.yaml")]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) struct Root {
    /// The version of this format: 1
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// Further files: globs of YAML files such as domains/*.yaml, or plain lists with what holds for
    /// all their domains. They stay below the folder of mxward.yaml
    include: Option<OneOrList<Include>>,
    /// What holds where a domain says nothing
    defaults: Option<Defaults>,
    /// Recipient domains, each with the name of a provider template or with a policy of its own.
    /// `.example.com` stands for all subdomains of example.com, and not for example.com itself
    #[schemars(extend("propertyNames" = { "pattern": r"^\.?[^.\s@*/:\[\],;]+(\.[^.\s@*/:\[\],;]+)*\.?$" }))]
    domains: Option<BTreeMap<String, Domain>>,
    /// Policies of next hops that are not recipient domains, such as a relay: "[relay.example.net]:587".
    /// Written exactly as main.cf and the transport map write them
    #[schemars(extend("propertyNames" = { "minLength": 1 }))]
    next_hops: Option<BTreeMap<String, NextHopPolicy>>,
    /// The servers by name: each is one Postfix, or several that are configured alike. The name is also
    /// that of the folder which `compile --out` writes
    #[schemars(extend("propertyNames" = { "pattern": "^[A-Za-z0-9_-]+$" }))]
    targets: Option<BTreeMap<String, Target>>,
    /// How long the facts of mxward.lock hold
    lock: Option<LockSettings>,
    /// How to ask DNS, for `mxward lock` and `mxward update`
    dns: Option<Dns>,
    /// What `mxward check` makes of the findings of each lint. Lints that guard against less security
    /// than the repository says cannot be set below `warn`
    #[schemars(default, schema_with = "lints")]
    lints: Option<()>,
}

/// More domains and next hops
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "domains of mxward")]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) struct Included {
    /// Recipient domains, each with the name of a provider template or with a policy of its own.
    /// `.example.com` stands for all subdomains of example.com, and not for example.com itself
    #[schemars(extend("propertyNames" = { "pattern": r"^\.?[^.\s@*/:\[\],;]+(\.[^.\s@*/:\[\],;]+)*\.?$" }))]
    domains: Option<BTreeMap<String, Domain>>,
    /// Policies of next hops that are not recipient domains, such as a relay: "[relay.example.net]:587".
    /// Written exactly as main.cf and the transport map write them
    #[schemars(extend("propertyNames" = { "minLength": 1 }))]
    next_hops: Option<BTreeMap<String, NextHopPolicy>>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only the shape is used")]
enum Include {
    /// A glob of YAML files below the folder of mxward.yaml, such as domains/*.yaml
    Yaml(YamlGlob),
    /// Plain lists with one domain a line, and what holds for all of these domains
    List(Box<List>),
}

/// Plain lists with one domain a line, and what holds for all of these domains
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct List {
    /// A glob of text files below the folder of mxward.yaml, such as domains/*.txt. Blank lines are
    /// passed over, and comments that begin with `#`
    list: Glob,
    #[serde(flatten)]
    entry: Entry,
}

/// What holds where a domain says nothing
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Defaults {
    /// The route of domains with a provider. Entries with a level of DANE, a next hop of their own or
    /// `leave_to`, and entries for all subdomains, are never pinned by this
    route: Option<Route>,
}

/// How long the facts of mxward.lock hold
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct LockSettings {
    /// For how many days an address is kept after it vanished from DNS, since large providers rotate.
    /// 7 where nothing is said
    #[schemars(range(min = 0, max = 365))]
    retain: Option<u16>,
    /// After how many days without confirmation pins are refused. 14 where nothing is said
    #[schemars(range(min = 1, max = 365))]
    max_age: Option<u16>,
    /// Networks that pins may point into although they are private or reserved, such as 10.1.0.0/16
    allow_addresses: Option<OneOrList<Text>>,
}

/// How to ask DNS, for `mxward lock` and `mxward update`
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Dns {
    /// Name servers instead of the system's: ADDRESS, ADDRESS:PORT, <tls://ADDRESS#NAME> or
    /// <https://ADDRESS#NAME>
    servers: Option<OneOrList<Text>>,
    /// A file with the keys from which DNSSEC is validated, instead of those of the root zone
    trust_anchor: Option<Text>,
    /// Who validates DNSSEC
    validation: Option<Validation>,
    /// Seconds for one question
    #[schemars(range(min = 1, max = 60))]
    timeout: Option<u32>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum Validation {
    /// mxward itself
    Local,
    /// The resolver on a loopback address, after a test that it does
    Resolver,
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
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}
