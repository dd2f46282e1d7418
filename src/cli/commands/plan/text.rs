//! A plan, for people.

use super::Report;
use crate::cli::commands::changes::{self, Shown, rows, summaries, table};
use crate::cli::page::Page;
use crate::cli::printer::Render as _;
use crate::deployed::MAPS;
use crate::diag::{Style, printable};
use crate::plan::{DriftPlan, TargetPlan};
use crate::report::{
    COMMENT_LIMIT, counted, cut_comment, markdown_cell, shortened, thousands, wrapped,
};
use std::fmt::Write as _;

/// So many keys that somebody else changed are shown in a comment.
const DRIFT: usize = 20;

/// Each target with its changes and steps, then what is against it, then a line for each.
pub(super) fn text(report: &Report<'_>, style: &Style) -> String {
    let mut page = Page::new(style);
    let says_more = |(_, plan): &(_, &TargetPlan)| !(plan.is_empty() && plan.drift.is_empty());
    for (shown, plan) in report.targets().filter(says_more) {
        show(&mut page, shown, plan);
    }
    for (target, note) in &report.notes {
        let note = wrapped(&printable(&format!("target {target}: {note}")), style.width, 6);
        page.line(&format!("note: {note}"));
        page.line("");
    }
    changes::refusals(&mut page, report.refused);
    if let Some(probed) = report.probed {
        page.heading("probe");
        page.text.push_str(&probed.text(style));
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
    drift(page, &plan.drift);
    if plan.is_empty() {
        return;
    }
    page.line("steps:");
    for (at, step) in (1..).zip(&plan.steps) {
        let entries = counted(step.entries, "entry");
        page.line(&format!("  {at}. {}: {} ({entries})", step.map, step.what));
    }
    page.line("");
}

/// What somebody else changed, and what an apply does with it.
fn drift(page: &mut Page<'_>, drift: &[DriftPlan]) {
    for map in MAPS {
        let of_map: Vec<_> = drift.iter().filter(|it| it.map == map).collect();
        if of_map.is_empty() {
            continue;
        }
        let keys = counted(of_map.len(), "key");
        page.line(&format!("changed in {map} by somebody else since the last apply, {keys}:"));
        for drift in of_map.iter().take(page.style.limit) {
            page.paragraph(4, &drift.what);
        }
        if of_map.len() > page.style.limit {
            let more = thousands(of_map.len() - page.style.limit);
            page.line(&format!("    and {more} more: --verbose shows them"));
        }
        page.line("");
    }
}

/// The same as a list, cut short.
fn drift_list(drift: &[DriftPlan]) -> String {
    if drift.is_empty() {
        return String::new();
    }
    let keys = counted(drift.len(), "key");
    let mut text = format!("\nchanged by somebody else since the last apply, {keys}:\n\n");
    // Writing to a String cannot fail.
    for drift in drift.iter().take(DRIFT) {
        let what = markdown_cell(&shortened(&drift.what, 400));
        let _ = writeln!(text, "- {}: {what}", drift.map);
    }
    if drift.len() > DRIFT {
        let _ = writeln!(text, "- and {} more", thousands(drift.len() - DRIFT));
    }
    text
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
        let (name, summary) = (markdown_cell(shown.name), markdown_cell(&summary(plan)));
        format!("\n**{name}**: {summary}\n{}\n", drift_list(&plan.drift))
    });
    let heads: Vec<String> = heads.collect();
    let used = text.len() + heads.concat().len();
    let rows = rows(&report.shown, COMMENT_LIMIT.saturating_sub(used));
    for ((shown, head), rows) in report.shown.iter().zip(heads).zip(rows) {
        text.push_str(&head);
        text.push_str(&table(shown, &rows));
    }
    if let Some(probed) = report.probed {
        text.push('\n');
        text.push_str(&probed.markdown());
    }
    cut_comment(text)
}

/// `2 weaker, 3 stronger`, or what there is to say otherwise.
pub(super) fn summary(plan: &TargetPlan) -> String {
    if plan.makes_maps_alone() {
        return "no entries change; missing maps are made".to_owned();
    }
    changes::summary(|effect| plan.count(effect), !plan.is_empty())
}
