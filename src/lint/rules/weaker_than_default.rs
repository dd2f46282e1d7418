//! Entries below the level of the target.

use crate::lint::findings::Findings;
use crate::lint::policy_use::PolicyUse;
use crate::lint::rule::{Docs, Rule};
use crate::lint::target_view::TargetView;
use crate::lint::view::View;
use crate::model::LintLevel;
use crate::postfix::{NextHop, Promises, SecurityLevel, TlsPolicy};
use crate::resolve::Way;
use std::cmp::Ordering;

pub(super) static RULE: Rule = Rule {
    name: "weaker-than-default",
    level: LintLevel::Warn,
    lowest: LintLevel::Allow,
    summary: "an entry that promises less than the level of its target",
    docs: Docs {
        what: "\
Finds policies that promise less than `security_level` of a target would without them. Levels are compared
by what an attacker on the way can do: `secure` and `dane-only` trust different roots, so neither is
weaker, and `encrypt` beside `dane` is not reported either. A `reason` beside the domain silences the
lint; when its `until` has passed, `exception-expired` takes over.",
        why: "\
An entry is not a minimum: it replaces the level of the target, also downwards. `level: may` for a domain
that publishes TLSA records turns DANE off on a target that would have used it.",
        example: "\
domains:
  legacy.example: { level: may }
",
        instead: "\
domains:
  legacy.example: { level: may, reason: \"no STARTTLS, ticket 4711\", until: 2027-03-31 }
",
        sources: "postconf(5) `smtp_tls_policy_maps`; Postfix `smtp_tls_policy.c`",
    },
    run,
};

/// A policy that is weaker than the level of a target.
pub(super) struct Weaker<'v, 'a> {
    pub(super) used: PolicyUse<'a>,
    target: &'v TargetView<'a>,
}

/// Every policy that is weaker than the level of a target, excused or not, in the order of targets.
pub(super) fn weaker<'v, 'a>(view: &'v View<'a>) -> impl Iterator<Item = Weaker<'v, 'a>> {
    view.targets.iter().flat_map(move |target| {
        let plans = view.plans_on(target);
        let plans = plans.filter_map(|(plan, users)| view.policy_use(plan, users));
        let mut next_hops = view.next_hop_policies().peekable();
        // Another target's relay is of no concern here.
        let asked = next_hops.peek().map(|_| target.next_hops(view)).unwrap_or_default();
        let next_hops =
            next_hops.filter(move |it| it.next_hop.is_some_and(|hop| asked.contains(&hop.value)));
        let all = plans.chain(next_hops);
        all.filter(move |used| is_weaker(view, target, used))
            .map(move |used| Weaker { used, target })
    })
}

fn is_weaker(view: &View<'_>, target: &TargetView<'_>, used: &PolicyUse<'_>) -> bool {
    let (mine, usual) = (used.policy.level, target.target.security_level.value);
    // `none` has a lint of its own, and within a level the attributes have theirs.
    mine != SecurityLevel::None && mine != usual && compare(view, &target.default_policy(), used)
}

/// Compares for every next hop of the policy, or for one of the domains: they are alike.
fn compare(view: &View<'_>, default: &TlsPolicy, used: &PolicyUse<'_>) -> bool {
    let less = |next_hop: &NextHop| {
        let (mine, usual) = (Promises::of(used.policy, next_hop), Promises::of(default, next_hop));
        mine.zip(usual).and_then(|(mine, usual)| mine.partial_cmp(&usual)) == Some(Ordering::Less)
    };
    let to_domain = used.plan.is_some_and(|(plan, _)| match &plan.way {
        Way::Mx | Way::Pinned(_) => true,
        Way::Transport(transport) => transport.next_hops.is_empty(),
        Way::LeftTo(_) => false,
    });
    let domain = used.users.first(view.list()).filter(|_| to_domain);
    let domain = domain.map(|it| NextHop::domain(it.recipients.name()));
    domain.iter().chain(used.next_hops()).any(less)
}

fn run(view: &View<'_>, findings: &mut Findings<'_>) {
    let mut groups = view.groups_by_target();
    for Weaker { used, target } in weaker(view) {
        if !used.is_excused() {
            let next_hop = used.next_hop.map(|it| &it.value);
            let key = (used.level_place(), used.policy.level.as_str(), next_hop);
            groups.add(key, used.users, target);
        }
    }
    for (key, users, levels) in groups {
        let (place, level, next_hop) = key;
        let who = view.who_or(next_hop, users);
        let message = format!("`{level}` for {who} is weaker than {levels}");
        let hint = if next_hop.is_some() {
            "raise the level, or remove the entry"
        } else {
            "raise the level, or write a `reason` beside the domain, best with `until`"
        };
        findings.push(findings.at(place, message).hint(hint));
    }
}
