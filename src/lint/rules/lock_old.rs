//! Facts that nobody has confirmed for long.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;

pub(super) static RULE: Rule = Rule {
    name: "lock-old",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "a lock that was confirmed more than `lock.max_age` days ago",
    docs: Docs {
        what: "\
Finds a `mxward.lock` whose `checked` day is more than `lock.max_age` days before today (14 unless said
otherwise), or that was never confirmed as a whole. An empty lock is left alone.",
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
    let message = match lock.checked {
        None => "nobody ever confirmed all of `mxward.lock`".to_owned(),
        Some(checked) => {
            let days = (view.linted().today - checked).get_days();
            if days <= most {
                return;
            }
            format!("`mxward.lock` was confirmed {days} days ago: `lock.max_age` is {most}")
        }
    };
    findings.push(findings.nowhere(message).hint("run `mxward update`"));
}
