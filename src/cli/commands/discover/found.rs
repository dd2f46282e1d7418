//! What was found, in every form.

use crate::cli::page::Page;
use crate::cli::printer::Render;
use crate::diag::{Style, printable};
use crate::discover::{Outcome, Verdict};
use crate::names::DomainName;
use crate::postfix::SecurityLevel;
use crate::report::{markdown_cell, shortened};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Up to so many domains the findings stand below the table; for more, `--verbose` shows them.
const FEW: usize = 10;

/// The columns of the table.
const HEAD: [&str; 5] = ["Domain", "Provider", "Published", "TLS Policy", "Parameter"];

/// The outcomes of a run.
#[derive(Debug)]
pub(super) struct Discovered {
    /// In the order in which the domains were named.
    pub(super) outcomes: Vec<Outcome>,
    /// Those that the repository declares already.
    pub(super) declared: BTreeSet<DomainName>,
    /// How many domains were not looked at.
    pub(super) missing: usize,
}

/// A row of the table; `none` stands for nothing and `unknown` for what could not be found out.
fn row(outcome: &Outcome) -> [String; 5] {
    let or = |text: String, is_known: bool| match (text.is_empty(), is_known) {
        (false, _) => text,
        (true, true) => "none".to_owned(),
        (true, false) => "unknown".to_owned(),
    };
    let is_known = outcome.verdict != Verdict::Unknown;
    [
        outcome.domain.to_string(),
        or(outcome.provider.clone().unwrap_or_default(), is_known),
        or(outcome.published.join(", "), outcome.knows_what_is_published()),
        match outcome.verdict {
            Verdict::Unknown => "unknown".to_owned(),
            Verdict::Proposed | Verdict::Nothing | Verdict::NoMail => {
                outcome.level.map_or("none", SecurityLevel::as_str).to_owned()
            }
        },
        or(outcome.parameter.clone(), is_known),
    ]
}

impl Discovered {
    fn is_declared(&self, outcome: &Outcome) -> bool {
        self.declared.contains(&outcome.domain)
    }
}

impl Render for Discovered {
    fn text(&self, style: &Style) -> String {
        let rows: Vec<[String; 5]> = self.outcomes.iter().map(row).collect();
        let widths: [usize; 4] = std::array::from_fn(|at| {
            let cells = rows.iter().map(|row| row[at].chars().count());
            cells.chain([HEAD[at].len()]).max().unwrap_or_default()
        });
        let mut page = Page::new(style);
        let line = |row: [&str; 5]| {
            let cells = row.iter().zip(widths).map(|(cell, width)| {
                let cell = printable(cell);
                format!("{cell:width$}  ")
            });
            cells.collect::<String>() + &printable(row[4])
        };
        page.heading(&line(HEAD));
        for row in &rows {
            let parameter = if style.limit == usize::MAX {
                row[4].as_str().into()
            } else {
                shortened(&row[4], 60)
            };
            page.line(&line([&row[0], &row[1], &row[2], &row[3], &parameter]));
        }
        if rows.len() <= FEW || style.limit == usize::MAX {
            for outcome in &self.outcomes {
                page.line("");
                page.heading(outcome.domain.as_str());
                let entry = outcome.entry.as_ref();
                let proposed = entry
                    .map_or_else(|| "no entry".to_owned(), |entry| entry.line(&outcome.domain));
                page.paragraph(2, &format!("{proposed}: {}", outcome.reason));
                if self.is_declared(outcome) {
                    page.paragraph(2, "declared in the repository already");
                }
                for finding in &outcome.findings {
                    page.paragraph(4, &format!("{}: {}", finding.code, finding.evidence));
                }
            }
        }
        page.text
    }

    fn json(&self) -> Value {
        let domains: Vec<Value> = self
            .outcomes
            .iter()
            .map(|outcome| {
                let mut value = outcome.json();
                value["declared"] = json!(self.is_declared(outcome));
                value
            })
            .collect();
        json!({ "format_version": 1, "domains": domains, "not_looked_at": self.missing })
    }

    fn markdown(&self) -> String {
        let mut text = format!("| {} |\n|---|---|---|---|---|\n", HEAD.join(" | "));
        for outcome in &self.outcomes {
            let cells = row(outcome).map(|cell| markdown_cell(&cell));
            // Writing to a String cannot fail.
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        crate::report::cut_comment(text)
    }

    fn csv(&self) -> Option<String> {
        let more = ["Entry", "Reason"];
        let line = |cells: &[String]| {
            let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
            format!("{}\r\n", cells.join(","))
        };
        let head: Vec<String> = HEAD.iter().chain(&more).map(|it| (*it).to_owned()).collect();
        let mut text = line(&head);
        for outcome in &self.outcomes {
            let mut cells = row(outcome).to_vec();
            cells.push(outcome.entry.as_ref().map_or_else(String::new, ToString::to_string));
            cells.push(outcome.reason.clone());
            text.push_str(&line(&cells));
        }
        Some(text)
    }
}

/// A field of comma-separated values. What a spreadsheet would take for a formula gets a `'` in front, as
/// texts of servers may stand in it. [RFC 4180 §2]
fn quoted(text: &str) -> String {
    let text = printable(text);
    let formula = text.starts_with(['=', '+', '-', '@']);
    let text = if formula { format!("'{text}") } else { text.into_owned() };
    if text.contains([',', '"', '\r', '\n']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}
