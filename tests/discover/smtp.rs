//! Mail servers that misbehave as told.

use super::certificates::Identity;
use super::tls::{accept, config, listen, serve};
use crate::harness::wait_for;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a mail server does.
#[derive(Clone)]
pub(super) enum Act {
    /// TLS with the certificate for the server name; that of the empty name for all others.
    Tls(BTreeMap<String, Identity>),
    /// No STARTTLS.
    Plain,
    /// STARTTLS is offered and then refused so.
    Refuse(&'static str),
    /// Not a word.
    Silence,
    /// A line after the other, without end.
    Chatter,
}

/// Starts a mail server that offers no STARTTLS and says nothing until so many connections were open at
/// once, on a port of an address of its own; gives that, and how many were at most.
pub(super) fn start_counting(port: u16, until: usize) -> (IpAddr, Arc<AtomicUsize>) {
    let (listener, ip) = listen(port);
    let (open, most) = (AtomicUsize::new(0), Arc::<AtomicUsize>::default());
    let seen = Arc::clone(&most);
    serve(listener, move |mut stream| {
        let now = open.fetch_add(1, Ordering::SeqCst) + 1;
        seen.fetch_max(now, Ordering::SeqCst);
        wait_for("connections at once", || (seen.load(Ordering::SeqCst) >= until).then_some(()));
        stream.write_all(b"220 mx.example ESMTP\r\n")?;
        let mut lines = BufReader::new(stream.try_clone()?);
        let mut line = String::new();
        lines.read_line(&mut line)?;
        // Before the client hears that it may go.
        open.fetch_sub(1, Ordering::SeqCst);
        stream.write_all(b"250 mx.example\r\n")?;
        lines.read_line(&mut line)?;
        stream.write_all(b"221 bye\r\n")
    });
    (ip, most)
}

/// Starts a mail server on a port of an address of its own; gives that.
pub(super) fn start(port: u16, act: Act) -> IpAddr {
    let (listener, ip) = listen(port);
    run(listener, act);
    ip
}

/// Serves on a listener.
pub(super) fn run(listener: TcpListener, act: Act) {
    let tls = match &act {
        Act::Tls(identities) => Some(config(identities.clone())),
        Act::Plain | Act::Refuse(_) | Act::Silence | Act::Chatter => None,
    };
    serve(listener, move |mut stream| {
        match act {
            Act::Silence => {
                let _length = stream.read(&mut [0; 64])?;
                return Ok(());
            }
            Act::Chatter => loop {
                stream.write_all(b"220-and another line\r\n")?;
            },
            Act::Tls(_) | Act::Plain | Act::Refuse(_) => {}
        }
        stream.write_all(b"220 mx.example ESMTP\r\n")?;
        let mut lines = BufReader::new(stream.try_clone()?);
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let verb = line.split([' ', '\r']).next().unwrap_or_default().to_ascii_uppercase();
            let reply = match (verb.as_str(), &act) {
                ("EHLO", Act::Plain) => "250 mx.example\r\n",
                ("EHLO", _) => "250-mx.example\r\n250 STARTTLS\r\n",
                ("STARTTLS", Act::Refuse(reply)) => reply,
                ("STARTTLS", Act::Tls(_)) => "220 go on\r\n",
                ("QUIT", _) => "221 bye\r\n",
                (_, _) => "502 no\r\n",
            };
            stream.write_all(reply.as_bytes())?;
            if let (true, Some(tls)) = (reply.starts_with("220 go"), &tls) {
                let mut stream = accept(tls, stream);
                let mut lines = BufReader::new(&mut stream);
                let mut line = String::new();
                while lines.read_line(&mut line)? > 0 {
                    lines.get_mut().write_all(b"221 bye\r\n")?;
                    line.clear();
                }
                return Ok(());
            }
        }
    });
}
