//! What changes, for comments on merge requests.

use super::text::{place, reason, rotated};
use super::{Compared, Report, TargetReport};
use crate::diff::{Group, MapDiff};
use crate::postfix::Effect;
use crate::report::{
    COMMENT_LIMIT, counted, cut_comment, html_text, markdown_cell, shortened, some_of, thousands,
};
use crate::source::SourceMap;
use std::fmt::Write as _;

/// So many groups of a target are shown.
const GROUPS: usize = 50;

/// So many lines of a list are shown.
const LINES: usize = 20;

/// So many characters of what happens before and after are shown; some policies name many hosts.
const PHRASE: usize = 1_000;

/// What stands above the rows of a target.
const TABLE: &str = "| Effect | Domains | Before | After | Where |\n|---|---|---|---|---|\n";

/// Left free for each target, for how many rows are left out.
const REST: usize = 100;

/// A heading, a table for each target, and what else should be known in foldable parts.
///
/// What does not fit into a comment is left out, the least bad first, and counted.
pub(super) fn markdown(report: &Report<'_>) -> String {
    let mut text = String::from("### mxward diff\n");
    let heads: Vec<String> = report.targets.iter().map(head).collect();
    let rows = rows(report, COMMENT_LIMIT.saturating_sub(text.len() + heads.concat().len()));
    let used: usize = rows.iter().flatten().chain(&heads).map(String::len).sum();
    let mut room = COMMENT_LIMIT.saturating_sub(used + (TABLE.len() + REST) * (rows.len() + 1));
    let mut has_left_out = false;
    for ((target, head), rows) in report.targets.iter().zip(heads).zip(rows) {
        text.push_str(&head);
        let Some(compared) = target.compared() else { continue };
        let groups = &compared.diff.groups;
        if !rows.is_empty() {
            text.push_str(TABLE);
        }
        text.extend(rows.iter().map(String::as_str));
        if groups.len() > rows.len() {
            let rest = &groups[rows.len()..];
            let domains = rest.iter().map(|group| group.recipients.len()).sum();
            let (rest, domains) = (thousands(rest.len()), counted(domains, "domain"));
            // Writing to a String cannot fail.
            let _ = writeln!(text, "\nand {rest} more rows for {domains}");
        }
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

/// The rows of each target that fit into so many bytes: the worst of all targets first.
fn rows(report: &Report<'_>, room: usize) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = vec![Vec::new(); report.targets.len()];
    let mut room = room.saturating_sub((TABLE.len() + REST) * (rows.len() + 1));
    for effect in Effect::ALL {
        for (target, rows) in report.targets.iter().zip(&mut rows) {
            let Some(compared) = target.compared() else { continue };
            // Groups are sorted by effect: these are the next ones, if none before was left out.
            for group in compared.diff.groups.iter().skip(rows.len()) {
                let row = row(group, compared, report.sources);
                if group.effect != *effect || rows.len() == GROUPS || row.len() > room {
                    break;
                }
                room -= row.len();
                rows.push(row);
            }
        }
    }
    rows
}

fn row(group: &Group, compared: &Compared, sources: &SourceMap) -> String {
    let count = counted(group.recipients.len(), "domain");
    let names = some_of(group.recipients.iter().map(String::as_str), 4);
    let effect = match group.effect {
        Effect::Breaks | Effect::Weaker => format!("**{}**", group.effect),
        Effect::Different | Effect::Stronger | Effect::Neutral => group.effect.to_string(),
    };
    let (before, after) = if group.before == group.after {
        (group.before.clone(), rotated(group))
    } else {
        (group.before.clone(), group.after.clone())
    };
    let mut place = place(group.cause, compared, sources);
    if let Some(template) = &group.template {
        place = format!("template {template}, {place}");
    }
    format!(
        "| {effect} | {}: {} | {} | {} | {} |\n",
        count,
        markdown_cell(&names),
        markdown_cell(&shortened(&before, PHRASE)),
        markdown_cell(&shortened(&after, PHRASE)),
        markdown_cell(&place)
    )
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
    for (title, lines) in [
        (foreign, entries(&map.foreign)),
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
            let _ = writeln!(text, "- line {line}: {}", markdown_cell(what));
        }
        if lines.len() > LINES {
            let _ = writeln!(text, "- and {} more", thousands(lines.len() - LINES));
        }
        text.push_str("\n</details>\n");
        lists.push(text);
    }
    lists
}
