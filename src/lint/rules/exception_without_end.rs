//! Exceptions for ever.

use super::weaker_than_default::weaker;
use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;

pub(super) static RULE: Rule = Rule {
    name: "exception-without-end",
    level: LintLevel::Allow,
    lowest: LintLevel::Allow,
    summary: "a weaker entry with a `reason` and no `until`",
    docs: Docs {
        what: "\
Finds entries that are weaker than the level of a target, say why with `reason`, and do not say until
when. Allowed unless the repository asks for it: some exceptions are for ever.",
        why: "Exceptions that never end are forgotten, and stay when their reason is gone.",
        example: "\
lints: { exception-without-end: warn }
domains:
  legacy.example: { level: may, reason: \"no STARTTLS, ticket 4711\" }
",
        instead: "\
lints: { exception-without-end: warn }
domains:
  legacy.example: { level: may, reason: \"no STARTTLS, ticket 4711\", until: 2027-03-31 }
",
        sources: "the repository's own words",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut groups = view.groups();
    for it in weaker(view) {
        if let Some((_, body)) = it.used.plan
            && let (Some(reason), None) = (&body.reason, &body.until)
        {
            groups.add(reason.span, it.used.users);
        }
    }
    for (place, users) in groups {
        let message = format!("the exception for {} has no end", view.who(users));
        findings.push(findings.at(place, message).hint("write `until: YYYY-MM-DD` beside it"));
    }
}
