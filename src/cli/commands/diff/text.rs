//! What changes, for people.

use super::{Report, TargetReport};
use crate::cli::commands::changes::{changes, summaries};
use crate::cli::page::Page;
use crate::deployed::MAPS;
use crate::diag::{Style, printable};
use crate::diff::{DeployedLine, MapDiff};
use crate::formats::{Ignored, IgnoredKind};
use crate::postfix::main_cf::{MainCfDifference, Severity};
use crate::report::{counted, thousands, wrapped};
use crate::source::SourceMap;
use anstyle::{AnsiColor, Style as Paint};
use std::fmt::Write as _;

/// The whole report: each target with its groups, then a line for each.
pub(super) fn text(report: &Report<'_>, style: &Style) -> String {
    let mut page = Page::new(style);
    for target in &report.targets {
        show(&mut page, target, report.sources);
    }
    let lines = report.targets.iter().map(|it| (&*it.name, it.summary()));
    summaries(&mut page, &lines.collect::<Vec<_>>());
    page.text
}

fn show(page: &mut Page<'_>, target: &TargetReport, sources: &SourceMap) {
    let Some(compared) = target.compared() else { return };
    let has_changes = compared.diff.is_change();
    let maps = [&compared.diff.transport, &compared.diff.tls_policy];
    let has_remarks = maps.iter().any(|it| {
        let lines = [it.foreign.len(), it.ignored.len(), it.dead.len(), it.drift.len()];
        lines.into_iter().any(|count| count > 0)
    });
    // Only those who want to know more are told what is only good to know.
    let all = page.style.limit == usize::MAX;
    let main_cf: Vec<_> =
        target.main_cf.iter().filter(|it| all || it.severity != Severity::Note).collect();
    if !has_changes && !has_remarks && target.notes.is_empty() && main_cf.is_empty() {
        return;
    }
    page.heading(&format!("target {}", target.name));
    for note in &target.notes {
        let note = wrapped(&printable(note), page.style.width, 8);
        page.line(&format!("  note: {note}"));
    }
    for difference in main_cf {
        lacking(page, difference);
    }
    page.line("");
    changes(page, &target.shown(sources));
    for (at, map) in maps.into_iter().enumerate() {
        entries(page, map, MAPS[at], &compared.names[at], compared.has_lines[at]);
    }
    page.line("");
}

fn lacking(page: &mut Page<'_>, difference: &MainCfDifference) {
    let paint = match difference.severity {
        Severity::Breaks | Severity::Weaker => AnsiColor::Red.on_default().bold(),
        Severity::Different => AnsiColor::Yellow.on_default().bold(),
        Severity::Note => Paint::new(),
    };
    let severity = difference.severity.as_str();
    let what = format!("main.cf, {severity}: {difference}");
    let what = wrapped(&printable(&what), page.style.width, 8);
    // Escapes have no width: they are put in at last.
    let what = what.replacen(severity, &page.paint(paint, severity), 1);
    page.line(&format!("  {what}"));
    if let Some(command) = &difference.command {
        // In one line, so that it can be copied.
        page.line(&format!("        {}", printable(command)));
    }
}

fn entries(page: &mut Page<'_>, map: &MapDiff, name: &str, file: &str, has_lines: bool) {
    if file.is_empty() {
        return;
    }
    let mut counts = Vec::new();
    for (count, word) in [
        (map.added, "added"),
        (map.changed, "changed"),
        (map.removed, "removed"),
        (map.unchanged, "unchanged"),
    ] {
        if count > 0 {
            counts.push(format!("{} {word}", thousands(count)));
        }
    }
    if counts.is_empty() {
        counts.push("no entries".to_owned());
    }
    let mut line = format!("{name}: {}", counts.join(", "));
    if map.adopted > 0 {
        let _ = write!(line, "; {} adopted", counted(map.adopted, "deployed entry"));
    }
    page.line(&line);
    let file = printable(file).into_owned();
    let foreign = if map.keeps_foreign {
        format!("foreign entries in {file}, which stay as they are")
    } else {
        format!("foreign entries in {file}, which go")
    };
    let entry = |it: &DeployedLine| (it.line, format!("{} {}", it.key, it.value));
    list(page, &foreign, map.foreign.iter().map(entry), has_lines);
    let drift = map.drift.iter().map(|it| (0, it.to_string()));
    let keys = counted(map.drift.len(), "key");
    let title = format!("changed in {file} by somebody else since the last apply, {keys}");
    list(page, &title, drift, false);
    let ignored =
        map.ignored.iter().map(|it| (it.line, format!("{}   ({})", it.text, reason(&it.kind))));
    list(page, &format!("lines of {file} that do not do what they seem to"), ignored, has_lines);
    let dead = format!("dead entries in {file}, which no lookup asks for");
    list(page, &dead, map.dead.iter().map(entry), has_lines);
}

fn list(
    page: &mut Page<'_>,
    title: &str,
    lines: impl ExactSizeIterator<Item = (u32, String)>,
    has_lines: bool,
) {
    let total = lines.len();
    if total == 0 {
        return;
    }
    page.line(&format!("  {title}:"));
    for (number, text) in lines.take(page.style.limit) {
        let text = printable(&text);
        let line = if has_lines { format!("line {number}: {text}") } else { text.into_owned() };
        page.line(&format!("    {}", wrapped(&line, page.style.width, 6)));
    }
    if total > page.style.limit {
        let more = thousands(total - page.style.limit);
        page.line(&format!("    and {more} more: --verbose shows them"));
    }
}

/// Why Postfix passes over a line, or reads it otherwise than it looks.
pub(super) fn reason(kind: &IgnoredKind) -> String {
    match kind {
        IgnoredKind::Duplicate { first, same: true } => format!("the same as line {first}"),
        IgnoredKind::Duplicate { first, same: false } => {
            format!("duplicate key: line {first} wins")
        }
        IgnoredKind::NoValue => "no right-hand side: nothing is enforced".to_owned(),
        IgnoredKind::LeadingBlank => "starts with a blank and continues no line".to_owned(),
        IgnoredKind::Quote => "a quote is not closed".to_owned(),
        IgnoredKind::NotUtf8 => "not UTF-8".to_owned(),
        IgnoredKind::Nul => "cut at a NUL byte".to_owned(),
        IgnoredKind::ColonKey => "the colon is part of the key".to_owned(),
        IgnoredKind::ByteOrderMark => {
            "the byte order mark is part of the first key, which never matches".to_owned()
        }
    }
}

/// The kind of an ignored line as programs read it.
pub(super) fn kind(ignored: &Ignored) -> &'static str {
    match ignored.kind {
        IgnoredKind::Duplicate { .. } => "duplicate",
        IgnoredKind::NoValue => "no-value",
        IgnoredKind::LeadingBlank => "leading-blank",
        IgnoredKind::Quote => "open-quote",
        IgnoredKind::NotUtf8 => "not-utf8",
        IgnoredKind::Nul => "nul",
        IgnoredKind::ColonKey => "colon-key",
        IgnoredKind::ByteOrderMark => "byte-order-mark",
    }
}
