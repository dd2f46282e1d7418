//! `mxward check`

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::printer::Render;
use crate::compile::{Compiled, Repository, Stopped, compile};
use crate::diag::{Diagnostic, Diagnostics, Severity, Style, render, summary, to_json};
use crate::lint::{Linted, lint};
use crate::lock::LockMode;
use crate::report::counted;
use crate::source::SourceMap;
use crate::world::DnsSettings;
use jiff::civil::Date;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Findings as a report.
struct Findings<'a> {
    diagnostics: &'a Diagnostics,
    sources: &'a SourceMap,
    /// How many domains there are; `None` when the repository did not compile.
    domains: Option<usize>,
    targets: usize,
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
            let tables: Vec<_> = selected
                .into_iter()
                .map(|target| (target, compiled.tables(target, &mut diagnostics)))
                .collect();
            let Compiled { repository, destinations, .. } = &compiled;
            lint(
                &Linted {
                    config: &repository.config,
                    lock: &repository.lock,
                    destinations: Some(destinations),
                    targets: &tables,
                    today,
                },
                &mut diagnostics,
            );
            drop(tables);
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
                &mut diagnostics,
            );
            *repository
        }
    };
    diagnostics.sort();
    let findings =
        Findings { diagnostics: &diagnostics, sources: &repository.sources, domains, targets };
    context.printer.report(&findings);
    let warnings = diagnostics.iter().any(|it| it.severity == Severity::Warning);
    if stopped == Some(Stopped::LockOutdated) && (context.global.locked || context.global.frozen) {
        return Ok(Exit::LockOutdated);
    }
    let failed = diagnostics.has_errors() || (deny_warnings && warnings);
    Ok(if failed { Exit::Findings } else { Exit::Done })
}

impl Render for Findings<'_> {
    fn text(&self, style: &Style) -> String {
        let mut text = render(self.diagnostics, self.sources, style);
        let found = summary(self.diagnostics, style);
        // Writing to a String cannot fail.
        let _ = match self.domains {
            None => writeln!(text, "{found}"),
            Some(domains) => {
                let domains = counted(domains, "domain");
                writeln!(text, "{domains}, {}: {found}", counted(self.targets, "target"))
            }
        };
        text
    }

    fn json(&self) -> Value {
        json!({
            "format_version": 1,
            "domains": self.domains,
            "targets": self.targets,
            "findings": to_json(self.diagnostics, self.sources),
        })
    }

    fn markdown(&self) -> String {
        let mut text = String::from("### mxward check\n\n");
        let style = Style::default();
        let _ = writeln!(text, "{}\n", summary(self.diagnostics, &style));
        if !self.diagnostics.is_empty() {
            text.push_str("| | Where | What | Code |\n|---|---|---|---|\n");
        }
        for Diagnostic { severity, code, message, span, .. } in self.diagnostics.iter() {
            let place = span.map_or(String::new(), |span| self.sources.place(span));
            let word = match severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            };
            let _ = writeln!(
                text,
                "| {word} | {} | {} | {code} |",
                crate::report::markdown_cell(&place),
                crate::report::markdown_cell(message)
            );
        }
        text
    }
}
