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
use crate::compile::Compiled;
use crate::deployed::{Deployed, DeployedMap, Hosts, MAPS, read_deployed};
use crate::diag::{Diagnostics, Style, printable};
use crate::diff::{Diff, MapComparison, compare_sealed};
use crate::emit::{Artifact, maps, maps_into, unsealed_maps};
use crate::model::Target;
use crate::postfix::Settings;
use crate::postfix::main_cf::{MainCfDifference, Severity};
use crate::source::{SourceMap, Span, Spanned};
use crate::tables::Lowered;
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
        let lowered = lowered(context, &compiled, target)?;
        let before = match &old {
            Some(old) => compiled_side(context, old, target),
            None if target.transport.is_none() && target.tls_policy.is_none() => {
                reports.push(TargetReport::new(target, Outcome::NotDeployed));
                continue;
            }
            None => deployed_side(context, &mut hosts, target, &lowered),
        };
        reports.push(match before {
            Ok(before) => compare(context, &compiled, target, before, lowered, lines)?,
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
    let lowered = lowered(context, compiled, target)?;
    let make = |diagnostics: &mut _| maps(&compiled.repository, target, &lowered, diagnostics);
    let artifacts = made(context, compiled, make)?;
    Ok((lowered, artifacts))
}

/// What a target gets.
fn lowered<'c>(
    context: &mut Context<'_, '_>,
    compiled: &'c Compiled,
    target: &Target,
) -> Result<Lowered<'c>, Exit> {
    made(context, compiled, |diagnostics| compiled.lowered(target, diagnostics))
}

/// Makes something of a repository, and says why where that fails.
fn made<T>(
    context: &mut Context<'_, '_>,
    compiled: &Compiled,
    make: impl FnOnce(&mut Diagnostics) -> Option<T>,
) -> Result<T, Exit> {
    let mut diagnostics = Diagnostics::new();
    let made = make(&mut diagnostics);
    diagnostics.sort();
    context.printer.diagnostics(&diagnostics, &compiled.repository.sources);
    made.ok_or(Exit::Findings)
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
        let maps = MAPS.map(|name| DeployedMap {
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
    context: &mut Context<'_, '_>,
    compiled: &Compiled,
    target: &Target,
    before: Before,
    lowered: Lowered<'_>,
    lines: bool,
) -> Result<TargetReport, Exit> {
    let Before { maps, settings, notes, main_cf } = before;
    let names = maps.each_ref().map(|map| map.name.clone());
    let has_lines = maps.each_ref().map(|map| map.has_lines);
    let texts = if lines { None } else { sealed(&maps) };
    let diff = match texts {
        Some(texts) => compare_made(context, compiled, (target, &lowered), (texts, &settings))?,
        None => None,
    };
    let (diff, unified) = if let Some(diff) = diff {
        (diff, String::new())
    } else {
        let repository = &compiled.repository;
        let make = |diagnostics: &mut _| unsealed_maps(repository, target, &lowered, diagnostics);
        let after = made(context, compiled, make)?;
        let sides = Sides::new(target, (maps, settings), (lowered, after));
        let diff = match sides.texts(context.world.now(), &BTreeSet::new()) {
            Ok(texts) => texts.compare().diff,
            Err(why) => return Ok(TargetReport::new(target, Outcome::Unread(why))),
        };
        let unified = if lines { unified::unified(&sides, &diff) } else { String::new() };
        (diff, unified)
    };
    let compared = Compared { diff, names, has_lines, unified };
    let notes = notes.into_iter().chain(changes::overruled(&compared.diff)).collect();
    let report = TargetReport::new(target, Outcome::Compared(Box::new(compared)));
    Ok(TargetReport { notes, main_cf, ..report })
}

/// The texts of maps of which mxward wrote all, where nothing else is known of them.
fn sealed(maps: &[DeployedMap; 2]) -> Option<[&str; 2]> {
    if maps.iter().any(|map| map.record.is_some() || !map.is_ours()) {
        return None;
    }
    let [transport, tls_policy] = maps.each_ref().map(|map| std::str::from_utf8(&map.bytes));
    Some([transport.ok()?, tls_policy.ok()?])
}

/// Compares both maps while they are made; `None` where their texts need a closer look.
fn compare_made(
    context: &mut Context<'_, '_>,
    compiled: &Compiled,
    (target, lowered): (&Target, &Lowered<'_>),
    (before, settings): ([&str; 2], &Settings),
) -> Result<Option<Diff>, Exit> {
    let repository = &compiled.repository;
    let sinks = before.map(MapComparison::new);
    let make = |diagnostics: &mut _| maps_into(repository, target, lowered, sinks, diagnostics);
    let [transport, tls_policy] = made(context, compiled, make)?;
    let entries = [&transport, &tls_policy].map(|it| it.entries.unwrap_or_default());
    let (Some(transport), Some(tls_policy)) = (transport.text.finish(), tls_policy.text.finish())
    else {
        return Ok(None);
    };
    let (maps, new) = ([transport, tls_policy], target.settings());
    Ok(Some(compare_sealed(&maps, [settings, &new], entries, lowered, target.unmanaged)))
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

    /// `2 weaker, 3 stronger; main.cf: 1 breaks`, or what there is to say otherwise.
    fn summary(&self) -> String {
        let compared = match &self.outcome {
            Outcome::Compared(compared) => compared,
            Outcome::NotDeployed => {
                return "not compared: the target does not say where its maps are `deployed`"
                    .into();
            }
            Outcome::Unread(why) => return format!("not compared: {why}"),
        };
        let maps =
            changes::summary(|effect| compared.diff.count(effect), compared.diff.is_change());
        let count = |severity| self.main_cf.iter().filter(|it| it.severity == severity).count();
        let faults = [Severity::Breaks, Severity::Weaker, Severity::Different];
        match changes::counts(faults.into_iter().map(|it| (count(it), it.as_str()))).as_str() {
            "" => maps,
            faults => format!("{maps}; main.cf: {faults}"),
        }
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
