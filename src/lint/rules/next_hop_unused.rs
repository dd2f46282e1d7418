//! Policies that nobody asks for.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::{NextHop, policy_keys};
use crate::resolve::Way;
use crate::source::Span;
use std::collections::BTreeMap;

pub(super) static RULE: Rule = Rule {
    name: "next-hop-unused",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "an entry of `next_hops` that no domain and no target sends to",
    docs: Docs {
        what: "\
Finds next hops with a policy that are no `relayhost` or `fallback_relay` of a target, and no `next_hop` or
MX host of a domain, in exactly that spelling. If only main.cf names it, as `default_transport` or
`sender_dependent_relayhost_maps` do, allow the lint.",
        why: "\
Postfix looks policies up by the text of the next hop: `[relay.example.net]`, `[relay.example.net]:587` and
`relay.example.net` are three different keys. A policy under another spelling is never asked for, and the
relay gets mail at the level of the target. A bare domain is none of these, but a recipient domain, and
belongs under `domains`.",
        example: "\
next_hops:
  \"[relay.example.net]\": { level: secure, match: [relay.example.net] }
targets:
  mta:
    postfix: \"3.10\"
    security_level: dane-only
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    relayhost: \"[relay.example.net]:587\"
",
        instead: "\
next_hops:
  \"[relay.example.net]:587\": { level: secure, match: [relay.example.net] }
targets:
  mta:
    postfix: \"3.10\"
    security_level: dane-only
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    relayhost: \"[relay.example.net]:587\"
",
        sources: "postconf(5) `smtp_tls_policy_maps`; Postfix `smtp_tls_policy.c`",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    if view.linted().destinations.is_none() || view.config().next_hops.is_empty() {
        return;
    }
    let mut asked: BTreeMap<&str, (&NextHop, Span)> = BTreeMap::new();
    // Targets that were not asked for count too.
    for target in &view.config().targets {
        for relay in target.relayhost.iter().chain(&target.fallback_relay) {
            for key in policy_keys(&relay.value) {
                asked.entry(key).or_insert((&relay.value, relay.span));
            }
        }
    }
    for (plan, _) in view.plans() {
        if let Way::Transport(transport) = &plan.way {
            for next_hop in &transport.next_hops {
                for key in policy_keys(next_hop) {
                    asked.entry(key).or_insert((next_hop, plan.span));
                }
            }
        }
    }
    for entry in &view.config().next_hops {
        let next_hop = &entry.next_hop.value;
        if asked.contains_key(next_hop.as_str()) {
            continue;
        }
        let mut finding =
            findings.at(entry.next_hop.span, format!("no mail is sent to `{next_hop}`"));
        let same_host = asked.values().find(|(it, _)| it.host_part() == next_hop.host_part());
        if let Some((other, place)) = same_host {
            finding = finding
                .related(*place, "sent to this one")
                .hint(format!("Postfix compares the text: write `{other}`"));
        } else if next_hop.bare_domain().is_some() {
            finding = finding.hint("a recipient domain belongs under `domains`");
        } else {
            finding = finding.hint("name it as `relayhost` or `fallback_relay`, or remove it");
        }
        findings.push(finding);
    }
}
