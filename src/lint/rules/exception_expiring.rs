//! Exceptions that are about to end.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;

/// From so many days before its end on an exception is reported.
const DAYS: i32 = 14;

pub(super) static RULE: Rule = Rule {
    name: "exception-expiring",
    level: LintLevel::Note,
    lowest: LintLevel::Allow,
    summary: "an entry whose `until` is at most 14 days away",
    docs: Docs {
        what: "Finds entries that end within the next 14 days, the last day included.",
        why: "\
The day after, `exception-expired` fails the check of everybody who changes something. Two weeks are
enough to ask the other side whether it has done what it promised.",
        example: "\
domains:
  legacy.example: { level: may, reason: \"no STARTTLS, ticket 4711\", until: 2026-12-01 }
",
        instead: "\
domains:
  legacy.example: { level: may, reason: \"no STARTTLS, ticket 4711\", until: 2027-06-30 }
",
        sources: "the repository's own words",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let today = view.linted().today;
    for (body, users) in view.bodies() {
        let Some(until) = &body.until else { continue };
        let days = (until.value - today).get_days();
        let when = match days {
            ..0 => continue,
            0 => "today".to_owned(),
            1 => "tomorrow".to_owned(),
            2..=DAYS => format!("in {days} days"),
            _ => continue,
        };
        let message = format!("the exception for {} ends {when}", view.who(users));
        findings.push(findings.at(until.span, message));
    }
}
