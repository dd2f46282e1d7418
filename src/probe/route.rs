//! The servers of a next hop, as smtp(8) finds them.

use super::run::Options;
use super::site::Site;
use super::verdict::{Does, Verdict};
use crate::answer::{Answer, Dnssec, Found, Question, Reply};
use crate::dane::{TlsaState, base_domains};
use crate::lock::refused;
use crate::names::DomainName;
use crate::postfix::NextHop;
use crate::world::{AskedOnce, Net, tlsa_state};
use futures_util::future::{join, join_all};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// How a server is called.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Host {
    /// By a name.
    Name(DomainName),
    /// By its address alone.
    Address(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name}"),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

/// One address of a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// The server.
    pub host: Host,
    /// Its address.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// The preference of its MX record; 0 without one.
    pub preference: u16,
    /// Whether the MX set is signed; `None` where the server was not found by one.
    pub mx_secure: Option<bool>,
    /// The next-hop domain, aliases followed and as it is, where the server was found by MX.
    pub mx_names: Vec<DomainName>,
    /// What TLSA records say.
    pub tlsa: TlsaState,
}

impl Endpoint {
    /// `mx.example.com[192.0.2.1]`.
    pub fn peer(&self) -> String {
        format!("{}[{}]", self.host, self.address)
    }

    /// The same with the port.
    pub fn place(&self) -> String {
        format!("{}:{}", self.peer(), self.port)
    }
}

/// The servers of a next hop.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Route {
    /// In the order of trying, equal preferences by name.
    pub endpoints: Vec<Endpoint>,
    /// Addresses that nobody may be sent to, and why.
    pub refused: Vec<(Host, IpAddr, &'static str)>,
    /// What becomes of mail when there is no server.
    pub problem: Option<Verdict>,
}

/// An address, whether it is signed, and what TLSA records say about it.
type Address = (IpAddr, TlsaState);

/// What is known of a host.
#[derive(Clone, Debug, Default)]
struct Addresses {
    list: Vec<Address>,
    /// Why nothing is known of a family.
    unknown: Option<String>,
}

/// Finds the servers of next hops; each host is looked up once.
pub(super) struct Router<'a> {
    net: &'a dyn Net,
    site: &'a Site,
    options: &'a Options,
    hosts: AskedOnce<'a, (DomainName, u16, bool), Addresses>,
}

impl<'a> Router<'a> {
    pub(super) fn new(net: &'a dyn Net, site: &'a Site, options: &'a Options) -> Self {
        Self { net, site, options, hosts: AskedOnce::default() }
    }

    /// The servers of a next hop; TLSA records only where they are wanted.
    pub(super) async fn route(&self, next_hop: &NextHop, wants_tlsa: bool) -> Route {
        let port = next_hop.port();
        let text = next_hop.host_part();
        let bare = text.strip_prefix("ipv6:").unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            let found = Addresses { list: vec![(address, TlsaState::None)], unknown: None };
            return self.served([(0, Host::Address(address), Arc::new(found))], port, None, &[]);
        }
        let Ok(name) = DomainName::parse(text) else {
            let why = format!("`{text}` is no name that DNS could be asked for");
            let problem = Some(Verdict::new(Does::NotProbed(why), ""));
            return Route { problem, ..Route::default() };
        };
        if next_hop.asks_for_mx() {
            self.by_mx(&name, port, wants_tlsa).await
        } else {
            self.alone(&name, port, wants_tlsa).await
        }
    }

    async fn alone(&self, name: &DomainName, port: u16, wants_tlsa: bool) -> Route {
        let found = self.host(name, port, wants_tlsa).await;
        self.served([(0, Host::Name(name.clone()), found)], port, None, &[])
    }

    async fn by_mx(&self, name: &DomainName, port: u16, wants_tlsa: bool) -> Route {
        let Found { answer, aliases } = self.net.ask(Question::Mx(name.clone())).await;
        let problem = |verdict| Route { problem: Some(verdict), ..Route::default() };
        let (secure, records) = match answer {
            Answer::Secure(Reply::Mx(list)) => (true, list),
            Answer::Insecure(Reply::Mx(list)) => (false, list),
            Answer::Unknown(reason) => {
                let text = not_found(name, "MX", true);
                return problem(Verdict::defers(text).note(reason.to_string()));
            }
            Answer::Secure(_) | Answer::Insecure(_) | Answer::ProvenAbsent => (true, Vec::new()),
        };
        if records.is_empty() {
            return self.alone(name, port, wants_tlsa).await;
        }
        let hosts: Option<Vec<_>> =
            records.into_iter().map(|mx| Some((mx.preference, mx.exchange?))).collect();
        let Some(hosts) = hosts else {
            let text = format!("Domain {name} does not accept mail (nullMX)");
            return problem(Verdict::new(Does::Bounces, text));
        };
        let found = hosts.into_iter().map(|(preference, host)| async move {
            let found = self.host(&host, port, wants_tlsa).await;
            (preference, Host::Name(host), found)
        });
        let end = aliases.last().and_then(|it| it.target.clone());
        let mut names: Vec<DomainName> = end.into_iter().collect();
        names.push(name.clone());
        self.served(join_all(found).await, port, Some(secure), &names)
    }

    /// Puts the addresses that may be connected to in order.
    fn served(
        &self,
        hosts: impl IntoIterator<Item = (u16, Host, Arc<Addresses>)>,
        port: u16,
        mx_secure: Option<bool>,
        mx_names: &[DomainName],
    ) -> Route {
        let mut route = Route::default();
        let (mut unknown, mut last, mut passed_over) = (None, None, false);
        for (preference, host, found) in hosts {
            last = Some(host.clone());
            unknown = unknown.or_else(|| found.unknown.clone());
            for (address, tlsa) in &found.list {
                let wanted = if address.is_ipv4() { self.site.ipv4 } else { self.site.ipv6 };
                if !wanted {
                    passed_over = true;
                } else if let Some(why) = refused(*address, &self.options.allow) {
                    route.refused.push((host.clone(), *address, why));
                } else {
                    route.endpoints.push(Endpoint {
                        host: host.clone(),
                        address: *address,
                        port,
                        preference,
                        mx_secure,
                        mx_names: mx_names.to_vec(),
                        tlsa: tlsa.clone(),
                    });
                }
            }
        }
        route.endpoints.sort_by(|a, b| {
            (a.preference, &a.host, a.address).cmp(&(b.preference, &b.host, b.address))
        });
        if route.endpoints.is_empty() {
            let kind = if self.site.ipv4 { "A" } else { "AAAA" };
            let name = last.map_or_else(String::new, |host| host.to_string());
            let text = not_found(&name, kind, unknown.is_some());
            route.problem = Some(match (route.refused.first(), unknown) {
                (Some((_, address, why)), _) => {
                    let why = format!("{address} is {why}; `lock.allow_addresses` can allow it");
                    Verdict::new(Does::NotProbed(why), "")
                }
                (None, Some(why)) => Verdict::defers(text).note(why),
                (None, None) if passed_over => Verdict::defers(text)
                    .note("it has addresses only of a family that the target does not use"),
                (None, None) => Verdict::new(Does::Bounces, text),
            });
        }
        route
    }

    async fn host(&self, name: &DomainName, port: u16, wants_tlsa: bool) -> Arc<Addresses> {
        let (net, site) = (self.net, self.site);
        let look_up = || {
            let name = name.clone();
            async move { look_up(net, site, &name, port, wants_tlsa).await }
        };
        self.hosts.get((name.clone(), port, wants_tlsa), look_up).await
    }
}

/// [Postfix `dns_lookup.c`]
fn not_found(name: impl fmt::Display, kind: &str, again: bool) -> String {
    let again = if again { ", try again" } else { "" };
    format!(
        "Host or domain name not found. Name service error for name={name} type={kind}: Host not found{again}"
    )
}

async fn look_up(
    net: &dyn Net,
    site: &Site,
    name: &DomainName,
    port: u16,
    wants_tlsa: bool,
) -> Addresses {
    let a = async { if site.ipv4 { Some(net.ask(Question::A(name.clone())).await) } else { None } };
    let aaaa =
        async { if site.ipv6 { Some(net.ask(Question::Aaaa(name.clone())).await) } else { None } };
    let (a, aaaa) = join(a, aaaa).await;
    let mut found = Addresses::default();
    for Found { answer, aliases } in [a, aaaa].into_iter().flatten() {
        let (secure, reply) = match answer {
            Answer::Secure(reply) => (true, reply),
            Answer::Insecure(reply) => (false, reply),
            Answer::ProvenAbsent => continue,
            Answer::Unknown(reason) => {
                found.unknown = Some(reason.to_string());
                continue;
            }
        };
        let list = reply.into_addresses();
        if list.is_empty() {
            continue;
        }
        let end = aliases.last().and_then(|it| it.target.clone());
        let end = end.unwrap_or_else(|| name.clone());
        let first = aliases.first().is_some_and(|it| it.dnssec == Dnssec::Secure);
        let bases = base_domains(name, &end, secure, first);
        let tlsa =
            if wants_tlsa { tlsa_state(net, bases, port).await } else { TlsaState::InsecureHost };
        found.list.extend(list.into_iter().map(|address| (address, tlsa.clone())));
    }
    found
}
