//! What a log says of maps that were written a moment ago: whether Postfix can use them.

use super::delivery::Delivered;
use super::line::{Line, Program};
use super::message::{Message, Trouble};
use memchr::memmem;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What is known of the maps, by which lines about them are told from others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Watched {
    /// The tables that Postfix asks, as main.cf and master.cf name them.
    pub tables: BTreeSet<String>,
    /// The lookup keys of the policies, in lower case.
    pub policies: BTreeSet<String>,
}

/// Counts what a log says of the maps.
///
/// Lines about tables name what was looked up, which may be the address of a person, and parts of entries:
/// only what is known anyway, or is of a closed set, is kept of a line.
#[derive(Debug)]
pub struct Watch<'w> {
    watched: &'w Watched,
    /// Recipients for which a delivery ended, well or not.
    pub deliveries: usize,
    /// What Postfix cannot use, with how often it said so.
    pub complaints: BTreeMap<Complaint, usize>,
    /// Complaints about policies of others: their next hops have no entry that is known.
    pub others: usize,
}

/// Something that Postfix cannot use.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Complaint {
    /// A table cannot be opened, or a lookup in it fails.
    Table(String),
    /// The policy of a next hop or domain; one of [`Trouble::Lookup`] and [`Trouble::Policy`].
    Policy(String, Trouble),
    /// Transports cannot be looked up.
    Transports,
    /// A next hop ended smtp(8).
    NextHop,
    /// A service that a transport names is not there; with its name where that is a plain one.
    Service(Option<String>),
    /// A daemon ended with a fatal error.
    Fatal(Daemon),
    /// A daemon cannot start, or ended too often: master(8) lets it wait, and so all mail.
    HeldBack(Daemon),
}

/// A daemon that reads the maps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Daemon {
    /// smtp(8).
    Smtp,
    /// trivial-rewrite(8).
    TrivialRewrite,
}

impl<'w> Watch<'w> {
    /// Nothing read.
    pub fn new(watched: &'w Watched) -> Self {
        Self { watched, deliveries: 0, complaints: BTreeMap::new(), others: 0 }
    }

    /// Reads whole lines of syslog, of `maillog_file`, or of `journalctl -o short…`.
    pub fn read(&mut self, bytes: &[u8]) {
        for line in bytes.split(|byte| *byte == b'\n').filter_map(Line::parse) {
            self.line(&line);
        }
    }

    fn line(&mut self, line: &Line<'_>) {
        let complaint = match line.program {
            Program::Smtp | Program::Error => match Message::parse(line.text) {
                Some(Message::Delivered(Delivered { .. }) | Message::Ambiguous) => {
                    self.deliveries += 1;
                    None
                }
                _ if line.program == Program::Smtp => self.smtp(line.text),
                _ => None,
            },
            Program::Rewrite => self.rewrite(line.text),
            Program::Queue => queue(line.text),
            Program::Master => master(line.text),
            Program::Other => None,
        };
        if let Some(complaint) = complaint {
            *self.complaints.entry(complaint).or_default() += 1;
        }
    }

    /// [Postfix `smtp_tls_policy.c`, `host_port.c`]
    fn smtp(&mut self, text: &[u8]) -> Option<Complaint> {
        if let Some(rest) = fatal(text) {
            let is_next_hop = memmem::find(rest, b" in server description").is_some();
            return Some(if is_next_hop {
                Complaint::NextHop
            } else {
                Complaint::Fatal(Daemon::Smtp)
            });
        }
        let Some(rest) = text.strip_prefix(b"warning: smtp_tls_policy_maps, ") else {
            return self.table(text);
        };
        let trouble = Trouble::parse(text)?;
        let from = memchr::memchr(b'"', rest)? + 1;
        let end = from + memmem::find(&rest[from..], b"\": ")?;
        let key = self.known(&rest[from..end]);
        self.others += usize::from(key.is_none());
        key.map(|key| Complaint::Policy(key, trouble))
    }

    /// [Postfix `resolve.c`, `transport.c`]
    fn rewrite(&self, text: &[u8]) -> Option<Complaint> {
        if fatal(text).is_some() {
            return Some(Complaint::Fatal(Daemon::TrivialRewrite));
        }
        if text == b"warning: transport_maps lookup failure" {
            return Some(Complaint::Transports);
        }
        self.table(text)
    }

    /// The table that a line is about. [Postfix `dict_surrogate.c`, `maps.c`]
    fn table(&self, text: &[u8]) -> Option<Complaint> {
        let rest = text.strip_prefix(b"warning: ").or_else(|| text.strip_prefix(b"error: "))?;
        let rest = rest.strip_prefix(b"proxy:").unwrap_or(rest);
        let is_about = |table: &&String| {
            rest.strip_prefix(table.as_bytes()).is_some_and(|rest| {
                rest.starts_with(b" is unavailable. ") || rest.starts_with(b" lookup error for \"")
            })
        };
        self.watched.tables.iter().find(is_about).map(|table| Complaint::Table(table.clone()))
    }

    /// The key of the policy by which mail goes to a destination.
    fn known(&self, destination: &[u8]) -> Option<String> {
        let destination = std::str::from_utf8(destination).ok()?.to_lowercase();
        let parents = destination.match_indices('.').map(|(at, _)| &destination[at..]);
        let mut keys = std::iter::once(destination.as_str()).chain(parents);
        keys.find(|key| self.watched.policies.contains(*key)).map(str::to_owned)
    }
}

/// What follows `fatal: ` or `panic: `.
fn fatal(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b"fatal: ").or_else(|| text.strip_prefix(b"panic: "))
}

/// [Postfix `qmgr_transport.c`]
fn queue(text: &[u8]) -> Option<Complaint> {
    let rest = text.strip_prefix(b"warning: ")?;
    if let Some(rest) = rest.strip_prefix(b"connect to transport private/") {
        let name = &rest[..memmem::find(rest, b": ")?];
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let is_plain = name.len() <= 32 && name.iter().all(plain);
        let name = is_plain.then(|| String::from_utf8_lossy(name).into_owned());
        return Some(Complaint::Service(name));
    }
    let is_failure = memmem::find(rest, b"failure -- see a previous warning/fatal/panic").is_some();
    (rest.starts_with(b"transport ") && is_failure).then_some(Complaint::Fatal(Daemon::Smtp))
}

/// [Postfix `master_spawn.c`]
fn master(text: &[u8]) -> Option<Complaint> {
    let rest = text.strip_prefix(b"warning: ")?;
    let path = rest.strip_suffix(b": bad command startup -- throttling")?;
    let daemon = match path.rsplit(|byte| *byte == b'/').next()? {
        b"smtp" => Daemon::Smtp,
        b"trivial-rewrite" => Daemon::TrivialRewrite,
        _ => return None,
    };
    Some(Complaint::HeldBack(daemon))
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(table) => write!(f, "the table `{table}` cannot be read"),
            Self::Policy(key, trouble) => write!(f, "the policy of `{key}`: {}", trouble.as_str()),
            Self::Transports => f.write_str("transports cannot be looked up"),
            Self::NextHop => f.write_str(Trouble::NextHop.as_str()),
            Self::Service(Some(name)) => write!(f, "master.cf has no service `{name}`"),
            Self::Service(None) => f.write_str("master.cf lacks a service that a transport names"),
            Self::Fatal(daemon) => write!(f, "{daemon} ended with a fatal error"),
            Self::HeldBack(daemon) => {
                write!(f, "{daemon} ends as it starts, so that mail of all domains waits")
            }
        }
    }
}

impl fmt::Display for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Smtp => "smtp(8)",
            Self::TrivialRewrite => "trivial-rewrite(8)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched() -> Watched {
        let set = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect();
        Watched {
            tables: set(&["lmdb:/etc/postfix/tls_policy", "lmdb:/etc/postfix/transport"]),
            policies: set(&["[192.0.2.1]", "a.example", ".b.example"]),
        }
    }

    fn read(line: &str) -> (usize, Vec<String>, usize) {
        let watched = watched();
        let mut watch = Watch::new(&watched);
        watch.read(format!("Nov 24 15:24:31 mx1 postfix/{line}\n").as_bytes());
        let complaints = watch.complaints.keys().map(ToString::to_string).collect();
        (watch.deliveries, complaints, watch.others)
    }

    #[test]
    fn lines_about_the_maps_are_told_from_others() {
        let policy = "smtp[1]: warning: smtp_tls_policy_maps, next-hop destination";
        for (line, complaint) in [
            (
                "smtp[1]: warning: lmdb:/etc/postfix/tls_policy is unavailable. open database x: No such file",
                "the table `lmdb:/etc/postfix/tls_policy` cannot be read",
            ),
            (
                "trivial-rewrite[1]: warning: proxy:lmdb:/etc/postfix/transport lookup error for \"anna@a.example\"",
                "the table `lmdb:/etc/postfix/transport` cannot be read",
            ),
            (
                "trivial-rewrite[1]: warning: transport_maps lookup failure",
                "transports cannot be looked up",
            ),
            (
                &format!("{policy} \"[192.0.2.1]\": invalid attribute name: \"matches\""),
                "the policy of `[192.0.2.1]`: a TLS policy is invalid",
            ),
            (
                &format!("{policy} \"X.B.example\": policy table lookup error"),
                "the policy of `.b.example`: a lookup in a table failed",
            ),
            (
                "relay/smtp[1]: fatal: valid hostname or network address required in server description: [x",
                "a next hop ended smtp(8)",
            ),
            ("smtp[1]: panic: x", "smtp(8) ended with a fatal error"),
            (
                "qmgr[1]: warning: transport smtp failure -- see a previous warning/fatal/panic logfile record for the problem description",
                "smtp(8) ended with a fatal error",
            ),
            (
                "qmgr[1]: warning: connect to transport private/smpt: No such file or directory",
                "master.cf has no service `smpt`",
            ),
            (
                "oqmgr[1]: warning: connect to transport private/anna@a.example: No such file or directory",
                "master.cf lacks a service that a transport names",
            ),
            (
                "master[1]: warning: /usr/lib/postfix/sbin/smtp: bad command startup -- throttling",
                "smtp(8) ends as it starts, so that mail of all domains waits",
            ),
        ] {
            assert_eq!(read(line), (0, vec![complaint.to_owned()], 0), "{line}");
        }
        for line in [
            "smtp[1]: warning: hash:/etc/postfix/sasl is unavailable. open database x: No such file",
            "smtp[1]: warning: lmdb:/etc/postfix/tls_policy.old is unavailable. x",
            "smtp[1]: lmdb:/etc/postfix/tls_policy has changed -- restarting",
            "smtpd[1]: fatal: x",
            "master[1]: warning: /usr/lib/postfix/sbin/smtpd: bad command startup -- throttling",
            "cleanup[1]: warning: lmdb:/etc/postfix/transport is unavailable. x",
        ] {
            assert_eq!(read(line), (0, Vec::new(), 0), "{line}");
        }
        let other = format!("{policy} \"c.example\": policy table lookup error");
        assert_eq!(read(&other), (0, Vec::new(), 1));
    }

    /// What a server says, or somebody writes into an address, is in no line that starts as these do.
    #[test]
    fn deliveries_are_counted_and_believed_in_nothing() {
        let text = "to=<a@a.example>, relay=mx[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=4.0.0, status=deferred \
                    (host mx[192.0.2.1] said: 450 warning: transport_maps lookup failure)";
        assert_eq!(read(&format!("smtp[1]: 4XyZ9: {text}")), (1, Vec::new(), 0));
        assert_eq!(read(&format!("error[1]: 4XyZ9: {text}")), (1, Vec::new(), 0));
    }
}
