//! A domain's own `match` beside that of its template.

use super::policy_use::PolicyUse;
use crate::model::{Hosts, PolicySpec, Provider};
use crate::names::DomainName;
use crate::postfix::MatchPattern;

/// What a name in a domain's own `match` is to the template.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Relation {
    /// A name that the template or one of its hosts has.
    Known,
    /// More than the template accepts.
    Wider,
    /// A name that has nothing to do with the template.
    Foreign,
}

/// Each name in the domain's own `match`. `None` where there is nothing to compare: no template, no
/// `match` of its own, or a template without names or with names that depend on the domain.
pub(super) fn relations<'a>(used: &PolicyUse<'a>) -> Option<Vec<(&'a MatchPattern, Relation)>> {
    let (provider, (_, body)) = (used.provider?, used.plan?);
    body.policy.values("match")?;
    let names = names(provider.policy.as_ref()?)?;
    let relation =
        |pattern: &'a MatchPattern| Some((pattern, relation(pattern, &names, provider)?));
    Some(used.policy.matches.iter().filter_map(relation).collect())
}

/// The names of a template; `None` when there are none, or some are not literal.
fn names(policy: &PolicySpec) -> Option<Vec<MatchPattern>> {
    let values = policy.values("match")?;
    values.iter().map(|value| MatchPattern::parse_name(&value.value).ok()).collect()
}

fn relation(
    pattern: &MatchPattern,
    names: &[MatchPattern],
    provider: &Provider,
) -> Option<Relation> {
    let host_below = |parent: &DomainName| match &provider.hosts {
        Hosts::Listed(hosts) => hosts.iter().any(|host| {
            DomainName::parse(&host.name.value).is_ok_and(|it| it.is_below(parent.as_str()))
        }),
        Hosts::Unknown | Hosts::FromMx(_) => false,
    };
    match pattern {
        MatchPattern::Name(_) | MatchPattern::Subdomains(_) | MatchPattern::LiteralWildcard(_) => {}
        MatchPattern::NextHop
        | MatchPattern::DotNextHop
        | MatchPattern::Hostname
        | MatchPattern::Fingerprint(_)
        | MatchPattern::Unmatchable(_) => return None,
    }
    let known = names.iter().any(|name| name.covers(pattern))
        || matches!(pattern, MatchPattern::Name(name) if provider.accepts(name));
    let wider = names.iter().any(|name| pattern.covers(name))
        || matches!(pattern, MatchPattern::Subdomains(parent) if host_below(parent));
    Some(match (known, wider) {
        (true, _) => Relation::Known,
        (false, true) => Relation::Wider,
        (false, false) => Relation::Foreign,
    })
}
