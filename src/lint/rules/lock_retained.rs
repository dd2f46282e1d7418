//! Addresses that should be gone by now.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::users::and_more;
use crate::lint::view::View;
use crate::model::LintLevel;

pub(super) static RULE: Rule = Rule {
    name: "lock-retained",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "an address that vanished from DNS more than `lock.retain` days ago",
    docs: Docs {
        what: "\
Finds addresses in `mxward.lock` that DNS has not given for more than `lock.retain` days (7 unless said
otherwise). They stay in the maps until `update` removes them.",
        why: "\
Vanished addresses are kept for some days because large providers rotate theirs. After that they likely
belong to somebody else. The certificate keeps the mail from them, but each silent one costs a delivery
up to 30 seconds.",
        example: "\
lock: { retain: 3 }              # and mxward.lock says `203.0.113.9 since 2026-01-10 gone 2026-11-15`
domains:
  kunde.example: { provider: hostpoint, route: pin }
",
        instead: "\
lock: { retain: 3 }              # and `mxward update` ran today
domains:
  kunde.example: { provider: hostpoint, route: pin }
",
        sources: "postconf(5) `smtp_connect_timeout`",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let today = view.linted().today;
    let retain = i32::from(view.config().lock.retain);
    let gone = view.linted().lock.hosts.iter().flat_map(|(name, fact)| {
        fact.addresses.iter().filter_map(move |it| Some((it.gone?, name, it.address)))
    });
    let late: Vec<_> = gone.filter(|(gone, ..)| (today - *gone).get_days() > retain).collect();
    let Some((day, host, address)) = late.iter().min() else { return };
    let more = and_more(late.len());
    let message =
        format!("{address} of `{host}`{more} should be gone: `lock.retain` is {retain} days");
    let finding = findings
        .nowhere(message)
        .hint(format!("DNS has not given it since {day}: run `mxward update`"));
    findings.push(finding);
}
