//! The policy of a body: its own words over those of its template.

use super::expander::{Expander, own_transport};
use super::merge::{PolicyTexts, merge};
use super::policies::PolicyId;
use crate::diag::{Diagnostic, nearest};
use crate::model::{Body, Provider};
use crate::names::DomainName;
use std::collections::BTreeMap;

impl Expander<'_> {
    /// The template's parameters with the values given here. `None` after an error.
    pub(super) fn params(
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
    pub(super) fn policy(
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
            let own = own_transport(body).is_some();
            // A policy for DANE-secured domains says nothing about a next hop of the entry's own.
            if (dane && !own) || (own && !dane && body.policy.is_empty()) {
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
            (Some(provider), Some(name)) if !provider.is_detection_only() => Diagnostic::error(
                "provider-without-policy",
                name.span,
                format!(
                    "the template `{}` has a policy for DANE-secured domains only, and none for a next hop",
                    provider.name.value
                ),
            )
            .hint("give a `level` of your own"),
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
}
