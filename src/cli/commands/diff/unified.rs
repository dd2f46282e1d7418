//! What changes, as lines of the files.

use super::Report;
use crate::cli::commands::sides::Sides;
use crate::diag::{Style, printable};
use crate::diff::{Diff, MapDiff};
use crate::formats::seal::SEAL;
use anstyle::AnsiColor;
use similar::{Algorithm, ChangeTag, TextDiff};
use std::fmt::Write as _;

/// Lines of context.
const CONTEXT: usize = 3;

/// What changes with every edit of the repository and means nothing in a map.
const MOVING: [&str; 2] = ["# source sha256:", SEAL];

/// Compares both files with what would be written, foreign entries included.
pub(super) fn unified(sides: &Sides<'_>, diff: &Diff) -> String {
    let mut text = String::new();
    let maps = [&diff.transport, &diff.tls_policy];
    for ((before, after), map) in sides.before.iter().zip(&sides.after).zip(maps) {
        if before.name.is_empty() {
            continue;
        }
        let old = String::from_utf8_lossy(&before.bytes);
        let (old, new) = (still(&old), still(&wanted(after, map)));
        // No deadline: with one the whole file is shown as changed when time is short.
        let changes = TextDiff::configure().algorithm(Algorithm::Histogram).diff_lines(&old, &new);
        let mut changes = changes.unified_diff();
        changes.context_radius(CONTEXT);
        let mut hunks = changes.iter_hunks().peekable();
        if hunks.peek().is_some() {
            let name = printable(&before.name);
            // Writing to a String cannot fail.
            let _ = writeln!(text, "--- {name}\n+++ {name} (compiled)");
        }
        for hunk in hunks {
            let _ = writeln!(text, "{}", hunk.header());
            for change in hunk.iter_changes() {
                let sign = match change.tag() {
                    ChangeTag::Delete => '-',
                    ChangeTag::Insert => '+',
                    ChangeTag::Equal => ' ',
                };
                let line = change.value().trim_end_matches('\n');
                let _ = writeln!(text, "{sign}{}", printable(line));
            }
        }
    }
    text
}

/// The text without the lines that move with every edit of the repository.
fn still(text: &str) -> String {
    let moves = |line: &&str| !MOVING.iter().any(|start| line.starts_with(start));
    text.split_inclusive('\n').filter(moves).collect()
}

/// The file as it would be: what is compiled, then the foreign entries that stay.
fn wanted(compiled: &str, map: &MapDiff) -> String {
    let mut text = compiled.to_owned();
    if map.keeps_foreign && !map.foreign.is_empty() {
        text.push_str("\n# Not of this repository, and kept as found.\n");
        for entry in &map.foreign {
            let _ = writeln!(text, "{} {}", entry.key, entry.value);
        }
    }
    text
}

/// The lines of all targets.
pub(super) fn text(report: &Report<'_>, style: &Style) -> String {
    let mut text = String::new();
    for target in &report.targets {
        let lines = match target.compared() {
            Some(compared) if compared.unified.is_empty() => "no line changes\n",
            Some(compared) => &compared.unified,
            None => &format!("{}\n", printable(&target.summary())),
        };
        let _ = writeln!(text, "# target {}", target.name);
        for line in lines.lines() {
            let paint = match line.as_bytes().first() {
                Some(b'-') => AnsiColor::Red.on_default(),
                Some(b'+') => AnsiColor::Green.on_default(),
                Some(b'@') => AnsiColor::Cyan.on_default(),
                _ => anstyle::Style::new(),
            };
            let _ = if style.color {
                writeln!(text, "{paint}{line}{paint:#}")
            } else {
                writeln!(text, "{line}")
            };
        }
    }
    text
}
