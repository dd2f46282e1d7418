//! One line of a log: who wrote it, when, and what.

use super::stamp::{self, When};
use memchr::memmem;

/// One line of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Line<'a> {
    pub(super) when: When<'a>,
    /// The host that wrote it; empty when nothing tells.
    pub(super) host: &'a [u8],
    /// The name of the instance: the part of `postfix-out/relay/smtp` before the first `/`.
    pub(super) instance: &'a [u8],
    pub(super) program: Program,
    pub(super) pid: u32,
    /// The message.
    pub(super) text: &'a [u8],
}

/// The programs whose lines tell of deliveries and maps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Program {
    /// The SMTP client.
    Smtp,
    /// The one that defers mail of destinations that are given a rest.
    Error,
    /// The one that resolves addresses to transports.
    Rewrite,
    /// The queue manager.
    Queue,
    /// The one that starts all others.
    Master,
    /// Any other one of Postfix.
    Other,
}

impl<'a> Line<'a> {
    /// Reads a line of syslog, of `maillog_file`, or of `journalctl -o short…`; `None` for lines that are
    /// not Postfix's. [RFC 3164 §4.1; RFC 5424 §6; postconf(5) `maillog_file`; journalctl(1)]
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = without_priority(line);
        if let Some(rest) = line.strip_prefix(b"1 ") {
            return Self::rfc_5424(rest);
        }
        let end = ident_end(line)?;
        let open = memchr::memrchr(b'[', &line[..end])?;
        let start = memchr::memrchr(b' ', &line[..open])? + 1;
        let pid = number(&line[open + 1..end])?;
        let (instance, program) = ident(&line[start..open])?;
        let head = &line[..start - 1];
        let length = stamp::length(head);
        let host = head.get(length.unwrap_or(0)..).unwrap_or_default().trim_ascii();
        let when = length.map_or(When::Unknown, |length| When::Stamp(&head[..length]));
        Some(Self { when, host, instance, program, pid, text: &line[end + 3..] })
    }

    /// `2026-11-24T15:24:31Z host postfix/smtp 153 - - text`
    fn rfc_5424(rest: &'a [u8]) -> Option<Self> {
        let mut fields = rest.splitn(6, |byte| *byte == b' ');
        let when = When::Stamp(fields.next()?);
        let host = fields.next()?;
        let (instance, program) = ident(fields.next()?)?;
        let pid = number(fields.next()?)?;
        let _message_id = fields.next()?;
        let data = fields.next()?;
        let text = if data.first() == Some(&b'[') {
            &data[memmem::find(data, b"] ")? + 2..]
        } else {
            data.strip_prefix(b"- ")?
        };
        let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
        Some(Self { when, host, instance, program, pid, text })
    }
}

/// Splits `postfix-out/relay/smtp` into the instance and the program. [postconf(5) `syslog_name`]
pub(super) fn ident(ident: &[u8]) -> Option<(&[u8], Program)> {
    let program = &ident[memchr::memrchr(b'/', ident)? + 1..];
    let instance = &ident[..memchr::memchr(b'/', ident)?];
    let program = match program {
        b"smtp" => Program::Smtp,
        b"error" | b"retry" => Program::Error,
        b"trivial-rewrite" => Program::Rewrite,
        b"qmgr" | b"oqmgr" => Program::Queue,
        b"master" => Program::Master,
        _ => Program::Other,
    };
    Some((instance, program))
}

/// A number of a process.
pub(super) fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() || text.len() > 10 {
        return None;
    }
    text.iter().try_fold(0_u32, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// Where the `]: ` behind the number of the process stands.
fn ident_end(line: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b']', line).find(|at| line[at + 1..].starts_with(b": "))
}

fn without_priority(line: &[u8]) -> &[u8] {
    let Some(rest) = line.strip_prefix(b"<") else { return line };
    match memchr::memchr(b'>', &rest[..rest.len().min(5)]) {
        Some(at) if rest[..at].iter().all(u8::is_ascii_digit) => &rest[at + 1..],
        Some(_) | None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<(String, String, Program, u32, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let line = Line::parse(line.as_bytes())?;
        let Line { host, instance, program, pid, text: message, .. } = line;
        Some((text(host), text(instance), program, pid, text(message)))
    }

    #[test]
    fn every_form_names_host_instance_program_and_process() {
        for (line, host, instance) in [
            ("Nov 24 15:24:31 mx1 postfix/smtp[153]: x", "mx1", "postfix"),
            ("<22>Nov 24 15:24:31 mx1 postfix/smtp[153]: x", "mx1", "postfix"),
            ("Nov 24 15:24:31 mx1 postfix/relay/smtp[153]: x\r", "mx1", "postfix"),
            ("Nov 24 15:24:31 mx1 postfix-out/smtp[153]: x", "mx1", "postfix-out"),
            (
                "2026-11-24T15:24:31.1+01:00 mx1 postfix-out/relay/smtp[153]: x",
                "mx1",
                "postfix-out",
            ),
            ("Tue 2026-11-24 15:24:31 CET mx1 postfix/smtp[153]: x", "mx1", "postfix"),
            ("1764000000.123456 mx1 postfix/smtp[153]: x", "mx1", "postfix"),
            ("[ 1234.567890] mx1 postfix/smtp[153]: x", "mx1", "postfix"),
            ("Nov 24 15:24:31 postfix/smtp[153]: x", "", "postfix"),
            ("<22>1 2026-11-24T15:24:31Z mx1 postfix/smtp 153 - - x", "mx1", "postfix"),
            ("<22>1 2026-11-24T15:24:31Z mx1 postfix/smtp 153 - [a b=\"c\"] x", "mx1", "postfix"),
        ] {
            let expected = (host.into(), instance.into(), Program::Smtp, 153, "x".into());
            assert_eq!(read(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn lines_of_other_programs_are_passed_over() {
        for line in
            ["", "x", "Nov 24 15:24:31 mx1 sshd[1]: x", "Nov 24 15:24:31 mx1 kernel: a[1]: b"]
        {
            assert_eq!(read(line), None, "{line}");
        }
        let program = |line| read(line).map(|it| it.2);
        assert_eq!(program("Nov 24 15:24:31 mx1 postfix/cleanup[1]: x"), Some(Program::Other));
        assert_eq!(program("Nov 24 15:24:31 mx1 postfix/error[1]: x"), Some(Program::Error));
    }
}
