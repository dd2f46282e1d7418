//! The evidence beside what is declared.

use super::{Advice, Exception, Held, Missed, Need, Raise};
use crate::answer::{Answer, Question, Reply};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::Compiled;
use crate::detect::{Detector, DomainVerdict};
use crate::diag::Diagnostics;
use crate::expand::Destination;
use crate::formats::{MapText, postmap_text};
use crate::lock::Lock;
use crate::logs::{
    Basis, DomainEvidence, Doubt, Evidence, HostEvidence, Proposal, Reached, Shortfall, Standing,
    Thresholds, proposal,
};
use crate::model::{DnsConfig, Provider, Target, catalogue};
use crate::names::{DomainName, Recipients};
use crate::postfix::deliver;
use crate::source::SourceMap;
use std::collections::{BTreeMap, BTreeSet};

/// MX hosts by domain.
type MxSets = BTreeMap<DomainName, Vec<DomainName>>;

/// A domain that could be raised, before it is known whether the evidence is enough.
struct Candidate<'e> {
    evidence: DomainEvidence<'e>,
    to: Proposal,
    standings: Vec<Standing>,
}

/// What the evidence alone says.
pub(super) fn alone(
    context: &mut Context<'_, '_>,
    evidence: &Evidence,
    thresholds: Thresholds,
    asks_dns: bool,
) -> Result<Advice, Exit> {
    let mut candidates = Vec::new();
    for evidence in evidence.domains() {
        if let Some(to) = proposal(&evidence, &[]) {
            candidates.push(Candidate { evidence, to, standings: Vec::new() });
        }
    }
    let lock = Lock::default();
    let found = if asks_dns {
        ask(context, &DnsConfig::default(), missing(&candidates, &lock))?
    } else {
        MxSets::new()
    };
    let mut advice = Advice::default();
    let templates = Templates::new(&BTreeMap::new());
    for candidate in candidates {
        let template = |evidence: &DomainEvidence<'_>| templates.of(evidence);
        judge(candidate, &lock, &found, thresholds, &mut advice, |_| None, template);
    }
    Ok(advice)
}

/// What the evidence says beside the compiled maps.
pub(super) fn with(
    context: &mut Context<'_, '_>,
    compiled: &Compiled,
    evidence: &Evidence,
    thresholds: Thresholds,
    asks_dns: bool,
) -> Result<Advice, Exit> {
    let repository = &compiled.repository;
    let targets = context.targets(&repository.config.targets)?;
    let mut artifacts = Vec::with_capacity(targets.len());
    for target in &targets {
        artifacts.push(super::super::diff::output(context, compiled, target)?.1);
    }
    let sides: Vec<Side<'_>> = targets
        .iter()
        .zip(&artifacts)
        .map(|(target, artifacts)| {
            let maps = artifacts.each_ref().map(|it| postmap_text::read(it.text.as_bytes()));
            Side { target, maps }
        })
        .collect();
    let mut advice = Advice { is_compared: true, ..Advice::default() };
    let mut candidates = Vec::new();
    for domain in evidence.domains() {
        let standings: Vec<_> = sides.iter().map(|side| side.standing(domain.name())).collect();
        for standing in &standings {
            let Some(policy) = standing.policy() else { continue };
            let shortfall = Shortfall::of(policy, &domain, evidence.knows_authorities);
            if shortfall.deferred > 0 {
                advice.missed.push(Missed {
                    domain: domain.name().clone(),
                    target: standing.target.clone(),
                    policy: policy.to_string(),
                    shortfall,
                    sent: domain.sent(),
                });
            }
        }
        if compiled.left_to(domain.name()).is_some() {
            continue;
        }
        if let Some(to) = proposal(&domain, &standings) {
            candidates.push(Candidate { evidence: domain, to, standings });
        }
    }
    let found = if asks_dns {
        ask(context, &repository.config.dns, missing(&candidates, &repository.lock))?
    } else {
        MxSets::new()
    };
    let declared = |name: &DomainName| {
        let destination = declaration(compiled, name)?;
        Some(repository.sources.place(destination.span))
    };
    let templates = Templates::new(&repository.config.providers);
    for candidate in candidates {
        let template = |evidence: &DomainEvidence<'_>| templates.of(evidence);
        judge(candidate, &repository.lock, &found, thresholds, &mut advice, declared, template);
    }
    advice.exceptions = exceptions(compiled, evidence, &advice);
    Ok(advice)
}

/// What one target does.
struct Side<'s> {
    target: &'s Target,
    maps: [MapText<'s>; 2],
}

impl Side<'_> {
    fn standing(&self, domain: &DomainName) -> Standing {
        let [transport, tls_policy] = &self.maps;
        let delivery = deliver(
            domain.as_str(),
            &|key| transport.get(key).map(|entry| &*entry.value),
            &|key| tls_policy.get(key).map(|entry| &*entry.value),
            &self.target.settings(),
        );
        Standing { target: self.target.name.value.clone(), delivery }
    }
}

fn declaration<'c>(compiled: &'c Compiled, name: &DomainName) -> Option<&'c Destination> {
    let key = Recipients::Domain(name.clone());
    let list = &compiled.destinations.list;
    list.binary_search_by(|it| it.recipients.cmp(&key)).ok().map(|at| &list[at])
}

/// Sorts a candidate by whether the evidence is enough.
fn judge(
    candidate: Candidate<'_>,
    lock: &Lock,
    found: &MxSets,
    thresholds: Thresholds,
    advice: &mut Advice,
    declared: impl Fn(&DomainName) -> Option<String>,
    template: impl Fn(&DomainEvidence<'_>) -> Option<String>,
) {
    let Candidate { evidence, to, standings } = candidate;
    let domain = evidence.name().clone();
    let hosts = evidence.hosts();
    let mx = mx_of(&domain, lock).or_else(|| found.get(&domain).cloned());
    let seen = |host: &DomainName| took_mail(host, &hosts, lock);
    let judged: Result<Basis, Vec<Doubt>> = thresholds.judge(&evidence, mx.as_deref(), &seen);
    match judged {
        Ok(basis) => {
            let policy = |it: &Standing| {
                (it.target.clone(), it.policy().map(ToString::to_string).unwrap_or_default())
            };
            let now = standings.iter().map(policy).collect();
            let (declared, template) = (declared(&domain), template(&evidence));
            advice.raises.push(Raise { domain, to, basis, now, declared, template });
        }
        Err(doubts) => advice.held.push(Held { domain, to, doubts }),
    }
}

/// The MX hosts that the lock knows.
fn mx_of(domain: &DomainName, lock: &Lock) -> Option<Vec<DomainName>> {
    let fact = lock.domains.get(domain)?;
    Some(fact.mx.iter().filter_map(|it| it.exchange.clone()).collect())
}

/// Whether a host took mail, be it under an address that the lock knows.
fn took_mail(host: &DomainName, hosts: &[HostEvidence<'_>], lock: &Lock) -> bool {
    let addresses = lock.hosts.get(host).map(|it| it.addresses.as_slice()).unwrap_or_default();
    hosts.iter().any(|it| {
        it.name == host.as_str()
            || (it.name.parse() == Ok(it.address)
                && addresses.iter().any(|fact| fact.address == it.address))
    })
}

/// The candidates whose MX hosts are not known.
fn missing(candidates: &[Candidate<'_>], lock: &Lock) -> Vec<DomainName> {
    let names = candidates.iter().map(|it| it.evidence.name());
    names.filter(|name| !lock.domains.contains_key(*name)).cloned().collect()
}

/// Asks DNS for MX hosts; a domain without any is its own [RFC 5321 §5.1].
fn ask(
    context: &mut Context<'_, '_>,
    config: &DnsConfig,
    domains: Vec<DomainName>,
) -> Result<MxSets, Exit> {
    if domains.is_empty() {
        return Ok(MxSets::new());
    }
    if context.global.offline || context.global.frozen {
        context.printer.error("`--mx dns` needs the network, and `--offline` forbids it");
        return Err(Exit::Usage);
    }
    let settings = context.dns(config).map_err(|message| {
        context.printer.error(&message);
        Exit::Usage
    })?;
    let questions: Vec<_> = domains.iter().cloned().map(Question::Mx).collect();
    let answers = context.world.dns(&settings).and_then(|dns| dns.lookup(&questions));
    let answers = answers.map_err(|error| context.cannot_ask(&error))?;
    let mut found = MxSets::new();
    for (domain, answer) in domains.into_iter().zip(answers) {
        let hosts = match answer {
            Answer::Secure(Reply::Mx(list)) | Answer::Insecure(Reply::Mx(list)) => {
                list.into_iter().filter_map(|it| it.exchange).collect()
            }
            Answer::ProvenAbsent => Vec::new(),
            Answer::Secure(_) | Answer::Insecure(_) | Answer::Unknown(_) => continue,
        };
        let hosts = if hosts.is_empty() { vec![domain.clone()] } else { hosts };
        found.insert(domain, hosts);
    }
    Ok(found)
}

/// Templates whose policy names certificates.
struct Templates {
    detector: Detector,
    providers: BTreeMap<String, Provider>,
}

impl Templates {
    /// Those of a repository, and all that are built in.
    fn new(own: &BTreeMap<String, Provider>) -> Self {
        let mut providers = own.clone();
        // What is wrong with them was said when they were loaded, and nobody sees a place in them here.
        catalogue::add_all(&mut providers, &mut SourceMap::new(), &mut Diagnostics::new());
        Self { detector: Detector::new(&providers), providers }
    }

    /// The template that all hosts of a domain fit, where each certificate was trusted.
    fn of(&self, evidence: &DomainEvidence<'_>) -> Option<String> {
        if evidence.weakest()? < Reached::Trusted || evidence.has_more_hosts() {
            return None;
        }
        let names: BTreeSet<&str> = evidence.hosts().into_iter().map(|it| it.name).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let DomainVerdict::One(name) = self.detector.domain(&names) else { return None };
        let policy = self.providers.get(&name)?.policy.as_ref()?;
        let level = policy.level.as_ref()?.value;
        level.checks_names().then_some(name)
    }
}

/// What the evidence says of each exception.
fn exceptions(compiled: &Compiled, evidence: &Evidence, advice: &Advice) -> Vec<Exception> {
    let repository = &compiled.repository;
    let (plans, bodies) = (&compiled.destinations.plans, &repository.config.bodies);
    let is_exception = |it: &&Destination| {
        let body = &bodies[plans[it.plan as usize].body as usize];
        body.reason.is_some() || body.until.is_some()
    };
    let exception = |it: &Destination| {
        let Recipients::Domain(domain) = &it.recipients else { return None };
        let need = match evidence.domain(domain) {
            None => Need::NoMail,
            Some(evidence) => need(&evidence, advice),
        };
        let place = repository.sources.place(it.span);
        Some(Exception { domain: domain.clone(), place, need })
    };
    compiled.destinations.list.iter().filter(is_exception).filter_map(exception).collect()
}

fn need(evidence: &DomainEvidence<'_>, advice: &Advice) -> Need {
    let domain = evidence.name();
    if let Ok(at) = advice.raises.binary_search_by(|it| it.domain.cmp(domain)) {
        return Need::Over(advice.raises[at].to.level);
    }
    let plain = evidence.deliveries(Reached::None);
    let failures = evidence.failures();
    let failed =
        failures.iter().filter(|it| it.reason.is_tls()).map(|it| u64::from(it.count)).sum();
    let mut needed = Vec::new();
    if plain > 0 {
        needed.push(Doubt::Plain(plain));
    }
    if failed > 0 {
        needed.push(Doubt::Failed(failed));
    }
    if !needed.is_empty() {
        return Need::Needed(needed);
    }
    match advice.held.binary_search_by(|it| it.domain.cmp(domain)) {
        Ok(at) => Need::Open(advice.held[at].doubts.clone()),
        Err(_) if evidence.sent() == 0 => Need::NoMail,
        Err(_) => Need::Untold,
    }
}
