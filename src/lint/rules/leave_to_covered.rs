//! Domains that are left to a resolver, and are not.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::users::Users;
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::{NextHop, policy_keys};
use crate::resolve::Way;
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    name: "leave-to-covered",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "`leave_to` for a domain that a `.parent` key of ours covers",
    docs: Docs {
        what: "\
Finds domains with `leave_to` that lie below a `.parent` key with a policy, or whose mail a `.parent` key
with a next hop of its own catches.",
        why: "\
Postfix tries the domain itself in every table before it tries a parent in any. So the resolver's own
answer wins, but where it has none, our `.parent` entry decides, and not the level of the target. A
`.parent` entry of the transport map goes further: the policy is then looked up for its next hop, and the
resolver is never asked about the domain.",
        example: "\
domains:
  www.example.org: { leave_to: mta-sts }
  .example.org: { level: secure, match: [mx.example.org] }
",
        instead: "\
domains:
  www.example.org: { leave_to: mta-sts }
  example.org: { level: secure, match: [mx.example.org] }
",
        sources: "postconf(5) `smtp_tls_policy_maps`; Postfix `smtp_tls_policy.c`, `maps.c`, `transport.c`",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    if !view.plans().any(|(plan, _)| matches!(plan.way, Way::LeftTo(_))) {
        return;
    }
    let mut policies = view.groups();
    let mut transports = view.groups();
    let mut seen = BTreeSet::new();
    for target in &view.targets {
        let Some(tables) = target.tables else { continue };
        for (at, destination) in view.list().iter().enumerate() {
            let plan = view.plan(destination);
            let Way::LeftTo(resolver) = &plan.way else { continue };
            if !target.takes(destination) {
                continue;
            }
            if let Some(entry) = target.sent_elsewhere(&destination.recipients) {
                if seen.insert((at, true)) {
                    let key = (resolver, &entry.key, entry.origin.span);
                    transports.add((key, entry.value.to_string()), Users::one(at));
                }
                continue;
            }
            let domain = NextHop::domain(destination.recipients.name());
            let mut parents = policy_keys(&domain).skip(1);
            let covering = parents.find_map(|key| tables.tls_policy.get(key));
            if let Some(entry) = covering
                && seen.insert((at, false))
            {
                policies.add((resolver, &entry.key, entry.origin.span), Users::one(at));
            }
        }
    }
    for ((resolver, key, caught), users) in policies {
        let who = view.who(users);
        let message = format!("where `{resolver}` has no answer for {who}, `{key}` decides");
        let finding =
            findings.about(users, view, message).related(caught, "the entry that decides");
        findings.push(finding);
    }
    for (((resolver, key, caught), transport), users) in transports {
        let who = view.who(users);
        let message = format!(
            "`{resolver}` is never asked about {who}: mail goes to `{transport}` by `{key}`"
        );
        let finding =
            findings.about(users, view, message).related(caught, "the entry that decides");
        findings.push(finding.hint("write `transport: smtp` instead, to send it by its own MX"));
    }
}
