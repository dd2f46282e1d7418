//! Resolvers that validate here, made from the settings.

use super::lookup;
use super::servers::{self, roots};
use crate::answer::{Answer, Question, UnknownReason};
use crate::world::DnsSettings;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::dnssec::TrustAnchors;
use hickory_resolver::proto::serialize::txt::ParseError;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The pause before the second try; each later one is longer by as much.
const PAUSE: Duration = Duration::from_millis(100);

/// Validates DNSSEC from the trust anchors down.
pub(super) struct Validating {
    /// One resolver a try, each with caches of its own, which remember a verdict for a minute also when
    /// it came of a key that got lost on the way. The first asks all servers, the quickest wins; the
    /// others ask one server each, since one that fails at once is always the quickest.
    tries: Vec<TokioResolver>,
    /// Whether certificates are checked.
    tls: bool,
}

impl Validating {
    /// # Errors
    ///
    /// A trust anchor or root certificates that cannot be read, or no name server.
    pub(super) fn new(settings: &DnsSettings, deadline: Duration) -> io::Result<Self> {
        let servers = servers::of(settings)?;
        let anchors = settings.trust_anchor.as_deref().map(anchors).transpose()?;
        let use_tls = servers::use_tls(settings);
        let tls = if use_tls { Some(roots()?) } else { None };
        let again = servers.len().clamp(2, 3);
        let each = servers.iter().cycle().take(again).map(|it| vec![it.clone()]);
        // All tries fit into the deadline when each question needs one query only, as most do.
        let timeout = deadline / u32::try_from(again + 1).unwrap_or(4);
        let tries = std::iter::once(servers.clone()).chain(each);
        let tries = tries.map(|servers| build(servers, anchors.clone(), tls.clone(), timeout));
        Ok(Self { tries: tries.collect::<io::Result<_>>()?, tls: use_tls })
    }

    /// Asks, and asks again where that may help.
    pub(super) async fn ask(&self, question: &Question) -> Answer {
        let mut answer = Answer::Unknown(UnknownReason::Timeout);
        let mut pause = Duration::ZERO;
        for resolver in &self.tries {
            tokio::time::sleep(pause).await;
            pause += PAUSE;
            answer = lookup::ask(resolver, question).await;
            let Answer::Unknown(reason) = &answer else { break };
            if reason.is_of_the_name() {
                break;
            }
        }
        match (&answer, self.tries.last()) {
            (Answer::Unknown(UnknownReason::Unreachable), _) if self.tls => {
                Answer::Unknown(UnknownReason::Untrusted)
            }
            (Answer::Unknown(UnknownReason::Bogus), Some(resolver)) => {
                Answer::Unknown(lookup::why_bogus(resolver, question).await)
            }
            _ => answer,
        }
    }
}

fn anchors(path: &std::path::Path) -> io::Result<Arc<TrustAnchors>> {
    let wrong = |why: &dyn std::fmt::Display| {
        io::Error::other(format!("trust anchor `{}`: {why}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let anchors: TrustAnchors = text.parse().map_err(|error: ParseError| {
        wrong(&format!("no list of DNSKEY records as in a zone file: {error}"))
    })?;
    if anchors.is_empty() {
        return Err(wrong(&"no DNSKEY record in it"));
    }
    Ok(Arc::new(anchors))
}

fn build(
    servers: Vec<NameServerConfig>,
    anchors: Option<Arc<TrustAnchors>>,
    tls: Option<rustls::ClientConfig>,
    timeout: Duration,
) -> io::Result<TokioResolver> {
    let mut builder = TokioResolver::builder_with_config(
        ResolverConfig::from_parts(None, vec![], servers),
        TokioRuntimeProvider::default(),
    );
    let options = builder.options_mut();
    options.timeout = timeout;
    options.attempts = 0;
    options.edns0 = true;
    options.edns_payload_len = 1232;
    options.use_hosts_file = ResolveHosts::Never;
    options.cache_size = 65_536;
    options.validate = true;
    // The aliases between name and records have a status, too.
    options.preserve_intermediates = true;
    // On one TCP or TLS connection; with fewer, questions would fail as "busy".
    options.max_active_requests = 1024;
    if let Some(anchors) = anchors {
        builder = builder.with_trust_anchor(anchors);
    }
    if let Some(tls) = tls {
        builder = builder.with_tls_config(tls);
    }
    builder.build().map_err(io::Error::other)
}
