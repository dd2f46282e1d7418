//! The SMTP dialogue up to the handshake. [RFC 5321 §4; RFC 3207 §4]

use super::handshake::{Contexts, handshake};
use super::wire::Wire;
use crate::diag::printable;
use crate::world::{Failure, StarttlsLimits, StarttlsOutcome, StarttlsRequest, Step};
use std::io::{Read, Write};
use std::time::Instant;

/// A reply of the server.
struct Reply {
    /// Its code; 0 when it has none.
    code: u16,
    /// Its lines, with the code, cut to the limit.
    lines: Vec<String>,
}

/// A failure at a step.
type Stopped = StarttlsOutcome;

/// Goes through the steps of a conversation.
pub(super) fn converse(request: &StarttlsRequest, contexts: &Contexts) -> StarttlsOutcome {
    let mut times = Vec::new();
    match begin(request, &mut times) {
        Ok(wire) => {
            let started = Instant::now();
            match handshake(wire, request, contexts) {
                Ok(mut session) => {
                    times.push((Step::Handshake, started.elapsed()));
                    session.times = times;
                    StarttlsOutcome::Tls(Box::new(session))
                }
                Err(why) => StarttlsOutcome::Failed { step: Step::Handshake, why },
            }
        }
        Err(stopped) => stopped,
    }
}

/// Everything before the handshake; the connection is then ready for it.
fn begin(
    request: &StarttlsRequest,
    times: &mut Vec<(Step, std::time::Duration)>,
) -> Result<Wire, Stopped> {
    let limits = &request.limits;
    let mut clock = Instant::now();
    let mut lap = |step| {
        let now = Instant::now();
        times.push((step, now - clock));
        clock = now;
    };
    let wire = Wire::connect(request.address, limits)
        .map_err(|why| StarttlsOutcome::Failed { step: Step::Connect, why })?;
    lap(Step::Connect);
    let mut dialogue = Dialogue { wire, limits, buffer: Vec::new() };
    let greeting = dialogue.reply(Step::Greeting)?;
    if greeting.code / 100 != 2 {
        return Err(refused(Step::Greeting, &greeting));
    }
    lap(Step::Greeting);
    let hello = dialogue.ask(Step::Ehlo, &format!("EHLO {}", request.helo))?;
    let offered = match hello.code / 100 {
        2 => offers_starttls(&hello),
        // What a server that knows no EHLO gets; 421 is no such thing. [Postfix `smtp_proto.c` `smtp_helo`]
        _ if hello.code != 421 => {
            let hello = dialogue.ask(Step::Ehlo, &format!("HELO {}", request.helo))?;
            if hello.code / 100 != 2 {
                return Err(refused(Step::Ehlo, &hello));
            }
            false
        }
        _ => return Err(refused(Step::Ehlo, &hello)),
    };
    lap(Step::Ehlo);
    if !offered || request.tls.is_none() {
        dialogue.part();
        return Err(StarttlsOutcome::NotOffered { offered });
    }
    let ready = dialogue.ask(Step::Starttls, "STARTTLS")?;
    if ready.code / 100 != 2 {
        dialogue.part();
        return Err(refused(Step::Starttls, &ready));
    }
    lap(Step::Starttls);
    // What came behind the reply was said before the handshake, and is forgotten. [RFC 3207 §6]
    Ok(dialogue.wire)
}

fn offers_starttls(reply: &Reply) -> bool {
    // The first line has the server's name. [RFC 5321 §4.1.1.1]
    reply.lines.iter().skip(1).any(|line| {
        let word = line.get(4..).unwrap_or("").split([' ', '\t', '=']).find(|it| !it.is_empty());
        word.is_some_and(|word| word.eq_ignore_ascii_case("STARTTLS"))
    })
}

fn refused(step: Step, reply: &Reply) -> Stopped {
    let text = reply.lines.join(" ");
    if !(400..600).contains(&reply.code) {
        let what = Failure::Garbled(shown(&text));
        return StarttlsOutcome::Failed { step, why: what };
    }
    StarttlsOutcome::Refused { step, code: reply.code, text: shown(&text) }
}

/// A server's text for messages.
pub(super) fn shown(text: &str) -> String {
    let mut cut: String = text.chars().take(200).collect();
    if cut.len() < text.len() {
        cut.push('\u{2026}');
    }
    printable(&cut).into_owned()
}

struct Dialogue<'r> {
    wire: Wire,
    limits: &'r StarttlsLimits,
    /// What was read and not yet used.
    buffer: Vec<u8>,
}

impl Dialogue<'_> {
    /// Sends a command and reads the reply.
    fn ask(&mut self, step: Step, command: &str) -> Result<Reply, Stopped> {
        self.wire.begin(self.limits, usize::MAX);
        let sent = self.wire.write_all(format!("{command}\r\n").as_bytes());
        sent.map_err(|_| self.failed(step))?;
        self.reply(step)
    }

    /// Says QUIT without waiting for the answer.
    fn part(&mut self) {
        self.wire.begin(self.limits, 0);
        // The connection ends either way.
        let _ended = self.wire.write_all(b"QUIT\r\n");
    }

    /// Reads a reply; continuation lines have a hyphen behind the code. [RFC 5321 §4.2.1]
    fn reply(&mut self, step: Step) -> Result<Reply, Stopped> {
        let StarttlsLimits { line, lines, .. } = *self.limits;
        self.wire.begin(self.limits, line.saturating_mul(lines));
        let mut reply = Reply { code: 0, lines: Vec::new() };
        loop {
            if reply.lines.len() == lines {
                return Err(StarttlsOutcome::Failed { step, why: Failure::TooMuch });
            }
            let text = self.line(step)?;
            let code = text.get(..3).filter(|it| it.bytes().all(|byte| byte.is_ascii_digit()));
            let more = text.as_bytes().get(3) == Some(&b'-');
            reply.code = code.and_then(|it| it.parse().ok()).unwrap_or(0);
            reply.lines.push(text);
            if !more || reply.code == 0 {
                return Ok(reply);
            }
        }
    }

    /// Reads a line without its end; what is beyond the limit is read and forgotten, as Postfix does.
    /// [Postfix `smtp_chat.c` `smtp_chat_resp`]
    fn line(&mut self, step: Step) -> Result<String, Stopped> {
        let mut line = Vec::new();
        loop {
            let end = self.buffer.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(self.buffer.len(), |at| at + 1);
            let room = self.limits.line.saturating_sub(line.len());
            line.extend(self.buffer.iter().take(taken.min(room)));
            self.buffer.drain(..taken);
            if end.is_some() {
                let text = String::from_utf8_lossy(&line);
                return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
            }
            let mut chunk = [0; 4096];
            match self.wire.read(&mut chunk) {
                Ok(length @ 1..) => self.buffer.extend(&chunk[..length]),
                Ok(0) | Err(_) => return Err(self.failed(step)),
            }
        }
    }

    fn failed(&self, step: Step) -> Stopped {
        let why = self.wire.fault().cloned().unwrap_or(Failure::Lost);
        StarttlsOutcome::Failed { step, why }
    }
}
