//! Why a delivery failed, in a closed set: what servers say may name people, and is not kept.

use memchr::memmem;
use std::fmt;

/// Why a delivery failed, or why a host was passed over.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Reason {
    /// STARTTLS is required and was not offered.
    NotOffered,
    /// STARTTLS is required and was refused.
    StarttlsRefused,
    /// The TLS of this host does not work.
    EngineUnavailable,
    /// The handshake failed.
    Handshake,
    /// No known authority vouches for the certificate. (Postfix 3.5 and older)
    NotTrusted,
    /// The certificate is not the one that is asked for; with what was wrong, where that was logged.
    NotVerified(Option<Certificate>),
    /// The policy is invalid, or cannot be looked up.
    Configuration,
    /// TLSA records could not be looked up.
    TlsaLookup,
    /// There are no TLSA records.
    NoTlsa,
    /// There are TLSA records, and none of them can be used.
    TlsaUnusable,
    /// The destination is not signed.
    NotSigned,
    /// What TLSRPT calls a failure. [RFC 8460 §4.3]
    Reported(ReportedFailure),
    /// The destination was given a rest; with whether that was for one of the reasons above.
    Suspended {
        /// Whether the reason is one of TLS.
        tls: bool,
    },
    /// The connection was refused.
    Refused,
    /// No answer in time.
    TimedOut,
    /// The connection was lost.
    Lost,
    /// There is no route.
    Unreachable,
    /// The name of the destination could not be resolved.
    Name,
    /// The server answered with this code.
    Reply(u16),
    /// smtp(8) ended with a fatal error, or is unknown.
    Transport,
    /// Something else.
    Other,
}

/// What was wrong with a certificate. [Postfix `tls_verify.c` `tls_log_verify_error`]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Certificate {
    /// An authority that is not known signed it.
    UntrustedIssuer,
    /// It signed itself.
    SelfSigned,
    /// Neither the local authorities nor TLSA records vouch for it.
    NotTrusted,
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It is for another name.
    Hostname,
    /// It is for another address.
    Address,
    /// It matches no TLSA record.
    Tlsa,
    /// A policy from elsewhere had failed before.
    ExternalPolicy,
    /// Something else.
    Other,
}

/// What TLSRPT calls a failure. [RFC 8460 §4.3]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the names are those of the RFC")]
pub enum ReportedFailure {
    StarttlsNotSupported,
    CertificateHostMismatch,
    CertificateExpired,
    CertificateNotTrusted,
    ValidationFailure,
    TlsaInvalid,
    DnssecInvalid,
    DaneRequired,
    StsPolicyFetchError,
    StsPolicyInvalid,
    StsWebpkiInvalid,
    Other,
}

impl Reason {
    /// Reads what stands in parentheses behind `status=`, or alone behind the queue id.
    pub(super) fn parse(text: &[u8]) -> Self {
        if let Some(rest) = text.strip_prefix(b"delivery temporarily suspended: ") {
            return Self::Suspended { tls: Self::parse(rest).is_tls() };
        }
        if let Some(reason) = Self::of_tls(text) {
            return reason;
        }
        let has = |part: &[u8]| memmem::find(text, part).is_some();
        for marker in [&b" said: "[..], b" refused to talk to me: "] {
            if let Some(at) = memmem::find(text, marker)
                && let Some(code) = reply_code(&text[at + marker.len()..])
            {
                return Self::Reply(code);
            }
        }
        if text.starts_with(b"connect to ") || text.starts_with(b"lost connection with ") {
            return match () {
                () if has(b"Connection refused") => Self::Refused,
                () if has(b"timed out") => Self::TimedOut,
                () if has(b"unreachable") || has(b"No route to host") => Self::Unreachable,
                () => Self::Lost,
            };
        }
        if text.starts_with(b"conversation with ") && has(b" timed out") {
            return Self::TimedOut;
        }
        if text.starts_with(b"Host or domain name not found")
            || has(b"Name service error for name=")
            || text.starts_with(b"Host not found")
        {
            return Self::Name;
        }
        if text.starts_with(b"unknown mail transport error")
            || text.starts_with(b"mail transport unavailable")
        {
            return Self::Transport;
        }
        Self::Other
    }

    /// The reasons that come from TLS. [Postfix `smtp_proto.c`, `smtp_tls_policy.c`]
    pub(super) fn of_tls(text: &[u8]) -> Option<Self> {
        let starts = |start: &[u8]| text.starts_with(start);
        if let Some(rest) = text.strip_prefix(b"TLS is required, but ") {
            return Some(if rest.starts_with(b"was not offered") {
                Self::NotOffered
            } else if rest.starts_with(b"our TLS engine") {
                Self::EngineUnavailable
            } else {
                Self::StarttlsRefused
            });
        }
        let found = match () {
            () if starts(b"Cannot start TLS") => Self::Handshake,
            () if starts(b"Server certificate not trusted") => Self::NotTrusted,
            () if starts(b"Server certificate not verified") => Self::NotVerified(None),
            () if starts(b"client TLS configuration problem") => Self::Configuration,
            () if starts(b"TLSA lookup error") => Self::TlsaLookup,
            () if starts(b"no TLSA records found") => Self::NoTlsa,
            () if starts(b"TLSA records unusable") => Self::TlsaUnusable,
            () if starts(b"non DNSSEC destination") => Self::NotSigned,
            () => return None,
        };
        Some(found)
    }

    /// Whether it is about TLS, so that a policy can have to do with it.
    pub fn is_tls(self) -> bool {
        match self {
            Self::NotOffered
            | Self::StarttlsRefused
            | Self::EngineUnavailable
            | Self::Handshake
            | Self::NotTrusted
            | Self::NotVerified(_)
            | Self::Configuration
            | Self::TlsaLookup
            | Self::NoTlsa
            | Self::TlsaUnusable
            | Self::NotSigned
            | Self::Reported(_) => true,
            Self::Suspended { tls } => tls,
            Self::Refused
            | Self::TimedOut
            | Self::Lost
            | Self::Unreachable
            | Self::Name
            | Self::Reply(_)
            | Self::Transport
            | Self::Other => false,
        }
    }
}

/// `450 4.7.1 …`, or `450-4.7.1 …`.
fn reply_code(text: &[u8]) -> Option<u16> {
    let digits = text.get(..3)?;
    if !digits.iter().all(u8::is_ascii_digit) || text.get(3).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0')))
}

impl Certificate {
    /// Reads what follows `certificate verification failed for HOST[ADDRESS]:PORT: `.
    pub(super) fn parse(text: &[u8]) -> Self {
        let has = |part: &[u8]| memmem::find(text, part).is_some();
        match () {
            () if text.starts_with(b"untrusted issuer") => Self::UntrustedIssuer,
            () if text.starts_with(b"self-signed") => Self::SelfSigned,
            () if text.starts_with(b"not trusted by local") => Self::NotTrusted,
            () if text.starts_with(b"certificate has expired") => Self::Expired,
            () if text.starts_with(b"certificate not yet valid") => Self::NotYetValid,
            () if text.starts_with(b"external policy failure") => Self::ExternalPolicy,
            () if text.starts_with(b"num=") && has(b"ostname mismatch") => Self::Hostname,
            () if text.starts_with(b"num=") && has(b"IP address mismatch") => Self::Address,
            () if text.starts_with(b"num=") && has(b"DANE TLSA") => Self::Tlsa,
            () => Self::Other,
        }
    }
}

impl ReportedFailure {
    pub(super) fn parse(text: &[u8]) -> Self {
        let found = NAMES.iter().find(|(name, _)| name.as_bytes() == text);
        found.map_or(Self::Other, |(_, failure)| *failure)
    }

    fn as_str(self) -> &'static str {
        let found = NAMES.iter().find(|(_, failure)| *failure == self);
        found.map_or("another failure", |(name, _)| name)
    }
}

const NAMES: [(&str, ReportedFailure); 11] = [
    ("starttls-not-supported", ReportedFailure::StarttlsNotSupported),
    ("certificate-host-mismatch", ReportedFailure::CertificateHostMismatch),
    ("certificate-expired", ReportedFailure::CertificateExpired),
    ("certificate-not-trusted", ReportedFailure::CertificateNotTrusted),
    ("validation-failure", ReportedFailure::ValidationFailure),
    ("tlsa-invalid", ReportedFailure::TlsaInvalid),
    ("dnssec-invalid", ReportedFailure::DnssecInvalid),
    ("dane-required", ReportedFailure::DaneRequired),
    ("sts-policy-fetch-error", ReportedFailure::StsPolicyFetchError),
    ("sts-policy-invalid", ReportedFailure::StsPolicyInvalid),
    ("sts-webpki-invalid", ReportedFailure::StsWebpkiInvalid),
];

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::NotOffered => "STARTTLS was not offered",
            Self::StarttlsRefused => "STARTTLS was refused",
            Self::EngineUnavailable => "TLS does not work on this host",
            Self::Handshake => "the handshake failed",
            Self::NotTrusted => "the certificate is not trusted",
            Self::NotVerified(None) => "the certificate was not verified",
            Self::NotVerified(Some(why)) => {
                return write!(f, "the certificate was not verified: {why}");
            }
            Self::Configuration => "the policy is invalid or cannot be looked up",
            Self::TlsaLookup => "TLSA records could not be looked up",
            Self::NoTlsa => "there are no TLSA records",
            Self::TlsaUnusable => "no TLSA record can be used",
            Self::NotSigned => "the destination is not signed",
            Self::Reported(failure) => return write!(f, "TLSRPT: {}", failure.as_str()),
            Self::Suspended { tls: true } => "no attempt, after failures of TLS",
            Self::Suspended { tls: false } => "no attempt, after other failures",
            Self::Refused => "connection refused",
            Self::TimedOut => "no answer in time",
            Self::Lost => "connection lost",
            Self::Unreachable => "no route to the host",
            Self::Name => "the name could not be resolved",
            Self::Reply(code) => return write!(f, "the server answered {code}"),
            Self::Transport => "smtp(8) ended, or the transport is unknown",
            Self::Other => "another reason",
        };
        f.write_str(text)
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UntrustedIssuer => "its issuer is not known",
            Self::SelfSigned => "it is self-signed",
            Self::NotTrusted => "neither local nor TLSA trust",
            Self::Expired => "it has expired",
            Self::NotYetValid => "it is not valid yet",
            Self::Hostname => "another name",
            Self::Address => "another address",
            Self::Tlsa => "it matches no TLSA record",
            Self::ExternalPolicy => "a policy had failed before",
            Self::Other => "another reason",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_say_comes_to_a_code() {
        for (text, reason) in [
            (
                "host mx.example[192.0.2.1] said: 550 5.1.1 <anna@a.example>: unknown (in reply to RCPT TO command)",
                Reason::Reply(550),
            ),
            ("host mx.example[192.0.2.1] refused to talk to me: 421-4.7.0 no", Reason::Reply(421)),
            ("host mx.example[192.0.2.1] said: 4500 x", Reason::Other),
            ("connect to mx.example[192.0.2.1]:25: Connection refused", Reason::Refused),
            ("connect to mx.example[192.0.2.1]:25: Connection timed out", Reason::TimedOut),
            ("connect to mx.example[192.0.2.1]:25: Network is unreachable", Reason::Unreachable),
            ("lost connection with mx.example[192.0.2.1] while sending RCPT TO", Reason::Lost),
            ("conversation with mx.example[192.0.2.1] timed out while sending", Reason::TimedOut),
            ("unknown mail transport error", Reason::Transport),
            ("anna@a.example", Reason::Other),
            ("", Reason::Other),
        ] {
            assert_eq!(Reason::parse(text.as_bytes()), reason, "{text}");
            assert!(!reason.is_tls());
        }
    }

    /// [Postfix `tls_verify.c`]
    #[test]
    fn certificates_fail_for_a_known_reason() {
        for (text, why) in [
            ("untrusted issuer /CN=x", Certificate::UntrustedIssuer),
            ("self-signed certificate", Certificate::SelfSigned),
            ("not trusted by local or TLSA policy", Certificate::NotTrusted),
            ("certificate has expired", Certificate::Expired),
            ("certificate not yet valid", Certificate::NotYetValid),
            ("num=62:hostname mismatch", Certificate::Hostname),
            ("num=62:Hostname mismatch", Certificate::Hostname),
            ("num=64:IP address mismatch", Certificate::Address),
            ("num=65:no matching DANE TLSA records", Certificate::Tlsa),
            ("external policy failure (sts-policy-invalid)", Certificate::ExternalPolicy),
            ("num=20:x", Certificate::Other),
        ] {
            assert_eq!(Certificate::parse(text.as_bytes()), why, "{text}");
        }
    }
}
