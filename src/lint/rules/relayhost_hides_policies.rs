//! Policies that the relayhost makes dead.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::users::Users;
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::policy_keys;
use crate::resolve::Way;
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    name: "relayhost-hides-policies",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "policies of domains on a target whose `relayhost` gets all of their mail",
    docs: Docs {
        what: "\
Finds targets with a `relayhost` that get domains with a policy and without a transport entry, one finding
for each target.",
        why: "\
With `relayhost` all mail without a transport entry has the same next hop, and its policy is the only one
that is looked up. The keys of recipient domains are dead: what decides about their mail is the relay.",
        example: "\
domains:
  example.com: { level: dane-only }
next_hops:
  \"[relay.example.net]:587\": { level: dane-only }
targets:
  mta:
    postfix: \"3.10\"
    security_level: dane-only
    map_type: lmdb
    relayhost: \"[relay.example.net]:587\"
",
        instead: "\
domains:
  example.com: { level: dane-only }
next_hops:
  \"[relay.example.net]:587\": { level: dane-only }
targets:
  mta:
    postfix: \"3.10\"
    security_level: dane-only
    map_type: lmdb
    relayhost: \"[relay.example.net]:587\"
    domains: none
",
        sources: "postconf(5) `relayhost`, `smtp_tls_policy_maps`; Postfix `resolve.c`, `smtp_tls_policy.c`",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    for target in &view.targets {
        let Some(relayhost) = &target.target.relayhost else { continue };
        let asked: BTreeSet<&str> = target.relays().flat_map(policy_keys).collect();
        let mut hidden = Users::default();
        for (at, destination) in view.list().iter().enumerate() {
            let plan = view.plan(destination);
            let has_key = plan.way == Way::Mx && plan.policy.is_some();
            if has_key
                && target.takes(destination)
                && !asked.contains(destination.recipients.key().as_str())
                && target.caught_by(&destination.recipients).is_none()
            {
                hidden.add(Users::one(at), view.list());
            }
        }
        let Some(first) = view.first_place(hidden) else { continue };
        let message = format!(
            "Postfix never asks for the policy of {}: the relayhost gets the mail",
            view.who(hidden)
        );
        let finding = findings
            .at(relayhost.span, message)
            .related(first, "has no effect there")
            .hint("write `domains: none` for this target, and give the relay a policy");
        findings.push(finding);
    }
}
