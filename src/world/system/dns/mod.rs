//! DNS, asked with hickory-resolver.

mod answers;
mod lookup;
mod stub;

use crate::answer::{Answer, Question, UnknownReason};
use crate::world::{Dns, DnsProtocol, DnsServer, DnsSettings, DnsValidation};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::dnssec::TrustAnchors;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use stub::Stub;
use tokio::sync::Semaphore;

/// Questions under way at once: more brings nothing, and each holds a socket.
const IN_FLIGHT: usize = 128;

/// The deadline of a question when the settings have none.
const DEADLINE: Duration = Duration::from_secs(5);

/// How often a question without an answer is asked.
const TRIES: u32 = 3;

/// A resolver with a runtime of its own, so that the rest of the program stays synchronous.
pub(super) struct Resolver {
    runtime: tokio::runtime::Runtime,
    asker: Arc<Asker>,
    deadline: Duration,
}

/// Who is asked.
enum Asker {
    /// This program validates.
    Validating(Box<TokioResolver>),
    /// A resolver on this host validates.
    Trusting(Stub),
}

impl Resolver {
    /// A resolver as the settings want it.
    ///
    /// # Errors
    ///
    /// A trust anchor that cannot be read, a resolver that may not be trusted, or no runtime.
    pub(super) fn new(settings: &DnsSettings) -> io::Result<Self> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let deadline = match settings.timeout_ms {
            0 => DEADLINE,
            milliseconds => Duration::from_millis(milliseconds.into()),
        };
        let asker = match settings.validation {
            DnsValidation::Local => {
                let guard = runtime.enter();
                let resolver = validating(settings, deadline)?;
                drop(guard);
                Asker::Validating(Box::new(resolver))
            }
            DnsValidation::ResolverAd => {
                let stub = Stub::new(settings, deadline)?;
                runtime.block_on(stub.test_itself())?;
                Asker::Trusting(stub)
            }
        };
        Ok(Self { runtime, asker: Arc::new(asker), deadline })
    }
}

impl Dns for Resolver {
    fn lookup(&self, questions: &[Question]) -> Vec<Answer> {
        let mut answers: BTreeMap<&Question, Answer> = BTreeMap::new();
        let mut distinct: Vec<&Question> = questions.iter().collect();
        distinct.sort();
        distinct.dedup();
        let semaphore = Arc::new(Semaphore::new(IN_FLIGHT));
        self.runtime.block_on(async {
            let tasks: Vec<_> = distinct
                .iter()
                .map(|question| {
                    let (question, semaphore) = ((*question).clone(), Arc::clone(&semaphore));
                    let (asker, deadline) = (Arc::clone(&self.asker), self.deadline);
                    tokio::spawn(async move {
                        let _permit = semaphore.acquire_owned().await;
                        // The deadline starts when the question is asked, not while it waits.
                        let asked = tokio::time::timeout(deadline, asker.ask(&question));
                        asked.await.unwrap_or(Answer::Unknown(UnknownReason::Timeout))
                    })
                })
                .collect();
            for (question, task) in distinct.into_iter().zip(tasks) {
                let failed = |_| Answer::Unknown(UnknownReason::Failure("internal".to_owned()));
                answers.insert(question, task.await.unwrap_or_else(failed));
            }
        });
        let unasked = || Answer::Unknown(UnknownReason::Timeout);
        questions.iter().map(|it| answers.get(it).cloned().unwrap_or_else(unasked)).collect()
    }
}

impl Asker {
    /// Asks, and asks again where that may help.
    async fn ask(&self, question: &Question) -> Answer {
        let mut answer = Answer::Unknown(UnknownReason::Timeout);
        for _ in 0..TRIES {
            answer = match self {
                Self::Validating(resolver) => lookup::ask(resolver, question).await,
                Self::Trusting(stub) => stub.ask(question).await,
            };
            let again = matches!(
                &answer,
                Answer::Unknown(
                    UnknownReason::Timeout | UnknownReason::Failure(_) | UnknownReason::Bogus
                )
            );
            if !again {
                break;
            }
        }
        answer
    }
}

fn validating(settings: &DnsSettings, deadline: Duration) -> io::Result<TokioResolver> {
    let provider = TokioRuntimeProvider::default();
    let mut builder = if settings.servers.is_empty() {
        TokioResolver::builder(provider).map_err(io::Error::other)?
    } else {
        let servers = settings.servers.iter().map(server).collect();
        TokioResolver::builder_with_config(
            ResolverConfig::from_parts(None, vec![], servers),
            provider,
        )
    };
    let options = builder.options_mut();
    // A try takes up to twice this time, so all of them fit into the deadline.
    options.timeout = (deadline / 5).max(Duration::from_millis(100));
    options.attempts = 1;
    options.edns_payload_len = 1232;
    options.use_hosts_file = ResolveHosts::Never;
    options.cache_size = 65_536;
    options.ndots = 0;
    options.validate = true;
    options.case_randomization = false;
    if let Some(path) = &settings.trust_anchor {
        let shown = path.display();
        let anchors = TrustAnchors::from_file(path)
            .map_err(|error| io::Error::other(format!("trust anchor `{shown}`: {error}")))?;
        if anchors.is_empty() {
            let message = format!("trust anchor `{shown}`: no DNSKEY record in it");
            return Err(io::Error::other(message));
        }
        builder = builder.with_trust_anchor(Arc::new(anchors));
    }
    builder.build().map_err(io::Error::other)
}

fn server(server: &DnsServer) -> NameServerConfig {
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
