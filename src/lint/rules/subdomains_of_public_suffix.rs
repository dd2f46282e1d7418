//! One entry for a whole country.

use crate::lint::findings::Findings;
use crate::lint::public_suffix::is_public_suffix;
use crate::lint::rule::{Docs, Rule};
use crate::lint::users::Users;
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::resolve::Way;

pub(super) static RULE: Rule = Rule {
    name: "subdomains-of-public-suffix",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "a `.domain` entry for a public suffix such as `.ch`",
    docs: Docs {
        what: "\
Finds entries such as `.ch` or `.co.uk`: all domains below a suffix under which anybody can register one,
as the Public Suffix List has it. A `reason` beside it silences the lint.",
        why: "\
The entry holds for every domain below that has none of its own, in place of the level of the target, also
for those that could do better or cannot do as much. That is rarely meant for a whole country.",
        example: "\
domains:
  .ch: { level: encrypt }
",
        instead: "\
domains:
  .admin.ch: { level: encrypt }
",
        sources: "postconf(5) `smtp_tls_policy_maps`; <https://publicsuffix.org>",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut groups = view.groups();
    // The list starts with all of them.
    let subdomains = view.list().iter().take_while(|it| it.recipients.is_subdomains());
    for (at, destination) in subdomains.enumerate() {
        let plan = view.plan(destination);
        let left = matches!(plan.way, Way::LeftTo(_));
        if !left
            && view.body(plan).reason.is_none()
            && is_public_suffix(destination.recipients.name())
        {
            groups.add(plan.body, Users::one(at));
        }
    }
    for (_, users) in groups {
        let hold = if users.count == 1 { "holds" } else { "hold" };
        let message = format!("{} {hold} for domains of very many owners", view.who(users));
        let finding = findings
            .about(users, view, message)
            .hint("name the domains, or write a `reason` beside it");
        findings.push(finding);
    }
}
