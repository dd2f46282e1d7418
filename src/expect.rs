//! What a repository's own tests expect of the compiled maps: `tests/*.yaml`.

use crate::diag::{Diagnostic, Diagnostics, Fields, parse_yaml, values};
use crate::diff::Recipient;
use crate::model::{next_hop_error, recipients};
use crate::names::Recipients;
use crate::postfix::{
    Delivery, Effect, HopPolicy, NextHop, Outcome, Promises, SecurityLevel, Settings, TlsPolicy,
    Version, deliver,
};
use crate::source::{FileId, Node, NodeKind, Span, Spanned};

/// The version of the format.
const VERSION: u32 = 1;

/// What must hold for one recipient.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// The domain, or all subdomains of one.
    pub recipient: Spanned<Recipients>,
    /// The targets on which it must hold; empty is all.
    pub targets: Vec<Spanned<String>>,
    demands: Vec<Spanned<Demand>>,
}

/// One thing that must hold.
#[derive(Clone, Debug)]
enum Demand {
    /// At least what people mean by this level; see [`Promises::reaches`].
    AtLeast(SecurityLevel),
    /// Every next hop with a policy that names certificates takes exactly these.
    Match(Vec<String>),
    /// Exactly these next hops, in this order.
    NextHops(Vec<NextHop>),
    /// Nothing that this policy promises is lost.
    NeverWeakerThan(Box<TlsPolicy>),
}

/// Why an expectation does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// What was expected.
    pub span: Span,
    /// What is so instead, in a phrase.
    pub why: String,
}

impl Expectation {
    /// A domain to follow through the maps.
    pub fn example(&self) -> String {
        let key = self.recipient.value.key().to_string();
        let is_subdomains = self.recipient.value.is_subdomains();
        let recipient =
            if is_subdomains { Recipient::Subdomains(key) } else { Recipient::Domain(key) };
        recipient.example()
    }

    /// Whether it is about a target.
    pub fn concerns(&self, target: &str) -> bool {
        self.targets.is_empty() || self.targets.iter().any(|it| it.value == target)
    }

    /// What of it does not hold for a delivery to [`Self::example`].
    pub fn failures(&self, delivery: &Delivery, settings: &Settings) -> Vec<Failure> {
        let failure = |demand: &Spanned<Demand>| {
            let why = self.lacks(&demand.value, delivery, settings)?;
            Some(Failure { span: demand.span, why })
        };
        self.demands.iter().filter_map(failure).collect()
    }

    fn lacks(&self, demand: &Demand, delivery: &Delivery, settings: &Settings) -> Option<String> {
        let hops = match &delivery.outcome {
            Outcome::Smtp { hops, .. } => hops,
            Outcome::Other(transport) => {
                return Some(format!("mail goes to `{transport}`, where no TLS policy applies"));
            }
            Outcome::Fatal(error) => return Some(format!("no mail is delivered: {error}")),
        };
        if let Some(hop) = hops.iter().find(|it| matches!(it.policy, HopPolicy::Invalid(_))) {
            return Some(format!("Postfix refuses the policy of `{}`", hop.next_hop));
        }
        let policies = || {
            hops.iter().filter_map(|hop| match &hop.policy {
                HopPolicy::Valid(policy) => Some((&hop.next_hop, policy)),
                HopPolicy::Invalid(_) => None,
            })
        };
        match demand {
            Demand::AtLeast(level) => {
                // Postfix delivers nothing by a policy that promises nothing, so none is worse.
                let short = policies().find(|(next_hop, policy)| {
                    Promises::of(policy, next_hop).is_some_and(|it| !it.reaches(*level))
                });
                short.map(|(next_hop, policy)| format!("the policy of `{next_hop}` is `{policy}`"))
            }
            Demand::Match(wanted) => policies().find_map(|(next_hop, policy)| {
                let mut names: Vec<String> =
                    policy.matches.iter().map(ToString::to_string).collect();
                names.sort();
                (names != *wanted).then(|| format!("the policy of `{next_hop}` is `{policy}`"))
            }),
            Demand::NextHops(wanted) => {
                let found = || hops.iter().map(|hop| &hop.next_hop);
                let names = found().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
                (!found().eq(wanted)).then(|| format!("mail goes to {names}"))
            }
            Demand::NeverWeakerThan(policy) => {
                let domain = self.example();
                let (key, text) = (domain.clone(), policy.to_string());
                let alone = Settings {
                    relayhost: None,
                    fallback_relay: Vec::new(),
                    version: Version::NEWEST,
                    ..settings.clone()
                };
                let asked = |it: &str| (it == key).then_some(text.as_str());
                let wanted = deliver(&domain, &|_| None, &asked, &alone);
                let effect = Effect::between(&wanted, delivery);
                let holds = matches!(effect, Effect::Stronger | Effect::Neutral);
                let hop = policies().next().map(|(next_hop, policy)| {
                    format!("; the policy of `{next_hop}` is `{policy}`")
                });
                (!holds).then(|| format!("it is {effect}{}", hop.unwrap_or_default()))
            }
        }
    }
}

/// Reads a file of expectations; what is wrong in it is reported.
pub fn read(file: FileId, text: &str, diagnostics: &mut Diagnostics) -> Vec<Expectation> {
    let Some(node) = parse_yaml(file, text, diagnostics) else { return Vec::new() };
    let Some(mut fields) = Fields::new(node, "a file of expectations", diagnostics) else {
        return Vec::new();
    };
    if fields.version(VERSION, diagnostics).is_none() {
        return Vec::new();
    }
    let mut list = Vec::new();
    match fields.required("expect", diagnostics) {
        Some((_, Node { kind: NodeKind::Mapping(mapping), .. })) => {
            for (key, node) in mapping.entries {
                let name = Spanned::new(key.value.into_owned(), key.span);
                list.extend(expectation(&name, node, diagnostics));
            }
        }
        Some((_, node)) => {
            let found = values::describe(&node);
            let message = format!("`expect` must be a mapping from domain to demands, not {found}");
            diagnostics.push(Diagnostic::error("wrong-type", node.span, message));
        }
        None => {}
    }
    fields.finish(diagnostics);
    list
}

/// `gmail.com: secure` is short for `gmail.com: { at_least: secure }`.
fn expectation(
    name: &Spanned<String>,
    node: Node<'_>,
    diagnostics: &mut Diagnostics,
) -> Option<Expectation> {
    let recipient = recipients(&name.value, name.span, diagnostics);
    let recipient = recipient.map(|it| Spanned::new(it, name.span));
    if let NodeKind::Scalar(_) = node.kind {
        let level = level(&node, diagnostics)?;
        let demands = vec![level.map(Demand::AtLeast)];
        return Some(Expectation { recipient: recipient?, targets: Vec::new(), demands });
    }
    let mut fields =
        Fields::new(node, format!("what is expected of `{}`", name.value), diagnostics)?;
    let mut found = Diagnostics::new();
    let mut demands = Vec::new();
    if let Some((_, node)) = fields.take("at_least") {
        demands.extend(level(&node, &mut found).map(|it| it.map(Demand::AtLeast)));
    }
    if let Some((_, node)) = fields.take("match") {
        let span = node.span;
        let names = values::one_or_list(node, "`match`", &mut found, |node, diagnostics| {
            values::text(&node, "`match`", diagnostics)
        });
        demands.extend(names.map(|names| {
            let mut names: Vec<String> = names.into_iter().map(|it| it.value).collect();
            names.sort();
            Spanned::new(Demand::Match(names), span)
        }));
    }
    if let Some((_, node)) = fields.take("next_hop") {
        let span = node.span;
        let hops = values::one_or_list(node, "`next_hop`", &mut found, |node, diagnostics| {
            next_hop(&node, diagnostics)
        });
        demands.extend(hops.map(|hops| Spanned::new(Demand::NextHops(hops), span)));
    }
    if let Some((_, node)) = fields.take("never_weaker_than")
        && let Some(text) = values::text(&node, "`never_weaker_than`", &mut found)
    {
        match TlsPolicy::parse(&text.value, Version::NEWEST) {
            Ok(policy) => {
                demands.push(Spanned::new(Demand::NeverWeakerThan(Box::new(policy)), text.span));
            }
            Err(error) => {
                let message = format!("`{}` is not a policy: {error}", text.value);
                let error = Diagnostic::error("bad-policy", text.span, message);
                found
                    .push(error.hint(
                        "write it as in smtp_tls_policy_maps: `secure match=mx.example.com`",
                    ));
            }
        }
    }
    let targets = fields.one_or_list("targets", &mut found, |node, diagnostics| {
        values::text(&node, "`targets`", diagnostics)
    });
    let span = fields.span();
    fields.finish(&mut found);
    if demands.is_empty() && !found.has_errors() {
        let message = format!("nothing is expected of `{}`", name.value);
        let error = Diagnostic::error("nothing-expected", span, message);
        found.push(error.hint("write `at_least`, `match`, `next_hop` or `never_weaker_than`"));
    }
    diagnostics.extend(found);
    Some(Expectation { recipient: recipient?, targets: targets.unwrap_or_default(), demands })
}

fn level(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<Spanned<SecurityLevel>> {
    let levels: Vec<(&str, SecurityLevel)> =
        SecurityLevel::ALL.iter().map(|level| (level.as_str(), *level)).collect();
    values::choice(node, "a level", &levels, diagnostics)
}

fn next_hop(node: &Node<'_>, diagnostics: &mut Diagnostics) -> Option<NextHop> {
    let text = values::text(node, "`next_hop`", diagnostics)?;
    match NextHop::parse(&text.value) {
        Ok(next_hop) => Some(next_hop),
        Err(error) => {
            diagnostics.push(next_hop_error(text.span, &error));
            None
        }
    }
}
