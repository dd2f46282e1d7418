//! The report of `import`.

use super::discover::Level;
use super::{Exit, Group};
use schemars::JsonSchema;
use std::collections::BTreeMap;

/// What came of maps that were there
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "mxward import --report json")]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) struct ImportReport<'a> {
    /// The version of this shape; one that readers would stumble over gets a new one
    #[schemars(range(min = 1, max = 1))]
    format_version: u32,
    /// The folder of the new repository
    out: String,
    /// The files that were written there, sorted; empty where an error kept them from that
    files: Vec<String>,
    /// How many domains are declared
    domains: usize,
    /// How many next hops have a policy of their own
    next_hops: usize,
    /// How many domains name each template
    templates: BTreeMap<String, usize>,
    /// What holds where no entry applies
    security_level: Level,
    /// What is to be said about lines of the old maps, sorted by map and line
    findings: Vec<Finding>,
    /// The comparison of the new repository with the old maps; `null` where an error kept it from that
    proof: Option<Proof>,
    exit: Exit<'a>,
}

/// Something about one line of an old map
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Finding {
    map: Map,
    /// From 1; `null` where the map has no lines
    line: Option<u32>,
    /// The lookup key
    key: String,
    severity: Severity,
    /// The stable name
    code: String,
    message: String,
    /// What to do
    hint: Option<String>,
    /// The old line, where nothing of it is compiled any more and a comment keeps it
    kept_as_comment: Option<String>,
    /// The template that an address was traced back to
    template: Option<String>,
}

/// One of the two maps
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
#[expect(dead_code, reason = "only the shape is used")]
enum Map {
    Transport,
    TlsPolicy,
}

/// How bad it is
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum Severity {
    /// It keeps the repository from being written
    Error,
    Warning,
    Note,
}

/// What Postfix would do by the new maps and did by the old ones
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Proof {
    /// Whether both do the same, but for what was asked for
    equal: bool,
    /// How many keys were compared
    keys: usize,
    /// How many recipients have the same effect in another order or spelling
    neutral: usize,
    /// Changes that were asked for
    meant: Vec<Group>,
    /// All others
    differences: Vec<Group>,
}
