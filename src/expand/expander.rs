//! From declarations to destinations.

use super::destination::{
    Destination, Destinations, HostSource, NextHopEntry, Unresolved, UnresolvedWay,
};
use super::policies::Policies;
use super::text_template::TextTemplates;
use crate::diag::{Diagnostic, Diagnostics};
use crate::model::catalogue::unknown_provider;
use crate::model::{Body, Config, Declaration, Hosts, Provider, Route};
use crate::names::{DomainName, Recipients};
use crate::postfix::Transport;
use crate::source::{Span, Spanned};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Binds every declaration to its template and to the defaults.
///
/// Takes the declarations out of `config`. All errors are reported; `None` when there was one.
///
/// # Panics
///
/// At 2^32 plans.
pub fn expand(
    config: &mut Config,
    diagnostics: &mut Diagnostics,
) -> Option<Destinations<Unresolved>> {
    let declarations = std::mem::take(&mut config.declarations);
    let mut expander = Expander {
        config,
        texts: TextTemplates::new(),
        policies: Policies::default(),
        per_domain: BTreeMap::new(),
        diagnostics,
    };
    let mut plans = Vec::new();
    let shared: Vec<BodyPlan> = (0_u32..)
        .zip(&config.bodies)
        .map(|(at, body)| expander.share(at, body, &mut plans))
        .collect();
    let mut failed = shared.iter().any(|plan| matches!(plan, BodyPlan::Failed));
    // A destination is as large as its declaration, so that the list stays where it is.
    let list = declarations
        .into_iter()
        .filter_map(|Declaration { recipients, span, body: at }| {
            let plan = match shared[at as usize] {
                BodyPlan::Shared(plan) => plan,
                BodyPlan::Failed => return None,
                BodyPlan::PerDomain => {
                    let body = &config.bodies[at as usize];
                    let Some(plan) = expander.plan(at, body, Some(recipients.name())) else {
                        failed = true;
                        return None;
                    };
                    plans.push(plan);
                    u32::try_from(plans.len() - 1).expect("fewer than 2^32 plans")
                }
            };
            let mut destination = Destination { recipients, span, plan };
            failed |= !expander.fits(&mut destination, &mut plans);
            Some(destination)
        })
        .collect();
    let next_hops = expander.next_hops();
    failed |= next_hops.is_none();
    let policies = expander.policies;
    (!failed).then(|| Destinations {
        list,
        plans,
        policies,
        next_hops: next_hops.unwrap_or_default(),
    })
}

/// What the domains with one body have in common.
enum BodyPlan {
    /// The plan.
    Shared(u32),
    /// Nothing: a text of the template names the domain.
    PerDomain,
    /// There is an error, already reported.
    Failed,
}

pub(super) struct Expander<'a> {
    pub(super) config: &'a Config,
    pub(super) texts: TextTemplates,
    pub(super) policies: Policies,
    /// Templates by name, with whether their texts depend on the domain.
    per_domain: BTreeMap<&'a str, bool>,
    pub(super) diagnostics: &'a mut Diagnostics,
}

impl<'a> Expander<'a> {
    fn share(&mut self, at: u32, body: &Body, plans: &mut Vec<Unresolved>) -> BodyPlan {
        if body.broken {
            if let Some(name) = &body.provider {
                self.provider(name);
            }
            return BodyPlan::Failed;
        }
        if let Some(name) = &body.provider
            && let Some(provider) = self.config.providers.get(&name.value)
            && self.depends_on_domain(provider)
        {
            return BodyPlan::PerDomain;
        }
        match self.plan(at, body, None) {
            Some(plan) => {
                plans.push(plan);
                BodyPlan::Shared(u32::try_from(plans.len() - 1).expect("fewer than 2^32 plans"))
            }
            None => BodyPlan::Failed,
        }
    }

    /// Whether a text of the template names the domain; asked for every body, answered once.
    fn depends_on_domain(&mut self, provider: &'a Provider) -> bool {
        let name = provider.name.value.as_str();
        if let Some(known) = self.per_domain.get(name) {
            return *known;
        }
        let hosts = match &provider.hosts {
            Hosts::Listed(hosts) => hosts.iter().map(|host| &host.name).collect(),
            Hosts::Unknown | Hosts::FromMx(_) => Vec::new(),
        };
        let policies = provider.policy.iter().chain(&provider.policy_when_dane);
        let values =
            policies.flat_map(|policy| &policy.attributes).flat_map(|attribute| &attribute.values);
        let mut texts = hosts.into_iter().chain(values);
        let depends = texts.any(|text| self.texts.depends_on_domain(&text.value));
        self.per_domain.insert(name, depends);
        depends
    }

    fn plan(&mut self, at: u32, body: &Body, domain: Option<&DomainName>) -> Option<Unresolved> {
        let provider = match &body.provider {
            None => None,
            Some(name) => Some(self.provider(name)?),
        };
        let plan = |policy, policy_when_dane, way, span| Unresolved {
            body: at,
            template: provider.map(|it| Arc::from(it.name.value.as_str())),
            policy,
            policy_when_dane,
            way,
            span,
        };
        if let Some(name) = &body.leave_to {
            let way = UnresolvedWay::LeftTo(Arc::from(name.value.as_str()));
            return Some(plan(None, None, way, name.span));
        }
        let params = self.params(body, provider);
        let policy = self.policy(body, provider, domain, params.as_ref()?, false);
        let dane = self.policy(body, provider, domain, params.as_ref()?, true);
        let (policy, dane) = (policy?, dane?);
        if let Some((transport, span)) = own_transport(body) {
            return Some(plan(policy, None, UnresolvedWay::Transport(transport), span));
        }
        let (route, explicit, span) = self.route(body, provider, policy)?;
        let hosts = match (route, provider) {
            (Route::Mx, _) => return Some(plan(policy, dane, UnresolvedWay::Mx, span)),
            (Route::Host | Route::Pin, Some(provider)) => {
                self.hosts(provider, body, domain, params.as_ref()?, route)?
            }
            (Route::Host | Route::Pin, None) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "route-without-provider",
                        span,
                        format!(
                            "`route: {}` needs a provider, whose template names the hosts",
                            route.as_str()
                        ),
                    )
                    .hint("name a `provider`, or give the `next_hop` yourself"),
                );
                return None;
            }
        };
        let way = match route {
            Route::Host => UnresolvedWay::Hosts(hosts),
            Route::Mx | Route::Pin => UnresolvedWay::Pinned { hosts, explicit },
        };
        Some(plan(policy, dane, way, span))
    }

    fn provider(&mut self, name: &Spanned<String>) -> Option<&'a Provider> {
        let config = self.config;
        if let Some(provider) = config.providers.get(&name.value) {
            return Some(provider);
        }
        if !config.gaps.providers.contains(&name.value) {
            self.diagnostics.push(unknown_provider(name, &config.providers));
        }
        None
    }

    /// Fits a shared plan to the form of the key: `.example.com` is never pinned.
    fn fits(&mut self, destination: &mut Destination, plans: &mut Vec<Unresolved>) -> bool {
        if let Recipients::Domain(_) = destination.recipients {
            return true;
        }
        let plan = &plans[destination.plan as usize];
        let route = match &plan.way {
            UnresolvedWay::Mx
            | UnresolvedWay::LeftTo(_)
            | UnresolvedWay::Transport(_)
            | UnresolvedWay::Hosts(HostSource::Listed(_)) => return true,
            UnresolvedWay::Hosts(HostSource::OwnMx) => Route::Host,
            UnresolvedWay::Pinned { explicit: false, .. } => {
                let plan = Unresolved { way: UnresolvedWay::Mx, ..plan.clone() };
                let at = plans.iter().rposition(|it| *it == plan).unwrap_or_else(|| {
                    plans.push(plan);
                    plans.len() - 1
                });
                destination.plan = u32::try_from(at).expect("fewer than 2^32 plans");
                return true;
            }
            UnresolvedWay::Pinned { explicit: true, .. } => Route::Pin,
        };
        self.diagnostics.push(
            Diagnostic::error(
                "route-of-subdomains",
                destination.span,
                format!(
                    "`{}` stands for many domains: `route: {}` needs one",
                    destination.recipients,
                    route.as_str()
                ),
            )
            .hint("write `route: mx`"),
        );
        false
    }

    fn next_hops(&mut self) -> Option<Vec<NextHopEntry>> {
        let config = self.config;
        let mut list = Vec::with_capacity(config.next_hops.len());
        for it in &config.next_hops {
            let mut body = Body::new(it.next_hop.span);
            body.policy = it.policy.clone();
            if let Some(Some(policy)) = self.policy(&body, None, None, &BTreeMap::new(), false) {
                let (next_hop, span) = (it.next_hop.value.clone(), it.next_hop.span);
                list.push(NextHopEntry { next_hop, policy, span });
            }
        }
        (list.len() == config.next_hops.len()).then_some(list)
    }
}

/// The transport that `next_hop` and `transport` make together, with the place.
pub(super) fn own_transport(body: &Body) -> Option<(Transport, Span)> {
    match (&body.next_hop, &body.transport) {
        (None, None) => None,
        (None, Some(transport)) => Some((transport.value.clone(), transport.span)),
        (Some(next_hop), transport) => {
            let mut result = match transport {
                Some(transport) => transport.value.clone(),
                None => Transport::smtp(Vec::new()),
            };
            result.next_hops = vec![next_hop.value.clone()];
            Some((result, next_hop.span))
        }
    }
}
