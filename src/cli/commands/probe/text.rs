//! What servers do, for people.

use super::{HopReport, Probed, Report, days_left};
use crate::cli::page::Page;
use crate::diag::{Severity, Style, printable};
use crate::probe::Server;
use crate::report::{COMMENT_LIMIT, counted, cut_comment, markdown_cell, some_of, thousands};
use crate::world::StarttlsOutcome;
use anstyle::AnsiColor;
use jiff::Timestamp;
use std::fmt::Write as _;

/// Each target: what is wrong first, then a line for what is well, then how many.
pub(super) fn text(report: &Report<'_>, style: &Style) -> String {
    let mut page = Page::new(style);
    for target in &report.targets {
        show(&mut page, target, report.now);
    }
    for target in &report.targets {
        page.line(&format!("{}  {}", printable(&target.name), summary(target, report.now)));
    }
    page.text
}

fn show(page: &mut Page<'_>, target: &Probed, now: Timestamp) {
    page.heading(&format!("target {}", target.name));
    for note in &target.notes {
        page.paragraph(0, &format!("note: {note}"));
    }
    page.line("");
    let (wrong, well): (Vec<_>, Vec<_>) =
        target.hops.iter().partition(|hop| hop.severity(now).is_some());
    for hop in wrong {
        let (word, paint) = match hop.severity(now) {
            Some((Severity::Error, _)) => ("fails", AnsiColor::Red),
            Some((Severity::Warning, _)) => ("warning", AnsiColor::Yellow),
            Some((Severity::Note, _)) | None => ("note", AnsiColor::Cyan),
        };
        let word = page.paint(paint.on_default().bold(), word);
        let (next_hop, policy) = (printable(&hop.next_hop), printable(&hop.policy));
        page.line(&format!("{word} {next_hop}  {policy}"));
        for detail in details(hop, now) {
            page.paragraph(4, &detail);
        }
        page.line("");
    }
    let limit = page.style.limit;
    for hop in well.iter().take(limit) {
        let days = hop.found.servers.iter().filter_map(|it| days_left(it, now)).min();
        let days = days.map_or_else(String::new, |days| format!("; {}", lasts(days)));
        page.paragraph(0, &format!("ok {}  {}{days}", hop.next_hop, verdict(hop)));
    }
    if well.len() > limit {
        page.line(&format!("and {} more that are well", thousands(well.len() - limit)));
    }
    if !well.is_empty() {
        page.line("");
    }
}

/// What becomes of mail for a next hop.
pub(super) fn verdict(hop: &HopReport) -> String {
    let does = hop.found.does();
    let server = hop.found.servers.iter().find(|it| it.verdict.does == does);
    match (server, &hop.found.problem) {
        (Some(server), _) => server.verdict.to_string(),
        (None, Some(problem)) => problem.to_string(),
        (None, None) => "no server was asked".to_owned(),
    }
}

/// Everything that there is to say about a next hop.
pub(super) fn details(hop: &HopReport, now: Timestamp) -> Vec<String> {
    let mut list = Vec::new();
    if let Some(problem) = &hop.found.problem {
        list.push(problem.to_string());
        list.extend(problem.notes.iter().cloned());
    }
    for server in &hop.found.servers {
        list.push(format!("{}: {}", server.endpoint.place(), server.verdict));
        let fails = server.verdict.does.fails();
        let before = server.verdict.log.iter().filter(|_| fails);
        list.extend(before.map(|line| format!("log: {line}")));
        list.extend(server.verdict.notes.iter().cloned());
        list.extend(issuers(server, fails));
        list.extend(days_left(server, now).map(lasts));
    }
    list.extend(hop.found.passed_over.iter().cloned());
    if !hop.recipients.is_empty() {
        let domains = counted(hop.recipients.len(), "domain");
        let shown = some_of(hop.recipients.iter().map(String::as_str), 3);
        list.push(format!("next hop of {domains}: {shown}"));
        let stranded = hop.stranded.len();
        if stranded > 0 && stranded < hop.recipients.len() {
            list.push(format!("{} have no other", counted(stranded, "domain")));
        } else if stranded == 0 && hop.found.does().fails() {
            list.push("they have another next hop that takes their mail".to_owned());
        }
    }
    list
}

/// Who issued the certificate that came, up to the last that is known.
fn issuers(server: &Server, wanted: bool) -> Option<String> {
    let Some(StarttlsOutcome::Tls(session)) = server.outcome.as_deref() else { return None };
    let path =
        if session.path.len() > session.chain.len() { &session.path } else { &session.chain };
    let last = path.last().filter(|_| wanted)?;
    let mut names: Vec<&str> = path.iter().map(|it| it.subject.as_str()).collect();
    if !last.self_signed {
        names.push(&last.issuer);
    }
    Some(format!("chain: {}", names.join(" \u{2190} ")))
}

fn lasts(days: i64) -> String {
    match days {
        ..0 => "expired".to_owned(),
        0 => "expires today".to_owned(),
        days => {
            let days = usize::try_from(days).unwrap_or(usize::MAX);
            format!("expires in {}", counted(days, "day"))
        }
    }
}

/// `3 next hops: 1 fails, 2 deliver`
pub(super) fn summary(target: &Probed, now: Timestamp) -> String {
    let count = |wanted: Option<Severity>| {
        let with = |it: &&HopReport| it.severity(now).map(|it| it.0) == wanted;
        target.hops.iter().filter(with).count()
    };
    let parts = [
        (count(Some(Severity::Error)), "failing"),
        (count(Some(Severity::Warning)), "with warnings"),
        (count(Some(Severity::Note)) + count(None), "well"),
        (target.left, "not probed"),
    ];
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<String> =
        parts.map(|(count, what)| format!("{} {what}", thousands(*count))).collect();
    let hops = counted(target.hops.len() + target.left, "next hop");
    if parts.is_empty() { hops } else { format!("{hops}: {}", parts.join(", ")) }
}

/// The same for comments on merge requests.
pub(super) fn markdown(report: &Report<'_>) -> String {
    let mut text = String::from("### mxward probe\n");
    // Writing to a String cannot fail.
    for target in &report.targets {
        let summary = summary(target, report.now);
        let _ =
            writeln!(text, "\n**{}**: {}", markdown_cell(&target.name), markdown_cell(&summary));
        for note in &target.notes {
            let _ = writeln!(text, "\n> {}", markdown_cell(note));
        }
        let wrong = target.hops.iter().filter(|hop| hop.severity(report.now).is_some());
        let mut rows = wrong.peekable();
        if rows.peek().is_some() {
            text.push_str("\n| next hop | policy | Postfix |\n|---|---|---|\n");
        }
        for hop in rows {
            if text.len() > COMMENT_LIMIT {
                break;
            }
            let [next_hop, policy] = [&hop.next_hop, &hop.policy].map(|it| markdown_cell(it));
            let why =
                details(hop, report.now).iter().map(|it| markdown_cell(it)).collect::<Vec<_>>();
            let _ = writeln!(text, "| {next_hop} | {policy} | {} |", why.join("<br>"));
        }
    }
    cut_comment(text)
}
