//! `protect.yaml`

use super::entry::Level;
use super::shapes::{Day, OneOrMore, Text};
use schemars::JsonSchema;
use std::collections::BTreeMap;

/// Limits of `mxward apply` that nothing on the command line opens, and waivers
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "protect.yaml of mxward")]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) struct Protect {
    /// The version of the format
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// The least that domains must have, whatever the repository declares
    domains: Option<BTreeMap<String, Level>>,
    /// How much may change at once, whatever `--allow` says
    limits: Option<Limits>,
    /// Whether the servers of what changes must be probed before
    probe: Option<bool>,
    /// The targets that every apply changes first; the others follow when their servers take the mail
    canary: Option<OneOrMore<Text>>,
    /// Domains for which a class of change is agreed to
    waivers: Option<Vec<Waiver>>,
}

/// How much may change at once, whatever `--allow` says
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Limits {
    /// Percent of a target's domains with an effect
    #[schemars(range(max = 100))]
    share: Option<u8>,
    /// Domains whose mail would wait or return
    breaks: Option<u32>,
    /// Domains with less security
    weaker: Option<u32>,
    /// Domains with another trust root or otherwise incomparable
    different: Option<u32>,
}

/// An agreed exception
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Waiver {
    /// The domain
    domain: Text,
    /// What is agreed to
    allow: Class,
    /// Why
    reason: Text,
    /// The last day on which it holds
    until: Day,
}

/// A class of change
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only the shape is used")]
enum Class {
    Breaks,
    Weaker,
    Different,
}
