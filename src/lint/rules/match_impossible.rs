//! Policies that no certificate can satisfy.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::{NextHop, Promises};
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    name: "match-impossible",
    level: LintLevel::Deny,
    lowest: LintLevel::Allow,
    summary: "`secure` or `verify` that no certificate can satisfy",
    docs: Docs {
        what: "\
Finds next hops that are addresses and have to show a certificate for the address: at `secure` or `verify`
without `match`, or with `nexthop` or `hostname` in it. A `match` that is made of addresses, and
`fingerprint` without `match`, are errors in any case.",
        why: "\
Without `match` Postfix compares the certificate with the next hop, or with the name of the host. For
`[192.0.2.1]` that is an address, and the certificates of mail servers hold names. All mail is deferred,
and returned after five days.",
        example: "\
domains:
  example.com: { next_hop: \"[203.0.113.25]\", level: secure }
",
        instead: "\
domains:
  example.com: { next_hop: \"[203.0.113.25]\", level: secure, match: [mx.example.com] }
",
        sources: "postconf(5) `smtp_tls_secure_cert_match`; Postfix `tls_client.c`; OpenSSL X509_VERIFY_PARAM_set1_ip_asc(3)",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut places = BTreeSet::new();
    for it in view.policies().filter(|it| it.policy.level.checks_names()) {
        for next_hop in it.next_hops().iter().filter(|hop| Promises::of(it.policy, hop).is_none()) {
            places.insert((it.level_place(), it.policy.level.as_str(), next_hop));
        }
    }
    for (place, level, next_hop) in places {
        let finding = findings
            .at(place, impossible(level, next_hop))
            .hint("write `match: [NAME]`, with a name that the certificate has");
        findings.push(finding);
    }
    for target in &view.targets {
        let policy = target.default_policy();
        if !policy.level.checks_names() || target.tables.is_none() {
            continue;
        }
        for (next_hop, place) in target.next_hops_without_policy(view) {
            if Promises::of(&policy, next_hop).is_none() {
                let impossible = impossible(policy.level.as_str(), next_hop);
                let message = format!("{impossible}, which target `{}` asks for", target.name());
                let hint = "give it a policy with `match` under `next_hops`";
                findings.push(findings.at(place, message).hint(hint));
            }
        }
    }
}

fn impossible(level: &str, next_hop: &NextHop) -> String {
    format!("no certificate of a mail server satisfies `{level}` on `{next_hop}`")
}
