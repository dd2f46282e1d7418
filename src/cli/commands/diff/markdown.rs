//! What changes, for comments on merge requests.

use super::text::{place, reason, rotated};
use super::{Compared, Report};
use crate::diff::{Group, MapDiff};
use crate::postfix::Effect;
use crate::report::{counted, markdown_cell, some_of, thousands};
use crate::source::SourceMap;
use std::fmt::Write as _;

/// So many groups of a target are shown: platforms cut comments at 65,536 characters.
const GROUPS: usize = 50;

/// So many lines of a list are shown.
const LINES: usize = 20;

/// A heading, a table for each target, and what else should be known in foldable parts.
pub(super) fn markdown(report: &Report<'_>) -> String {
    let mut text = String::from("### mxward diff\n");
    for target in &report.targets {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "\n**{}**: {}\n",
            markdown_cell(&target.name),
            markdown_cell(&target.summary())
        );
        for note in &target.notes {
            let _ = writeln!(text, "> {}\n", markdown_cell(note));
        }
        let Some(compared) = target.compared() else { continue };
        let groups = &compared.diff.groups;
        if !groups.is_empty() {
            text.push_str("| Effect | Domains | Before | After | Where |\n|---|---|---|---|---|\n");
        }
        for group in groups.iter().take(GROUPS) {
            row(&mut text, group, compared, report.sources);
        }
        if groups.len() > GROUPS {
            let rest = &groups[GROUPS..];
            let domains = rest.iter().map(|group| group.recipients.len()).sum();
            let (rest, domains) = (thousands(rest.len()), counted(domains, "domain"));
            let _ = writeln!(text, "\nand {rest} more rows for {domains}");
        }
        let maps = [&compared.diff.transport, &compared.diff.tls_policy];
        for (map, name) in maps.into_iter().zip(&compared.names) {
            lists(&mut text, map, name);
        }
    }
    text
}

fn row(text: &mut String, group: &Group, compared: &Compared, sources: &SourceMap) {
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
    let _ = writeln!(
        text,
        "| {effect} | {}: {} | {} | {} | {} |",
        count,
        markdown_cell(&names),
        markdown_cell(&before),
        markdown_cell(&after),
        markdown_cell(&place)
    );
}

fn lists(text: &mut String, map: &MapDiff, name: &str) {
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
        let _ = writeln!(
            text,
            "\n<details><summary>{}: {title} ({})</summary>\n",
            markdown_cell(name),
            thousands(lines.len())
        );
        for (line, what) in lines.iter().take(LINES) {
            let _ = writeln!(text, "- line {line}: {}", markdown_cell(what));
        }
        if lines.len() > LINES {
            let _ = writeln!(text, "- and {} more", thousands(lines.len() - LINES));
        }
        text.push_str("\n</details>\n");
    }
}
