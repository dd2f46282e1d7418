//! Changes as lines for people.

use super::{Change, Shown};
use crate::cli::page::Page;
use crate::diag::printable;
use crate::diff::Group;
use crate::postfix::Effect;
use crate::report::{counted, some_of, thousands, wrapped};
use anstyle::{AnsiColor, Style as Paint};

/// So many names of a change are shown.
const NAMES: usize = 6;

/// A line for each target, under each other.
pub(in crate::cli::commands) fn summaries(page: &mut Page<'_>, list: &[(&str, String)]) {
    let width = list.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    for (name, summary) in list {
        let summary = wrapped(&printable(summary), page.style.width, width + 2);
        page.line(&format!("{name:<width$}  {summary}"));
    }
}

/// The first changes of a target, and how many there are more.
pub(in crate::cli::commands) fn changes(page: &mut Page<'_>, target: &Shown<'_>) {
    let (shown, rest) = target.groups.split_at(target.groups.len().min(page.style.limit));
    for group in shown {
        show(page, &target.change(group));
    }
    if !rest.is_empty() {
        let domains = rest.iter().map(|group| group.recipients.len()).sum();
        let (rest, domains) = (thousands(rest.len()), counted(domains, "domain"));
        page.line(&format!("and {rest} more groups of {domains}: --verbose shows them"));
        page.line("");
    }
}

fn show(page: &mut Page<'_>, change: &Change<'_>) {
    let Group { effect, template, before, after, recipients, .. } = change.group;
    let (red, green) = (AnsiColor::Red.on_default(), AnsiColor::Green.on_default());
    let paint = match effect {
        Effect::Breaks | Effect::Weaker => red.bold(),
        Effect::Different => AnsiColor::Yellow.on_default().bold(),
        Effect::Stronger => green.bold(),
        Effect::Neutral => Paint::new().bold(),
    };
    let effect = page.paint(paint, effect.as_str());
    let template = match template {
        Some(name) => format!(" by template {name}"),
        None => String::new(),
    };
    let count = counted(recipients.len(), "domain");
    page.line(&format!("{effect}: {count}{template}, {}", printable(&change.decided)));
    let names = some_of(recipients.iter().map(String::as_str), NAMES);
    page.line(&format!("    {}", wrapped(&names, page.style.width, 4)));
    if let Some(rotated) = change.rotated() {
        page.line(&format!("    {}", wrapped(&rotated, page.style.width, 4)));
    } else {
        for (sign, what, paint) in [('-', before, red), ('+', after, green)] {
            let line = wrapped(&printable(what), page.style.width, 6);
            let line = page.paint(paint, &format!("  {sign} {line}"));
            page.line(&line);
        }
    }
    page.line("");
}
