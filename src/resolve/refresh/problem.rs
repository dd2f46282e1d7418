//! What keeps an answer from becoming a fact, and how that is told.

use crate::answer::UnknownReason;
use crate::diag::{Diagnostic, printable};
use crate::names::DomainName;
use crate::source::Span;
use std::net::IpAddr;

/// The records of one family, which the other may outlive.
pub(super) const IPV4: &str = "the IPv4 addresses";
/// See [`IPV4`].
pub(super) const IPV6: &str = "the IPv6 addresses";

/// What keeps an answer from becoming a fact.
pub(super) enum Problem {
    /// No usable answer about these records.
    Unknown(&'static str, UnknownReason),
    /// An unsigned "not there" about these records, which the lock knows.
    Denied(&'static str),
    /// The domain says that it takes no mail. [RFC 7505 §3]
    NullMx,
    /// The domain has no MX set.
    NoMx,
    /// The host has no address.
    NoAddress,
    /// An MX host, or the null MX, is not one of the template.
    ProviderLeft {
        host: String,
        provider: String,
        /// Whether mail goes to the template's hosts all the same.
        routed: bool,
    },
    /// An address that mail must not be pinned to, and why.
    Refused(IpAddr, &'static str),
    /// These records were secured by DNSSEC.
    DnssecLost(&'static str),
    /// The host had usable TLSA records in secure zones.
    DaneLost,
}

impl Problem {
    /// Whether the problem is that nobody knows, and not that something is wrong.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(..) | Self::Denied(_))
    }

    /// The word for the mark in the lock.
    pub(super) fn word(&self) -> String {
        match self {
            Self::Unknown(_, reason) => reason.word(),
            Self::Denied(_) => "unsigned-denial".to_owned(),
            Self::NullMx => "null-mx".to_owned(),
            Self::NoMx => "no-mx".to_owned(),
            Self::NoAddress => "no-address".to_owned(),
            Self::ProviderLeft { .. } => "provider-left".to_owned(),
            Self::Refused(..) => "address-refused".to_owned(),
            Self::DnssecLost(_) => "dnssec-lost".to_owned(),
            Self::DaneLost => "dane-lost".to_owned(),
        }
    }

    /// The message; `known` tells whether the lock has a fact that stays.
    pub(super) fn diagnostic(&self, name: &DomainName, span: Span, known: bool) -> Diagnostic {
        let error = |code, text: String| Diagnostic::error(code, span, text);
        match self {
            Self::Unknown(what, reason) => {
                let reason = reason.to_string();
                let reason = printable(&reason);
                if known {
                    Diagnostic::warning(
                        "lock-stale",
                        span,
                        format!("{what} of `{name}` could not be confirmed: {reason}"),
                    )
                } else {
                    error(
                        "unresolved",
                        format!("{what} of `{name}` could not be looked up: {reason}"),
                    )
                    .hint("try again later, or ask another server with `--dns-server`")
                }
            }
            Self::Denied(what) => {
                let message = format!(
                    "{what} of `{name}` could not be confirmed: an unsigned answer denies what the lock knows"
                );
                let denied = Diagnostic::warning("lock-stale", span, message);
                match *what {
                    IPV4 | IPV6 => {
                        denied.hint(format!("if they are gone, say so: `mxward update {name}`"))
                    }
                    _ => denied,
                }
            }
            Self::NullMx => {
                error("no-mail", format!("`{name}` takes no mail: it has a null MX [RFC 7505 §3]"))
                    .hint("remove the domain, or correct its name")
            }
            Self::NoMx if known => error("no-mx", format!("`{name}` has no MX records any more"))
                .hint("correct its provider, or write `route: mx`"),
            Self::NoMx => error(
                "no-mx",
                format!("`{name}` has no MX records, which its provider would have given it"),
            )
            .hint("correct the domain or its provider, or write `route: mx`"),
            Self::NoAddress if known => {
                error("no-address", format!("the MX host `{name}` has no address any more"))
                    .hint("correct the hosts of the provider, or write `route: mx`")
            }
            Self::NoAddress => error(
                "no-address",
                format!(
                    "the MX host `{name}` has no address: it does not exist, or its name is wrong"
                ),
            )
            .hint("correct the hosts of the provider, or write `route: mx`"),
            Self::ProviderLeft { host, provider, routed } => {
                let message =
                    format!("`{name}` has the MX host `{host}`, which is not one of `{provider}`");
                let left = error("provider-left", message).hint(
                    "find out where its mail goes now, then change the provider: `mxward providers detect`",
                );
                if *routed {
                    left.hint("until then `route: mx` delivers by the MX records")
                } else {
                    left
                }
            }
            Self::Refused(address, why) => error(
                "address-refused",
                format!(
                    "`{name}` has the address {address}, which is {why}: mail would stay inside"
                ),
            )
            .hint("if that is meant, name the network in `lock.allow_addresses`"),
            Self::DnssecLost(what) => error(
                "dnssec-lost",
                format!("{what} of `{name}` was secured by DNSSEC, and is not any more"),
            )
            .hint(format!("if that is right, accept the weaker state: `mxward update {name}`")),
            Self::DaneLost => error(
                "dane-lost",
                format!("`{name}` had usable TLSA records, and has none any more"),
            )
            .hint(format!("if that is right, accept the weaker state: `mxward update {name}`")),
        }
    }
}
