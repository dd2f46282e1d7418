//! From facts to findings and a proposal.

use super::entry::Entry;
use super::facts::{Facts, Mail, Sts, StsPolicy};
use super::findings::{finding, findings};
use super::outcome::{Finding, Outcome, Verdict};
use super::published::{DaneState, dane_state};
use super::servers::{self, Servers};
use crate::answer::Dnssec;
use crate::detect::{Detector, DomainVerdict, HostVerdict};
use crate::model::{Hosts, PinAdvice, Provider, Route};
use crate::mta_sts::Mode;
use crate::names::DomainName;
use crate::postfix::{MatchPattern, SecurityLevel};
use crate::world::StarttlsOutcome;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Makes findings and a proposal of facts, in the administrator's order of preference: DANE, MTA-STS, the
/// template of the provider, the certificates of the servers.
#[derive(Debug)]
pub struct Judge<'a> {
    providers: &'a BTreeMap<String, Provider>,
    detector: Detector,
    route: Option<Route>,
    freeze: Option<Date>,
}

/// Who runs the MX hosts of a domain.
#[derive(Clone, Copy, Debug)]
enum Hosting<'a> {
    /// A known provider alone: the template that says most, and whether it has a policy to use.
    Provider(&'a Provider, bool),
    /// Several, or a provider and others.
    Mixed,
    /// Nobody that is known.
    Own,
}

/// An [`Outcome`] in the making.
struct Proposal {
    verdict: Verdict,
    entry: Option<Entry>,
    level: Option<SecurityLevel>,
    parameter: String,
    reason: String,
}

impl<'a> Judge<'a> {
    /// Judges by these templates; `route` is `defaults.route` of the repository. With `freeze`, which is
    /// today, MTA-STS policies are proposed as they are now, and not left to a resolver.
    pub fn new(
        providers: &'a BTreeMap<String, Provider>,
        route: Option<Route>,
        freeze: Option<Date>,
    ) -> Self {
        Self { providers, detector: Detector::new(providers), route, freeze }
    }

    /// Whether the servers are to be spoken with: because nothing before their certificates decides, or
    /// to see whether their TLSA records hold.
    pub fn needs_servers(&self, facts: &Facts) -> bool {
        !facts.hosts.is_empty()
            && (dane_state(facts) == DaneState::All
                || self.before_servers(facts, &self.hosting(facts)).is_none())
    }

    /// Judges. `servers` are what the MX hosts showed, in their order, `None` when none was spoken with.
    pub fn judge(
        &self,
        facts: &Facts,
        servers: Option<&[Option<Arc<StarttlsOutcome>>]>,
    ) -> Outcome {
        let mut findings = findings(facts);
        let hosting = self.hosting(facts);
        let provider = self.tell(facts, &hosting, &mut findings);
        let mut proposal = self.before_servers(facts, &hosting);
        if let (DaneState::All, Some(servers)) = (dane_state(facts), servers)
            && let Some(why) = servers::broken_dane(facts, servers, &mut findings)
        {
            proposal = Some(without(Verdict::Nothing, &why));
        }
        let proposal = proposal.unwrap_or_else(|| of_servers(facts, servers, &mut findings));
        Outcome {
            domain: facts.domain.clone(),
            verdict: proposal.verdict,
            provider,
            published: published(facts),
            entry: proposal.entry,
            level: proposal.level,
            parameter: proposal.parameter,
            reason: proposal.reason,
            findings,
        }
    }

    fn hosting(&self, facts: &Facts) -> Hosting<'a> {
        let hosts: Vec<&DomainName> = facts.hosts.iter().map(|(_, host)| &host.name).collect();
        let texts: Vec<&str> = hosts.iter().map(|it| it.as_str()).collect();
        // The template of detection first, then umbrellas, which know more families of hosts.
        let verdict = self.detector.domain(&texts);
        let own = match &verdict {
            DomainVerdict::One(name) => self.providers.get(name),
            DomainVerdict::Mixed(_) => None,
            DomainVerdict::None => return Hosting::Own,
        };
        let umbrellas = self
            .providers
            .values()
            .filter(|it| !it.members.is_empty() && hosts.iter().all(|host| it.accepts(host)));
        let candidates: Vec<&Provider> = own.into_iter().chain(umbrellas).collect();
        let usable =
            |it: &&&Provider| it.policy.is_some() && it.params.values().all(Option::is_some);
        match (candidates.iter().find(usable), candidates.first()) {
            (Some(provider), _) => Hosting::Provider(provider, true),
            (None, Some(provider)) => Hosting::Provider(provider, false),
            (None, None) => Hosting::Mixed,
        }
    }

    /// Tells who runs the hosts; gives the word for it.
    fn tell(
        &self,
        facts: &Facts,
        hosting: &Hosting<'_>,
        findings: &mut Vec<Finding>,
    ) -> Option<String> {
        if facts.hosts.is_empty() {
            return None;
        }
        Some(match hosting {
            Hosting::Provider(provider, _) => {
                let name = &provider.name.value;
                let text = format!("every MX host is one of `{name}` ({})", provider.title);
                findings.push(finding("provider", text));
                name.clone()
            }
            Hosting::Own => {
                findings.push(finding("provider-none", "no MX host is one of a known provider"));
                "self".to_owned()
            }
            Hosting::Mixed => {
                for (_, host) in &facts.hosts {
                    findings.push(match self.detector.host(&host.name) {
                        HostVerdict::Provider(name) => finding(
                            "provider-mixed",
                            format!("`{}` is one of `{name}`, and others are not", host.name),
                        ),
                        HostVerdict::Odd(name) => finding(
                            "provider-odd",
                            format!(
                                "`{}` is in the zone of `{name}` and none of its MX hosts",
                                host.name
                            ),
                        ),
                        HostVerdict::None => finding(
                            "provider-mixed",
                            format!("`{}` is no known provider's", host.name),
                        ),
                    });
                }
                "mixed".to_owned()
            }
        })
    }

    /// What DANE, MTA-STS and the provider decide; `None` when the certificates have to.
    fn before_servers(&self, facts: &Facts, hosting: &Hosting<'a>) -> Option<Proposal> {
        match &facts.mail {
            Mail::NullMx { .. } => return Some(without(Verdict::NoMail, "it takes no mail")),
            Mail::Nowhere { .. } => {
                return Some(without(Verdict::NoMail, "mail for it has nowhere to go"));
            }
            Mail::Unknown(why) => {
                return Some(without(Verdict::Unknown, &format!("its MX set: {why}")));
            }
            Mail::Mx { .. } | Mail::Implicit { .. } => {}
        }
        match dane_state(facts) {
            DaneState::All => {
                return Some(Proposal {
                    verdict: Verdict::Proposed,
                    entry: Some(level(SecurityLevel::DaneOnly)),
                    level: Some(SecurityLevel::DaneOnly),
                    parameter: String::new(),
                    reason: "DANE secures every MX host: none is needed where the default is `dane`, and \
                             `dane-only` also holds when the records vanish"
                        .to_owned(),
                });
            }
            DaneState::Unknown => {
                let why = "whether DANE secures it is not known, and nothing weaker is proposed";
                return Some(without(Verdict::Unknown, why));
            }
            DaneState::Some | DaneState::InsecureMx | DaneState::Unusable | DaneState::None => {}
        }
        if let Some(proposal) = sts(facts, self.freeze) {
            return Some(proposal);
        }
        match hosting {
            Hosting::Provider(provider, true) => Some(self.template(provider)),
            Hosting::Provider(_, false) | Hosting::Mixed | Hosting::Own => None,
        }
    }

    fn template(&self, provider: &Provider) -> Proposal {
        let policy = provider.policy.as_ref();
        let attributes = policy.map(|it| it.attributes.as_slice()).unwrap_or_default();
        let attributes: Vec<String> = attributes
            .iter()
            .map(|attribute| {
                let values = attribute.values.iter().map(|it| it.value.as_str());
                format!("{}={}", attribute.name, values.collect::<Vec<_>>().join(":"))
            })
            .collect();
        let name = provider.name.value.clone();
        Proposal {
            verdict: Verdict::Proposed,
            reason: format!("the template `{name}` knows its MX hosts"),
            entry: Some(Entry::Provider { route: self.route_for(provider), name }),
            level: policy.and_then(|it| it.level.as_ref()).map(|it| it.value),
            parameter: attributes.join(" "),
        }
    }

    /// The route to write, where the default does not fit the template.
    fn route_for(&self, provider: &Provider) -> Option<Route> {
        let known = provider.hosts != Hosts::Unknown;
        match self.route {
            Some(Route::Mx) => None,
            Some(Route::Pin) if known && provider.pin == PinAdvice::Ok => None,
            Some(Route::Host) if known => None,
            Some(Route::Pin | Route::Host) | None => Some(Route::Mx),
        }
    }
}

fn level(level: SecurityLevel) -> Entry {
    Entry::Level { level, matches: Vec::new() }
}

fn without(verdict: Verdict, reason: &str) -> Proposal {
    Proposal {
        verdict,
        entry: None,
        level: None,
        parameter: String::new(),
        reason: reason.to_owned(),
    }
}

fn published(facts: &Facts) -> Vec<String> {
    let mut list = Vec::new();
    match dane_state(facts) {
        DaneState::All => list.push("DANE".to_owned()),
        DaneState::Some => list.push("DANE (partly)".to_owned()),
        DaneState::InsecureMx => list.push("DANE (unsigned MX)".to_owned()),
        DaneState::Unusable => list.push("DANE (unusable)".to_owned()),
        DaneState::None | DaneState::Unknown => {}
    }
    match &facts.sts {
        Sts::None | Sts::Unknown(_) => {}
        Sts::Record { policy: StsPolicy::Valid(policy), .. } => {
            list.push(match policy.mode {
                Mode::Enforce => "MTA-STS".to_owned(),
                Mode::Testing | Mode::None => format!("MTA-STS ({})", policy.mode.as_str()),
            });
        }
        Sts::Invalid(_) | Sts::Record { policy: StsPolicy::Invalid(_), .. } => {
            list.push("MTA-STS (invalid)".to_owned());
        }
        Sts::Record { policy: StsPolicy::Unavailable(..), .. } => {
            list.push("MTA-STS (unavailable)".to_owned());
        }
    }
    list
}

fn sts(facts: &Facts, freeze: Option<Date>) -> Option<Proposal> {
    if let Sts::Unknown(_) = facts.sts {
        let why = "whether it has an MTA-STS policy is not known, and nothing weaker is proposed";
        return Some(without(Verdict::Unknown, why));
    }
    let policy = facts.policy().filter(|it| it.mode == Mode::Enforce)?;
    let hosts: BTreeSet<&DomainName> =
        facts.hosts.iter().map(|(_, host)| &host.name).filter(|it| policy.covers(it)).collect();
    if hosts.is_empty() {
        let why = "its MTA-STS policy covers none of its MX hosts: who follows it cannot deliver";
        return Some(without(Verdict::Nothing, why));
    }
    if let (Some(today), Sts::Record { record, .. }) = (freeze, &facts.sts) {
        let names: Vec<&str> = hosts.iter().map(|it| it.as_str()).collect();
        let until = last_day(today, policy.max_age);
        return Some(Proposal {
            verdict: Verdict::Proposed,
            level: Some(SecurityLevel::Secure),
            parameter: format!("match={} servername=hostname", names.join(":")),
            reason: format!("its MTA-STS policy as it is now, which may be followed until {until}"),
            entry: Some(Entry::Frozen {
                hosts: hosts.into_iter().cloned().collect(),
                id: record.id().to_owned(),
                until,
            }),
        });
    }
    Some(Proposal {
        verdict: Verdict::Proposed,
        entry: Some(Entry::LeaveToMtaSts),
        level: None,
        parameter: String::new(),
        reason:
            "its MTA-STS policy says `enforce`: the resolver in `smtp_tls_policy_maps` follows it"
                .to_owned(),
    })
}

/// The last whole day of a policy that was fetched today. [RFC 8461 §3.2 `max_age`]
fn last_day(today: Date, max_age: u32) -> Date {
    let days = i64::from(max_age) / (24 * 60 * 60);
    today.saturating_add(jiff::Span::new().days(days))
}

fn of_servers(
    facts: &Facts,
    servers: Option<&[Option<Arc<StarttlsOutcome>>]>,
    findings: &mut Vec<Finding>,
) -> Proposal {
    let Some(servers) = servers else {
        return without(Verdict::Nothing, "its servers were not asked for their certificates");
    };
    match servers::judge(facts, servers, findings) {
        Servers::Unknown(why) => without(Verdict::Unknown, &why),
        Servers::Plain(host) => {
            without(Verdict::Nothing, &format!("its server `{host}` offers no STARTTLS"))
        }
        Servers::Encrypted(why) => Proposal {
            verdict: Verdict::Proposed,
            entry: Some(level(SecurityLevel::Encrypt)),
            level: Some(SecurityLevel::Encrypt),
            parameter: String::new(),
            reason: format!("all its servers speak TLS, but {why}"),
        },
        Servers::Trusted(matches) => {
            let names: Vec<String> = matches.iter().map(MatchPattern::to_string).collect();
            let signed = match &facts.mail {
                Mail::Mx { dnssec, .. } | Mail::Implicit { dnssec } => *dnssec == Dnssec::Secure,
                Mail::NullMx { .. } | Mail::Nowhere { .. } | Mail::Unknown(_) => false,
            };
            let origin = if signed { "a signed" } else { "an unsigned" };
            Proposal {
                verdict: Verdict::Proposed,
                level: Some(SecurityLevel::Secure),
                parameter: format!("match={}", names.join(":")),
                reason: format!(
                    "all its servers have valid certificates; their names come from {origin} MX set"
                ),
                entry: Some(Entry::Level { level: SecurityLevel::Secure, matches }),
            }
        }
    }
}
