//! Exceptions that have ended.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;

pub(super) static RULE: Rule = Rule {
    name: "exception-expired",
    level: LintLevel::Deny,
    lowest: LintLevel::Warn,
    summary: "an entry whose `until` has passed",
    docs: Docs {
        what: "\
Finds entries whose `until` lies before today, or before the day that `--today` gives. The maps stay as
they are: the same repository gives the same maps on any day, and mail goes on.",
        why: "\
An exception without an end is a rule. Whoever wrote `until` wanted to be asked again.",
        example: "\
domains:
  legacy.example: { level: may, reason: \"no STARTTLS, ticket 4711\", until: 2026-03-31 }
",
        instead: "\
domains:
  legacy.example: { level: may, reason: \"no STARTTLS, ticket 4711\", until: 2027-03-31 }
",
        sources: "the repository's own words",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let today = view.linted().today;
    for (body, users) in view.bodies() {
        let Some(until) = body.until.as_ref().filter(|it| it.value < today) else { continue };
        let message = format!("the exception for {} ended on {}", view.who(users), until.value);
        let mut finding = findings.at(until.span, message);
        if let Some(reason) = &body.reason {
            finding = finding.related(reason.span, "its reason");
        }
        findings.push(finding.hint("end it, or agree on another day"));
    }
}
