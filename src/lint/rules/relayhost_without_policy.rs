//! A relayhost like any stranger.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::target_view::is_inside;
use crate::lint::view::View;
use crate::model::LintLevel;

pub(super) static RULE: Rule = Rule {
    name: "relayhost-without-policy",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "a `relayhost` without a policy on a target whose level takes whoever answers",
    docs: Docs {
        what: "\
Finds targets with a `relayhost` for which `next_hops` has no policy, while the level of the target is
`none`, `may`, `encrypt` or `dane`. Relays on this host or in a private network are left alone.",
        why: "\
All mail without a transport entry goes to the relay. It is one known machine, whose certificate can be
checked; at these levels somebody on the way can take its place, password for the relay included.",
        example: "\
targets:
  mta:
    postfix: \"3.10\"
    security_level: may
    map_type: lmdb
    relayhost: \"[relay.example.net]:587\"
",
        instead: "\
next_hops:
  \"[relay.example.net]:587\": { level: secure, match: [relay.example.net] }
targets:
  mta:
    postfix: \"3.10\"
    security_level: may
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    relayhost: \"[relay.example.net]:587\"
",
        sources: "postconf(5) `relayhost`; SASL_README \"Enabling SASL authentication in the Postfix SMTP/LMTP client\"",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    for target in view.targets.iter().filter(|it| it.tables.is_some()) {
        let Some(relayhost) = &target.target.relayhost else { continue };
        let level = target.target.security_level.value;
        let known = !level.takes_anyone() || target.policy_entry(&relayhost.value).is_some();
        if known || is_inside(&relayhost.value) {
            continue;
        }
        let message = format!(
            "the relayhost has no policy: `{level}` of target `{}` takes whoever answers",
            target.name()
        );
        let finding = findings
            .at(relayhost.span, message)
            .hint("write `level: secure` and `match: [NAME]` for it under `next_hops`");
        findings.push(finding);
    }
}
