//! Exceptions that nobody explains.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;

pub(super) static RULE: Rule = Rule {
    name: "exception-without-reason",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "an `until` without a `reason`",
    docs: Docs {
        what: "Finds entries that have an end and no reason.",
        why: "\
When the day comes somebody must decide whether the exception goes on, and only the reason tells. Without
one the lints that ask for a reason also stay loud.",
        example: "\
domains:
  partner.example: { level: secure, match: [mx.partner.example], until: 2027-03-31 }
",
        instead: "\
domains:
  partner.example:
    { level: secure, match: [mx.partner.example], reason: \"until they sign\", until: 2027-03-31 }
",
        sources: "the repository's own words",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    for (body, users) in view.bodies() {
        if let (Some(until), None) = (&body.until, &body.reason) {
            let message = format!("{} is an exception, and nobody says why", view.who(users));
            findings.push(findings.at(until.span, message).hint("write a `reason` beside `until`"));
        }
    }
}
