//! The back door of strict policies.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::target_view::is_inside;
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::{Promises, TlsPolicy};

pub(super) static RULE: Rule = Rule {
    name: "fallback-relay-weaker",
    level: LintLevel::Deny,
    lowest: LintLevel::Warn,
    summary: "a `fallback_relay` that gets mail at a lower level than other entries ask for",
    docs: Docs {
        what: "\
Finds relays of `fallback_relay` whose policy may end in plain text, or takes whoever answers, while an
entry of the target never does. Relays on this host or in a private network are left alone.",
        why: "\
Postfix adds `smtp_fallback_relay` to every list of next hops, and looks its policy up under its own name.
Mail whose `secure` policy failed goes there next: who blocks the strict way chooses the weak one.",
        example: "\
domains:
  example.com: { level: secure, match: [mx.example.com] }
targets:
  mx:
    postfix: \"3.10\"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    fallback_relay: [\"[fallback.example.net]\"]
",
        instead: "\
domains:
  example.com: { level: secure, match: [mx.example.com] }
next_hops:
  \"[fallback.example.net]\": { level: secure, match: [fallback.example.net] }
targets:
  mx:
    postfix: \"3.10\"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    fallback_relay: [\"[fallback.example.net]\"]
",
        sources: "postconf(5) `smtp_fallback_relay`; Postfix `smtp_connect.c`, `smtp_tls_policy.c`",
    },
    run,
};

/// What is left to whoever is on the way, the least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    PlainText,
    AnyPeer,
    KnownPeer,
}

impl Strength {
    fn of(policy: &TlsPolicy) -> Self {
        if policy.level.may_end_in_plain_text() {
            Self::PlainText
        } else if policy.level.takes_anyone() {
            Self::AnyPeer
        } else {
            Self::KnownPeer
        }
    }
}

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    for target in &view.targets {
        let (Some(tables), false) = (target.tables, target.target.fallback_relay.is_empty()) else {
            continue;
        };
        let entries = tables.tls_policy.entries().iter();
        let Some(strongest) =
            entries.max_by_key(|it| (Strength::of(&it.value), std::cmp::Reverse(it.origin.span)))
        else {
            continue;
        };
        for relay in &target.target.fallback_relay {
            let entry = target.policy_entry(&relay.value);
            let policy = entry.map_or_else(|| target.default_policy(), |it| (*it.value).clone());
            // Where nothing can be delivered nothing is given away.
            let delivers = Promises::of(&policy, &relay.value).is_some();
            let weaker = Strength::of(&policy) < Strength::of(&strongest.value);
            if !delivers || !weaker || is_inside(&relay.value) {
                continue;
            }
            let message = format!(
                "`{}` takes at `{}` what could not be delivered at `{}`",
                relay.value, policy.level, strongest.value.level
            );
            let finding = findings
                .at(relay.span, message)
                .related(strongest.origin.span, "by this entry")
                .hint("give it a policy of that strength under `next_hops`");
            findings.push(finding);
        }
    }
}
