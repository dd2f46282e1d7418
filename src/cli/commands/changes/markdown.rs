//! Changes as tables in comments on merge requests.

use super::{Change, Shown};
use crate::diff::Group;
use crate::postfix::Effect;
use crate::report::{counted, markdown_cell, shortened, some_of, thousands};
use std::fmt::Write as _;

/// So many characters of what happens before and after are shown; some policies name many hosts.
const PHRASE: usize = 1_000;

/// What stands above the rows of a target.
const TABLE: &str = "| Effect | Domains | Before | After | Where |\n|---|---|---|---|---|\n";

/// So many rows of a target are shown.
const ROWS: usize = 50;

/// Left free for each target, for how many rows are left out.
const REST: usize = 100;

/// The rows of each target that fit into so many bytes: the worst of all targets first.
pub(in crate::cli::commands) fn rows(targets: &[Shown<'_>], room: usize) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = vec![Vec::new(); targets.len()];
    let mut room = room.saturating_sub((TABLE.len() + REST) * (rows.len() + 1));
    for effect in Effect::ALL {
        for (target, rows) in targets.iter().zip(&mut rows) {
            // Groups are sorted by effect: these are the next ones, if none before was left out.
            for group in target.groups.iter().skip(rows.len()) {
                let row = row(&target.change(group));
                if group.effect != *effect || rows.len() == ROWS || row.len() > room {
                    break;
                }
                room -= row.len();
                rows.push(row);
            }
        }
    }
    rows
}

/// The table of a target, and how many rows were left out.
pub(in crate::cli::commands) fn table(target: &Shown<'_>, rows: &[String]) -> String {
    let mut text = if rows.is_empty() { String::new() } else { TABLE.to_owned() };
    text.extend(rows.iter().map(String::as_str));
    let rest = target.groups.get(rows.len()..).unwrap_or_default();
    if !rest.is_empty() {
        let domains = rest.iter().map(|group| group.recipients.len()).sum();
        let (rest, domains) = (thousands(rest.len()), counted(domains, "domain"));
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\nand {rest} more rows for {domains}");
    }
    text
}

fn row(change: &Change<'_>) -> String {
    let Group { effect, template, before, after, recipients, .. } = change.group;
    let count = counted(recipients.len(), "domain");
    let names = some_of(recipients.iter().map(String::as_str), 4);
    let effect = match effect {
        Effect::Breaks | Effect::Weaker => format!("**{effect}**"),
        Effect::Different | Effect::Stronger | Effect::Neutral => effect.to_string(),
    };
    let after = change.rotated().unwrap_or_else(|| after.clone());
    let decided = match template {
        Some(template) => format!("template {template}, {}", change.decided),
        None => change.decided.clone(),
    };
    format!(
        "| {effect} | {}: {} | {} | {} | {} |\n",
        count,
        markdown_cell(&names),
        markdown_cell(&shortened(before, PHRASE)),
        markdown_cell(&shortened(&after, PHRASE)),
        markdown_cell(&decided)
    )
}
