//! `tests/*.yaml`

use super::entry::Level;
use super::shapes::{OneOrMore, Text};
use schemars::JsonSchema;
use std::collections::BTreeMap;

/// What must hold for the compiled maps: `mxward test` says whether it does
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "expectations of a repository of mxward")]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) struct Tests {
    /// The version of the format
    #[schemars(range(min = 1, max = 1))]
    version: u32,
    /// What is expected, by domain; `.example.com` is all subdomains
    expect: BTreeMap<String, Expected>,
}

/// What is expected of mail for a domain
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only the shape is used")]
enum Expected {
    /// Short for `at_least`
    Level(Level),
    /// Several demands
    Demands(Box<Demands>),
}

/// Demands, at least one
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("anyOf" = [
    { "required": ["at_least"] },
    { "required": ["match"] },
    { "required": ["next_hop"] },
    { "required": ["never_weaker_than"] },
]))]
#[expect(dead_code, reason = "only the shape is used")]
struct Demands {
    /// No next hop has less than people mean by this level
    at_least: Option<Level>,
    /// The policy of every next hop takes exactly these names
    r#match: Option<OneOrMore<Text>>,
    /// Mail goes to exactly these next hops, in this order; the domain itself stands for its MX records
    next_hop: Option<OneOrMore<Text>>,
    /// Nothing is lost that this policy promises, written as in `smtp_tls_policy_maps`
    never_weaker_than: Option<Text>,
    /// The targets on which it must hold; all of them where nothing is said
    targets: Option<OneOrMore<Text>>,
}
