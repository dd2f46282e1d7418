//! MX lookups, with this program and with others.

use crate::lab::{Lab, Zone};
use futures_util::{StreamExt as _, stream};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use mxward::answer::{Answer, Question};
use mxward::names::DomainName;
use mxward::world::system::System;
use mxward::world::{DnsProtocol, DnsServer, DnsSettings, DnsValidation, NetSettings, World as _};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Questions at once, here and there.
const AT_ONCE: usize = 128;

/// Questions a second.
#[derive(Clone, Copy)]
pub(crate) struct Rate(pub(crate) f64);

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0}/s", self.0)
    }
}

/// A signed and an unsigned zone with so many names.
pub(crate) fn lab(names: usize) -> Lab {
    let records: String =
        (0..names).flat_map(|n| [format!("n{n} MX 10 mx.n{n}"), "\n".to_owned()]).collect();
    Lab::new([
        Zone::signed("signed.example", &records),
        Zone::unsigned("unsigned.example", &records),
    ])
}

pub(crate) fn names(zone: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("n{n}.{zone}.example")).collect()
}

#[expect(clippy::cast_precision_loss, reason = "nobody asks 2^52 questions")]
fn rate(count: usize, start: Instant) -> Rate {
    Rate(count as f64 / start.elapsed().as_secs_f64())
}

/// hickory's resolver as it comes, without a cache; it validates from an anchor where one is named.
pub(crate) fn bare(server: SocketAddr, anchor: Option<PathBuf>, names: &[String]) -> Rate {
    let anchors = anchor.map(|path| std::fs::read_to_string(path).unwrap().parse().unwrap());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut config = NameServerConfig::udp_and_tcp(server.ip());
        for connection in &mut config.connections {
            connection.port = server.port();
        }
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![config]);
        let mut builder =
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        builder.options_mut().cache_size = 0;
        if let Some(anchors) = anchors {
            builder = builder.with_trust_anchor(Arc::new(anchors));
        }
        builder.options_mut().max_active_requests = 1024;
        let resolver = builder.build().unwrap();
        let start = Instant::now();
        let found = AtomicUsize::new(0);
        stream::iter(names)
            .for_each_concurrent(AT_ONCE, |name| {
                let (resolver, name) = (resolver.clone(), format!("{name}."));
                let task = tokio::spawn(async move { resolver.mx_lookup(name).await.is_ok() });
                let found = &found;
                async move {
                    if task.await.unwrap() {
                        found.fetch_add(1, Ordering::Relaxed);
                    }
                }
            })
            .await;
        assert_eq!(found.into_inner(), names.len());
        rate(names.len(), start)
    })
}

/// This program, with validation of its own or by the resolver.
pub(crate) fn ours(lab: &Lab, names: &[String], trusting: bool) -> Rate {
    let server = if trusting { lab.validating() } else { lab.plain() };
    let validation = if trusting { DnsValidation::ResolverAd } else { DnsValidation::Local };
    let server =
        DnsServer { address: server, protocol: DnsProtocol::Plain, tls_name: String::new() };
    let dns = DnsSettings {
        servers: vec![server],
        trust_anchor: (!trusting).then(|| lab.anchor()),
        validation,
        timeout_ms: 0,
    };
    let settings = NetSettings { dns, ca: None, per_host: 1, step_ms: 0 };
    let net = System::new().net(&settings).unwrap();
    let found = AtomicUsize::new(0);
    let start = Instant::now();
    let work = stream::iter(names).for_each_concurrent(1024, |name| {
        let question = Question::Mx(DomainName::parse(name).unwrap());
        let (net, found) = (&net, &found);
        async move {
            if let Answer::Secure(_) | Answer::Insecure(_) = net.ask(question).await.answer {
                found.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    net.run(Box::pin(work)).unwrap();
    let rate = rate(names.len(), start);
    assert_eq!(found.into_inner(), names.len());
    rate
}

/// dnsperf(1), where it is there.
pub(crate) fn dnsperf(server: SocketAddr, names: &[String]) -> Option<Rate> {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("list");
    let lines: String = names.iter().flat_map(|name| [name.as_str(), " MX\n"]).collect();
    std::fs::write(&list, lines).unwrap();
    let output = Command::new("dnsperf")
        .args(["-s", &server.ip().to_string(), "-p", &server.port().to_string()])
        .args(["-q", &AT_ONCE.to_string(), "-n", "1", "-d"])
        .arg(&list)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.trim().strip_prefix("Queries per second:"))?;
    line.trim().parse().ok().map(Rate)
}
