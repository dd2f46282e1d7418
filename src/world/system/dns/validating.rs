//! Clients that validate here, made from the settings.

use super::lookup;
use super::remembering::Remembering;
use super::servers::{self, roots};
use super::unsigned::Unsigned;
use crate::answer::{Answer, Found, Question, UnknownReason};
use crate::world::DnsSettings;
use hickory_resolver::config::{NameServerConfig, ResolverOpts};
use hickory_resolver::net::dnssec::DnssecDnsHandle;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::RetryDnsHandle;
use hickory_resolver::proto::dnssec::TrustAnchors;
use hickory_resolver::proto::serialize::txt::ParseError;
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig};
use std::fmt::Display;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The pause before the second try; each later one is longer by as much.
const PAUSE: Duration = Duration::from_millis(100);

/// The largest answer by UDP that is asked for. [RFC 9715 §3.2]
pub(super) const PAYLOAD: u16 = 1232;

/// Asks name servers.
type Plain = Remembering<RetryDnsHandle<NameServerPool<TokioRuntimeProvider>>>;

/// Asks name servers, and validates what they answer from the trust anchors down.
pub(super) struct Client {
    pub(super) validating: DnssecDnsHandle<Plain>,
    /// The same without validation, for what is known to be unsigned.
    pub(super) plain: Plain,
}

/// Validates DNSSEC from the trust anchors down.
pub(super) struct Validating {
    /// One client a try, each with a memory of its own, which keeps a verdict for a minute also when it
    /// came of a key that got lost on the way. The first asks all servers, the quickest wins; the others
    /// ask one server each, since one that fails at once is always the quickest.
    tries: Vec<Client>,
    /// Whether certificates are checked.
    tls: bool,
    unsigned: Unsigned,
}

impl Validating {
    /// # Errors
    ///
    /// A trust anchor or root certificates that cannot be read, or no name server.
    pub(super) fn new(settings: &DnsSettings, deadline: Duration) -> io::Result<Self> {
        let servers = servers::of(settings)?;
        let anchors = match &settings.trust_anchor {
            Some(path) => anchors(path)?,
            None => Arc::new(TrustAnchors::default()),
        };
        let use_tls = servers::use_tls(settings);
        let tls = if use_tls { Some(roots()?) } else { None };
        let again = servers.len().clamp(2, 3);
        let each = servers.iter().cycle().take(again).map(|it| vec![it.clone()]);
        // All tries fit into the deadline when each question needs one query only, as most do.
        let timeout = deadline / u32::try_from(again + 1).unwrap_or(4);
        let tries = std::iter::once(servers.clone()).chain(each);
        let tries = tries.map(|servers| client(servers, &anchors, tls.clone(), timeout));
        let tries = tries.collect::<io::Result<_>>()?;
        Ok(Self { tries, tls: use_tls, unsigned: Unsigned::default() })
    }

    /// Asks, and asks again where that may help.
    pub(super) async fn ask(&self, question: &Question) -> Found {
        let mut found = Found::from(Answer::Unknown(UnknownReason::Timeout));
        let mut pause = Duration::ZERO;
        for client in &self.tries {
            tokio::time::sleep(pause).await;
            pause += PAUSE;
            found = lookup::ask(client, question, &self.unsigned).await;
            let Answer::Unknown(reason) = &found.answer else { break };
            if reason.is_of_the_name() {
                break;
            }
        }
        match (&found.answer, self.tries.last()) {
            (Answer::Unknown(UnknownReason::Unreachable), _) if self.tls => {
                Answer::Unknown(UnknownReason::Untrusted).into()
            }
            (Answer::Unknown(UnknownReason::Bogus), Some(client)) => {
                Answer::Unknown(lookup::why_bogus(client, question).await).into()
            }
            _ => found,
        }
    }
}

fn anchors(path: &std::path::Path) -> io::Result<Arc<TrustAnchors>> {
    let wrong =
        |why: &dyn Display| io::Error::other(format!("trust anchor `{}`: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let anchors: TrustAnchors = text.parse().map_err(|error: ParseError| {
        wrong(&format!("no list of DNSKEY records as in a zone file: {error}"))
    })?;
    if anchors.is_empty() {
        return Err(wrong(&"no DNSKEY record in it"));
    }
    Ok(Arc::new(anchors))
}

fn client(
    servers: Vec<NameServerConfig>,
    anchors: &Arc<TrustAnchors>,
    tls: Option<rustls::ClientConfig>,
    timeout: Duration,
) -> io::Result<Client> {
    let mut options = ResolverOpts::default();
    options.timeout = timeout;
    options.edns_payload_len = PAYLOAD;
    // On one TCP or TLS connection; with fewer, questions would fail as "busy".
    options.max_active_requests = 1024;
    let tls = match tls {
        Some(config) => TlsConfig { config },
        None => TlsConfig::new().map_err(io::Error::other)?,
    };
    let context = Arc::new(PoolContext::new(options, tls));
    let pool = NameServerPool::from_config(servers, context, TokioRuntimeProvider::default());
    let once = Remembering::new(RetryDnsHandle::new(pool, 0));
    Ok(Client {
        validating: DnssecDnsHandle::with_trust_anchor(once.clone(), Arc::clone(anchors)),
        plain: once,
    })
}
