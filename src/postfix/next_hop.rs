//! Next-hop destinations.

use super::fold::fold_key;
use super::hostname::is_hostname;
use crate::names::{DomainName, NameError};
use compact_str::{CompactString, format_compact};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A next-hop destination, verbatim with `[]` and `:port`, in lower case.
///
/// It is the lookup key of its own TLS policy, compared as text: `[h]`, `[h]:25`, `h` and `h:25` are
/// four different ones. mxward writes `example.com`, `[mx.example.com]`, `[192.0.2.1]` and
/// `[2001:db8::1]`, each also with `:port`. [Postfix `smtp_tls_policy.c`, `host_port.c`]
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NextHop(CompactString);

/// Why a text is not a [`NextHop`] that may be emitted.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NextHopError {
    /// Nothing.
    #[error("the next hop is empty")]
    Empty,
    /// `[mx.example.com`
    #[error("`{0}` lacks the closing bracket")]
    Bracket(String),
    /// Something else than `:port` after the bracket.
    #[error("`{0}` is not valid after the bracket")]
    Garbage(String),
    /// Not a number from 1 to 65535 and no service name.
    #[error("`{0}` is not a port")]
    Port(String),
    /// Not the name of a host.
    #[error("`{0}` is not a host: {1}")]
    Host(String, NameError),
    /// An address without brackets, for which Postfix would look MX records up.
    #[error("the address `{0}` needs brackets")]
    BareAddress(String),
    /// A zone, or an IPv4 address with the IPv6 prefix.
    #[error("`{0}` is not an address")]
    Address(String),
}

impl NextHopError {
    /// What to write instead, where that can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::BareAddress(text) => Some(format!("write `[{text}]`")),
            Self::Bracket(_) | Self::Garbage(_) => {
                Some("write `[host]` or `[host]:port`".to_owned())
            }
            Self::Host(text, _) if text.ends_with('.') => {
                Some(format!("leave the final dot out: `{}`", text.trim_end_matches('.')))
            }
            Self::Port(text) if text.starts_with('[') => {
                Some(format!("write the next hop without a service: `{text}`"))
            }
            Self::Port(_) => Some("write a number, such as `[host]:587`".to_owned()),
            Self::Empty | Self::Host(..) | Self::Address(_) => None,
        }
    }
}

impl NextHop {
    /// Reads a next hop that may be emitted; what ends smtp(8) and what works by luck is refused.
    ///
    /// U-labels become A-labels and addresses their canonical spelling, without the `IPv6:` prefix.
    ///
    /// # Errors
    ///
    /// [`NextHopError`], with what was written.
    pub fn parse(text: &str) -> Result<Self, NextHopError> {
        if text.is_empty() {
            return Err(NextHopError::Empty);
        }
        let Some(inside) = text.strip_prefix('[') else {
            if text.parse::<Ipv4Addr>().is_ok() || text.parse::<Ipv6Addr>().is_ok() {
                return Err(NextHopError::BareAddress(text.to_owned()));
            }
            let (host, port) = match text.rsplit_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            };
            let host = name(host)?;
            return match port {
                None => Ok(Self(CompactString::new(host.as_str()))),
                Some(port) => Ok(Self(format_compact!("{host}:{}", self::port(port)?))),
            };
        };
        let (host, rest) =
            inside.split_once(']').ok_or_else(|| NextHopError::Bracket(text.to_owned()))?;
        let host = match literal(host)? {
            // There is one way to write it.
            Some(IpAddr::V4(_)) if rest.is_empty() => return Ok(Self(CompactString::new(text))),
            Some(address) => format_compact!("{address}"),
            None => CompactString::new(name(host)?.as_str()),
        };
        match rest.strip_prefix(':') {
            Some(port) => Ok(Self(format_compact!("[{host}]:{}", self::port(port)?))),
            None if rest.is_empty() => Ok(Self(format_compact!("[{host}]"))),
            None => Err(NextHopError::Garbage(rest.to_owned())),
        }
    }

    /// Reads a next hop of a deployed map: what smtp(8) takes, kept as it is but for letter case.
    ///
    /// # Errors
    ///
    /// What ends smtp(8) with a fatal error, which stalls all mail of the service.
    /// [Postfix `smtp_connect.c` `smtp_parse_destination`, `host_port.c`]
    pub fn parse_as_postfix(text: &str) -> Result<Self, NextHopError> {
        if text.is_empty() {
            return Err(NextHopError::Empty);
        }
        let (host, port) = match text.strip_prefix('[') {
            Some(inside) => {
                let (host, rest) =
                    inside.split_once(']').ok_or_else(|| NextHopError::Bracket(text.to_owned()))?;
                match rest.strip_prefix(':') {
                    Some(port) => (host, port),
                    None if rest.is_empty() => (host, ""),
                    None => return Err(NextHopError::Garbage(rest.to_owned())),
                }
            }
            None => text.rsplit_once(':').unwrap_or((text, "")),
        };
        let prefixed = host.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("ipv6:"));
        let valid = if prefixed && text.starts_with('[') {
            host[5..].parse::<Ipv6Addr>().is_ok()
        } else {
            is_hostname(host) || host.parse::<IpAddr>().is_ok()
        };
        if !valid {
            let numeric = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            let address = || NextHopError::Address(host.to_owned());
            return Err(name(host).err().filter(|_| !numeric).unwrap_or_else(address));
        }
        // An empty port means the default.
        if !port.is_empty() {
            let number = port.bytes().all(|byte| byte.is_ascii_digit());
            match (number, port.parse::<u16>()) {
                (true, Ok(1..)) => {}
                (true, _) => return Err(NextHopError::Port(port.to_owned())),
                (false, _) => self::port(port).map(drop)?,
            }
        }
        Ok(Self(CompactString::new(fold_key(text))))
    }

    /// `[192.0.2.1]` or `[2001:db8::1]`.
    pub fn address(address: IpAddr) -> Self {
        Self(format_compact!("[{address}]"))
    }

    /// The domain by its MX records.
    pub fn domain(domain: &DomainName) -> Self {
        Self(CompactString::new(domain.as_str()))
    }

    /// `[mx.example.com]`: the host without MX lookup.
    pub fn host(host: &DomainName) -> Self {
        Self(format_compact!("[{host}]"))
    }

    /// The text, which is the lookup key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The domain, when the next hop is nothing but one: only then `.parent` keys are tried, and MX
    /// records decide. [Postfix `smtp_tls_policy.c` `valid_utf8_hostname`]
    pub fn bare_domain(&self) -> Option<&str> {
        let bare = !self.0.starts_with('[') && !self.0.contains(':');
        let numeric = self.0.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        (bare && !numeric && !self.0.ends_with('.')).then_some(&*self.0)
    }

    /// Whether MX records decide which hosts are tried: without brackets they do, with a port too.
    /// [Postfix `smtp_connect.c` `smtp_connect_inet`]
    pub fn asks_for_mx(&self) -> bool {
        !self.0.starts_with('[') && !self.is_address()
    }

    /// The port: 25 where none is named. [Postfix `smtp_connect.c` `smtp_parse_destination`]
    pub fn port(&self) -> u16 {
        let behind = self.0.rsplit(']').next().unwrap_or(&self.0);
        match behind.rsplit_once(':').map(|(_, port)| port) {
            Some("submission") => 587,
            Some("submissions" | "smtps") => 465,
            Some(port) => port.parse().unwrap_or(25),
            None => 25,
        }
    }

    /// The host or domain, without brackets and port.
    pub fn host_part(&self) -> &str {
        match self.0.strip_prefix('[') {
            Some(inside) => inside.split(']').next().unwrap_or(inside),
            None => self.0.split(':').next().unwrap_or(&self.0),
        }
    }

    /// Whether it is an address, on which DANE and SNI do not work.
    pub fn is_address(&self) -> bool {
        let host = self.host_part();
        host.strip_prefix("ipv6:").unwrap_or(host).parse::<IpAddr>().is_ok()
    }
}

/// An address literal, or none when the text is a name.
fn literal(host: &str) -> Result<Option<IpAddr>, NextHopError> {
    let wrong = || NextHopError::Address(host.to_owned());
    if host.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("ipv6:")) {
        return host[5..].parse::<Ipv6Addr>().map(|it| Some(it.into())).map_err(|_| wrong());
    }
    if host.contains(':') {
        return host.parse::<Ipv6Addr>().map(|it| Some(it.into())).map_err(|_| wrong());
    }
    let numeric = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match host.parse::<Ipv4Addr>() {
        Ok(address) => Ok(Some(address.into())),
        Err(_) if numeric && !host.is_empty() => Err(wrong()),
        Err(_) => Ok(None),
    }
}

fn name(host: &str) -> Result<DomainName, NextHopError> {
    let wrong = |error| NextHopError::Host(host.to_owned(), error);
    // A final dot is fatal in smtp(8), however right it is in DNS.
    if host.ends_with('.') {
        return Err(wrong(NameError::FinalDot));
    }
    DomainName::parse(host).map_err(wrong)
}

fn port(text: &str) -> Result<&str, NextHopError> {
    let number = text.parse::<u16>().is_ok_and(|port| port != 0) && !text.starts_with(['+', '0']);
    let service = ["smtp", "submission", "submissions", "smtps"].contains(&text);
    if number || service { Ok(text) } else { Err(NextHopError::Port(text.to_owned())) }
}

impl fmt::Display for NextHop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_hops_are_kept_as_written_but_for_case_and_spelling_of_addresses() {
        for (text, stored) in [
            ("example.com", "example.com"),
            ("Example.COM:587", "example.com:587"),
            ("[mx.example.com]", "[mx.example.com]"),
            ("[mx.example.com]:submission", "[mx.example.com]:submission"),
            ("[192.0.2.1]:25", "[192.0.2.1]:25"),
            ("[IPv6:2001:DB8:0::1]", "[2001:db8::1]"),
            ("[2001:db8::1]:2525", "[2001:db8::1]:2525"),
            ("[_mx.example.com]", "[_mx.example.com]"),
        ] {
            assert_eq!(NextHop::parse(text).unwrap().as_str(), stored, "{text}");
        }
    }

    /// [Postfix `smtp_connect.c` `smtp_parse_destination`: `msg_fatal`]
    #[test]
    fn what_ends_smtp_is_refused_in_both_ways_of_reading() {
        for text in [
            "[mx.example.com.]",
            "mx.example.com.",
            "[mx.example.com",
            "[mx.example.com]x",
            "[*.example.com]",
            "[-a.example.com]",
            "[1.2.3]",
            "[192.0.2.256]",
            "[fe80::1%eth0]",
            "[IPv6:192.0.2.1]",
            "2001:db8::1",
            "[a.example]:25x",
            "[a.example]:0",
            "[a.example]:65536",
            "[a.example]:nosuchservice",
            "",
            "[]",
            "#",
        ] {
            assert!(NextHop::parse(text).is_err(), "{text}");
            let bare = text.parse::<Ipv6Addr>().is_ok();
            assert!(bare || NextHop::parse_as_postfix(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_brackets_keep_mx_records_out() {
        for (text, asks) in [
            ("example.com", true),
            ("example.com:587", true),
            ("[example.com]", false),
            ("[192.0.2.1]", false),
        ] {
            assert_eq!(NextHop::parse(text).unwrap().asks_for_mx(), asks, "{text}");
        }
    }

    #[test]
    fn an_address_without_brackets_is_read_but_never_written() {
        assert_eq!(NextHop::parse("192.0.2.1"), Err(NextHopError::BareAddress("192.0.2.1".into())));
        assert_eq!(NextHop::parse_as_postfix("192.0.2.1").unwrap().bare_domain(), None);
    }

    #[test]
    fn deployed_spellings_of_one_address_stay_different_keys() {
        let keys = ["[IPv6:2001:db8::1]", "[2001:db8::1]", "[ipv6:2001:db8:0::1]"];
        let keys: Vec<_> = keys.iter().map(|it| NextHop::parse_as_postfix(it).unwrap()).collect();
        assert!(keys[0] != keys[1] && keys[0] != keys[2] && keys.iter().all(NextHop::is_address));
    }
}
