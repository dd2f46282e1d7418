//! The proposals as YAML that the repository can include.

use super::{Raise, Report};
use crate::diag::printable;
use crate::report::counted;
use std::fmt::Write as _;

/// A file for `include:`. What is declared already stands there as a comment with its place, since no
/// domain may be declared twice; so does what would give up `dane`.
pub(super) fn yaml(report: &Report) -> String {
    let mut text =
        String::from("# Proposed by `mxward logs`: look at each line before you keep it.\n");
    let (declared, new): (Vec<&Raise>, Vec<&Raise>) =
        report.advice.raises.iter().partition(|it| it.declared.is_some());
    let (trades, new): (Vec<&Raise>, Vec<&Raise>) =
        new.into_iter().partition(|it| it.to.gives_up_dane);
    text.push_str(if new.is_empty() { "domains: {}\n" } else { "domains:\n" });
    for raise in new {
        write_entry(&mut text, "  ", raise);
    }
    if !trades.is_empty() {
        text.push_str("\n# Always encrypted; but these give up dane, should TLSA records come:\n");
    }
    for raise in trades {
        write_entry(&mut text, "#   ", raise);
    }
    if !declared.is_empty() {
        text.push_str("\n# Declared already; to be changed there:\n");
    }
    for raise in declared {
        let place = raise.declared.as_deref().unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# {}", printable(place));
        write_entry(&mut text, "#   ", raise);
    }
    text
}

fn write_entry(text: &mut String, before: &str, raise: &Raise) {
    let (key, level) = (quoted(raise.domain.as_str()), raise.to.level);
    let _ = writeln!(text, "{before}{key}: {{ level: {level} }}  # {}", evidence(raise));
    if let Some(template) = &raise.template {
        let more = format!("{key}: {{ provider: {template}, route: mx }}");
        let _ = writeln!(text, "{before}# once the names in its certificates are tested: {more}");
    }
}

/// What a proposal rests on, in a phrase.
pub(super) fn evidence(raise: &Raise) -> String {
    let basis = raise.basis;
    let number = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let days = number(u64::try_from(basis.days).unwrap_or(0));
    format!(
        "{} over {} to {}",
        counted(number(basis.messages), "message"),
        counted(days, "day"),
        counted(basis.hosts, "address")
    )
}

/// A key that no YAML takes for anything but text.
fn quoted(name: &str) -> String {
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    let is_word =
        matches!(name, "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n");
    if starts && !is_word { name.to_owned() } else { format!("\"{name}\"") }
}
