//! How to ask DNS.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// How to ask DNS: `dns:` of mxward.yaml, or the command line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DnsSettings {
    /// Name servers to ask; empty means those of the system.
    pub servers: Vec<DnsServer>,
    /// A file with trust anchors (DNSKEY records); none means the keys of the root.
    pub trust_anchor: Option<PathBuf>,
    /// Who validates DNSSEC.
    pub validation: DnsValidation,
    /// The deadline of one question in milliseconds, retries included; 0 means 5,000.
    pub timeout_ms: u32,
}

/// One name server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DnsServer {
    /// Address and port.
    pub address: SocketAddr,
    /// How to speak to it.
    pub protocol: DnsProtocol,
    /// The name in the server's certificate; empty for plain DNS.
    pub tls_name: String,
}

/// How to speak to a name server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DnsProtocol {
    /// UDP, and TCP after truncation.
    Plain,
    /// DNS over TLS. [RFC 7858 §3]
    Tls,
    /// DNS over HTTPS. [RFC 8484 §4]
    Https,
}

/// Who validates DNSSEC.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DnsValidation {
    /// This program, from the trust anchors down.
    #[default]
    Local,
    /// The resolver, trusted by its AD bit: only on a loopback address, and after a self-test.
    ResolverAd,
}

/// Reads `ADDRESS`, `ADDRESS:PORT`, `tls://ADDRESS[:PORT]#NAME` or `https://ADDRESS[:PORT]#NAME`.
///
/// # Errors
///
/// What is wrong, in one phrase.
pub fn parse_server(text: &str) -> Result<DnsServer, String> {
    let (protocol, port, rest) = if let Some(rest) = text.strip_prefix("tls://") {
        (DnsProtocol::Tls, 853, rest)
    } else if let Some(rest) = text.strip_prefix("https://") {
        (DnsProtocol::Https, 443, rest)
    } else {
        (DnsProtocol::Plain, 53, text)
    };
    let (address, name) = rest.split_once('#').unwrap_or((rest, ""));
    let address = address.trim_end_matches('/');
    let bare = address.trim_start_matches('[').trim_end_matches(']');
    let address = match (address.parse::<SocketAddr>(), bare.parse::<IpAddr>()) {
        (Ok(address), _) => address,
        (Err(_), Ok(address)) => SocketAddr::new(address, port),
        (Err(_), Err(_)) => {
            return Err(format!(
                "`{text}` is no name server: write an address, such as `127.0.0.1:53` or \
                 `tls://9.9.9.9#dns.quad9.net`"
            ));
        }
    };
    if protocol != DnsProtocol::Plain && name.is_empty() {
        return Err(format!("`{text}` needs the name in the server's certificate: `{text}#NAME`"));
    }
    Ok(DnsServer { address, protocol, tls_name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_addresses_with_a_protocol() {
        let server = |text: &str| parse_server(text).unwrap();
        assert_eq!(server("127.0.0.1").address, "127.0.0.1:53".parse().unwrap());
        assert_eq!(server("127.0.0.1:5353").address.port(), 5353);
        assert_eq!(server("2001:db8::1").address, "[2001:db8::1]:53".parse().unwrap());
        let tls = server("tls://9.9.9.9#dns.quad9.net");
        assert_eq!((tls.address.port(), tls.tls_name.as_str()), (853, "dns.quad9.net"));
        assert_eq!(server("https://[2001:db8::1]:8443#a.example").address.port(), 8443);
        assert!(parse_server("resolver.example").is_err());
        assert!(parse_server("tls://9.9.9.9").unwrap_err().contains("certificate"));
    }
}
