//! What the destinations need to know.

use crate::expand::{Destinations, HostSource, Unresolved, UnresolvedWay};
use crate::lock::{DomainNeed, HostNeed, HostsOfDomain, Needs};
use crate::model::{Config, MxPattern};
use crate::names::DomainName;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Collects every fact that the destinations need.
///
/// Pinned domains need the addresses of their hosts and their own MX set, which tells when they have
/// left the provider. Templates with a policy for DANE-secured domains need the MX set and whether its
/// hosts have TLSA records.
pub fn needs(config: &Config, destinations: &Destinations<Unresolved>) -> Needs {
    let mut needs = Needs::default();
    let mut patterns: BTreeMap<Arc<str>, Arc<[MxPattern]>> = BTreeMap::new();
    let of_plans: Vec<Option<OfPlan>> = destinations
        .plans
        .iter()
        .map(|plan| {
            let of_plan = OfPlan::new(plan)?;
            let provider = plan.template.clone().map(|name| {
                let patterns = patterns.entry(Arc::clone(&name)).or_insert_with(|| {
                    config
                        .providers
                        .get(&*name)
                        .map_or_else(|| Arc::from([]), |it| it.mx_patterns.clone().into())
                });
                (name, Arc::clone(patterns))
            });
            Some(OfPlan { provider, ..of_plan })
        })
        .collect();
    for plan in &destinations.plans {
        if let UnresolvedWay::Pinned { hosts: HostSource::Listed(hosts), .. } = &plan.way {
            for (_, host) in hosts.iter() {
                let need = HostNeed { span: plan.span, addresses: true, dane: false };
                needs.hosts.entry(host.clone()).or_insert(need);
            }
        }
    }
    for destination in &destinations.list {
        if let (Some(of_plan), false) =
            (&of_plans[destination.plan as usize], destination.recipients.is_subdomains())
        {
            needs.domains.insert(
                destination.recipients.name().clone(),
                DomainNeed {
                    span: destination.span,
                    provider: of_plan.provider.clone(),
                    hosts: of_plan.hosts,
                    listed: of_plan.listed.clone(),
                },
            );
        }
    }
    needs
}

/// What each domain of a plan needs; plans that need nothing have none.
struct OfPlan {
    provider: Option<(Arc<str>, Arc<[MxPattern]>)>,
    hosts: HostsOfDomain,
    listed: Option<Arc<[(u16, DomainName)]>>,
}

impl OfPlan {
    fn new(plan: &Unresolved) -> Option<Self> {
        let dane = plan.policy_when_dane.is_some();
        let addresses = match &plan.way {
            UnresolvedWay::Pinned { hosts, .. } => *hosts == HostSource::OwnMx,
            UnresolvedWay::Hosts(HostSource::OwnMx) => false,
            UnresolvedWay::Hosts(HostSource::Listed(_)) | UnresolvedWay::Mx if dane => false,
            UnresolvedWay::Hosts(HostSource::Listed(_))
            | UnresolvedWay::Mx
            | UnresolvedWay::Transport(_)
            | UnresolvedWay::LeftTo(_) => return None,
        };
        let listed = match &plan.way {
            UnresolvedWay::Pinned { hosts: HostSource::Listed(hosts), .. } => {
                Some(Arc::clone(hosts))
            }
            UnresolvedWay::Pinned { hosts: HostSource::OwnMx, .. }
            | UnresolvedWay::Hosts(_)
            | UnresolvedWay::Mx
            | UnresolvedWay::Transport(_)
            | UnresolvedWay::LeftTo(_) => None,
        };
        Some(Self { provider: None, hosts: HostsOfDomain { addresses, dane }, listed })
    }
}
