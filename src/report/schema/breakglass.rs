//! The report of `breakglass`.

use super::discover::Level;
use super::{Exit, Group, Refused};
use schemars::JsonSchema;

/// What an exception, or its end, changes
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "mxward breakglass --report json")]
#[expect(dead_code, reason = "only the shape is used")]
pub(super) struct BreakglassReport<'a> {
    /// The version of this shape; one that readers would stumble over gets a new one
    #[schemars(range(min = 1, max = 1))]
    format_version: u32,
    /// Whether files were changed; `false` when it is refused, and with `--dry-run`
    written: bool,
    /// In the order in which they were named
    domains: Vec<Domain>,
    /// `null` where one was ended
    exception: Option<Exception>,
    /// Every target of the repository
    targets: Vec<Target>,
    /// What should be known of it
    notes: Vec<String>,
    /// What keeps it from being written; empty where a denied lint does
    refused: Vec<Refused>,
    /// The commands that put it in force; empty where it was kept from being written
    commands: Vec<String>,
    exit: Exit<'a>,
}

/// A domain, and where its entry stands
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Domain {
    /// Its name, with A-labels; `.example.com` stands for the subdomains of example.com
    domain: String,
    /// The file that was changed
    file: String,
}

/// What was asked for
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Exception {
    level: Level,
    /// The last day on which it holds, such as `2026-12-24`
    until: String,
    /// The command that ends it before
    end: String,
}

/// What changes on a target
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Target {
    /// Its name
    target: String,
    /// Worst first
    changes: Vec<Group>,
}
