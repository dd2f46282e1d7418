//! SNI for an address.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::NextHop;
use crate::resolve::Way;
use std::collections::BTreeSet;

pub(super) static RULE: Rule = Rule {
    name: "servername-of-address",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "`servername: hostname` or `nexthop` where the next hop is an address",
    docs: Docs {
        what: "\
Finds pinned domains, and next hops that are addresses, whose policy has `servername: hostname` or
`servername: nexthop`.",
        why: "\
Both stand for the next hop, and there that is an address: Postfix sends it as the name of the server,
which no certificate is chosen by, and which some servers answer with an error.",
        example: "\
domains:
  example.com:
    next_hop: \"[203.0.113.25]\"
    level: secure
    match: [mx.example.com]
    servername: hostname
",
        instead: "\
domains:
  example.com:
    next_hop: \"[203.0.113.25]\"
    level: secure
    match: [mx.example.com]
    servername: mx.example.com
",
        sources: "postconf(5) `smtp_tls_servername`; RFC 6066 §3: literal addresses are not permitted",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut places = BTreeSet::new();
    for it in view.policies() {
        let Some(word @ ("hostname" | "nexthop")) = it.policy.servername.as_deref() else {
            continue;
        };
        let pinned = it.plan.is_some_and(|(plan, _)| matches!(plan.way, Way::Pinned(_)));
        if pinned || it.next_hops().iter().any(NextHop::is_address) {
            places.insert((it.attribute_place("servername"), word));
        }
    }
    for (place, word) in places {
        let message = format!("`{word}` is an address here, and an address is no name of a server");
        let finding = findings
            .at(place, message)
            .hint("write the name itself, such as `servername: mx.example.com`");
        findings.push(finding);
    }
}
