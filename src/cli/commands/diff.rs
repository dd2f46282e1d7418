//! `mxward diff`

mod findings;
mod json;
mod markdown;
mod text;
mod unified;

use super::changes::{self, Shown};
use super::sides::Sides;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::printer::Render;
use crate::compile::{Compiled, Repository};
use crate::deployed::{Deployed, DeployedMap, Hosts, read_deployed};
use crate::diag::{Diagnostics, Style, printable};
use crate::diff::Diff;
use crate::emit::{Artifact, maps, unsealed_maps};
use crate::model::Target;
use crate::postfix::Settings;
use crate::postfix::main_cf::{MainCfDifference, Severity};
use crate::source::{SourceMap, Span, Spanned};
use crate::tables::Lowered;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeSet;

/// What changes, for every target.
struct Report<'a> {
    targets: Vec<TargetReport>,
    sources: &'a SourceMap,
    /// Whether people want the lines of the files.
    lines: bool,
}

/// What changes for one target.
struct TargetReport {
    name: String,
    /// Where the target is declared.
    span: Span,
    /// What an administrator should know about how the maps were read.
    notes: Vec<String>,
    /// What the Postfix beside the maps does not have as they need it, the worst first.
    main_cf: Vec<MainCfDifference>,
    outcome: Outcome,
}

/// What came of comparing a target.
enum Outcome {
    Compared(Box<Compared>),
    /// The target says not where its maps live.
    NotDeployed,
    /// The maps could not be read, and why.
    Unread(String),
}

/// One target, compared.
struct Compared {
    diff: Diff,
    /// The names of both maps as they are before.
    names: [String; 2],
    /// Whether the lines of each map have numbers that mean something.
    has_lines: [bool; 2],
    /// The lines of the files, where people want them.
    unified: String,
}

/// Both maps as they are, and what decides beside them.
struct Before {
    maps: [DeployedMap; 2],
    settings: Settings,
    notes: Vec<String>,
    main_cf: Vec<MainCfDifference>,
}

pub(super) fn run(
    context: &mut Context<'_, '_>,
    lines: bool,
    from: Option<&str>,
    exit_code: bool,
) -> Result<Exit, Exit> {
    let compiled = context.compile(context.lock_mode())?;
    let old = from.map(|revision| revision_of(context, revision)).transpose()?;
    let targets = context.targets(&compiled.repository.config.targets)?;
    if targets.is_empty() {
        context.printer.note("no targets: mxward.yaml names none, so there is nothing to compare");
    }
    let mut hosts = context.hosts();
    let mut reports = Vec::with_capacity(targets.len());
    for target in targets {
        let after = made(context, &compiled, target, unsealed_maps)?;
        let before = match &old {
            Some(old) => compiled_side(context, old, target),
            None if target.transport.is_none() && target.tls_policy.is_none() => {
                reports.push(TargetReport::new(target, Outcome::NotDeployed));
                continue;
            }
            None => deployed_side(context, &mut hosts, target, &after.0),
        };
        reports.push(match before {
            Ok(before) => compare(target, before, after, lines, context.world.now()),
            Err(why) => TargetReport::new(target, Outcome::Unread(why)),
        });
    }
    let failed = reports.iter().any(|it| matches!(it.outcome, Outcome::Unread(_)));
    let changed = reports.iter().any(|it| it.compared().is_some_and(|it| it.diff.is_change()));
    let report = Report { targets: reports, sources: &compiled.repository.sources, lines };
    context.printer.report(&report);
    // As after compiling: the system takes the memory back faster than we give it.
    std::mem::forget(compiled);
    Ok(match (failed, changed && exit_code) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Changes,
        (false, false) => Exit::Done,
    })
}

/// The repository as it was at a revision.
fn revision_of(context: &mut Context<'_, '_>, revision: &str) -> Result<Compiled, Exit> {
    match context.world.revision(&context.global.directory, revision) {
        Ok(files) => context.compile_files(&*files),
        Err(error) => {
            let revision = printable(revision).into_owned();
            context.printer.error(&format!("cannot read revision `{revision}`: {error}"));
            Err(Exit::Failed)
        }
    }
}

/// What a target gets, and both maps as they are written.
pub(super) fn output<'c>(
    context: &mut Context<'_, '_>,
    compiled: &'c Compiled,
    target: &Target,
) -> Result<(Lowered<'c>, [Artifact; 2]), Exit> {
    made(context, compiled, target, maps)
}

/// Makes both maps of a target as texts.
type MakeMaps<'c> =
    fn(&Repository, &Target, &Lowered<'c>, &mut Diagnostics) -> Option<[Artifact; 2]>;

fn made<'c>(
    context: &mut Context<'_, '_>,
    compiled: &'c Compiled,
    target: &Target,
    maps: MakeMaps<'c>,
) -> Result<(Lowered<'c>, [Artifact; 2]), Exit> {
    let mut diagnostics = Diagnostics::new();
    let Repository { sources, .. } = &compiled.repository;
    let lowered = compiled.lowered(target, &mut diagnostics);
    let output = lowered.and_then(|lowered| {
        let maps = maps(&compiled.repository, target, &lowered, &mut diagnostics)?;
        Some((lowered, maps))
    });
    diagnostics.sort();
    context.printer.diagnostics(&diagnostics, sources);
    output.ok_or(Exit::Findings)
}

/// What is deployed.
fn deployed_side(
    context: &Context<'_, '_>,
    hosts: &mut Hosts<'_>,
    target: &Target,
    lowered: &Lowered<'_>,
) -> Result<Before, String> {
    let Deployed { transport, tls_policy, notes, main_cf } =
        read_deployed(hosts, &context.global.directory, target, Some(lowered))?;
    let maps = [transport, tls_policy];
    Ok(Before { maps, settings: target.settings(), notes, main_cf })
}

/// What another revision gives for a target; a target that is new there starts empty.
fn compiled_side(
    context: &mut Context<'_, '_>,
    old: &Compiled,
    target: &Target,
) -> Result<Before, String> {
    let known = old.repository.config.targets.iter().find(|it| it.name.value == target.name.value);
    let Some(known) = known else {
        let maps = ["transport", "tls_policy"].map(|name| DeployedMap {
            name: name.to_owned(),
            has_lines: true,
            ..DeployedMap::default()
        });
        let notes = vec!["the target is new: as if its maps were empty".to_owned()];
        return Ok(Before { notes, ..Before::compiled(maps, target.settings()) });
    };
    let (_, artifacts) = output(context, old, known)
        .map_err(|_| "the target cannot be compiled in that revision".to_owned())?;
    Ok(Before::compiled(artifacts.map(as_deployed), known.settings()))
}

/// A compiled map as if it were deployed.
pub(super) fn as_deployed(Artifact { name, text, .. }: Artifact) -> DeployedMap {
    let bytes = text.into_bytes();
    DeployedMap { name, bytes, exists: true, has_lines: true, ..DeployedMap::default() }
}

fn compare(
    target: &Target,
    before: Before,
    after: (Lowered<'_>, [Artifact; 2]),
    lines: bool,
    now: Timestamp,
) -> TargetReport {
    let sides = Sides::new(target, (before.maps, before.settings), after);
    let read = || Ok(sides.texts(now, &BTreeSet::new())?.compare().diff);
    let diff = match sides.compare_sealed().map_or_else(read, Ok) {
        Ok(diff) => diff,
        Err(why) => return TargetReport::new(target, Outcome::Unread(why)),
    };
    let unified = if lines { unified::unified(&sides, &diff) } else { String::new() };
    let has_lines = [sides.before[0].has_lines, sides.before[1].has_lines];
    let names = sides.before.map(|map| map.name);
    let compared = Compared { diff, names, has_lines, unified };
    let mut notes = before.notes;
    notes.extend(changes::overruled(&compared.diff));
    let report = TargetReport::new(target, Outcome::Compared(Box::new(compared)));
    TargetReport { notes, main_cf: before.main_cf, ..report }
}

impl Before {
    /// What mxward itself wrote.
    fn compiled(maps: [DeployedMap; 2], settings: Settings) -> Self {
        Self { maps, settings, notes: Vec::new(), main_cf: Vec::new() }
    }
}

impl TargetReport {
    fn new(target: &Target, outcome: Outcome) -> Self {
        let Spanned { value, span } = &target.name;
        Self { name: value.clone(), span: *span, notes: Vec::new(), main_cf: Vec::new(), outcome }
    }

    /// What is wrong with the Postfix beside the maps, without what is only good to know.
    fn main_cf_faults(&self) -> impl Iterator<Item = &MainCfDifference> {
        self.main_cf.iter().filter(|it| it.severity != Severity::Note)
    }

    fn compared(&self) -> Option<&Compared> {
        match &self.outcome {
            Outcome::Compared(compared) => Some(compared),
            Outcome::NotDeployed | Outcome::Unread(_) => None,
        }
    }

    /// `2 weaker, 3 stronger`, or what there is to say otherwise.
    fn summary(&self) -> String {
        let compared = match &self.outcome {
            Outcome::Compared(compared) => compared,
            Outcome::NotDeployed => {
                return "not compared: the target does not say where its maps are `deployed`"
                    .into();
            }
            Outcome::Unread(why) => return format!("not compared: {why}"),
        };
        changes::summary(|effect| compared.diff.count(effect), compared.diff.is_change())
    }

    /// How its changes are shown.
    fn shown<'a>(&'a self, sources: &'a SourceMap) -> Shown<'a> {
        let compared = self.compared();
        Shown {
            name: &self.name,
            span: self.span,
            groups: compared.map_or(&[], |it| &it.diff.groups),
            files: compared.map_or([""; 2], |it| it.names.each_ref().map(String::as_str)),
            has_lines: compared.map_or([false; 2], |it| it.has_lines),
            sources,
        }
    }
}

impl Render for Report<'_> {
    fn text(&self, style: &Style) -> String {
        if self.lines { unified::text(self, style) } else { text::text(self, style) }
    }

    fn json(&self) -> Value {
        json::json(self)
    }

    fn markdown(&self) -> String {
        markdown::markdown(self)
    }

    fn findings(&self) -> Option<crate::report::Report> {
        Some(findings::findings(self))
    }
}
