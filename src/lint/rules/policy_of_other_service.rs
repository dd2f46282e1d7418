//! Policies for services that do not ask for them.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::target_view::asks_policies;
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::resolve::Way;

pub(super) static RULE: Rule = Rule {
    name: "policy-of-other-service",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "a `level` for a domain whose `transport` is no SMTP",
    docs: Docs {
        what: "\
Finds domains with a policy whose transport is `lmtp`, `error`, `retry`, `discard`, `local`, `virtual` or
`pipe`. Services of other names may be further smtp(8) services, and are left alone.",
        why: "\
Only smtp(8) looks policies up in `smtp_tls_policy_maps`. lmtp(8) has its own `lmtp_tls_policy_maps`, which
mxward does not write, and the others use no TLS.",
        example: "\
domains:
  example.com: { transport: \"lmtp:[mail.example.com]\", level: secure, match: [mail.example.com] }
",
        instead: "\
domains:
  example.com: { transport: \"lmtp:[mail.example.com]\" }
",
        sources: "postconf(5) `lmtp_tls_policy_maps`",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut groups = view.groups();
    for it in view.policies() {
        let Some((plan, _)) = it.plan else { continue };
        if let Way::Transport(transport) = &plan.way
            && !asks_policies(transport)
        {
            groups.add((it.level_place(), transport.service.as_str()), it.users);
        }
    }
    for ((place, service), users) in groups {
        let message = format!("`{service}` never asks for the policy of {}", view.who(users));
        let hint = if service == "lmtp" {
            "remove it, and set `lmtp_tls_security_level` in main.cf"
        } else {
            "remove it"
        };
        findings.push(findings.at(place, message).hint(hint));
    }
}
