//! Plain text by order.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::SecurityLevel;

pub(super) static RULE: Rule = Rule {
    name: "level-none",
    level: LintLevel::Deny,
    lowest: LintLevel::Warn,
    summary: "an entry with the level `none`",
    docs: Docs {
        what: "\
Finds entries and next hops with `level: none`. An entry with both a `reason` and an `until` that has not
passed is an exception, and left alone.",
        why: "\
`none` does not mean that no policy is needed: it turns TLS off, also where the other side offers it and
where the level of the target is higher. Everybody on the way reads the mail. Where nothing special
holds, there is no entry to write.",
        example: "\
domains:
  example.com: { level: none }
",
        instead: "\
domains:
  broken.example: { level: none, reason: \"STARTTLS hangs, ticket 4711\", until: 2027-01-31 }
",
        sources: "postconf(5) `smtp_tls_security_level`; Postfix `smtp_tls_policy.c`",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let today = view.linted().today;
    let mut groups = view.groups();
    for it in view.policies().filter(|it| it.policy.level == SecurityLevel::None) {
        let until = it.plan.and_then(|(_, body)| body.until.as_ref());
        let excused = it.is_excused() && until.is_some_and(|it| it.value >= today);
        if !excused {
            groups.add((it.level_place(), it.next_hop.map(|it| &it.value)), it.users);
        }
    }
    for ((place, next_hop), users) in groups {
        let who = view.who_or(next_hop, users);
        let message =
            format!("`none` sends mail for {who} in plain text, even where TLS is offered");
        let finding = findings
            .at(place, message)
            .hint("remove the entry: the level of the target holds then")
            .hint(
                "if its TLS is broken, write `level: may`, or `reason` and `until` beside `none`",
            );
        findings.push(finding);
    }
}
