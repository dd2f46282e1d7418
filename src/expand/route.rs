//! How mail gets to a destination: the route and the MX hosts.

use super::destination::HostSource;
use super::expander::Expander;
use super::policies::PolicyId;
use crate::diag::Diagnostic;
use crate::model::{Body, Hosts, Provider, Route};
use crate::names::DomainName;
use crate::postfix::{MatchPattern, SecurityLevel, TlsPolicy};
use crate::source::Span;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Expander<'_> {
    /// The route, whether it was written beside the domain, and the place.
    pub(super) fn route(
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

    pub(super) fn hosts(
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
