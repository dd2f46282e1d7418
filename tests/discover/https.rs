//! A policy host, which serves many names and misbehaves for some as told.

use super::certificates::Identity;
use super::tls::{accept, config, listen, serve};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::IpAddr;
use std::time::Duration;

/// What the host does for a name.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) identity: Identity,
    pub(super) answer: Answer,
}

/// What the host answers.
#[derive(Clone)]
pub(super) enum Answer {
    /// These bytes, and then the end.
    Bytes(Vec<u8>),
    /// These bytes again and again, as fast as they go.
    Endless(Vec<u8>, Vec<u8>),
    /// A byte every now and then.
    Drip,
    /// Nothing.
    Silence,
}

/// An answer with a status line, headers and a body.
pub(super) fn answer(status: &str, headers: &str, body: &str) -> Answer {
    let length = body.len();
    Answer::Bytes(
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
            .into_bytes(),
    )
}

/// A policy as it should be served.
pub(super) fn policy(body: &str) -> Answer {
    answer("200 OK", "Content-Type: text/plain; charset=utf-8\r\n", body)
}

/// Starts a policy host for these names on a port; gives its address.
pub(super) fn start(port: u16, sites: BTreeMap<String, Site>) -> IpAddr {
    let (listener, ip) = listen(port);
    let identities = sites.iter().map(|(name, site)| (name.clone(), site.identity.clone()));
    let config = config(identities.collect());
    serve(listener, move |stream| {
        let mut stream = accept(&config, stream);
        let mut request = Vec::new();
        let mut buffer = [0; 1024];
        while !request.windows(4).any(|it| it == b"\r\n\r\n") {
            let length = stream.read(&mut buffer)?;
            if length == 0 {
                return Ok(());
            }
            request.extend_from_slice(&buffer[..length]);
        }
        let request = String::from_utf8_lossy(&request).into_owned();
        assert!(request.starts_with("GET /.well-known/mta-sts.txt HTTP/1.1\r\n"), "{request}");
        let host = request.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
        match &sites[host].answer {
            Answer::Bytes(bytes) => stream.write_all(bytes)?,
            Answer::Endless(head, bytes) => {
                stream.write_all(head)?;
                loop {
                    stream.write_all(bytes)?;
                }
            }
            Answer::Drip => {
                // A byte each time that the client has said nothing for a while, until it hangs up.
                stream.sock.set_read_timeout(Some(Duration::from_millis(100)))?;
                loop {
                    stream.write_all(b"H").and_then(|()| stream.flush())?;
                    match stream.read(&mut buffer) {
                        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                        length => return length.map(drop),
                    }
                }
            }
            Answer::Silence => {
                let _length = stream.read(&mut buffer)?;
            }
        }
        stream.conn.send_close_notify();
        stream.flush()
    });
    ip
}
