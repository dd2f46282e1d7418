//! Policies of domains whose mail goes another way.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::users::Users;
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::resolve::Way;
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    name: "policy-unreachable",
    level: LintLevel::Deny,
    lowest: LintLevel::Warn,
    summary: "a policy for a domain whose mail a `.parent` entry sends elsewhere",
    docs: Docs {
        what: "\
Finds domains with a policy and no transport entry of their own that lie below a `.domain` with a next hop
(or, with `parent_domain_matches_subdomains`, below a domain with one).",
        why: "\
The transport map decides first: mail for the domain goes to the next hop of the parent, and Postfix looks
up the policy of that next hop. The domain's own policy is never asked for. The repository says one thing
and mail does another.",
        example: "\
domains:
  .example.com: { next_hop: \"[gw.example.com]\", level: encrypt }
  a.example.com: { level: secure, match: [mx.example.net] }
targets:
  mx:
    postfix: \"3.10\"
    security_level: may
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
",
        instead: "\
domains:
  .example.com: { next_hop: \"[gw.example.com]\", level: encrypt }
  a.example.com: { transport: smtp, level: secure, match: [mx.example.net] }
targets:
  mx:
    postfix: \"3.10\"
    security_level: may
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
",
        sources: "transport(5); Postfix `transport.c`, `smtp_tls_policy.c`",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut groups = view.groups();
    let mut seen = BTreeSet::new();
    for target in view.targets.iter().filter(|it| it.catches()) {
        for (at, destination) in view.list().iter().enumerate() {
            let plan = view.plan(destination);
            if plan.way != Way::Mx || plan.policy.is_none() || !target.takes(destination) {
                continue;
            }
            let Some(entry) = target.sent_elsewhere(&destination.recipients) else { continue };
            if seen.insert((at, &entry.key)) {
                let key = (&entry.key, entry.origin.span, entry.value.to_string());
                groups.add(key, Users::one(at));
            }
        }
    }
    for ((key, caught, transport), users) in groups {
        let message = format!(
            "mail for {} goes to `{transport}` by `{key}`, whatever its policy",
            view.who(users)
        );
        let finding = findings
            .about(users, view, message)
            .related(caught, "the entry that decides")
            .hint("write `transport: smtp` instead of a route, to send it by its own MX");
        findings.push(finding);
    }
}
