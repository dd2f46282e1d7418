//! DANE where there is no name.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::{NextHop, SecurityLevel};
use crate::source::Span;
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    name: "dane-on-address",
    level: LintLevel::Deny,
    lowest: LintLevel::Warn,
    summary: "`dane` or `dane-only` for a next hop that is an address",
    docs: Docs {
        what: "\
Finds next hops such as `[192.0.2.1]` whose policy is `dane` or `dane-only`, or that have no policy on a
target whose level is `dane-only`.",
        why: "\
TLSA records belong to names. For an address Postfix finds none: `dane` then is no more than `may`, which
anybody on the way turns into plain text, and `dane-only` defers everything.",
        example: "\
domains:
  example.com: { next_hop: \"[203.0.113.25]\", level: dane }
",
        instead: "\
domains:
  example.com: { next_hop: \"[mx.example.com]\", level: dane }
",
        sources: "Postfix `smtp_addr.c`, `tls_dane.c`; RFC 7672 §2.2",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut places: BTreeSet<(Span, &NextHop, &str)> = BTreeSet::new();
    for it in view.policies().filter(|it| it.policy.level.checks_tlsa()) {
        for next_hop in it.next_hops().iter().filter(|it| it.is_address()) {
            places.insert((it.level_place(), next_hop, it.policy.level.as_str()));
        }
    }
    for (place, next_hop, level) in places {
        let message = format!("`{level}` on `{next_hop}` {}", outcome(level));
        let finding = findings
            .at(place, message)
            .hint("name the host, as in `[mx.example.com]`, or write `level: secure` with `match`");
        findings.push(finding);
    }
    for target in &view.targets {
        let level = target.target.security_level.value;
        if level != SecurityLevel::DaneOnly || target.tables.is_none() {
            continue;
        }
        for (next_hop, place) in target.next_hops_without_policy(view) {
            if next_hop.is_address() {
                let message = format!(
                    "`{next_hop}` has no policy, and `{level}` of target `{}` defers all mail to an \
                     address",
                    target.name()
                );
                let hint = "give it a policy under `next_hops`, or name the host instead";
                findings.push(findings.at(place, message).hint(hint));
            }
        }
    }
}

fn outcome(level: &str) -> &'static str {
    if level == "dane-only" {
        "defers all mail: an address has no TLSA records"
    } else {
        "is only `may`: an address has no TLSA records"
    }
}
