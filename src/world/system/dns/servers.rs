//! Which name servers are asked, and whose certificates they may show.

use crate::world::{DnsProtocol, DnsServer, DnsSettings};
use hickory_resolver::config::NameServerConfig;
use hickory_resolver::net::tls::default_provider;
use hickory_resolver::system_conf::read_system_conf;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

/// The servers of the settings, or those of the system.
///
/// # Errors
///
/// When none is set and the system names none.
pub(super) fn of(settings: &DnsSettings) -> io::Result<Vec<NameServerConfig>> {
    if settings.servers.is_empty() {
        return Ok(of_system()?.into_iter().map(NameServerConfig::udp_and_tcp).collect());
    }
    Ok(settings.servers.iter().map(config).collect())
}

/// The addresses of the servers of the settings, or of the system, all of which speak plain DNS.
///
/// # Errors
///
/// As [`of`], or a server with which TLS must be spoken.
pub(super) fn plain(settings: &DnsSettings) -> io::Result<Vec<SocketAddr>> {
    if settings.servers.is_empty() {
        return Ok(of_system()?.into_iter().map(|address| (address, 53).into()).collect());
    }
    let address = |server: &DnsServer| match server.protocol {
        DnsProtocol::Plain => Ok(server.address),
        DnsProtocol::Tls | DnsProtocol::Https => Err(io::Error::other(format!(
            "`validation: resolver` asks a resolver on this host, without TLS: not {}",
            server.address
        ))),
    };
    settings.servers.iter().map(address).collect()
}

fn of_system() -> io::Result<Vec<std::net::IpAddr>> {
    let (config, _) = read_system_conf().map_err(|error| {
        let message = format!(
            "no name server: `/etc/resolv.conf`: {error}; name one with `--dns-server` or `dns:`"
        );
        io::Error::other(message)
    })?;
    Ok(config.name_servers().iter().map(|server| server.ip).collect())
}

fn config(server: &DnsServer) -> NameServerConfig {
    let address = server.address.ip();
    let name = Arc::from(server.tls_name.as_str());
    let mut config = match server.protocol {
        DnsProtocol::Plain => NameServerConfig::udp_and_tcp(address),
        DnsProtocol::Tls => NameServerConfig::tls(address, name),
        DnsProtocol::Https => NameServerConfig::https(address, name, None),
    };
    for connection in &mut config.connections {
        connection.port = server.address.port();
    }
    config
}

/// Whether TLS is spoken with a server.
pub(super) fn use_tls(settings: &DnsSettings) -> bool {
    settings.servers.iter().any(|server| server.protocol != DnsProtocol::Plain)
}

/// Trusts the certificates of the system, or those of the file or folder that `SSL_CERT_FILE` or
/// `SSL_CERT_DIR` names.
///
/// # Errors
///
/// When there are none.
pub(super) fn roots() -> io::Result<rustls::ClientConfig> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let why = found.errors.first().map_or(String::new(), |error| format!(": {error}"));
        return Err(io::Error::other(format!(
            "no root certificates to check the name server's certificate with{why}"
        )));
    }
    rustls::ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map(|builder| builder.with_root_certificates(roots).with_no_client_auth())
        .map_err(io::Error::other)
}
