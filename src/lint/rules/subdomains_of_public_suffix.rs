//! One entry for a whole country.

use crate::lint::findings::Findings;
use crate::lint::public_suffix::is_public_suffix;
use crate::lint::rule::{Docs, Rule};
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
    // The list starts with all of them.
    let subdomains = view.list().iter().take_while(|it| it.recipients.is_subdomains());
    for destination in subdomains.filter(|it| is_public_suffix(it.recipients.name())) {
        let plan = view.plan(destination);
        if matches!(plan.way, Way::LeftTo(_)) || view.is_excused(view.body(plan)) {
            continue;
        }
        let message = format!("`{}` holds for domains of very many owners", destination.recipients);
        let finding = findings
            .at(destination.span, message)
            .hint("name the domains, or write a `reason` beside it");
        findings.push(finding);
    }
}
