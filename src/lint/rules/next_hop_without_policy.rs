//! Next hops that a domain's policy does not reach.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::target_view::is_inside;
use crate::lint::view::View;
use crate::model::LintLevel;

pub(super) static RULE: Rule = Rule {
    name: "next-hop-without-policy",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "a `next_hop` for which neither its domain nor `next_hops` gives a policy",
    docs: Docs {
        what: "\
Finds domains with a next hop of their own and no `level`, where `next_hops` has no policy for that next
hop either, and the level of the target takes whoever answers. Next hops on this host or in a private
network are left alone, as are domains with a `reason`.",
        why: "\
With a next hop of its own the domain is no longer what Postfix looks up: only `[tls.example.com]` itself
is. Without a policy there, mail goes out as to any stranger, however strict an entry for the domain or
for its MX hosts is.",
        example: "\
domains:
  example.com: { next_hop: \"[tls.example.com]\" }
",
        instead: "\
domains:
  example.com: { next_hop: \"[tls.example.com]\", level: secure, match: [tls.example.com] }
",
        sources: "TLS_README \"Client TLS policy table\"; Postfix `smtp_tls_policy.c`",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut groups = view.groups_by_target();
    for target in &view.targets {
        if target.tables.is_none() || !target.target.security_level.value.takes_anyone() {
            continue;
        }
        for (next_hop, plan, users) in target.own_next_hops_without_policy(view) {
            if !is_inside(next_hop) && !view.is_excused(view.body(plan)) {
                groups.add((plan.span, next_hop), users, target);
            }
        }
    }
    for ((place, next_hop), users, levels) in groups {
        let message = format!(
            "`{next_hop}` has no policy: mail for {} goes there at {levels}",
            view.who(users)
        );
        findings.push(findings.at(place, message).hint("write a `level` beside the next hop"));
    }
}
