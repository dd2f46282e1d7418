//! What smtp(8) says.

use super::delivery::Delivered;
use super::level::Reached;
use super::reason::{Certificate, Reason, ReportedFailure};
use memchr::memmem;

/// What stands before a peer whose certificate was not accepted.
const FAILED: &[u8] = b"certificate verification failed for ";

/// One message that tells something of deliveries.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Message<'a> {
    /// A connection has TLS; logged before the policy judges it.
    Tls(Summary<'a>),
    /// What became of one recipient.
    Delivered(Delivered<'a>),
    /// A host was passed over for a reason of TLS; the next one is tried.
    PassedOver { queue_id: &'a [u8], reason: Reason },
    /// The certificate of a peer was not accepted.
    Certificate(Certificate),
    /// TLSRPT counts a failure. (Postfix `TLSRPT_README`)
    Reported { domain: &'a [u8], failure: ReportedFailure },
    /// A table or policy does not work.
    Trouble(Trouble),
    /// Two readings of a line are possible, as where somebody wrote a part of it.
    Ambiguous,
}

/// `Verified TLS connection established to HOST[ADDRESS]:PORT: PROTOCOL with cipher CIPHER (…`
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Summary<'a> {
    pub(super) reached: Reached,
    /// `HOST[ADDRESS]:PORT`; before Postfix 2.5 only the host.
    pub(super) peer: &'a [u8],
    pub(super) protocol: &'a [u8],
    pub(super) cipher: &'a [u8],
}

/// Tables and policies that do not work.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Trouble {
    /// A lookup failed.
    Lookup,
    /// A policy is invalid.
    Policy,
    /// A table cannot be opened.
    Unavailable,
    /// A next hop ended smtp(8), and mail of others waited too.
    NextHop,
    /// smtp(8) ended unexpectedly.
    Transport,
}

impl Trouble {
    /// In a phrase.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lookup => "a lookup in a table failed",
            Self::Policy => "a TLS policy is invalid",
            Self::Unavailable => "a table cannot be opened",
            Self::NextHop => "a next hop ended smtp(8)",
            Self::Transport => "smtp(8) ended unexpectedly",
        }
    }

    /// [Postfix `maps.c`, `smtp_tls_policy.c`, `host_port.c`, `qmgr_transport.c`]
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let rest = text
            .strip_prefix(b"warning: ")
            .or_else(|| text.strip_prefix(b"error: "))
            .or_else(|| text.strip_prefix(b"fatal: "))?;
        let has = |part: &[u8]| memmem::find(rest, part).is_some();
        let policy = [
            &b"invalid security level"[..],
            b"malformed attribute/value pair",
            b"invalid attribute name",
            b"invalid at security level",
            b"has empty value",
            b"invalid empty policy",
        ];
        Some(match () {
            () if has(b"lookup error for \"") || has(b"policy table lookup error") => Self::Lookup,
            () if policy.iter().any(|part| has(part)) => Self::Policy,
            () if has(b" is unavailable. ") => Self::Unavailable,
            () if has(b" in server description") => Self::NextHop,
            () if has(b"failure -- see a previous warning/fatal/panic") => Self::Transport,
            () => return None,
        })
    }
}

impl<'a> Message<'a> {
    /// Reads what smtp(8) or error(8) said; `None` for what tells nothing.
    pub(super) fn parse(text: &'a [u8]) -> Option<Self> {
        if let Some((queue_id, rest)) = queue_id(text) {
            if rest.starts_with(b"to=<") {
                return match Delivered::parse(queue_id, rest) {
                    Ok(delivered) => Some(Self::Delivered(delivered)),
                    Err(ambiguous) => ambiguous.then_some(Self::Ambiguous),
                };
            }
            let reason = Reason::of_tls(rest)?;
            return Some(Self::PassedOver { queue_id, reason });
        }
        if let Some(summary) = Summary::parse(text) {
            return Some(Self::Tls(summary));
        }
        if let Some(rest) = text.strip_prefix(b"TLSRPT: status=failure, domain=") {
            let domain = &rest[..memchr::memchr(b',', rest)?];
            let failure = &rest[memmem::find(rest, b", failure_type=")? + 15..];
            let end = memchr::memchr(b',', failure).unwrap_or(failure.len());
            let failure = ReportedFailure::parse(failure[..end].trim_ascii_end());
            return Some(Self::Reported { domain, failure });
        }
        if let Some(at) = memmem::find(&text[..text.len().min(64)], FAILED) {
            let rest = &text[at + FAILED.len()..];
            let why = &rest[memmem::find(rest, b": ")? + 2..];
            return Some(Self::Certificate(Certificate::parse(why)));
        }
        Trouble::parse(text).map(Self::Trouble)
    }
}

/// `4XyZ: rest`: a queue id, short or long. [postconf(5) `enable_long_queue_ids`]
fn queue_id(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b':', &text[..text.len().min(32)])?;
    let (id, rest) = text.split_at(end);
    let plain = id.len() >= 5 && id.iter().all(u8::is_ascii_alphanumeric);
    // `warning: …` and the like are words in lower case.
    let is_word = id.iter().all(u8::is_ascii_lowercase) || id == b"TLSRPT";
    if plain && !is_word { Some((id, rest.strip_prefix(b": ")?)) } else { None }
}

impl<'a> Summary<'a> {
    /// [Postfix `tls_misc.c` `tls_log_summary`; before 3.4 `tls_client.c` `tls_client_start`]
    fn parse(text: &'a [u8]) -> Option<Self> {
        let (word, rest) = if text.starts_with(b"TLS connection ") {
            (&b""[..], text)
        } else {
            let end = memchr::memchr(b' ', &text[..text.len().min(16)])?;
            (&text[..end], &text[end + 1..])
        };
        let rest = rest.strip_prefix(b"TLS connection ")?;
        let rest =
            rest.strip_prefix(b"established to ").or_else(|| rest.strip_prefix(b"reused to "))?;
        let reached = match word {
            // Before Postfix 2.5 nothing was said of the certificate.
            b"Untrusted" | b"" => Reached::Untrusted,
            b"Anonymous" => Reached::Anonymous,
            b"Trusted" => Reached::Trusted,
            b"Verified" => Reached::Verified,
            _ => return None,
        };
        let at = memmem::find(rest, b": ")?;
        let (peer, rest) = (&rest[..at], &rest[at + 2..]);
        let at = memmem::find(rest, b" with cipher ")?;
        let (protocol, rest) = (&rest[..at], &rest[at + 13..]);
        let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
        Some(Self { reached, peer, protocol, cipher: &rest[..end] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Message<'_>> {
        Message::parse(text.as_bytes())
    }

    #[test]
    fn a_summary_is_read_from_2_3_to_3_11() {
        for (text, reached, peer, protocol, cipher) in [
            (
                "TLS connection established to mx.example: TLSv1 with cipher DHE-RSA-AES256-SHA (256/256 bits)",
                Reached::Untrusted,
                "mx.example",
                "TLSv1",
                "DHE-RSA-AES256-SHA",
            ),
            (
                "Anonymous TLS connection established to mx.example[192.0.2.1]:25: TLSv1 with cipher ADH-AES256-SHA (256/256 bits)",
                Reached::Anonymous,
                "mx.example[192.0.2.1]:25",
                "TLSv1",
                "ADH-AES256-SHA",
            ),
            (
                "Trusted TLS connection established to mx.example[2001:db8::1]:25: TLSv1.2 with cipher ECDHE-RSA-AES256-GCM-SHA384 (256/256 bits)",
                Reached::Trusted,
                "mx.example[2001:db8::1]:25",
                "TLSv1.2",
                "ECDHE-RSA-AES256-GCM-SHA384",
            ),
            (
                "Untrusted TLS connection established to 192.0.2.1[192.0.2.1]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature RSA-PSS (2048 bits) server-digest SHA256",
                Reached::Untrusted,
                "192.0.2.1[192.0.2.1]:25",
                "TLSv1.3",
                "TLS_AES_256_GCM_SHA384",
            ),
            (
                "Verified TLS connection reused to mx.example[192.0.2.1]:25: TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519 server-signature ECDSA (prime256v1 raw public key) server-digest SHA256 client-signature RSA-PSS (2048 bits) client-digest SHA256",
                Reached::Verified,
                "mx.example[192.0.2.1]:25",
                "TLSv1.3",
                "TLS_AES_256_GCM_SHA384",
            ),
        ] {
            let [peer, protocol, cipher] = [peer, protocol, cipher].map(str::as_bytes);
            let summary = Summary { reached, peer, protocol, cipher };
            assert_eq!(parse(text), Some(Message::Tls(summary)), "{text}");
        }
    }

    #[test]
    fn a_host_that_is_passed_over_is_known_by_the_queue_id() {
        for (text, reason) in [
            ("4XyZ: Server certificate not verified", None),
            ("4XyZabcdefghi: Server certificate not verified", Some(Reason::NotVerified(None))),
            ("0A1B2C3D4E: Cannot start TLS: handshake failure", Some(Reason::Handshake)),
            (
                "0A1B2C3D4E: TLS is required, but was not offered by host mx.example[192.0.2.1]",
                Some(Reason::NotOffered),
            ),
            ("0A1B2C3D4E: host mx.example[192.0.2.1] said: 450 no", None),
        ] {
            let queue_id = text.split(':').next().unwrap().as_bytes();
            let expected = reason.map(|reason| Message::PassedOver { queue_id, reason });
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn certificates_reports_and_troubles_are_told_apart() {
        for (text, message) in [
            (
                "certificate verification failed for mx.example[192.0.2.1]:25: untrusted issuer /CN=x",
                Message::Certificate(Certificate::UntrustedIssuer),
            ),
            (
                "server certificate verification failed for mx.example[2001:db8::1]:25: num=62:hostname mismatch",
                Message::Certificate(Certificate::Hostname),
            ),
            (
                "CA certificate verification failed for mx.example[192.0.2.1]:25: certificate has expired",
                Message::Certificate(Certificate::Expired),
            ),
            (
                "TLSRPT: status=failure, domain=a.example, receiving_mx=mx.example[192.0.2.1], failure_type=certificate-expired",
                Message::Reported {
                    domain: b"a.example",
                    failure: ReportedFailure::CertificateExpired,
                },
            ),
            (
                "TLSRPT: status=failure, domain=a.example, receiving_mx=(null)[(null)], failure_type=sts-policy-fetch-error, failure_reason=x",
                Message::Reported {
                    domain: b"a.example",
                    failure: ReportedFailure::StsPolicyFetchError,
                },
            ),
            (
                "warning: smtp_tls_policy_maps, next-hop destination \"a.example\": invalid security level \"secur\"",
                Message::Trouble(Trouble::Policy),
            ),
            (
                "warning: smtp_tls_policy_maps, next-hop destination \"a.example\": policy table lookup error",
                Message::Trouble(Trouble::Lookup),
            ),
            (
                "warning: hash:/etc/postfix/transport is unavailable. open database /etc/postfix/transport.db: No such file or directory",
                Message::Trouble(Trouble::Unavailable),
            ),
            (
                "fatal: garbage after \"]\" in server description: [a.example]x",
                Message::Trouble(Trouble::NextHop),
            ),
        ] {
            assert_eq!(parse(text), Some(message), "{text}");
        }
        for text in
            ["TLSRPT: status=success, domain=a.example, receiving_mx=mx[192.0.2.1]", "x", ""]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
