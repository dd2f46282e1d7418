//! What servers do, for platforms.

use super::{Report, text};
use crate::report::{self, Item, Rule};

pub(super) fn findings(report: &Report<'_>) -> report::Report {
    let mut items = Vec::new();
    for target in &report.targets {
        for hop in &target.hops {
            let Some((severity, code)) = hop.severity(report.now) else { continue };
            let message = format!(
                "next hop `{}` of target `{}`: {}",
                hop.next_hop,
                target.name,
                text::verdict(hop)
            );
            // The words of servers differ from run to run.
            let key = format!("{}\0{}", target.name, hop.next_hop);
            let item = Item::new(severity, code, message).same_by(key);
            let item = item.at(hop.span.unwrap_or(target.span), report.sources);
            items.push(text::details(hop, report.now).into_iter().fold(item, Item::detail));
        }
    }
    let lines =
        report.targets.iter().map(|it| format!("{}: {}", it.name, text::summary(it, report.now)));
    let summary = match lines.collect::<Vec<_>>() {
        none if none.is_empty() => "no targets".to_owned(),
        lines => lines.join("; "),
    };
    let mut list = report::Report::new("probe", summary, items);
    list.rules = rules().collect();
    list
}

/// The kinds of findings.
pub(in crate::cli::commands) fn rules() -> impl Iterator<Item = Rule> {
    [
        (
            "probe/fails",
            "mail would wait or return",
            "No server of the next hop satisfies the policy. Correct the policy, or tell those who run the servers.",
        ),
        (
            "probe/clear",
            "mail would wait, and then go out in plain text",
            "The server offers TLS that cannot be established. At level `may` Postfix tries again in plain text.",
        ),
        (
            "probe/in-part",
            "not every server of a next hop would take the mail",
            "Postfix goes on to the next server, and waits when that is down.",
        ),
        (
            "probe/expires",
            "a certificate expires soon",
            "From that day on mail waits. Tell those who run the server.",
        ),
        (
            "probe/not-probed",
            "a next hop was not connected to",
            "Its addresses are none of the public Internet. `lock.allow_addresses` names networks that may be connected to.",
        ),
    ]
    .into_iter()
    .map(|(code, summary, help)| Rule { code, summary: summary.to_owned(), help: help.to_owned() })
}
