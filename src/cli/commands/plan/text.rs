//! A plan, for people.

use super::Report;
use crate::cli::commands::changes::{self, Shown, rows, summaries, table};
use crate::cli::page::Page;
use crate::diag::{Style, printable};
use crate::plan::TargetPlan;
use crate::report::{COMMENT_LIMIT, counted, cut_comment, markdown_cell, wrapped};
use anstyle::AnsiColor;
use std::fmt::Write as _;

/// Each target with its changes and steps, then what is against it, then a line for each.
pub(super) fn text(report: &Report<'_>, style: &Style) -> String {
    let mut page = Page::new(style);
    for (shown, plan) in report.targets().filter(|(_, plan)| !plan.is_empty()) {
        show(&mut page, shown, plan);
    }
    for (target, note) in &report.notes {
        let note = wrapped(&printable(&format!("target {target}: {note}")), style.width, 6);
        page.line(&format!("note: {note}"));
        page.line("");
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
    let lines: Vec<_> = report.targets().map(|(it, plan)| (it.name, summary(plan))).collect();
    summaries(&mut page, &lines);
    page.text
}

fn show(page: &mut Page<'_>, target: &Shown<'_>, plan: &TargetPlan) {
    page.heading(&format!("target {}", target.name));
    page.line("");
    changes::changes(page, target);
    page.line("steps:");
    for (at, step) in (1..).zip(&plan.steps) {
        let entries = counted(step.entries, "entry");
        page.line(&format!("  {at}. {}: {} ({entries})", step.map, step.what));
    }
    page.line("");
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
    for (target, note) in &report.notes {
        let _ = writeln!(text, "\n> {}: {}", markdown_cell(target), markdown_cell(note));
    }
    let heads = report.targets().map(|(shown, plan)| {
        format!("\n**{}**: {}\n\n", markdown_cell(shown.name), markdown_cell(&summary(plan)))
    });
    let heads: Vec<String> = heads.collect();
    let used = text.len() + heads.concat().len();
    let rows = rows(&report.shown, COMMENT_LIMIT.saturating_sub(used));
    for ((shown, head), rows) in report.shown.iter().zip(heads).zip(rows) {
        text.push_str(&head);
        text.push_str(&table(shown, &rows));
    }
    cut_comment(text)
}

/// `2 weaker, 3 stronger`, or what there is to say otherwise.
pub(super) fn summary(plan: &TargetPlan) -> String {
    changes::summary(|effect| plan.count(effect), !plan.is_empty())
}
