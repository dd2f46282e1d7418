//! The server's side of TLS.

use super::certificates::Identity;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A connection over TLS.
pub(super) type Stream = StreamOwned<ServerConnection, TcpStream>;

/// Chooses a certificate by the server name; the empty name is for all others.
#[derive(Debug)]
struct ByName(BTreeMap<String, Arc<CertifiedKey>>);

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello.server_name().unwrap_or_default();
        self.0.get(name).or_else(|| self.0.get("")).cloned()
    }
}

/// What a server needs to speak TLS.
pub(super) fn config(identities: BTreeMap<String, Identity>) -> Arc<ServerConfig> {
    let keys = identities.into_iter().map(|(name, identity)| (name, identity.key)).collect();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(ByName(keys)));
    Arc::new(config)
}

/// TLS on a connection; it is spoken with the first byte.
pub(super) fn accept(config: &Arc<ServerConfig>, stream: TcpStream) -> Stream {
    StreamOwned::new(ServerConnection::new(Arc::clone(config)).unwrap(), stream)
}

/// Listens on this port of a loopback address that nobody else uses.
pub(super) fn listen(port: u16) -> (TcpListener, IpAddr) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = std::process::id().wrapping_mul(4099) + NEXT.fetch_add(1, Ordering::Relaxed);
        let [_, high, middle, low] = number.to_be_bytes();
        let ip = IpAddr::V4(Ipv4Addr::new(127, 128 | high, middle, low));
        // Somebody else's address is passed over.
        if let Ok(listener) = TcpListener::bind(SocketAddr::new(ip, port)) {
            return (listener, ip);
        }
    }
}

/// Serves each connection in a thread of its own, as long as the process lives.
pub(super) fn serve(
    listener: TcpListener,
    act: impl Fn(TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
) {
    let act = Arc::new(act);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(stream), act) = (stream, Arc::clone(&act)) else { continue };
            let _set = stream.set_read_timeout(Some(Duration::from_mins(1)));
            std::thread::spawn(move || {
                // A client that goes away is none of the server's concern.
                let _ended = act(stream);
            });
        }
    });
}
