//! A plan, for people.

use super::Report;
use crate::diag::{Style, printable};
use crate::plan::{Change, TargetPlan};
use crate::report::{counted, markdown_cell, some_of, thousands, wrapped};
use anstyle::{AnsiColor, Style as Paint};
use std::fmt::Write as _;

/// So many names and addresses of a change are shown.
const NAMES: usize = 6;

/// Each target with its changes and steps, then what is against it, then a line for each.
pub(super) fn text(report: &Report<'_>, style: &Style) -> String {
    let mut page = Page { text: String::new(), style };
    for target in report.plan.targets.iter().filter(|target| !target.is_empty()) {
        page.target(target);
    }
    for refusal in report.refused {
        let word = page.paint(AnsiColor::Red.on_default().bold(), "refused");
        let message = format!("target {}: {}", refusal.target, refusal.message);
        let message = wrapped(&printable(&message), style.width, 9);
        page.line(&format!("{word}: {message}"));
        if let Some(flag) = &refusal.flag {
            page.line(&format!("         if that is meant: {flag}"));
        }
    }
    if !report.refused.is_empty() {
        page.line("");
    }
    let width = report.plan.targets.iter().map(|it| it.target.len()).max().unwrap_or_default();
    for target in &report.plan.targets {
        page.line(&format!("{:<width$}  {}", target.target, summary(target)));
    }
    page.text
}

/// `2 weaker, 3 stronger`, or what there is to say otherwise.
pub(super) fn summary(target: &TargetPlan) -> String {
    let counts: Vec<String> = target
        .effects
        .iter()
        .map(|(effect, count)| format!("{} {effect}", thousands(*count)))
        .collect();
    match (counts.is_empty(), target.is_empty()) {
        (false, _) => counts.join(", "),
        (true, false) => "entries change, without effect on any domain".to_owned(),
        (true, true) => "no changes".to_owned(),
    }
}

struct Page<'a> {
    text: String,
    style: &'a Style,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn paint(&self, paint: Paint, text: &str) -> String {
        if self.style.color { format!("{paint}{text}{paint:#}") } else { text.to_owned() }
    }

    fn target(&mut self, target: &TargetPlan) {
        let title = self.paint(Paint::new().bold(), &format!("target {}", target.target));
        self.line(&title);
        self.line("");
        for change in target.changes.iter().take(self.style.limit) {
            self.change(change);
        }
        if target.changes.len() > self.style.limit {
            let more = thousands(target.changes.len() - self.style.limit);
            self.line(&format!("and {more} more changes: --verbose shows them"));
            self.line("");
        }
        self.line("steps:");
        for (at, step) in (1..).zip(&target.steps) {
            let entries = counted(step.entries, "entry");
            self.line(&format!("  {at}. {}: {} ({entries})", step.map, step.what));
        }
        self.line("");
    }

    fn change(&mut self, change: &Change) {
        let (red, green) = (AnsiColor::Red.on_default(), AnsiColor::Green.on_default());
        let paint = match change.effect.as_str() {
            "breaks" | "weaker" => red.bold(),
            "different" => AnsiColor::Yellow.on_default().bold(),
            "stronger" => green.bold(),
            _ => Paint::new().bold(),
        };
        let effect = self.paint(paint, &change.effect);
        let template = match &change.template {
            Some(name) => format!(" by template {name}"),
            None => String::new(),
        };
        let count = counted(change.recipients.len(), "domain");
        self.line(&format!("{effect}: {count}{template}, {}", printable(&change.place)));
        let names = some_of(change.recipients.iter().map(String::as_str), NAMES);
        self.line(&format!("    {}", wrapped(&names, self.style.width, 4)));
        if change.before == change.after {
            let line = wrapped(&rotated(change), self.style.width, 4);
            self.line(&format!("    {line}"));
        } else {
            for (sign, what, paint) in [('-', &change.before, red), ('+', &change.after, green)] {
                let line = wrapped(&printable(what), self.style.width, 6);
                let line = self.paint(paint, &format!("  {sign} {line}"));
                self.line(&line);
            }
        }
        self.line("");
    }
}

/// What differs where what happens is described alike.
fn rotated(change: &Change) -> String {
    let mut parts = Vec::new();
    for (list, sign, word) in
        [(&change.new_addresses, '+', "added"), (&change.old_addresses, '-', "removed")]
    {
        if !list.is_empty() {
            let signed: Vec<String> = list.iter().map(|it| format!("{sign}{it}")).collect();
            let shown = some_of(signed.iter().map(String::as_str), NAMES);
            parts.push(format!("{} {word}: {shown}", counted(list.len(), "address")));
        }
    }
    if parts.is_empty() {
        "the same in another order or spelling".to_owned()
    } else {
        parts.join("; ")
    }
}

/// The same for comments on merge requests.
pub(super) fn markdown(report: &Report<'_>) -> String {
    let mut text = String::from("### mxward plan\n");
    // Writing to a String cannot fail.
    for refusal in report.refused {
        let flag = refusal.flag.as_ref().map_or(String::new(), |it| format!(" (`{it}`)"));
        let message = markdown_cell(&refusal.message);
        let _ =
            writeln!(text, "\n**refused**: {}: {message}{flag}", markdown_cell(&refusal.target));
    }
    for target in &report.plan.targets {
        let (name, summary) = (markdown_cell(&target.target), markdown_cell(&summary(target)));
        let _ = writeln!(text, "\n**{name}**: {summary}");
        if target.changes.is_empty() {
            continue;
        }
        text.push_str("\n| Effect | Domains | Before | After | Where |\n|---|---|---|---|---|\n");
        for change in target.changes.iter().take(50) {
            let names = some_of(change.recipients.iter().map(String::as_str), 4);
            let after =
                if change.before == change.after { rotated(change) } else { change.after.clone() };
            let _ = writeln!(
                text,
                "| {} | {}: {} | {} | {} | {} |",
                change.effect,
                counted(change.recipients.len(), "domain"),
                markdown_cell(&names),
                markdown_cell(&change.before),
                markdown_cell(&after),
                markdown_cell(&change.place)
            );
        }
        if target.changes.len() > 50 {
            let _ = writeln!(text, "\nand {} more rows", thousands(target.changes.len() - 50));
        }
    }
    text
}
