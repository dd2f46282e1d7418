//! Which connection a delivery belongs to.
//!
//! Lines about TLS have no queue id. smtp(8) works on one message at a time, so the lines of a process
//! belong to the deliveries that it logs next, to the same host, address and port.

use super::level::Reached;
use super::message::Summary;
use super::reason::{Certificate, Reason};
use hashbrown::HashMap;

/// So many processes are remembered, twice: those that spoke lately, and those before them.
const MOST: usize = 8192;

/// So many connections of one message are remembered, and as many hosts that were passed over.
const CONNECTIONS: usize = 16;

/// A connection with TLS.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connection {
    /// `HOST[ADDRESS]:PORT`, or only `HOST`, as a digest of its lower case.
    peer: u64,
    pub(super) reached: Reached,
    pub(super) protocol: Option<u8>,
    pub(super) cipher: Option<u8>,
}

/// What a process has said since it took up its message.
#[derive(Debug, Default)]
pub(super) struct Process {
    connections: Vec<Connection>,
    passed_over: Vec<Reason>,
    certificate: Option<Certificate>,
    /// The message of the last delivery, as a digest of its queue id; 0 is none.
    message: u64,
    /// The domains to which that message was counted.
    counted: Vec<u32>,
    /// Whether a delivery was logged since the last line about a connection.
    delivered: bool,
}

impl Process {
    pub(super) fn connected(
        &mut self,
        summary: &Summary<'_>,
        protocol: Option<u8>,
        cipher: Option<u8>,
    ) {
        self.connect_anew();
        if self.connections.len() == CONNECTIONS {
            self.connections.remove(0);
        }
        let (peer, reached) = (digest(summary.peer), summary.reached);
        self.connections.push(Connection { peer, reached, protocol, cipher });
    }

    /// Connections of messages that are delivered are over.
    fn connect_anew(&mut self) {
        if std::mem::take(&mut self.delivered) {
            self.connections.clear();
            self.certificate = None;
        }
    }

    pub(super) fn rejected(&mut self, why: Certificate) {
        self.connect_anew();
        // The first reason of a chain is the one nearest to its root.
        self.certificate.get_or_insert(why);
    }

    pub(super) fn passed_over(&mut self, queue_id: &[u8], reason: Reason) {
        self.take_up(digest(queue_id));
        let reason = self.explained(reason);
        self.certificate = None;
        if self.passed_over.len() < CONNECTIONS {
            self.passed_over.push(reason);
        }
    }

    /// A delivery of this message follows. A connection that an older message used is not its own, unless
    /// the log says so.
    pub(super) fn take_up(&mut self, message: u64) {
        if self.message == message {
            return;
        }
        if self.delivered {
            self.connections.clear();
            self.certificate = None;
        }
        self.message = message;
        self.counted.clear();
        self.passed_over.clear();
    }

    /// The connection to this relay, and that a delivery was logged.
    pub(super) fn deliver(&mut self, relay: &[u8]) -> Option<Connection> {
        self.delivered = true;
        let by_host = || memchr::memchr(b'[', relay).map(|end| digest(&relay[..end]));
        let find = |peer: u64| self.connections.iter().rev().find(|it| it.peer == peer).copied();
        find(digest(relay)).or_else(|| find(by_host()?))
    }

    /// Whether this is the first recipient at a domain that the message goes to.
    pub(super) fn is_new(&mut self, domain: u32) -> bool {
        if self.counted.contains(&domain) {
            return false;
        }
        if self.counted.len() < 1000 {
            self.counted.push(domain);
        }
        true
    }

    /// A reason with what was wrong with the certificate.
    pub(super) fn explained(&self, reason: Reason) -> Reason {
        if reason == Reason::NotVerified(None) {
            Reason::NotVerified(self.certificate)
        } else {
            reason
        }
    }

    /// Hosts that were passed over for the message so far; they are told once.
    pub(super) fn take_passed_over(&mut self) -> Vec<Reason> {
        std::mem::take(&mut self.passed_over)
    }
}

/// The processes that speak in the log. Those that have been silent for longest are forgotten.
#[derive(Debug, Default)]
pub(super) struct Processes {
    lately: HashMap<u64, Process>,
    before: HashMap<u64, Process>,
}

impl Processes {
    /// The process with this number of an instance.
    pub(super) fn get(&mut self, instance: u8, pid: u32) -> &mut Process {
        let key = u64::from(instance) << 32 | u64::from(pid);
        if self.lately.len() >= MOST && !self.lately.contains_key(&key) {
            self.before = std::mem::take(&mut self.lately);
        }
        let before = &mut self.before;
        self.lately.entry(key).or_insert_with(|| before.remove(&key).unwrap_or_default())
    }
}

/// A digest of the lower case; never 0. (FNV-1a)
pub(super) fn digest(text: &[u8]) -> u64 {
    let add = |hash: u64, byte: &u8| {
        (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    };
    text.iter().fold(0xcbf2_9ce4_8422_2325, add) | 1
}
