//! The evidence, for comments.

use super::Report;
use super::text::{by_volume, failures, joined, need, number, summary};
use super::yaml::evidence;
use crate::logs::{Failed, Reached};
use crate::report::{cut_comment, markdown_cell, thousands};
use std::fmt::Write as _;

pub(super) fn markdown(report: &Report) -> String {
    let mut text = format!("### mxward logs\n\n{}\n", markdown_cell(&summary(report)));
    let levels = Reached::ALL.map(Reached::as_str).join(" | ");
    let rows = by_volume(report).into_iter().map(|domain| {
        let mut cells = vec![markdown_cell(domain.name().as_str()), domain.sent().to_string()];
        cells.extend(Reached::ALL.map(|level| domain.deliveries(level).to_string()));
        let failed = domain.failed(Failed::Deferred) + domain.failed(Failed::Bounced);
        cells.push(thousands(number(failed)));
        cells.push(markdown_cell(&failures(&domain).join("; ")));
        cells
    });
    table(&mut text, "", &format!("Domain | sent | {levels} | failed | why"), rows);
    let advice = &report.advice;
    let raises = advice.raises.iter().map(|it| {
        let declared = it.declared.as_deref().unwrap_or_default();
        let cells = [it.domain.as_str(), it.to.level.as_str(), &evidence(it), declared];
        cells.map(markdown_cell).to_vec()
    });
    table(&mut text, "May be raised", "Domain | to | evidence | declared at", raises);
    let held = advice.held.iter().map(|it| {
        let cells = [it.domain.as_str(), it.to.level.as_str(), &joined(&it.doubts)];
        cells.map(markdown_cell).to_vec()
    });
    table(&mut text, "Not yet", "Domain | to | why", held);
    let missed = advice.missed.iter().map(|it| {
        let deferred = format!("{} of {}", it.shortfall.deferred, it.sent);
        let cells = [it.domain.as_str(), &it.target, &it.policy, &deferred];
        cells.map(markdown_cell).to_vec()
    });
    table(&mut text, "Would have waited", "Domain | target | policy | deliveries", missed);
    let exceptions = advice.exceptions.iter().map(|it| {
        let cells = [it.domain.as_str(), &it.place, &need(&it.need)];
        cells.map(markdown_cell).to_vec()
    });
    table(&mut text, "Exceptions", "Domain | where | needed", exceptions);
    cut_comment(text)
}

fn table(text: &mut String, title: &str, head: &str, rows: impl Iterator<Item = Vec<String>>) {
    let mut is_first = true;
    for row in rows {
        if std::mem::take(&mut is_first) {
            let columns = head.split(" | ").count();
            let title = if title.is_empty() { String::new() } else { format!("#### {title}\n\n") };
            // Writing to a String cannot fail.
            let _ = write!(text, "\n{title}| {head} |\n|{}\n", "---|".repeat(columns));
        }
        let _ = writeln!(text, "| {} |", row.join(" | "));
    }
}
