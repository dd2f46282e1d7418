//! The shape of plans, and of the reports about them, as JSON Schemas.

use super::plan::Plan;
use crate::report::schema::{Exit, Probed, Refused, generator, text};
use schemars::JsonSchema;

/// The schema of the file that `mxward plan --out` writes.
pub fn plan() -> String {
    text(&generator().into_root_schema_for::<Plan>())
}

/// The schema of `--report json` of `plan`, `apply` and `rollback`.
pub fn report() -> String {
    text(&generator().into_root_schema_for::<PlanReport<'_>>())
}

/// What would be done, or was, and what is against it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "mxward plan, apply and rollback with --report json")]
#[expect(dead_code, reason = "only the shape is used")]
struct PlanReport<'a> {
    /// The version of this shape; one that readers would stumble over gets a new one.
    #[schemars(range(min = 1, max = 1))]
    format_version: u32,
    plan: Plan,
    /// What should be known of it.
    notes: Vec<Note>,
    /// Guards that stop it; nothing is done while there is one.
    refused: Vec<Refused>,
    /// What the servers of what changes do; with `--probe` only
    #[schemars(default, skip_serializing_if = "Option::is_none")]
    probe: Option<Probed>,
    /// The targets that went first; left out where there are none, and where nothing was applied
    #[schemars(default, skip_serializing_if = "Option::is_none")]
    canary: Option<Canary>,
    /// What the mail logs told of what was written; with `--watch-log` only
    #[schemars(default, skip_serializing_if = "Option::is_none")]
    log: Option<Vec<WatchedLog>>,
    exit: Exit<'a>,
}

/// What the log of a Postfix told after an apply.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct WatchedLog {
    target: String,
    /// The folder of its main.cf, or its host
    postfix: String,
    /// Recipients for which a delivery ended, well or not
    deliveries: u64,
    /// What it cannot use of the maps
    complaints: Vec<LogComplaint>,
    /// Complaints about policies of next hops that the maps do not have
    about_others: u64,
    /// Why it was not read to the end; `null` where it was
    failed: Option<String>,
}

/// What a Postfix cannot use, in a phrase.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct LogComplaint {
    what: String,
    /// How often it said so
    count: u64,
}

/// Targets that were changed before the others.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Canary {
    /// Their names
    targets: Vec<String>,
    outcome: CanaryOutcome,
    /// What the servers of what changes do; `null` where that was not found out
    probe: Option<Probed>,
}

/// What became of the targets that were changed first.
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum CanaryOutcome {
    /// The servers would take the mail, and the others followed
    Passed,
    /// They would not, or nobody knows; the targets are as before, and the others were not touched
    TakenBack,
    /// The same, but another run had changed them
    Stays,
    /// They could not be taken back; the next apply goes on
    InPart,
    /// Postfix answers something else than what was written; the others were not touched
    NotInForce,
}

/// Something to know.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Note {
    target: String,
    note: String,
}
