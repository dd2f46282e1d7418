//! Finds out the facts about one domain.

use super::facts::{Facts, Host, Mail, Sts, StsPolicy};
use crate::answer::{Answer, Dnssec, Found, MxRecord, Question, Reply, SMTP};
use crate::dane::{CertificateUsage, Tlsa, TlsaState, base_domains, usable};
use crate::lock::refused;
use crate::mta_sts::{MAX_POLICY_BYTES, Policy, find_record};
use crate::names::DomainName;
use crate::postfix::{ClientTls, MatchPattern};
use crate::world::{
    AskedOnce, Net, PolicyRequest, ServerName, StarttlsLimits, StarttlsOutcome, StarttlsRequest,
    Trust, tlsa_state,
};
use futures_util::future::{join, join_all};
use ipnet::IpNet;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How the facts are found out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Networks that may be connected to although they are private or reserved.
    pub allow: Vec<IpNet>,
    /// Where policy hosts listen: 443 but for tests.
    pub https_port: u16,
    /// Where mail servers listen: 25 but for tests.
    pub smtp_port: u16,
    /// Whether mail servers are connected to at all.
    pub starttls: bool,
    /// How the client names itself to mail servers.
    pub helo: DomainName,
    /// The file with the CAs that mail servers are checked with; `None` means those of the system.
    pub ca: Option<PathBuf>,
    /// The deadline of each step of a connection.
    pub step: Duration,
    /// How many domains are under way at once.
    pub window: usize,
    /// How long everything together may take.
    pub total: Option<Duration>,
}

/// Addresses of a mail server that are tried. [postconf(5) `smtp_mx_session_limit`]
const SESSIONS: usize = 2;

/// Finds out facts, those of MX hosts once only.
pub(super) struct Gatherer<'a> {
    net: &'a dyn Net,
    options: &'a Options,
    hosts: AskedOnce<'a, DomainName, Host>,
    servers: AskedOnce<'a, DomainName, StarttlsOutcome>,
}

impl<'a> Gatherer<'a> {
    pub(super) fn new(net: &'a dyn Net, options: &'a Options) -> Self {
        Self { net, options, hosts: AskedOnce::default(), servers: AskedOnce::default() }
    }

    /// Everything that DNS and the policy host say about a domain.
    pub(super) async fn facts(&self, domain: &DomainName) -> Facts {
        let ((mail, hosts), sts) = join(self.mail(domain), self.sts(domain)).await;
        Facts { domain: domain.clone(), mail, hosts, sts }
    }

    /// Speaks with each MX host, unless that was done for another domain.
    pub(super) async fn servers(&self, facts: &Facts) -> Vec<Option<Arc<StarttlsOutcome>>> {
        join_all(facts.hosts.iter().map(|(_, host)| self.server(&facts.domain, host))).await
    }

    async fn mail(&self, domain: &DomainName) -> (Mail, Vec<(u16, Arc<Host>)>) {
        let found = self.net.ask(Question::Mx(domain.clone())).await;
        let (dnssec, records) = match mx(&found.answer) {
            Ok(mx) => mx,
            Err(why) => return (Mail::Unknown(why), Vec::new()),
        };
        if records.is_empty() {
            let host = self.host(domain).await;
            if let Some(why) = &host.unknown {
                return (Mail::Unknown(why.clone()), Vec::new());
            }
            if host.dnssec.is_none() {
                return (Mail::Nowhere { dnssec }, Vec::new());
            }
            return (Mail::Implicit { dnssec }, vec![(0, host)]);
        }
        let names: Option<Vec<_>> =
            records.iter().map(|mx| Some((mx.preference, mx.exchange.clone()?))).collect();
        // A null MX stands alone.
        let Some(names) = names else { return (Mail::NullMx { dnssec }, Vec::new()) };
        let hosts = join_all(names.iter().map(|(_, name)| self.host(name))).await;
        let hosts = names.iter().map(|(preference, _)| *preference).zip(hosts).collect();
        let alias = found.aliases.last().and_then(|alias| alias.target.clone());
        (Mail::Mx { dnssec, records, alias }, hosts)
    }

    async fn host(&self, name: &DomainName) -> Arc<Host> {
        let (net, options) = (self.net, self.options);
        self.hosts.get(name.clone(), || host(net, options, name.clone())).await
    }

    async fn server(&self, domain: &DomainName, host: &Arc<Host>) -> Option<Arc<StarttlsOutcome>> {
        if host.addresses.is_empty() {
            return None;
        }
        let (net, options) = (self.net, self.options);
        // A certificate below a trust anchor may be for the domain: then each asks for itself.
        // [RFC 7672 §3.2.2]
        let tlsa = tlsa(host);
        if tlsa.iter().any(|it| it.usage == CertificateUsage::DaneTa) {
            return Some(Arc::new(server(net, options, host, Some(domain)).await));
        }
        let ask = || {
            let host = Arc::clone(host);
            async move { server(net, options, &host, None).await }
        };
        Some(self.servers.get(host.name.clone(), ask).await)
    }

    async fn sts(&self, domain: &DomainName) -> Sts {
        let Ok(name) = DomainName::parse(&format!("_mta-sts.{domain}")) else { return Sts::None };
        let records = match self.net.ask(Question::Txt(name)).await.answer {
            Answer::Secure(Reply::Txt(list)) | Answer::Insecure(Reply::Txt(list)) => list,
            Answer::Unknown(reason) => return Sts::Unknown(reason.to_string()),
            Answer::Secure(_) | Answer::Insecure(_) | Answer::ProvenAbsent => Vec::new(),
        };
        match find_record(&records) {
            Ok(None) => Sts::None,
            Err(error) => Sts::Invalid(error),
            Ok(Some(record)) => Sts::Record { record, policy: self.policy(domain).await },
        }
    }

    async fn policy(&self, domain: &DomainName) -> StsPolicy {
        let unavailable = |why: &str, may_pass| StsPolicy::Unavailable(why.to_owned(), may_pass);
        let Ok(host) = DomainName::parse(&format!("mta-sts.{domain}")) else {
            return unavailable("the name of the policy host is too long", false);
        };
        let found = addresses(self.net, self.options, &host).await;
        if let Some(why) = found.unknown {
            return unavailable(&format!("the policy host: {why}"), true);
        }
        if let ([], Some((address, why))) = (&*found.allowed, found.refused.first()) {
            let why = format!("the policy host has the address {address}, which is {why}");
            return unavailable(&why, false);
        }
        if found.allowed.is_empty() {
            return unavailable("the policy host has no address", false);
        }
        let request = PolicyRequest {
            host,
            addresses: found.allowed,
            port: self.options.https_port,
            most: MAX_POLICY_BYTES,
        };
        match self.net.fetch_policy(request).await {
            Err(error) => {
                StsPolicy::Unavailable(format!("the policy host: {error}"), error.may_pass())
            }
            Ok(bytes) => match Policy::parse(&bytes) {
                Ok(policy) => StsPolicy::Valid(policy),
                Err(error) => StsPolicy::Invalid(error),
            },
        }
    }
}

/// The MX set of an answer; empty where there is none.
fn mx(answer: &Answer) -> Result<(Dnssec, Vec<MxRecord>), String> {
    match answer {
        Answer::Secure(Reply::Mx(list)) => Ok((Dnssec::Secure, list.clone())),
        Answer::Insecure(Reply::Mx(list)) => Ok((Dnssec::Insecure, list.clone())),
        Answer::Unknown(reason) => Err(reason.to_string()),
        Answer::ProvenAbsent | Answer::Secure(_) => Ok((Dnssec::Secure, Vec::new())),
        Answer::Insecure(_) => Ok((Dnssec::Insecure, Vec::new())),
    }
}

/// What the address records of a name say.
struct Addresses {
    allowed: Vec<IpAddr>,
    refused: Vec<(IpAddr, &'static str)>,
    /// The status of those that are there.
    dnssec: Option<Dnssec>,
    /// Where the aliases lead, and whether the first of them is secure.
    end: Option<DomainName>,
    first_alias_secure: bool,
    unknown: Option<String>,
}

async fn addresses(net: &dyn Net, options: &Options, name: &DomainName) -> Addresses {
    let questions = (Question::A(name.clone()), Question::Aaaa(name.clone()));
    let (a, aaaa) = join(net.ask(questions.0), net.ask(questions.1)).await;
    let mut found = Addresses {
        allowed: Vec::new(),
        refused: Vec::new(),
        dnssec: None,
        end: None,
        first_alias_secure: false,
        unknown: None,
    };
    for Found { answer, aliases } in [a, aaaa] {
        if let Some(first) = aliases.first() {
            found.first_alias_secure |= first.dnssec == Dnssec::Secure;
            found.end = aliases.last().and_then(|alias| alias.target.clone()).or(found.end);
        }
        let (status, reply) = match answer {
            Answer::Secure(reply) => (Dnssec::Secure, reply),
            Answer::Insecure(reply) => (Dnssec::Insecure, reply),
            Answer::ProvenAbsent => continue,
            Answer::Unknown(reason) => {
                found.unknown.get_or_insert_with(|| reason.to_string());
                continue;
            }
        };
        let list = reply.into_addresses();
        if !list.is_empty() {
            found.dnssec = found.dnssec.max(Some(status));
        }
        for address in list {
            match refused(address, &options.allow) {
                None => found.allowed.push(address),
                Some(why) => found.refused.push((address, why)),
            }
        }
    }
    // One family is enough to go on with; that the other is not known is then no hindrance.
    if !found.allowed.is_empty() {
        found.unknown = None;
    }
    found
}

async fn host(net: &dyn Net, options: &Options, name: DomainName) -> Host {
    let found = addresses(net, options, &name).await;
    let end = found.end.clone().unwrap_or_else(|| name.clone());
    let secure = found.dnssec == Some(Dnssec::Secure);
    let bases = base_domains(&name, &end, secure, found.first_alias_secure);
    let dane = tlsa_state(net, bases, SMTP).await;
    Host {
        alias: found.end,
        name,
        dnssec: found.dnssec,
        addresses: found.allowed,
        refused: found.refused,
        unknown: found.unknown,
        dane,
    }
}

/// The records of a host that mail can use.
fn tlsa(host: &Host) -> Vec<Tlsa> {
    match &host.dane {
        TlsaState::Records { records, .. } => usable(records).cloned().collect(),
        TlsaState::InsecureHost | TlsaState::None | TlsaState::Unknown(_) => Vec::new(),
    }
}

/// Speaks with a host, as Postfix does: with the base domain in the server name where there are TLSA
/// records. [RFC 7672 §8.1]
async fn server(
    net: &dyn Net,
    options: &Options,
    host: &Host,
    domain: Option<&DomainName>,
) -> StarttlsOutcome {
    let tlsa = tlsa(host);
    let base = match &host.dane {
        TlsaState::Records { base, .. } if !tlsa.is_empty() => base,
        TlsaState::Records { .. }
        | TlsaState::InsecureHost
        | TlsaState::None
        | TlsaState::Unknown(_) => &host.name,
    };
    let names = [Some(base), Some(&host.name), domain].into_iter().flatten();
    let names: BTreeSet<MatchPattern> = names.cloned().map(MatchPattern::Name).collect();
    let mut outcome = None;
    for address in host.addresses.iter().take(SESSIONS) {
        let request = StarttlsRequest {
            address: SocketAddr::new(*address, options.smtp_port),
            helo: options.helo.clone(),
            // Without it some servers show a certificate for another of their names.
            server_name: Some(ServerName::Name(base.clone())),
            tls: Some(ClientTls::any()),
            trust: options.ca.clone().map_or(Trust::System, Trust::Path),
            tlsa: tlsa.clone(),
            tlsa_names: names.iter().cloned().collect(),
            limits: StarttlsLimits {
                step: options.step,
                total: options.step * 3,
                ..StarttlsLimits::default()
            },
        };
        let new = net.starttls(request).await;
        let goes_on = matches!(new, StarttlsOutcome::Failed { .. });
        outcome = Some(new);
        if !goes_on {
            break;
        }
    }
    outcome.unwrap_or(StarttlsOutcome::NotOffered { offered: false })
}
