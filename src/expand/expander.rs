//! From declarations to destinations.

use super::destination::{
    Destination, Destinations, HostSource, NextHopEntry, Unresolved, UnresolvedWay,
};
use super::merge::{PolicyTexts, merge};
use super::policies::{Policies, PolicyId};
use super::text_template::TextTemplates;
use crate::diag::{Diagnostic, Diagnostics, nearest};
use crate::model::catalogue::unknown_provider;
use crate::model::{Body, Config, Declaration, Hosts, Provider, Route};
use crate::names::{DomainName, Recipients};
use crate::postfix::{MatchPattern, SecurityLevel, TlsPolicy, Transport};
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

struct Expander<'a> {
    config: &'a Config,
    texts: TextTemplates,
    policies: Policies,
    /// Templates by name, with whether their texts depend on the domain.
    per_domain: BTreeMap<&'a str, bool>,
    diagnostics: &'a mut Diagnostics,
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

    /// The template's parameters with the values given here. `None` after an error.
    fn params(
        &mut self,
        body: &Body,
        provider: Option<&Provider>,
    ) -> Option<BTreeMap<String, String>> {
        let mut params = BTreeMap::new();
        let mut complete = true;
        let declared = provider.map(|it| &it.params);
        for (name, value) in &body.params {
            if declared.is_some_and(|it| it.contains_key(name)) {
                continue;
            }
            complete = false;
            let known = declared.into_iter().flatten().map(|(name, _)| name.as_str());
            let mut error = Diagnostic::error(
                "unknown-parameter",
                value.span,
                format!("the template has no parameter `{name}`"),
            );
            if let Some(near) = nearest(name, known.clone()) {
                error = error.hint(format!("did you mean `{near}`?"));
            } else {
                let known = known.collect::<Vec<_>>().join("`, `");
                error = error.hint(if known.is_empty() {
                    "it has no parameters".to_owned()
                } else {
                    format!("its parameters are `{known}`")
                });
            }
            self.diagnostics.push(error);
        }
        for (name, default) in declared.into_iter().flatten() {
            match (body.params.get(name), default) {
                (Some(given), _) => params.insert(name.clone(), given.value.clone()),
                (None, Some(default)) => params.insert(name.clone(), default.clone()),
                (None, None) => {
                    complete = false;
                    self.diagnostics.push(
                        Diagnostic::error(
                            "missing-parameter",
                            body.provider.as_ref().map_or(body.span, |name| name.span),
                            format!("the template needs the parameter `{name}`"),
                        )
                        .hint(format!("write `params: {{ {name}: … }}` beside `provider`")),
                    );
                    None
                }
            };
        }
        complete.then_some(params)
    }

    #[expect(clippy::option_option, reason = "an error is not the same as no policy")]
    /// The policy of a body; `Some(None)` means that no entry is emitted, `None` an error.
    fn policy(
        &mut self,
        body: &Body,
        provider: Option<&Provider>,
        domain: Option<&DomainName>,
        params: &BTreeMap<String, String>,
        when_dane: bool,
    ) -> Option<Option<PolicyId>> {
        let template = match (provider, when_dane) {
            (None, _) => None,
            (Some(provider), false) => provider.policy.as_ref(),
            // A level written beside the domain holds, whatever the domain publishes.
            (Some(_), true) if body.policy.level.is_some() => return Some(None),
            (Some(provider), true) => match &provider.policy_when_dane {
                None => return Some(None),
                some => some.as_ref(),
            },
        };
        if when_dane && template.is_none() {
            return Some(None);
        }
        let Some(merged) = merge(&body.policy, template) else {
            let dane = provider.is_some_and(|it| it.policy_when_dane.is_some());
            if dane || (own_transport(body).is_some() && body.policy.is_empty()) {
                return Some(None);
            }
            self.no_level(body, provider);
            return None;
        };
        let mut texts = PolicyTexts::new(merged.level.value);
        let mut failed = false;
        for attribute in merged.attributes {
            let mut values = Vec::with_capacity(attribute.values.len());
            for value in &attribute.values {
                match self.texts.render(value, domain, params) {
                    Ok(text) => values.push(text),
                    Err(error) => {
                        failed = true;
                        self.diagnostics.push(error);
                    }
                }
            }
            texts.add(attribute, values);
        }
        if failed {
            return None;
        }
        match texts.parse() {
            Ok(policy) => Some(Some(self.policies.intern(policy, merged.level.span))),
            Err(errors) => {
                for (span, error) in errors {
                    let span = span.unwrap_or(merged.level.span);
                    let mut diagnostic = Diagnostic::error("policy", span, error.to_string());
                    if let Some(hint) = error.hint() {
                        diagnostic = diagnostic.hint(hint);
                    }
                    self.diagnostics.push(diagnostic);
                }
                None
            }
        }
    }

    fn no_level(&mut self, body: &Body, provider: Option<&Provider>) {
        self.diagnostics.push(match (provider, &body.provider) {
            (Some(provider), Some(name)) => Diagnostic::error(
                "provider-without-policy",
                name.span,
                format!(
                    "the template `{}` is for detection only: its certificate names are not known",
                    provider.name.value
                ),
            )
            .hint("give a `level` (and `match`) of your own, for example `level: encrypt`")
            .hint(format!(
                "or put a complete template into `providers/{}.yaml`",
                provider.name.value
            )),
            _ => Diagnostic::error(
                "entry-without-policy",
                body.span,
                "the entry says neither `provider` nor `level`",
            )
            .hint("write `provider: NAME`, `level: LEVEL` or `leave_to: mta-sts`"),
        });
    }

    /// The route, whether it was written beside the domain, and the place.
    fn route(
        &mut self,
        body: &Body,
        provider: Option<&Provider>,
        policy: Option<PolicyId>,
    ) -> Option<(Route, bool, Span)> {
        let place = body.provider.as_ref().map_or(body.span, |name| name.span);
        let Some(provider) = provider else {
            return Some(match &body.route {
                Some(route) => (route.value, true, route.span),
                None => (Route::Mx, false, place),
            });
        };
        let (route, explicit, span) = match (&body.route, &self.config.default_route) {
            (Some(route), _) => (route.value, true, route.span),
            (None, Some(route)) => (route.value, false, place),
            (None, None) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        "route-missing",
                        place,
                        format!("no route for the provider `{}`", provider.name.value),
                    )
                    .hint("choose for the whole repository: `defaults: { route: mx }`, or `pin`")
                    .hint("or write `route` beside the provider"),
                );
                return None;
            }
        };
        if route != Route::Pin {
            return Some((route, explicit, span));
        }
        let Some(policy) = policy.map(|id| Arc::clone(self.policies.get(id))) else {
            // Nothing is emitted unless the domain is DANE-secured, and then it is not pinned.
            if explicit {
                self.not_pinnable(span, "a domain without a policy of its own");
                return None;
            }
            return Some((Route::Mx, explicit, span));
        };
        if matches!(policy.level, SecurityLevel::Dane | SecurityLevel::DaneOnly) {
            if explicit {
                self.not_pinnable(span, &format!("`{}`", policy.level));
                return None;
            }
            return Some((Route::Mx, explicit, span));
        }
        if !pinnable(&policy) {
            self.not_pinnable(span, &format!("`{policy}`"));
            return None;
        }
        Some((route, explicit, span))
    }

    fn not_pinnable(&mut self, span: Span, what: &str) {
        self.diagnostics.push(
            Diagnostic::error("pin-policy", span, format!("{what} cannot be pinned to addresses"))
                .hint("write `route: mx`")
                .hint(
                    "a pin needs `secure` or `verify` with a `match` that names the certificate, or \
                     `fingerprint`: anything less hands the mail to whoever gets the address next, \
                     and DANE does not work on addresses",
                ),
        );
    }

    fn hosts(
        &mut self,
        provider: &Provider,
        body: &Body,
        domain: Option<&DomainName>,
        params: &BTreeMap<String, String>,
        route: Route,
    ) -> Option<HostSource> {
        let specs = match &provider.hosts {
            Hosts::FromMx(_) => return Some(HostSource::OwnMx),
            Hosts::Listed(specs) => specs,
            Hosts::Unknown => {
                let span = body.provider.as_ref().map_or(body.span, |name| name.span);
                self.diagnostics.push(
                    Diagnostic::error(
                        "route-without-hosts",
                        span,
                        format!(
                            "the template `{}` names no MX hosts, which `route: {}` needs",
                            provider.name.value,
                            route.as_str()
                        ),
                    )
                    .hint("write `route: mx`"),
                );
                return None;
            }
        };
        let mut hosts = Vec::with_capacity(specs.len());
        for spec in specs {
            let name = self.texts.render(&spec.name, domain, params).and_then(|text| {
                DomainName::parse(&text).map_err(|error| {
                    let message = format!("this gives `{text}`, which is not a host name: {error}");
                    Diagnostic::error("template", spec.name.span, message)
                })
            });
            match name {
                Ok(name) => hosts.push((spec.preference, name)),
                Err(error) => self.diagnostics.push(error),
            }
        }
        hosts.sort();
        hosts.dedup_by(|second, first| second.1 == first.1);
        (hosts.len() == specs.len()).then(|| HostSource::Listed(Arc::from(hosts)))
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

/// Whether a policy keeps a stranger who got the address from receiving the mail.
fn pinnable(policy: &TlsPolicy) -> bool {
    match policy.level {
        SecurityLevel::Fingerprint => !policy.matches.is_empty(),
        SecurityLevel::Verify | SecurityLevel::Secure => {
            !policy.matches.is_empty()
                && policy.matches.iter().all(|pattern| match pattern {
                    MatchPattern::Name(_)
                    | MatchPattern::Subdomains(_)
                    | MatchPattern::LiteralWildcard(_) => true,
                    MatchPattern::NextHop
                    | MatchPattern::DotNextHop
                    | MatchPattern::Hostname
                    | MatchPattern::Fingerprint(_)
                    | MatchPattern::Unmatchable(_) => false,
                })
        }
        SecurityLevel::None
        | SecurityLevel::May
        | SecurityLevel::Encrypt
        | SecurityLevel::Dane
        | SecurityLevel::DaneOnly => false,
    }
}

/// The transport that `next_hop` and `transport` make together, with the place.
fn own_transport(body: &Body) -> Option<(Transport, Span)> {
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
