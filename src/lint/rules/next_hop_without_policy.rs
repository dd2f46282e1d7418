//! Next hops that a domain's policy does not reach.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::target_view::is_inside;
use crate::lint::view::View;
use crate::model::LintLevel;
use std::collections::BTreeMap;

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
    let mut first = BTreeMap::new();
    for target in &view.targets {
        if target.tables.is_none() || !target.target.security_level.value.takes_anyone() {
            continue;
        }
        for (plan, users) in view.plans_on(target) {
            let mut next_hops = target.next_hops_of_plan_without_policy(plan);
            let outside = next_hops.find(|next_hop| !is_inside(next_hop));
            if let (Some(next_hop), None) = (outside, &view.body(plan).reason) {
                groups.add(plan.span, users, target);
                first.entry(plan.span).or_insert(next_hop);
            }
        }
    }
    for (place, users, levels) in groups {
        let next_hop = first[&place];
        let message = format!(
            "the next hop of {} has no policy: `{next_hop}` gets {levels}",
            view.who(users)
        );
        findings.push(findings.at(place, message).hint("write a `level` beside the next hop"));
    }
}
