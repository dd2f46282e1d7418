//! `match` for another provider.

use crate::lint::findings::Findings;
use crate::lint::provider_match::{Relation, relations};
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;

pub(super) static RULE: Rule = Rule {
    name: "match-unrelated",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "a `match` of which no name is one of the provider's",
    docs: Docs {
        what: "\
Finds entries with a provider and a `match` of their own that names nothing the template names: neither a
name of its certificates nor one of its hosts. A `reason` beside the domain silences it.",
        why: "\
As far as the template knows no host of the provider has such a certificate, and all mail is deferred.
Mostly the name of another provider was left behind. If the provider has new names, a template of its own
in `providers/` says so for all domains at once.",
        example: "\
domains:
  kunde.example: { provider: hostpoint, route: mx, match: [mx.google.com] }
",
        instead: "\
domains:
  kunde.example: { provider: hostpoint, route: mx, match: [mx1.mail.hostpoint.ch] }
",
        sources: "the template's evidence: `mxward providers show NAME`",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut groups = view.groups();
    for it in view.policies().filter(|it| !it.is_excused()) {
        let (Some(relations), Some(provider)) = (relations(&it), it.provider) else { continue };
        // Strategies such as `nexthop` are no names, and may well hold.
        let all_names = relations.len() == it.policy.matches.len();
        if all_names && relations.iter().all(|(_, relation)| *relation == Relation::Foreign) {
            groups.add((it.attribute_place("match"), &provider.name.value), it.users);
        }
    }
    for ((place, provider), users) in groups {
        let message =
            format!("no name of `{provider}` satisfies the `match` of {}", view.who(users));
        let finding = findings
            .at(place, message)
            .hint("leave `match` out: the template has one")
            .hint(format!("`mxward providers show {provider}` lists the names"));
        findings.push(finding);
    }
}
