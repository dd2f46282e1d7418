//! What changes, for comments on merge requests.

use super::text::reason;
use super::{Report, TargetReport};
use crate::cli::commands::changes::{Shown, rows, table};
use crate::diff::MapDiff;
use crate::report::{COMMENT_LIMIT, cut_comment, html_text, markdown_cell, thousands};
use std::fmt::Write as _;

/// So many lines of a list are shown.
const LINES: usize = 20;

/// Left free for what is said of lists that do not fit.
const REST: usize = 100;

/// A heading, a table for each target, and what else should be known in foldable parts.
///
/// What does not fit into a comment is left out, the least bad first, and counted.
pub(super) fn markdown(report: &Report<'_>) -> String {
    let mut text = String::from("### mxward diff\n");
    let heads: Vec<String> = report.targets.iter().map(head).collect();
    let shown: Vec<Shown<'_>> = report.targets.iter().map(|it| it.shown(report.sources)).collect();
    let rows = rows(&shown, COMMENT_LIMIT.saturating_sub(text.len() + heads.concat().len()));
    let tables: Vec<String> = shown.iter().zip(&rows).map(|(it, rows)| table(it, rows)).collect();
    let used: usize = tables.iter().chain(&heads).map(String::len).sum();
    let mut room = COMMENT_LIMIT.saturating_sub(text.len() + used + REST);
    let mut has_left_out = false;
    for ((target, head), table) in report.targets.iter().zip(heads).zip(tables) {
        text.push_str(&head);
        text.push_str(&table);
        let Some(compared) = target.compared() else { continue };
        let maps = [&compared.diff.transport, &compared.diff.tls_policy];
        for list in maps.into_iter().zip(&compared.names).flat_map(|(map, name)| lists(map, name)) {
            if list.len() <= room {
                room -= list.len();
                text.push_str(&list);
            } else {
                has_left_out = true;
            }
        }
    }
    if has_left_out {
        text.push_str("\nThe report as text lists deployed lines that do not fit here.\n");
    }
    cut_comment(text)
}

/// The name of a target, what changes in one line, and what to know.
fn head(target: &TargetReport) -> String {
    let (name, summary) = (markdown_cell(&target.name), markdown_cell(&target.summary()));
    let mut text = format!("\n**{name}**: {summary}\n\n");
    for note in &target.notes {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "> {}\n", markdown_cell(note));
    }
    for difference in target.main_cf_faults() {
        let what = format!("main.cf, {}: {difference}", difference.severity.as_str());
        let _ = writeln!(text, "> {}\n", markdown_cell(&what));
    }
    text
}

/// Deployed lines to know of, each kind in a part of its own.
fn lists(map: &MapDiff, name: &str) -> Vec<String> {
    let mut lists = Vec::new();
    let foreign =
        if map.keeps_foreign { "foreign entries, kept" } else { "foreign entries, removed" };
    let entries = |list: &[crate::diff::DeployedLine]| -> Vec<(u32, String)> {
        list.iter().map(|it| (it.line, format!("{} {}", it.key, it.value))).collect()
    };
    let ignored: Vec<(u32, String)> = map
        .ignored
        .iter()
        .map(|it| (it.line, format!("{} ({})", it.text, reason(&it.kind))))
        .collect();
    let drift = map.drift.iter().map(|it| (0, it.to_string())).collect();
    for (title, lines) in [
        (foreign, entries(&map.foreign)),
        ("changed by somebody else since the last apply", drift),
        ("lines that do not do what they seem to", ignored),
        ("dead entries, which no lookup asks for", entries(&map.dead)),
    ] {
        if lines.is_empty() {
            continue;
        }
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "\n<details><summary>{}: {title} ({})</summary>\n",
            html_text(name),
            thousands(lines.len())
        );
        for (line, what) in lines.iter().take(LINES) {
            // What is gone has no line.
            let line = if *line > 0 { format!("line {line}: ") } else { String::new() };
            let _ = writeln!(text, "- {line}{}", markdown_cell(what));
        }
        if lines.len() > LINES {
            let _ = writeln!(text, "- and {} more", thousands(lines.len() - LINES));
        }
        text.push_str("\n</details>\n");
        lists.push(text);
    }
    lists
}
