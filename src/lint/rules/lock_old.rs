//! Facts that nobody has confirmed for long.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::users::and_more;
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::names::DomainName;
use jiff::civil::Date;

pub(super) static RULE: Rule = Rule {
    name: "lock-old",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "a lock that was confirmed more than `lock.max_age` days ago",
    docs: Docs {
        what: "\
Finds a `mxward.lock` whose `checked` day is more than `lock.max_age` days before today (14 unless said
otherwise) or yet to come, or that was never confirmed as a whole, and facts that are marked `stale:` for
that long. An empty lock is left alone.",
        why: "\
A pinned domain that moved to another provider still gets its mail at the old one, where it bounces, and
MX records are not asked before that. The older the lock, the likelier. `plan` refuses pins of that age.",
        example: "\
lock: { max_age: 7 }             # and mxward.lock says `checked: 2026-11-10`
domains:
  kunde.example: { provider: hostpoint, route: pin }
",
        instead: "\
lock: { max_age: 7 }             # and `mxward update` ran today
domains:
  kunde.example: { provider: hostpoint, route: pin }
",
        sources: "Postfix `smtp_connect.c`: a 5xx reply ends the delivery",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let lock = view.linted().lock;
    if lock.hosts.is_empty() && lock.domains.is_empty() {
        return;
    }
    let most = i32::from(view.config().lock.max_age);
    // Hosts in different time zones may differ by a day.
    if let Some(checked) = lock.checked.filter(|day| (*day - view.linted().today).get_days() > 1) {
        let message =
            format!("`mxward.lock` was confirmed on {checked}, a day that is yet to come");
        findings.push(
            findings
                .nowhere(message)
                .hint("set the clock where `mxward update` ran, and run it again"),
        );
        return;
    }
    let age = |day: Date| (view.linted().today - day).get_days();
    let message = match lock.checked {
        None => "nobody ever confirmed all of `mxward.lock`".to_owned(),
        Some(checked) if age(checked) > most => {
            let days = age(checked);
            format!("`mxward.lock` was confirmed {days} days ago: `lock.max_age` is {most}")
        }
        // Of a fact with a mark the day of the file says nothing.
        Some(_) => {
            let hosts = lock.hosts.iter().map(|(name, fact)| (name, fact.stale.as_ref()));
            let domains = lock.domains.iter().map(|(name, fact)| (name, fact.stale.as_deref()));
            let mut old: Vec<(Date, &DomainName)> = hosts
                .chain(domains)
                .filter_map(|(name, stale)| Some((lock.confirmed(Some(stale?))?, name)))
                .filter(|(day, _)| age(*day) > most)
                .collect();
            old.sort();
            let Some((day, name)) = old.first() else { return };
            let (days, more) = (age(*day), and_more(old.len()));
            format!(
                "`{name}`{more} could not be confirmed for {days} days: `lock.max_age` is {most}"
            )
        }
    };
    findings.push(findings.nowhere(message).hint("run `mxward update`"));
}
