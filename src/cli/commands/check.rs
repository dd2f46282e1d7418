//! `mxward check`

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::printer::Render;
use crate::compile::{Stopped, compile};
use crate::diag::{Diagnostics, Severity, Style, render, summary};
use crate::lint::{Linted, lint};
use crate::lock::LockMode;
use crate::report::{self, Item, Report, counted};
use crate::source::SourceMap;
use crate::world::DnsSettings;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Findings as a report.
struct Findings<'a> {
    diagnostics: &'a Diagnostics,
    sources: &'a SourceMap,
    domains: usize,
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
    let (mut domains, mut targets, mut stopped) = (0, repository.config.targets.len(), None);
    let dns = DnsSettings::default();
    let result = compile(context.world, repository, LockMode::Frozen, &dns, &mut diagnostics);
    let repository = match result {
        Ok(compiled) => {
            let selected = context.targets(&compiled.repository.config.targets)?;
            (domains, targets) = (compiled.destinations.list.len(), selected.len());
            let tables: Vec<_> = selected
                .into_iter()
                .filter_map(|target| Some((target, compiled.tables(target, &mut diagnostics)?)))
                .collect();
            lint(
                &Linted {
                    config: &compiled.repository.config,
                    lock: &compiled.repository.lock,
                    destinations: &compiled.destinations,
                    tables: &tables,
                    today,
                },
                &mut diagnostics,
            );
            drop(tables);
            compiled.repository
        }
        Err((why, repository)) => {
            stopped = Some(why);
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

impl Findings<'_> {
    fn list(&self) -> Report {
        let items = self.diagnostics.iter().map(|it| Item::of(it, self.sources)).collect();
        let mut report = Report::new("check", "", items);
        let (domains, targets) = (counted(self.domains, "domain"), counted(self.targets, "target"));
        report.summary = format!("{domains}, {targets}: {}", report.counts());
        report.fails_at = self.fails_at;
        report
    }
}

impl Render for Findings<'_> {
    fn text(&self, style: &Style) -> String {
        let mut text = render(self.diagnostics, self.sources, style);
        let (domains, targets) = (counted(self.domains, "domain"), counted(self.targets, "target"));
        // Writing to a String cannot fail.
        let _ = match summary(self.diagnostics, style) {
            none if self.diagnostics.is_empty() => writeln!(text, "{domains}, {targets}: {none}"),
            some => writeln!(text, "{some}"),
        };
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
