//! The line about one recipient.

use super::level::Reached;
use crate::postfix::SecurityLevel;
use memchr::memmem;

/// `to=<a@b>, relay=HOST[ADDRESS]:PORT, delay=…, dsn=…, status=sent (text)`. [Postfix `log_adhoc.c`]
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Delivered<'a> {
    pub(super) queue_id: &'a [u8],
    /// The domain of the recipient, as written; the part before the `@` is not kept.
    pub(super) domain: &'a [u8],
    /// `HOST[ADDRESS]:PORT`; `None` when there was no connection.
    pub(super) relay: Option<&'a [u8]>,
    /// Whether an older connection was used again.
    pub(super) is_reuse: bool,
    /// Seconds since the connection was begun.
    pub(super) connected_for: f64,
    pub(super) feature: Option<Feature>,
    pub(super) status: Status,
    /// The part in parentheses.
    pub(super) text: &'a [u8],
}

/// What became of a recipient.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Status {
    /// The server took it.
    Sent,
    /// Another attempt follows.
    Deferred,
    /// It goes back.
    Bounced,
}

/// The field `tls=` of Postfix 3.11. [Postfix `pol_stats.c` `pol_stats_format`]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Feature {
    /// The level that the policy asks for; `None` when the policy is invalid.
    pub(super) policy: Option<SecurityLevel>,
    /// What was reached; `None` when it was not, or nobody knows yet.
    pub(super) reached: Option<Reached>,
}

impl<'a> Delivered<'a> {
    /// Reads what follows the queue id.
    ///
    /// The recipient may be anything that somebody typed, and the server chooses the text at the end. So
    /// the whole must read in one way only.
    ///
    /// # Errors
    ///
    /// Whether there are two ways.
    pub(super) fn parse(queue_id: &'a [u8], text: &'a [u8]) -> Result<Self, bool> {
        let address = text.strip_prefix(b"to=<").ok_or(false)?;
        let found = memchr::memchr_iter(b'>', address)
            .find_map(|end| Self::after(queue_id, &address[..end], &address[end + 1..]))
            .ok_or(false)?;
        let is_ambiguous = memmem::find(found.text, b">, relay=").is_some();
        if is_ambiguous { Err(true) } else { Ok(found) }
    }

    fn after(queue_id: &'a [u8], address: &'a [u8], rest: &'a [u8]) -> Option<Self> {
        let rest = match rest.strip_prefix(b", orig_to=<") {
            Some(other) => &other[memmem::find(other, b">, relay=")? + 1..],
            None => rest,
        };
        let (relay, rest) = field(rest, b", relay=")?;
        let (is_reuse, rest) = match field(rest, b", conn_use=") {
            Some((_, rest)) => (true, rest),
            None => (false, rest),
        };
        let (_, rest) = field(rest, b", delay=")?;
        // Postfix 2.3 and newer.
        let (delays, rest) = field(rest, b", delays=").unwrap_or((b"", rest));
        let (feature, rest) = match field(rest, b", tls=") {
            Some((feature, rest)) => (Some(Feature::parse(feature)), rest),
            None => (None, rest),
        };
        let (_, rest) = field(rest, b", dsn=").unwrap_or((b"", rest));
        let rest = rest.strip_prefix(b", status=")?;
        let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
        let status = match &rest[..end] {
            b"sent" => Status::Sent,
            b"deferred" => Status::Deferred,
            b"bounced" => Status::Bounced,
            _ => return None,
        };
        let text = rest[end..].strip_prefix(b" (").unwrap_or_default();
        let domain = &address[memchr::memrchr(b'@', address)? + 1..];
        let relay = (relay != b"none").then_some(relay);
        let connected_for = connected_for(delays);
        Some(Self { queue_id, domain, relay, is_reuse, connected_for, feature, status, text })
    }
}

/// The value of a field, and what follows.
fn field<'a>(text: &'a [u8], name: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let value = text.strip_prefix(name)?;
    let end = memchr::memchr(b',', value)?;
    // A value has no blanks, so that nothing else is taken for one.
    (!value[..end].contains(&b' ')).then(|| value.split_at(end))
}

/// The third and the fourth of `delays=a/b/c/d`: connection setup and transmission.
fn connected_for(delays: &[u8]) -> f64 {
    let parts = delays.split(|byte| *byte == b'/').skip(2);
    let number = |part: &[u8]| std::str::from_utf8(part).ok()?.parse::<f64>().ok();
    parts.filter_map(number).sum()
}

impl Feature {
    /// `may`, `may:none`, `!secure`, `unknown?`, each perhaps with `/requiretls`.
    fn parse(text: &[u8]) -> Self {
        let first = text.split(|byte| *byte == b'/').next().unwrap_or_default();
        let violated = first.first() == Some(&b'!');
        let undecided = first.last() == Some(&b'?');
        let names = first.strip_prefix(b"!").unwrap_or(first);
        let names = names.strip_suffix(b"?").unwrap_or(names);
        let mut parts = names.split(|byte| *byte == b':');
        let initial = parts.next().unwrap_or_default();
        let last = parts.next().unwrap_or(initial);
        let level = |name: &[u8]| std::str::from_utf8(name).ok().and_then(SecurityLevel::parse);
        let reached = match level(last) {
            _ if violated || undecided => None,
            Some(SecurityLevel::None) => Some(Reached::None),
            Some(SecurityLevel::May | SecurityLevel::Encrypt) => Some(Reached::Untrusted),
            Some(
                SecurityLevel::Dane
                | SecurityLevel::DaneOnly
                | SecurityLevel::Fingerprint
                | SecurityLevel::Verify
                | SecurityLevel::Secure,
            ) => Some(Reached::Verified),
            // TLSA records of a host whose name came unsigned.
            None => (last == b"halfdane").then_some(Reached::Trusted),
        };
        Self { policy: level(initial), reached }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Delivered<'_>, bool> {
        Delivered::parse(b"ID", text.as_bytes())
    }

    const TAIL: &str = "relay=mx.example[192.0.2.1]:25, delay=1.5, delays=0.1/0.2/1/0.25, dsn=2.0.0, status=sent (250 ok)";

    #[test]
    fn a_delivery_is_read_from_2_3_to_3_11() {
        let text = format!("to=<anna@A.example>, {TAIL}");
        let found = parse(&text).unwrap();
        assert_eq!(found.domain, b"A.example");
        assert_eq!(found.relay, Some(&b"mx.example[192.0.2.1]:25"[..]));
        assert_eq!(
            (found.status, found.text, found.is_reuse),
            (Status::Sent, &b"250 ok)"[..], false)
        );
        assert!((found.connected_for - 1.25).abs() < 1e-9);
        for text in [
            "to=<a@b.example>, orig_to=<c@d.example>, relay=mx[192.0.2.1]:25, conn_use=3, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (ok)",
            "to=<a@b.example>, orig_to=<c>, relay=mx[192.0.2.1]:25, conn_use=3, delay=1, delays=0/0/0/1, tls=may, dsn=2.0.0, status=sent (ok)",
            "to=<a@b.example>, relay=mx[192.0.2.1], conn_use=2, delay=1, status=sent (ok)",
        ] {
            let found = parse(text).unwrap();
            assert_eq!((found.domain, found.is_reuse), (&b"b.example"[..], true), "{text}");
        }
        let none = "to=<a@b.example>, relay=none, delay=1, delays=0/0/0/1, dsn=4.7.5, status=deferred (client TLS configuration problem)";
        let found = parse(none).unwrap();
        assert_eq!((found.relay, found.status), (None, Status::Deferred));
    }

    #[test]
    fn the_field_tls_says_what_was_asked_for_and_what_was_reached() {
        use SecurityLevel as L;
        for (text, policy, reached) in [
            ("may", Some(L::May), Some(Reached::Untrusted)),
            ("may:none", Some(L::May), Some(Reached::None)),
            ("dane:encrypt", Some(L::Dane), Some(Reached::Untrusted)),
            ("dane", Some(L::Dane), Some(Reached::Verified)),
            ("dane:halfdane", Some(L::Dane), Some(Reached::Trusted)),
            ("secure/requiretls", Some(L::Secure), Some(Reached::Verified)),
            ("none", Some(L::None), Some(Reached::None)),
            ("!secure", Some(L::Secure), None),
            ("encrypt?", Some(L::Encrypt), None),
            ("unknown?", None, None),
            ("", None, None),
        ] {
            assert_eq!(Feature::parse(text.as_bytes()), Feature { policy, reached }, "{text}");
        }
    }

    #[test]
    fn nobody_can_write_a_delivery_of_another_domain() {
        for text in [
            // Since Postfix 3.5 such addresses are quoted, but a reply may have quotes too.
            format!("to=<\"x@victim.example>, {TAIL} \"@b.example>, {TAIL}"),
            format!("to=<x@victim.example>, {TAIL}@b.example>, {TAIL}"),
            format!("to=<a@b.example>, {TAIL} to=<x@victim.example>, {TAIL}"),
        ] {
            assert_eq!(parse(&text), Err(true), "{text}");
        }
        let text = format!("to=<\"a>, b\"@b.example>, {TAIL}");
        assert_eq!(parse(&text).unwrap().domain, b"b.example");
        assert_eq!(parse(&format!("to=<x>, {TAIL}")), Err(false));
        assert_eq!(
            parse("to=<a@b.example>, relay=local, delay=1, dsn=2.0.0, status=delivered"),
            Err(false)
        );
    }
}
