//! Names that an attacker chooses.

use crate::lint::findings::Findings;
use crate::lint::policy_use::PolicyUse;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::{MatchPattern, NextHop, SecurityLevel};
use crate::resolve::Way;

pub(super) static RULE: Rule = Rule {
    name: "verify-without-match",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "`verify` without `match`, or `match: hostname`, where MX records name the host",
    docs: Docs {
        what: "\
Finds policies that compare the certificate with the name of the MX host: `verify` without `match`, and
`hostname` in `match`. For a next hop in brackets that name is fixed, and nothing is reported. A `reason`
beside the domain silences the lint.",
        why: "\
The name of the MX host comes from DNS. Who can forge the answer names a host of their own, for which they
have a certificate from any CA, and the check passes. So `verify` keeps out who is on the path and cannot
forge DNS, whom `encrypt` lets in, and nobody who can.",
        example: "\
domains:
  example.com: { level: verify }
",
        instead: "\
domains:
  example.com: { level: secure, match: [mx.example.com] }
",
        sources: "postconf(5) `smtp_tls_verify_cert_match`; TLS_README \"Mandatory server certificate verification\"",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut groups = view.groups();
    for it in view.policies().filter(|it| !it.is_excused()) {
        if !by_mx(&it) {
            continue;
        }
        let level = it.policy.level;
        if level == SecurityLevel::Verify && it.policy.matches.is_empty() {
            groups.add((it.level_place(), false, it.next_hop.map(|it| &it.value)), it.users);
        } else if it.policy.matches.contains(&MatchPattern::Hostname) {
            let place = it.match_place(&MatchPattern::Hostname);
            groups.add((place, true, it.next_hop.map(|it| &it.value)), it.users);
        }
    }
    for ((place, hostname, next_hop), users) in groups {
        let what = if hostname { "`hostname` in `match`" } else { "`verify` without `match`" };
        let who = view.who_or(next_hop, users);
        let message = format!("{what} trusts the MX records of {who}, which can be forged");
        let finding = findings
            .at(place, message)
            .hint("write `level: secure` and `match: [NAME]`, the name in the certificate");
        findings.push(finding);
    }
}

/// Whether MX records decide which host shows its certificate.
fn by_mx(used: &PolicyUse<'_>) -> bool {
    let to_domain = used.plan.is_some_and(|(plan, _)| match &plan.way {
        Way::Mx => true,
        Way::Transport(transport) => transport.next_hops.is_empty(),
        Way::Pinned(_) | Way::LeftTo(_) => false,
    });
    to_domain || used.next_hops().iter().any(NextHop::asks_for_mx)
}
