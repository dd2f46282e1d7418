//! Mail that goes past the relayhost.

use crate::lint::findings::Findings;
use crate::lint::rule::{Docs, Rule};
use crate::lint::users::Users;
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::resolve::Way;

pub(super) static RULE: Rule = Rule {
    name: "relayhost-bypassed",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "`route: pin` or `host` on a target with a `relayhost`",
    docs: Docs {
        what: "\
Finds targets with a `relayhost` that get domains with `route: pin` or `route: host`, also where the route
comes from `defaults`. A next hop of a domain's own is meant to go past, and left alone.",
        why: "\
A transport entry comes before `relayhost`: these domains are sent to straight from this host. Where only
the relay may send to the outside the mail waits in the queue, and where it filters or signs, that is
left out.",
        example: "\
domains:
  kunde.example: { provider: hostpoint, route: pin }
next_hops:
  \"[relay.example.net]:587\": { level: dane-only }
targets:
  mta:
    postfix: \"3.10\"
    security_level: dane-only
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    relayhost: \"[relay.example.net]:587\"
",
        instead: "\
domains:
  kunde.example: { provider: hostpoint, route: pin }
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
        sources: "transport(5); postconf(5) `relayhost`; Postfix `resolve.c`",
    },
    run,
};

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    for target in &view.targets {
        let Some(relayhost) = &target.target.relayhost else { continue };
        let mut past = Users::default();
        for (plan, users) in view.plans_on(target) {
            let body = view.body(plan);
            let by_route = match plan.way {
                Way::Pinned(_) => true,
                Way::Transport(_) => body.next_hop.is_none() && body.transport.is_none(),
                Way::Mx | Way::LeftTo(_) => false,
            };
            if by_route {
                past.add(users, view.list());
            }
        }
        let Some(first) = view.first_place(past) else { continue };
        let message = format!(
            "mail for {} goes straight to MX hosts, and not to the relayhost",
            view.who(past)
        );
        let finding = findings
            .at(relayhost.span, message)
            .related(first, "routed here")
            .hint("write `domains: none` for this target, or name the domains it sends itself");
        findings.push(finding);
    }
}
