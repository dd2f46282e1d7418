//! What the log says of one recipient domain.

use super::delivery::Status;
use super::level::Reached;
use super::reason::Reason;
use crate::names::DomainName;
use crate::postfix::SecurityLevel;

/// So many different connections, hosts or failures are told apart for one domain; the rest is counted.
pub(super) const MOST: usize = 64;

/// Deliveries that went the same way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Way {
    pub(super) reached: Reached,
    /// The instance, where plain text is only a guess: no line of TLS was seen.
    pub(super) guessed: Option<u8>,
    /// The level that the policy asked for, where the log says so: a position in
    /// [`SecurityLevel::ALL`].
    pub(super) policy: Option<u8>,
    /// A position in the list of protocols; `None` where the log does not tell.
    pub(super) protocol: Option<u8>,
    /// The same for ciphers.
    pub(super) cipher: Option<u8>,
}

/// How often something happened: for how many recipients, and in how many messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Count {
    pub(super) deliveries: u32,
    pub(super) messages: u32,
}

/// Deliveries to one host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Host {
    /// A position in the list of hosts.
    pub(super) id: u32,
    pub(super) count: u32,
    /// The weakest that was reached there.
    pub(super) weakest: Way,
}

/// What happened instead of a delivery.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Failed {
    /// The mail waits for another attempt.
    Deferred,
    /// The mail went back.
    Bounced,
    /// The next host was tried.
    PassedOver,
    /// TLSRPT counted it.
    Reported,
}

impl Failed {
    /// The word in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deferred => "deferred",
            Self::Bounced => "bounced",
            Self::PassedOver => "passed over",
            Self::Reported => "reported",
        }
    }
}

/// Failures with the same reason.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure {
    pub(super) failed: Failed,
    pub(super) reason: Reason,
    pub(super) count: u32,
    pub(super) last: u32,
}

/// The first and the last time, in seconds since 1970; 0 where the log does not tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Span {
    pub(super) first: u32,
    pub(super) last: u32,
}

impl Span {
    fn add(&mut self, at: u32) {
        if at == 0 {
            return;
        }
        self.first = if self.first == 0 { at } else { self.first.min(at) };
        self.last = self.last.max(at);
    }
}

/// What the log says of one recipient domain. Its size is bounded.
#[derive(Debug)]
pub(super) struct Domain {
    pub(super) name: DomainName,
    /// Of everything.
    pub(super) seen: Span,
    /// Of the mail that was taken.
    pub(super) sent: Span,
    pub(super) ways: Vec<(Way, Count)>,
    pub(super) hosts: Vec<Host>,
    pub(super) failures: Vec<Failure>,
    /// Whether there were more hosts than are told apart.
    pub(super) more_hosts: bool,
}

impl Domain {
    pub(super) fn new(name: DomainName) -> Self {
        Self {
            name,
            seen: Span::default(),
            sent: Span::default(),
            ways: Vec::new(),
            hosts: Vec::new(),
            failures: Vec::new(),
            more_hosts: false,
        }
    }

    /// A delivery that was taken.
    pub(super) fn sent(&mut self, way: Way, host: Option<u32>, is_new_message: bool, at: u32) {
        self.seen.add(at);
        self.sent.add(at);
        let at = self.ways.iter().position(|(other, _)| *other == way).unwrap_or_else(|| {
            // Beyond the bound all details go but the level.
            let rough = Way { protocol: None, cipher: None, ..way };
            let way = if self.ways.len() < MOST { way } else { rough };
            self.ways.iter().position(|(other, _)| *other == way).unwrap_or_else(|| {
                self.ways.reserve_exact(1);
                self.ways.push((way, Count::default()));
                self.ways.len() - 1
            })
        });
        let count = &mut self.ways[at].1;
        count.deliveries = count.deliveries.saturating_add(1);
        count.messages = count.messages.saturating_add(u32::from(is_new_message));
        let Some(id) = host else {
            self.more_hosts = true;
            return;
        };
        if let Some(host) = self.hosts.iter_mut().find(|it| it.id == id) {
            host.count = host.count.saturating_add(1);
            if way.reached < host.weakest.reached {
                host.weakest = way;
            }
        } else if self.hosts.len() < MOST {
            self.hosts.reserve_exact(1);
            self.hosts.push(Host { id, count: 1, weakest: way });
        } else {
            self.more_hosts = true;
        }
    }

    /// Something that failed.
    pub(super) fn failed(&mut self, failed: Failed, reason: Reason, at: u32) {
        self.seen.add(at);
        let same = |it: &&mut Failure| it.failed == failed && it.reason == reason;
        if let Some(failure) = self.failures.iter_mut().find(same) {
            failure.count = failure.count.saturating_add(1);
            failure.last = failure.last.max(at);
            return;
        }
        // Only codes of replies can be that many.
        let reason = if self.failures.len() < MOST { reason } else { Reason::Other };
        if let Some(failure) =
            self.failures.iter_mut().find(|it| it.failed == failed && it.reason == reason)
        {
            failure.count = failure.count.saturating_add(1);
            failure.last = failure.last.max(at);
        } else {
            self.failures.reserve_exact(1);
            self.failures.push(Failure { failed, reason, count: 1, last: at });
        }
    }
}

impl Status {
    /// What failed; `None` for mail that was taken.
    pub(super) fn failed(self) -> Option<Failed> {
        match self {
            Self::Sent => None,
            Self::Deferred => Some(Failed::Deferred),
            Self::Bounced => Some(Failed::Bounced),
        }
    }
}

/// The position of a level in [`SecurityLevel::ALL`].
pub(super) fn position_of(level: SecurityLevel) -> Option<u8> {
    let at = SecurityLevel::ALL.iter().position(|it| *it == level)?;
    u8::try_from(at).ok()
}
