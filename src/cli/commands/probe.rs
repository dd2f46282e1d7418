//! `mxward probe`

mod findings;
mod guard;
mod json;
mod text;
mod work;

use super::change::open;
use super::diff::output;
use super::sides::texts;
use crate::cli::args::Probing;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::printer::Render;
use crate::cli::progress::Progress;
use crate::compile::Compiled;
use crate::diag::{Severity, Style, printable};
use crate::model::Target;
use crate::names::DomainName;
use crate::probe::{Does, Found, Options, Server, probe};
use crate::report::{self, counted};
use crate::source::{SourceMap, Span};
use crate::tables::Lowered;
use crate::world::{Command, Ended, NetSettings, StarttlsLimits, StarttlsOutcome};
pub(super) use guard::{guard, refusals};
use jiff::Timestamp;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
pub(super) use work::Scope;
use work::Work;

/// Certificates that expire within this many days are told.
const EXPIRES_SOON: i64 = 14;

/// What the servers of each target do.
pub(super) struct Report<'a> {
    pub(super) targets: Vec<Probed>,
    sources: &'a SourceMap,
    now: Timestamp,
    /// Whether the user ended the run.
    pub(super) interrupted: bool,
}

/// One target.
pub(super) struct Probed {
    name: String,
    span: Span,
    /// What should be known of how it was probed.
    notes: Vec<String>,
    hops: Vec<HopReport>,
    /// How many next hops were not reached, because the run ended early.
    left: usize,
}

/// One next hop with its policy.
struct HopReport {
    next_hop: String,
    policy: String,
    /// Where the policy is declared, or the next hop where no entry holds.
    span: Option<Span>,
    /// The recipient domains that are sent there.
    recipients: Vec<String>,
    /// Those that have no next hop that would take their mail.
    stranded: Vec<String>,
    found: Found,
}

impl HopReport {
    /// How bad it is, and the code of the finding; `None` when all is well.
    fn severity(&self, now: Timestamp) -> Option<(Severity, &'static str)> {
        let does = self.found.does();
        let nobody_else = self.recipients.is_empty() || !self.stranded.is_empty();
        if matches!(does, Does::Defers | Does::Bounces) {
            let severity = if nobody_else { Severity::Error } else { Severity::Warning };
            return Some((severity, "probe/fails"));
        }
        if does == Does::DefersThenClear {
            return Some((Severity::Warning, "probe/clear"));
        }
        if let Does::NotProbed(_) = does {
            return Some((Severity::Warning, "probe/not-probed"));
        }
        if self.found.servers.iter().any(|it| it.verdict.does.fails()) {
            return Some((Severity::Warning, "probe/in-part"));
        }
        if self.expiring(now).is_some() {
            return Some((Severity::Warning, "probe/expires"));
        }
        (!self.found.passed_over.is_empty()).then_some((Severity::Note, "probe/in-part"))
    }

    /// The fewest days that a certificate has left, where that matters and they are few.
    fn expiring(&self, now: Timestamp) -> Option<(i64, &Server)> {
        let dated = self.policy.starts_with("verify") || self.policy.starts_with("secure");
        let days = self.found.servers.iter().filter_map(|it| Some((days_left(it, now)?, it)));
        days.min_by_key(|it| it.0).filter(|(days, _)| dated && *days <= EXPIRES_SOON)
    }
}

/// Whole days until the first certificate of the chain expires.
fn days_left(server: &Server, now: Timestamp) -> Option<i64> {
    let Some(StarttlsOutcome::Tls(session)) = server.outcome.as_deref() else { return None };
    let path = if session.path.is_empty() { &session.chain } else { &session.path };
    let until = path.iter().map(|it| it.not_after).min()?;
    Some(until.duration_since(now).as_hours().div_euclid(24))
}

impl Report<'_> {
    /// The next hops of a target that fail their recipients: each with what becomes of mail, in a phrase,
    /// and for whom.
    fn failures<'t>(
        &self,
        target: &'t Probed,
    ) -> impl Iterator<Item = (&'t str, String, &'t [String])> {
        let now = self.now;
        let failing = target.hops.iter().filter(move |hop| {
            hop.severity(now).is_some_and(|(severity, _)| severity == Severity::Error)
        });
        failing.map(|hop| (hop.next_hop.as_str(), text::verdict(hop), hop.stranded.as_slice()))
    }

    /// What was found of each target, in a line.
    pub(super) fn summaries(&self) -> impl Iterator<Item = (&str, String)> {
        self.targets.iter().map(|it| (it.name.as_str(), text::summary(it, self.now)))
    }

    /// Whether something was not reached.
    pub(super) fn is_partial(&self) -> bool {
        self.targets.iter().any(|it| it.left > 0)
    }
}

pub(super) fn run(context: &mut Context<'_, '_>, probing: &Probing) -> Result<Exit, Exit> {
    let compiled = context.compile(context.lock_mode())?;
    let mut domains = BTreeSet::new();
    for text in &probing.domain {
        domains.insert(context.domain(text)?.as_str().to_owned());
    }
    let targets = context.targets(&compiled.repository.config.targets)?;
    if targets.is_empty() {
        context.printer.note("no targets: mxward.yaml names none, so there is nothing to probe");
    }
    let scopes = if !domains.is_empty() {
        targets.iter().map(|it| (*it, Scope::Domains(domains.clone()))).collect()
    } else if probing.changed {
        changed(context, &compiled)?
    } else {
        targets.iter().map(|it| (*it, Scope::All)).collect()
    };
    let report = probe_targets(context, &compiled, &scopes, probing)?;
    context.printer.report(&report);
    let failed = report.targets.iter().any(|it| report.failures(it).next().is_some());
    Ok(match (failed, report.is_partial()) {
        (true, _) => Exit::Findings,
        (false, true) => Exit::Failed,
        (false, false) => Exit::Done,
    })
}

/// What differs from what is deployed, of each target that says where that is.
fn changed<'c>(
    context: &mut Context<'_, '_>,
    compiled: &'c Compiled,
) -> Result<Vec<(&'c Target, Scope)>, Exit> {
    let mut hosts = context.hosts();
    let opened = open(context, &mut hosts, compiled, false)?;
    let sides: Vec<_> = opened.into_iter().map(|it| it.sides).collect();
    let texts = texts(context, &sides, &BTreeMap::new())?;
    let mut scopes = Vec::with_capacity(sides.len());
    for texts in &texts {
        let name = &texts.sides.target.name.value;
        let known = compiled.repository.config.targets.iter().find(|it| it.name.value == *name);
        let scope = Scope::of_diff(&texts.compare());
        scopes.extend(known.map(|target| (target, scope)));
    }
    Ok(scopes)
}

/// Whether servers may be connected to.
///
/// # Errors
///
/// The status to exit with, where flags forbid it; that was said.
pub(super) fn may_connect(context: &mut Context<'_, '_>) -> Result<(), Exit> {
    if context.global.offline || context.global.frozen {
        context.printer.error("servers are connected to, which `--offline` and `--frozen` forbid");
        return Err(Exit::Usage);
    }
    Ok(())
}

/// Probes targets, one after the other: many of their next hops are the same servers.
pub(super) fn probe_targets<'c>(
    context: &mut Context<'_, '_>,
    compiled: &'c Compiled,
    scopes: &[(&Target, Scope)],
    probing: &Probing,
) -> Result<Report<'c>, Exit> {
    may_connect(context)?;
    let config = &compiled.repository.config;
    let dns = context.dns(&config.dns).map_err(|message| {
        context.printer.error(&message);
        Exit::Usage
    })?;
    let settings = NetSettings { dns, ca: None, per_host: 1, step_ms: 0 };
    let net = context.world.net(&settings).map_err(|error| context.cannot_ask(&error))?;
    let step = Duration::from_secs(probing.timeout.max(1));
    let options = Options {
        allow: config.lock.allow_addresses.clone(),
        helo: helo(context, probing)?,
        limits: StarttlsLimits { step, total: step * 3, ..StarttlsLimits::default() },
        window: usize::from(probing.connections.max(1)),
        addresses: 20,
        total: probing.deadline.map(Duration::from_secs),
    };
    let mut hosts = context.hosts();
    let mut works = Vec::with_capacity(scopes.len());
    for (target, scope) in scopes {
        let (tables, _) = output(context, compiled, target)?;
        let work = Work::new(context, &mut hosts, target, &tables, scope).map_err(|why| {
            context.printer.error(&format!("target `{}`: {why}", target.name.value));
            Exit::Failed
        })?;
        works.push((*target, tables, work));
    }
    let total = works.iter().map(|(.., work)| work.hops.len()).sum();
    let mut progress = Progress::new(context.world, total, "next hop");
    let mut targets = Vec::with_capacity(works.len());
    let mut interrupted = false;
    for (target, tables, work) in works {
        let mut found: BTreeMap<usize, Found> = BTreeMap::new();
        let jobs = work.jobs();
        let mut take = |index, it| {
            found.insert(index, it);
            progress.step(context.world, context.printer);
        };
        let ended = probe(&*net, &work.site, &options, &jobs, &mut take);
        progress.end(context.printer);
        let ended = ended.map_err(|error| context.cannot_ask(&error))?;
        let probed = probed(target, &tables, work, found);
        let left = counted(probed.left, "next hop");
        match ended {
            Ended::Done => {}
            Ended::Interrupted => context.printer.error(&format!("interrupted: {left} not probed")),
            Ended::OutOfTime => {
                context
                    .printer
                    .error(&format!("the time of --deadline is over: {left} not probed"));
            }
        }
        targets.push(probed);
        interrupted = ended == Ended::Interrupted;
        if interrupted {
            break;
        }
    }
    let now = context.world.now();
    Ok(Report { targets, sources: &compiled.repository.sources, now, interrupted })
}

/// How mxward names itself: as it is told, or by the name of this host.
fn helo(context: &mut Context<'_, '_>, probing: &Probing) -> Result<DomainName, Exit> {
    if let Some(text) = &probing.helo {
        return DomainName::parse(text).map_err(|error| {
            let text = printable(text).into_owned();
            context.printer.error(&format!("`{text}` is no host name: {error}"));
            Exit::Usage
        });
    }
    let command =
        Command { program: "uname".to_owned(), args: vec!["-n".to_owned()], stdin: Vec::new() };
    let said = context.world.run(&command).map(|it| it.stdout).unwrap_or_default();
    let named = std::str::from_utf8(&said).ok().and_then(|it| DomainName::parse(it.trim()).ok());
    let fallback = || DomainName::parse("localhost.localdomain");
    named.map_or_else(fallback, Ok).map_err(|_| Exit::Usage)
}

/// Puts what was found beside what it was found for.
fn probed(
    target: &Target,
    tables: &Lowered<'_>,
    work: Work,
    mut found: BTreeMap<usize, Found>,
) -> Probed {
    let delivers = |index: &usize| {
        found.get(index).is_none_or(|it| !matches!(it.does(), Does::Defers | Does::Bounces))
    };
    let stranded: BTreeSet<String> = work
        .ways
        .iter()
        .filter(|(_, hops)| !hops.iter().any(delivers))
        .map(|(recipient, _)| recipient.clone())
        .collect();
    let mut hops = Vec::with_capacity(found.len());
    let mut left = 0;
    for (index, hop) in work.hops.into_iter().enumerate() {
        let Some(found) = found.remove(&index) else {
            left += 1;
            continue;
        };
        let span = hop.span(tables);
        let mine = hop.recipients.iter().filter(|it| stranded.contains(*it)).cloned();
        hops.push(HopReport {
            next_hop: hop.job.next_hop.to_string(),
            policy: hop.job.policy.to_string(),
            span,
            stranded: mine.collect(),
            recipients: hop.recipients,
            found,
        });
    }
    let (name, span) = (target.name.value.clone(), target.name.span);
    Probed { name, span, notes: work.notes, hops, left }
}

impl Render for Report<'_> {
    fn text(&self, style: &Style) -> String {
        text::text(self, style)
    }

    fn json(&self) -> Value {
        json::json(self)
    }

    fn markdown(&self) -> String {
        text::markdown(self)
    }

    fn findings(&self) -> Option<report::Report> {
        Some(findings::findings(self))
    }
}
