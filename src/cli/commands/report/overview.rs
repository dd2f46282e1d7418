//! What the page shows: every entry with what comes of it.

use super::class::Class;
use crate::answer::Dnssec;
use crate::compile::Compiled;
use crate::diag::{Diagnostics, printable};
use crate::expand::Destination;
use crate::lock::Lock;
use crate::logs::{Evidence, Reached};
use crate::model::Target;
use crate::names::Recipients;
use crate::postfix::{Delivery, HopPolicy, NextHop, Outcome, Settings, deliver};
use crate::resolve::Way;
use crate::tables::Tables;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;

/// Everything on the page.
pub(super) struct Overview {
    pub(super) today: Date,
    pub(super) domains: usize,
    pub(super) targets: Vec<TargetView>,
    pub(super) rows: Vec<Row>,
    /// What rows point into.
    pub(super) outcomes: Vec<Shown>,
    pub(super) exceptions: Vec<Exception>,
    pub(super) lock: LockView,
    /// Deliveries by what was reached; `None` without logs.
    pub(super) reached: Option<Vec<(Reached, u64)>>,
}

/// One target: how many domains and deliveries are in each class.
pub(super) struct TargetView {
    pub(super) name: String,
    pub(super) domains: BTreeMap<Class, u64>,
    pub(super) mail: Option<BTreeMap<Class, u64>>,
    /// What holds for every other domain, and where that is said.
    pub(super) default: (Shown, String),
}

/// What comes of an entry on a target, as text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Shown {
    pub(super) policy: String,
    pub(super) parameter: String,
    pub(super) class: usize,
    pub(super) route: String,
}

/// One declared domain, or a next hop with a policy of its own.
#[derive(Default)]
pub(super) struct Row {
    pub(super) domain: String,
    pub(super) unicode: String,
    pub(super) provider: String,
    pub(super) published: String,
    pub(super) origin: String,
    pub(super) exception: String,
    pub(super) mail: Option<u64>,
    /// By target: a position among the outcomes.
    pub(super) outcomes: Vec<Option<usize>>,
}

/// What was said once of domains that are an exception.
pub(super) struct Exception {
    pub(super) until: Option<Date>,
    pub(super) reason: String,
    pub(super) place: String,
    pub(super) first: String,
    pub(super) count: usize,
}

/// What there is to know of the lock.
pub(super) struct LockView {
    pub(super) checked: Option<Date>,
    pub(super) max_age: u16,
    pub(super) hosts: usize,
    pub(super) domains: usize,
    pub(super) gone: usize,
    /// Names that could not be confirmed, since when, and why.
    pub(super) stale: Vec<(Date, String, String)>,
}

/// One target, ready to be asked.
struct Side<'t> {
    target: &'t Target,
    tables: Tables,
    transports: Vec<String>,
    policies: Vec<String>,
}

/// A recipient domain that no entry is for.
const NOBODY: &str = "any--domain.invalid";

impl Side<'_> {
    /// What happens with mail that a transport, or main.cf, sends to a next hop.
    fn by_next_hop(&self, next_hop: &NextHop) -> Delivery {
        let policy =
            |key: &str| self.tables.tls_policy.position(key).map(|at| self.policies[at].as_str());
        let settings = self.target.settings();
        let settings =
            Settings { relayhost: Some(next_hop.clone()), fallback_relay: Vec::new(), ..settings };
        deliver(NOBODY, &|_| None, &policy, &settings)
    }

    fn deliver(&self, domain: &str) -> Delivery {
        deliver(
            domain,
            &|key| self.tables.transport.position(key).map(|at| self.transports[at].as_str()),
            &|key| self.tables.tls_policy.position(key).map(|at| self.policies[at].as_str()),
            &self.target.settings(),
        )
    }
}

/// Looks at everything; `None` after an error.
pub(super) fn overview(
    compiled: &Compiled,
    targets: &[&Target],
    evidence: Option<&Evidence>,
    today: Date,
    diagnostics: &mut Diagnostics,
) -> Option<Overview> {
    let mut sides = Vec::with_capacity(targets.len());
    for target in targets {
        let Some(tables) = compiled.tables(target, diagnostics) else { continue };
        let transports = tables.transport.entries().iter().map(|it| it.value.to_string()).collect();
        let policies = tables.tls_policy.entries().iter().map(|it| it.value.to_string()).collect();
        sides.push(Side { target, tables, transports, policies });
    }
    if diagnostics.has_errors() {
        return None;
    }
    let sources = &compiled.repository.sources;
    let mut views: Vec<TargetView> = sides
        .iter()
        .map(|side| {
            let delivery = side.deliver(NOBODY);
            let class = Class::of(&delivery, NOBODY, false);
            let place = sources.place(side.target.security_level.span);
            TargetView {
                name: side.target.name.value.clone(),
                domains: BTreeMap::new(),
                mail: evidence.map(|evidence| volume(compiled, side, evidence)),
                default: (shown(&delivery, NOBODY, class), printable(&place).into_owned()),
            }
        })
        .collect();
    let mut known: BTreeMap<Shown, usize> = BTreeMap::new();
    let mut outcomes = Vec::new();
    let mut place = |shown: Shown| {
        *known.entry(shown).or_insert_with_key(|shown| {
            outcomes.push(shown.clone());
            outcomes.len() - 1
        })
    };
    let mut rows = Vec::with_capacity(compiled.destinations.list.len());
    for destination in &compiled.destinations.list {
        let mut row = row(compiled, destination, evidence);
        let left = is_left(compiled, destination);
        for (side, view) in sides.iter().zip(&mut views) {
            if !side.target.domains.takes(destination.recipients.name()) {
                row.outcomes.push(None);
                continue;
            }
            let asked = example(&destination.recipients);
            let delivery = side.deliver(&asked);
            let class = Class::of(&delivery, &asked, left);
            *view.domains.entry(class).or_default() += 1;
            row.outcomes.push(Some(place(shown(&delivery, &asked, class))));
        }
        rows.push(row);
    }
    let domains = rows.len();
    for it in &compiled.destinations.next_hops {
        let outcome = |side: &Side<'_>| {
            let delivery = side.by_next_hop(&it.next_hop);
            let class = Class::of(&delivery, NOBODY, false);
            Some(place(shown(&delivery, NOBODY, class)))
        };
        let outcomes = sides.iter().map(outcome).collect();
        let origin = printable(&sources.place(it.span)).into_owned();
        let (domain, provider) = (it.next_hop.to_string(), "next hop".to_owned());
        rows.push(Row { domain, provider, origin, outcomes, ..Row::default() });
    }
    let reached = evidence.map(|evidence| {
        let sum = |reached| evidence.domains().map(|it| it.deliveries(reached)).sum();
        Reached::ALL.into_iter().rev().map(|it| (it, sum(it))).collect()
    });
    Some(Overview {
        today,
        domains,
        targets: views,
        rows,
        outcomes,
        exceptions: exceptions(compiled),
        lock: lock_view(&compiled.repository.lock, compiled.repository.config.lock.max_age),
        reached,
    })
}

/// A domain to follow through the maps: nobody has an entry for this subdomain.
fn example(recipients: &Recipients) -> String {
    let key = recipients.key();
    if recipients.is_subdomains() { format!("any--subdomain{key}") } else { key.to_string() }
}

fn is_left(compiled: &Compiled, destination: &Destination) -> bool {
    matches!(compiled.destinations.plans[destination.plan as usize].way, Way::LeftTo(_))
}

fn volume(compiled: &Compiled, side: &Side<'_>, evidence: &Evidence) -> BTreeMap<Class, u64> {
    let mut counts = BTreeMap::new();
    for domain in evidence.domains() {
        let name = domain.name();
        let left = compiled.left_to(name).is_some();
        let class = Class::of(&side.deliver(name.as_str()), name.as_str(), left);
        *counts.entry(class).or_default() += domain.sent();
    }
    counts.retain(|_, count| *count > 0);
    counts
}

fn row(compiled: &Compiled, destination: &Destination, evidence: Option<&Evidence>) -> Row {
    let plan = &compiled.destinations.plans[destination.plan as usize];
    let config = &compiled.repository.config;
    let body = &config.bodies[plan.body as usize];
    let provider = plan.template.as_ref().map_or_else(
        || "own entry".to_owned(),
        |name| {
            config.providers.get(&**name).map_or_else(|| name.to_string(), |it| it.title.clone())
        },
    );
    let until = body.until.as_ref().map(|it| format!("until {}", it.value));
    let reason = body.reason.as_ref().map(|it| it.value.clone());
    let exception: Vec<String> = until.into_iter().chain(reason).collect();
    let mail = match &destination.recipients {
        Recipients::Domain(name) => {
            evidence.map(|it| it.domain(name).map_or(0, |domain| domain.sent()))
        }
        Recipients::Subdomains(_) => None,
    };
    let print = |text: &str| printable(text).into_owned();
    Row {
        domain: destination.recipients.key().to_string(),
        unicode: print(&destination.recipients.unicode_key().unwrap_or_default()),
        provider: print(&provider),
        published: published(compiled, destination),
        origin: print(&compiled.repository.sources.place(destination.span)),
        exception: print(&exception.join(": ")),
        mail,
        outcomes: Vec::new(),
    }
}

/// What the domain publishes, as far as the repository knows: unknown is not absent.
fn published(compiled: &Compiled, destination: &Destination) -> String {
    let plan = &compiled.destinations.plans[destination.plan as usize];
    if let Way::LeftTo(resolver) = &plan.way {
        let word = if &**resolver == "mta-sts" { "MTA-STS" } else { resolver };
        return format!("{}, as declared", printable(word));
    }
    let lock = &compiled.repository.lock;
    let fact = (!destination.recipients.is_subdomains())
        .then(|| lock.domains.get(destination.recipients.name()))
        .flatten();
    let Some(fact) = fact else { return "not looked up".to_owned() };
    let hosts = fact.mx.iter().filter_map(|it| it.exchange.as_ref());
    let dane: Vec<Option<bool>> = hosts.map(|it| lock.hosts.get(it)?.dane).collect();
    match fact.dnssec {
        Dnssec::Insecure => "no DANE: MX unsigned",
        Dnssec::Secure if dane.contains(&None) => "MX signed; DANE not looked up",
        Dnssec::Secure if dane.iter().all(|it| *it == Some(true)) => "DANE",
        Dnssec::Secure if dane.contains(&Some(true)) => "DANE, not of all hosts",
        Dnssec::Secure => "no DANE",
    }
    .to_owned()
}

/// A delivery as text.
fn shown(delivery: &Delivery, domain: &str, class: Class) -> Shown {
    let at = Class::all().position(|it| it == class).unwrap_or_default();
    let hops = match &delivery.outcome {
        Outcome::Smtp { hops, .. } => hops,
        Outcome::Other(transport) => {
            return Shown {
                policy: String::new(),
                parameter: String::new(),
                class: at,
                route: format!("service {}", printable(&transport.to_string())),
            };
        }
        Outcome::Fatal(error) => {
            let route = printable(&error.to_string()).into_owned();
            return Shown { policy: String::new(), parameter: String::new(), class: at, route };
        }
    };
    let (mut policies, mut parameters): (Vec<String>, Vec<String>) = Default::default();
    let add = |list: &mut Vec<String>, text: String| {
        if !text.is_empty() && !list.contains(&text) {
            list.push(text);
        }
    };
    for hop in hops {
        let text = match &hop.policy {
            HopPolicy::Valid(policy) => policy.to_string(),
            HopPolicy::Invalid(error) => format!("refused: {error}"),
        };
        let (level, parameter) = text.split_once(' ').unwrap_or((&text, ""));
        let default = if hop.policy_key.is_none() { " (default)" } else { "" };
        add(&mut policies, format!("{level}{default}"));
        add(&mut parameters, printable(parameter).into_owned());
    }
    let (own, mut others): (Vec<&str>, Vec<&str>) =
        hops.iter().map(|it| it.next_hop.as_str()).partition(|it| *it == domain);
    others.sort_unstable();
    let mut route: Vec<&str> = others;
    if !own.is_empty() {
        route.push("MX records");
    }
    Shown {
        policy: policies.join("; "),
        parameter: parameters.join("; "),
        class: at,
        route: printable(&route.join(", ")).into_owned(),
    }
}

/// Exceptions, the first to end first; those without an end last.
fn exceptions(compiled: &Compiled) -> Vec<Exception> {
    let (sources, config) = (&compiled.repository.sources, &compiled.repository.config);
    let mut found: BTreeMap<u32, Exception> = BTreeMap::new();
    for destination in &compiled.destinations.list {
        let body_at = compiled.destinations.plans[destination.plan as usize].body;
        let body = &config.bodies[body_at as usize];
        if body.reason.is_none() && body.until.is_none() {
            continue;
        }
        let exception = found.entry(body_at).or_insert_with(|| Exception {
            until: body.until.as_ref().map(|it| it.value),
            reason: body.reason.as_ref().map_or_else(String::new, |it| it.value.clone()),
            place: sources.place(destination.span),
            first: destination.recipients.to_string(),
            count: 0,
        });
        exception.count += 1;
    }
    let mut list: Vec<Exception> = found.into_values().collect();
    list.sort_by_key(|it| (it.until.is_none(), it.until));
    list
}

fn lock_view(lock: &Lock, max_age: u16) -> LockView {
    let hosts = lock.hosts.iter().map(|(name, fact)| (name, fact.stale.as_ref()));
    let domains = lock.domains.iter().map(|(name, fact)| (name, fact.stale.as_deref()));
    let stale = |(name, stale): (&crate::names::DomainName, Option<&crate::lock::Stale>)| {
        stale.map(|it| (it.since, name.to_string(), it.reason.clone()))
    };
    let mut stale: Vec<_> = hosts.chain(domains).filter_map(stale).collect();
    stale.sort();
    let addresses = lock.hosts.values().flat_map(|it| &it.addresses);
    LockView {
        checked: lock.checked,
        max_age,
        hosts: lock.hosts.len(),
        domains: lock.domains.len(),
        gone: addresses.filter(|it| it.gone.is_some()).count(),
        stale,
    }
}
