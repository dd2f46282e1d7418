//! The shape of the reports as JSON Schemas, for programs that read them.
//!
//! Tests compare the files in `schemas/` with what these types give, and real reports with the
//! schemas; no key of a report is left out here.

mod breakglass;
mod discover;
mod import;
mod logs;
mod probe;

pub(crate) use super::json::Exit;
use super::json::{Finding, Line};
pub(crate) use probe::Probed;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator};

/// The schema of `mxward check --report json`, and of what a run reports that stopped early.
pub fn check() -> String {
    text(&generator().into_root_schema_for::<CheckReport<'_>>())
}

/// The schema of `mxward diff --report json`.
pub fn diff() -> String {
    text(&generator().into_root_schema_for::<DiffReport<'_>>())
}

/// The schema of a line of `--report jsonl`.
pub fn lines() -> String {
    text(&generator().into_root_schema_for::<Line<'_>>())
}

/// The schema of `mxward breakglass --report json`.
pub fn breakglass() -> String {
    text(&generator().into_root_schema_for::<breakglass::BreakglassReport<'_>>())
}

/// The schema of `mxward discover --report json`.
pub fn discover() -> String {
    text(&generator().into_root_schema_for::<discover::DiscoverReport<'_>>())
}

/// The schema of `mxward import --report json`.
pub fn import() -> String {
    text(&generator().into_root_schema_for::<import::ImportReport<'_>>())
}

/// The schema of `mxward logs --report json`.
pub fn logs() -> String {
    text(&generator().into_root_schema_for::<logs::LogsReport<'_>>())
}

/// The schema of `mxward probe --report json`.
pub fn probe() -> String {
    text(&generator().into_root_schema_for::<probe::ProbeReport<'_>>())
}

/// Makes schemas of draft 7 of what is written.
pub(crate) fn generator() -> SchemaGenerator {
    SchemaSettings::draft07().for_serialize().into_generator()
}

/// A schema as a file.
pub(crate) fn text(schema: &Schema) -> String {
    format!("{:#}\n", schema.as_value())
}

/// What `check` found. Other commands that stop early report their messages in the same shape
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "mxward check --report json")]
#[expect(dead_code, reason = "only the shape is used")]
struct CheckReport<'a> {
    /// The version of this shape; one that readers would stumble over gets a new one
    #[schemars(range(min = 1, max = 1))]
    format_version: u32,
    /// How many domains are declared; `null` or left out when the repository does not compile
    #[schemars(default, skip_serializing_if = "Option::is_none")]
    domains: Option<usize>,
    /// How many targets were judged; left out when another command stopped early
    #[schemars(default, skip_serializing_if = "Option::is_none")]
    targets: Option<usize>,
    /// In the order of the files
    findings: Vec<Finding<'a>>,
    exit: Exit<'a>,
}

/// What changes, by its effect
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "mxward diff --report json")]
#[expect(dead_code, reason = "only the shape is used")]
struct DiffReport<'a> {
    /// The version of this shape; one that readers would stumble over gets a new one
    #[schemars(range(min = 1, max = 1))]
    format_version: u32,
    effects: Effects,
    targets: Vec<Target>,
    exit: Exit<'a>,
}

/// How many domains see each effect, over all targets
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Effects {
    /// Mail that was delivered is deferred or returned from now on
    breaks: usize,
    /// An attacker can do more than before
    weaker: usize,
    /// Neither: another trust root, or mail that starts to flow
    different: usize,
    /// An attacker can do less than before
    stronger: usize,
    /// Nothing that an attacker would notice
    neutral: usize,
}

/// A parameter of the Postfix beside the maps that is not as they need it
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct MainCf {
    severity: MainCfSeverity,
    /// As postconf(1) names it; what master.cf sets is `SERVICE/TYPE/PARAMETER`
    parameter: String,
    /// Its value, expanded; `null` when there is no such thing
    found: Option<String>,
    /// A value that would do; `null` when none is asked for
    needed: Option<String>,
    /// What is wrong with it
    why: String,
    /// Where to read about it
    source: String,
    /// The command that puts it right
    command: Option<String>,
}

/// How bad it is
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum MainCfSeverity {
    /// Mail waits that the target says is delivered
    Breaks,
    /// Mail may leave with less than the target says
    Weaker,
    /// Something else happens than what the target says
    Different,
    /// Good to know
    Note,
}

/// What changes for one target
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, clippy::struct_field_names, reason = "only the shape is used")]
struct Target {
    /// Its name
    target: String,
    /// What changes, in one line
    summary: String,
    /// What to know about how its maps were read
    notes: Vec<String>,
    /// What is wrong with the main.cf beside its maps, worst first
    main_cf: Vec<MainCf>,
    state: State,
    /// Worst first; with `state: compared` only
    #[schemars(default, skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<Change>>,
    /// The entries of `transport_maps`
    #[schemars(default, skip_serializing_if = "Option::is_none")]
    transport: Option<MapChanges>,
    /// The entries of `smtp_tls_policy_maps`
    #[schemars(default, skip_serializing_if = "Option::is_none")]
    tls_policy: Option<MapChanges>,
}

/// What came of comparing a target
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum State {
    /// Both sides were read
    Compared,
    /// The target does not say where its maps live
    NotDeployed,
    /// The maps could not be read
    Unread,
}

/// Domains to whom the same happens for the same reason
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Change {
    effect: Effect,
    /// The provider template that they get their entries from
    template: Option<String>,
    /// Whether a declaration decides; if not, they are not declared any more, or the settings of the target decide
    declared: bool,
    /// The file that decides: of the repository, or the deployed map
    file: Option<String>,
    /// The line, from 1
    line: Option<usize>,
    /// The column in characters, from 1
    column: Option<usize>,
    /// What happens with their mail before
    before: String,
    /// And after
    after: String,
    /// Addresses that some of them are sent to only after the change
    new_addresses: Vec<String>,
    /// Addresses that some of them were sent to only before it
    old_addresses: Vec<String>,
    /// Sorted; `.example.com` stands for the subdomains of example.com
    domains: Vec<String>,
}

/// Recipients to whom the same happens
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Group {
    effect: Effect,
    /// Sorted; `.example.com` stands for the subdomains of example.com
    recipients: Vec<String>,
    /// What happens with their mail before
    before: String,
    /// And after
    after: String,
}

/// What a change does
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
pub(crate) enum Effect {
    Breaks,
    Weaker,
    Different,
    Stronger,
    Neutral,
}

/// What changes in one map
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct MapChanges {
    /// Where it lives
    name: String,
    /// Keys that are new
    added: usize,
    /// Keys with another right-hand side
    changed: usize,
    /// Keys that go
    removed: usize,
    /// Keys that stay as they are, foreign ones left out
    unchanged: usize,
    /// Keys that were there before mxward, and are compiled by it now
    adopted: usize,
    /// Whether the foreign entries stay
    keeps_foreign: bool,
    /// Deployed entries that are not of the repository
    foreign: Vec<Entry>,
    /// Entries that somebody else changed or removed since mxward applied them
    drift: Vec<Drift>,
    /// Deployed lines that do not do what they seem to
    ignored: Vec<Ignored>,
    /// Deployed entries that no lookup reaches
    dead: Vec<Entry>,
}

/// A deployed entry
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Entry {
    /// The line, from 1
    line: u32,
    /// The lookup key
    key: String,
    /// The right-hand side
    value: String,
}

/// An entry that is not as mxward left it
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Drift {
    /// The lookup key
    key: String,
    /// The right-hand side that was applied
    applied: String,
    /// The right-hand side now; `null` when the entry is gone
    live: Option<String>,
    /// What the repository gives; `null` when it is not declared any more
    wanted: Option<String>,
    fate: Fate,
}

/// What an apply does with it
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
pub(crate) enum Fate {
    /// The entry of the repository takes its place
    Overwritten,
    /// It comes back
    Restored,
    /// It goes, since it is not declared any more
    Removed,
    /// Nothing: the repository says the same
    Kept,
}

/// A deployed line that does not do what it seems to
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
struct Ignored {
    /// The line, from 1
    line: u32,
    /// Why
    kind: IgnoredKind,
    /// The line itself
    text: String,
}

/// Why a deployed line does not do what it seems to
#[derive(JsonSchema)]
#[schemars(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only the shape is used")]
enum IgnoredKind {
    Duplicate,
    NoValue,
    LeadingBlank,
    OpenQuote,
    NotUtf8,
    Nul,
    ColonKey,
    ByteOrderMark,
}

/// One guard that stops it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only the shape is used")]
pub(crate) struct Refused {
    /// The name of the guard, as `--allow` takes it; `protect`, `only` and `order` are none of those.
    guard: String,
    target: String,
    /// What is the matter, with counts.
    message: String,
    /// The flag that would let it pass; `null` when nothing on the command line does.
    flag: Option<String>,
}
