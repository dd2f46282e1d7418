//! `mxward check`

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::printer::Render;
use crate::compile::{Compiled, Repository, Stopped, compile};
use crate::diag::{Diagnostics, Severity, Style, render, summary};
use crate::emit::is_emitted;
use crate::lint::{Docs, ERRORS, Linted, RULES, lint};
use crate::lock::LockMode;
use crate::model::Target;
use crate::report::{self, Item, Report, Rule, counted};
use crate::source::SourceMap;
use crate::tables::Tables;
use crate::world::DnsSettings;
use jiff::civil::Date;
use serde_json::{Value, json};

/// Findings as a report.
struct Findings<'a> {
    diagnostics: &'a Diagnostics,
    sources: &'a SourceMap,
    /// How many domains there are; `None` when the repository did not compile.
    domains: Option<usize>,
    targets: usize,
    /// What fails the run.
    fails_at: Severity,
}

pub(super) fn run(
    context: &mut Context<'_, '_>,
    deny_warnings: bool,
    today: Option<Date>,
) -> Result<Exit, Exit> {
    let mut diagnostics = Diagnostics::new();
    let repository = context.load(&mut diagnostics)?;
    let today = today.unwrap_or_else(|| context.world.today());
    let (mut domains, mut targets, mut stopped) = (None, repository.config.targets.len(), None);
    let dns = DnsSettings::default();
    let result = compile(context.world, repository, LockMode::Frozen, &dns, &mut diagnostics);
    let repository = match result {
        Ok(compiled) => {
            let selected = context.targets(&compiled.repository.config.targets)?;
            (domains, targets) = (Some(compiled.destinations.list.len()), selected.len());
            let tables = judge(&compiled, selected, Severity::Note, today, &mut diagnostics);
            for (target, tables) in &tables {
                if let Some(tables) = tables {
                    is_emitted(&compiled.repository, target, tables, &mut diagnostics);
                }
            }
            compiled.repository
        }
        Err((why, repository)) => {
            stopped = Some(why);
            // What stands in the files can be judged without the facts of DNS.
            let selected = context.targets(&repository.config.targets)?;
            let tables: Vec<_> = selected.into_iter().map(|target| (target, None)).collect();
            let Repository { config, lock, .. } = &*repository;
            lint(
                &Linted { config, lock, destinations: None, targets: &tables, today },
                Severity::Note,
                &mut diagnostics,
            );
            *repository
        }
    };
    diagnostics.sort();
    let findings = Findings {
        diagnostics: &diagnostics,
        sources: &repository.sources,
        domains,
        targets,
        fails_at: if deny_warnings { Severity::Warning } else { Severity::Error },
    };
    context.printer.report(&findings);
    let warnings = diagnostics.iter().any(|it| it.severity == Severity::Warning);
    if stopped == Some(Stopped::LockOutdated) && (context.global.locked || context.global.frozen) {
        return Ok(Exit::LockOutdated);
    }
    let failed = diagnostics.has_errors() || (deny_warnings && warnings);
    Ok(if failed { Exit::Findings } else { Exit::Done })
}

/// Runs the lints, and gives what they looked at; `None` for a target with an error.
pub(super) fn judge<'t>(
    compiled: &Compiled,
    targets: Vec<&'t Target>,
    least: Severity,
    today: Date,
    diagnostics: &mut Diagnostics,
) -> Vec<(&'t Target, Option<Tables>)> {
    let tables = targets.into_iter().map(|it| (it, compiled.tables(it, diagnostics)));
    let tables: Vec<_> = tables.collect();
    let Compiled { repository, destinations, .. } = compiled;
    let linted = Linted {
        config: &repository.config,
        lock: &repository.lock,
        destinations: Some(destinations),
        targets: &tables,
        today,
    };
    lint(&linted, least, diagnostics);
    tables
}

/// Stops a command that would change what is deployed where a lint is denied.
///
/// # Errors
///
/// The status to exit with; everything was said.
pub(super) fn denied(context: &mut Context<'_, '_>, compiled: &Compiled) -> Result<(), Exit> {
    let targets = context.targets(&compiled.repository.config.targets)?;
    let mut diagnostics = Diagnostics::new();
    judge(compiled, targets, Severity::Error, context.world.today(), &mut diagnostics);
    diagnostics.sort();
    context.printer.diagnostics(&diagnostics, &compiled.repository.sources);
    if diagnostics.has_errors() { Err(Exit::Findings) } else { Ok(()) }
}

impl Findings<'_> {
    /// What was found, behind how much was looked at.
    fn counted(&self, found: &str) -> String {
        let Some(domains) = self.domains else { return found.to_owned() };
        format!("{}, {}: {found}", counted(domains, "domain"), counted(self.targets, "target"))
    }

    fn list(&self) -> Report {
        let items = self.diagnostics.iter().map(|it| Item::of(it, self.sources)).collect();
        let mut report = Report::new("check", "", items);
        report.summary = self.counted(&report.counts().to_string());
        report.fails_at = self.fails_at;
        let lints = RULES.iter().map(|it| (it.name, it.summary, &it.docs));
        let errors = ERRORS.iter().map(|it| (it.name, it.summary, &it.docs));
        report.rules = lints.chain(errors).map(rule).collect();
        report
    }
}

fn rule((code, summary, docs): (&'static str, &str, &Docs)) -> Rule {
    // The documentation is set for a page; readers of reports break lines themselves.
    let lines = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    Rule {
        code,
        summary: summary.to_owned(),
        help: format!("{} {}", lines(docs.what), lines(docs.why)),
    }
}

impl Render for Findings<'_> {
    fn text(&self, style: &Style) -> String {
        let mut text = render(self.diagnostics, self.sources, style);
        text.push_str(&self.counted(&summary(self.diagnostics, style)));
        text.push('\n');
        text
    }

    fn json(&self) -> Value {
        json!({
            "format_version": 1,
            "domains": self.domains,
            "targets": self.targets,
            "findings": report::findings(&self.list()),
        })
    }

    fn markdown(&self) -> String {
        report::markdown(&self.list())
    }

    fn findings(&self) -> Option<Report> {
        Some(self.list())
    }
}
