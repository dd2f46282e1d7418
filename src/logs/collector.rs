//! Lines in, evidence out.

use super::delivery::{Delivered, Status};
use super::domain::{Domain, Failed, Way, position_of};
use super::evidence::Evidence;
use super::level::Reached;
use super::line::{Line, Program};
use super::message::{Message, Trouble};
use super::process::Processes;
use super::reason::{Reason, ReportedFailure};
use super::stamp::{Clock, When};
use crate::names::DomainName;
use compact_str::CompactString;
use hashbrown::HashTable;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::hash::BuildHasher as _;
use std::net::IpAddr;

/// So many instances, protocols and ciphers are told apart.
const MOST_NAMES: usize = 200;

/// Gathers what the lines of logs say.
///
/// Its memory is bounded: by the number of domains, and for each of them, see [`Domain`]. Addresses of
/// people are never kept: of a recipient only the domain, and of what servers say only a code.
#[derive(Debug)]
pub struct Collector {
    clock: Clock,
    /// The first stamp of the log that is being read.
    begin: Option<i64>,
    max_domains: usize,
    hasher: hashbrown::DefaultHashBuilder,
    names: HashTable<u32>,
    host_names: HashTable<u32>,
    last_domain: Option<u32>,
    processes: Processes,
    pub(super) domains: Vec<Domain>,
    pub(super) hosts: Vec<(CompactString, IpAddr)>,
    pub(super) instances: Vec<Instance>,
    pub(super) protocols: Vec<CompactString>,
    pub(super) ciphers: Vec<CompactString>,
    pub(super) troubles: BTreeMap<Trouble, u64>,
    pub(super) totals: Totals,
}

/// One Postfix.
#[derive(Debug)]
pub(super) struct Instance {
    host: Vec<u8>,
    name: Vec<u8>,
    /// Whether it says anything of TLS.
    pub(super) tells_tls: bool,
}

/// Counts over everything that was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Lines, or entries of the journal.
    pub lines: u64,
    /// Lines that are longer than anything Postfix writes.
    pub too_long: u64,
    /// Deliveries that could not be told apart from what somebody wrote into an address or a reply.
    pub ambiguous: u64,
    /// Deliveries to domains beyond the bound.
    pub beyond: u64,
    /// Deliveries to what is no domain, such as `user@[192.0.2.1]`.
    pub no_domain: u64,
}

impl Collector {
    /// Nothing gathered. Stamps without a year are of the last year in which they do not lie behind
    /// `today`; domains beyond `max_domains` are only counted.
    pub fn new(today: Date, max_domains: usize) -> Self {
        Self {
            clock: Clock::new(today),
            begin: None,
            max_domains,
            hasher: hashbrown::DefaultHashBuilder::default(),
            names: HashTable::new(),
            host_names: HashTable::new(),
            last_domain: None,
            processes: Processes::default(),
            domains: Vec::new(),
            hosts: Vec::new(),
            instances: Vec::new(),
            protocols: Vec::new(),
            ciphers: Vec::new(),
            troubles: BTreeMap::new(),
            totals: Totals::default(),
        }
    }

    /// Another log begins. Processes stay: it may be the next part of the same one.
    pub(super) fn begin(&mut self) {
        self.begin = None;
    }

    /// Takes one line of Postfix.
    pub(super) fn line(&mut self, line: &Line<'_>) {
        if self.begin.is_none() {
            self.begin = self.clock.seconds(line.when);
        }
        let message = match line.program {
            Program::Smtp | Program::Error => Message::parse(line.text),
            Program::Rewrite | Program::Queue | Program::Master | Program::Other => {
                Trouble::parse(line.text).map(Message::Trouble)
            }
        };
        let Some(message) = message else { return };
        match message {
            Message::Tls(summary) if line.program == Program::Smtp => {
                let instance = self.instance(line);
                self.instances[usize::from(instance)].tells_tls = true;
                let protocol = name(&mut self.protocols, summary.protocol);
                let cipher = name(&mut self.ciphers, summary.cipher);
                self.processes.get(instance, line.pid).connected(&summary, protocol, cipher);
            }
            Message::Tls(_) => {}
            Message::Delivered(delivered) => self.delivered(line, &delivered),
            Message::PassedOver { queue_id, reason } => {
                let instance = self.instance(line);
                self.processes.get(instance, line.pid).passed_over(queue_id, reason);
            }
            Message::Certificate(why) => {
                let instance = self.instance(line);
                self.processes.get(instance, line.pid).rejected(why);
            }
            Message::Reported { domain, failure } => self.reported(line.when, domain, failure),
            Message::Trouble(trouble) => *self.troubles.entry(trouble).or_default() += 1,
            Message::Ambiguous => self.totals.ambiguous += 1,
        }
    }

    fn delivered(&mut self, line: &Line<'_>, delivered: &Delivered<'_>) {
        let reason = if delivered.status == Status::Sent {
            Reason::Other
        } else {
            Reason::parse(delivered.text)
        };
        // error(8) also returns mail that no server was asked to take.
        let rests = matches!(reason, Reason::Suspended { .. } | Reason::Transport);
        if line.program == Program::Error && !rests {
            return;
        }
        let seconds = self.clock.seconds(line.when);
        let domain = self.domain(delivered.domain);
        let instance = self.instance(line);
        let at = stored(seconds);
        let process = self.processes.get(instance, line.pid);
        process.take_up(super::process::digest(delivered.queue_id));
        let connection = process.deliver(delivered.relay.unwrap_or_default());
        let passed_over = process.take_passed_over();
        let reason = process.explained(reason);
        let Some(domain) = domain else { return };
        let is_new = process.is_new(domain);
        let begin = self.begin;
        let entry = &mut self.domains[domain as usize];
        for reason in passed_over {
            entry.failed(Failed::PassedOver, reason, at);
        }
        if let Some(failed) = delivered.status.failed() {
            entry.failed(failed, reason, at);
            return;
        }
        let feature = delivered.feature;
        if feature.is_some() {
            self.instances[usize::from(instance)].tells_tls = true;
        }
        let mut way = Way {
            reached: Reached::None,
            guessed: None,
            policy: feature.and_then(|it| position_of(it.policy?)),
            protocol: None,
            cipher: None,
        };
        match (connection, feature.and_then(|it| it.reached)) {
            // The field knows best whether TLS was used, and the line how well.
            (_, Some(Reached::None)) => {}
            (Some(connection), told) => {
                way.reached = match told {
                    Some(Reached::Verified) => Reached::Verified,
                    Some(_) | None => connection.reached,
                };
                (way.protocol, way.cipher) = (connection.protocol, connection.cipher);
            }
            (None, Some(told)) => way.reached = told,
            (None, None) => {
                // The line about TLS may stand before the first one of this log.
                let is_cut = seconds.zip(begin).is_some_and(|(seconds, begin)| {
                    #[expect(clippy::cast_precision_loss, reason = "seconds of a log")]
                    let since = (seconds - begin) as f64;
                    since < delivered.connected_for.floor()
                });
                if is_cut {
                    way.reached = Reached::Unknown;
                } else {
                    way.guessed = Some(instance);
                }
            }
        }
        let host = delivered.relay.and_then(|relay| self.host(relay));
        self.domains[domain as usize].sent(way, host, is_new, at);
    }

    fn reported(&mut self, when: When<'_>, domain: &[u8], failure: ReportedFailure) {
        let at = stored(self.clock.seconds(when));
        if let Some(domain) = self.domain(domain) {
            let reason = Reason::Reported(failure);
            self.domains[domain as usize].failed(Failed::Reported, reason, at);
        }
    }

    /// The position of a domain; `None` for one beyond the bound, and for what is no domain.
    fn domain(&mut self, written: &[u8]) -> Option<u32> {
        let is = |id: u32| self.domains[id as usize].name.as_str().as_bytes() == written;
        // Recipients of one message, and of a busy domain, follow each other.
        if let Some(id) = self.last_domain.filter(|id| is(*id)) {
            return Some(id);
        }
        if let Some(id) = self.names.find(self.hasher.hash_one(written), |id| is(*id)) {
            self.last_domain = Some(*id);
            return Some(*id);
        }
        let parsed = std::str::from_utf8(written).ok().map(DomainName::parse);
        let Some(Ok(name)) = parsed else {
            self.totals.no_domain += 1;
            return None;
        };
        let Self { names, domains, hasher, .. } = self;
        let hash = hasher.hash_one(name.as_str().as_bytes());
        if let Some(id) = names.find(hash, |id| domains[*id as usize].name == name) {
            return Some(*id);
        }
        if domains.len() >= self.max_domains {
            self.totals.beyond += 1;
            return None;
        }
        let id = u32::try_from(domains.len()).ok()?;
        domains.push(Domain::new(name));
        names.insert_unique(hash, id, |id| {
            hasher.hash_one(domains[*id as usize].name.as_str().as_bytes())
        });
        self.last_domain = Some(id);
        Some(id)
    }

    /// The position of `HOST[ADDRESS]:PORT`; `None` when it is nothing of the kind, or beyond the bound.
    fn host(&mut self, relay: &[u8]) -> Option<u32> {
        let open = memchr::memchr(b'[', relay)?;
        let close = open + memchr::memchr(b']', &relay[open..])?;
        let mut buffer = [0; 255];
        let lower = buffer.get_mut(..open)?;
        lower.copy_from_slice(&relay[..open]);
        lower.make_ascii_lowercase();
        let name = std::str::from_utf8(lower).ok()?;
        let address: IpAddr = std::str::from_utf8(&relay[open + 1..close]).ok()?.parse().ok()?;
        let Self { host_names, hosts, hasher, .. } = self;
        let hash = hasher.hash_one((name, address));
        let is = |id: &u32| {
            let (other, at) = &hosts[*id as usize];
            other == name && *at == address
        };
        if let Some(id) = host_names.find(hash, is) {
            return Some(*id);
        }
        // A next hop may be an address.
        if name.parse::<IpAddr>().is_err() && DomainName::parse(name).is_err() {
            return None;
        }
        if hosts.len() >= self.max_domains {
            return None;
        }
        let id = u32::try_from(hosts.len()).ok()?;
        hosts.push((CompactString::new(name), address));
        host_names.insert_unique(hash, id, |id| {
            let (name, address) = &hosts[*id as usize];
            hasher.hash_one((name.as_str(), *address))
        });
        Some(id)
    }

    fn instance(&mut self, line: &Line<'_>) -> u8 {
        let is = |it: &Instance| it.name == line.instance && it.host == line.host;
        let at = self.instances.iter().position(is).unwrap_or_else(|| {
            if self.instances.len() < MOST_NAMES {
                let (host, name) = (line.host.to_vec(), line.instance.to_vec());
                self.instances.push(Instance { host, name, tells_tls: false });
            }
            self.instances.len() - 1
        });
        u8::try_from(at).expect("there are fewer")
    }

    /// What was gathered.
    pub fn finish(self) -> Evidence {
        Evidence::new(self)
    }
}

/// The position of a protocol or cipher; `None` when it is no word, or beyond the bound.
fn name(list: &mut Vec<CompactString>, text: &[u8]) -> Option<u8> {
    if let Some(at) = list.iter().position(|it| it.as_bytes() == text) {
        return u8::try_from(at).ok();
    }
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if text.is_empty() || text.len() > 64 || !text.iter().all(plain) || list.len() >= MOST_NAMES {
        return None;
    }
    list.push(CompactString::new(std::str::from_utf8(text).ok()?));
    u8::try_from(list.len() - 1).ok()
}

/// Seconds as they are kept.
fn stored(seconds: Option<i64>) -> u32 {
    seconds.and_then(|it| u32::try_from(it).ok()).unwrap_or(0)
}
