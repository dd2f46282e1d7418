//! Many questions to the network side by side, on one runtime.

mod https;
mod lanes;
mod turns;

use super::dns::Resolver;
use super::starttls::Speaker;
use crate::answer::{Answer, Found, Question, UnknownReason};
use crate::world::{
    Failure, FetchError, Net, NetSettings, PolicyRequest, StarttlsOutcome, StarttlsRequest, Step,
    Waiting,
};
use https::Https;
use lanes::Lanes;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use turns::Turns;

/// Connections at once, to policy hosts and to mail servers each.
const CONNECTIONS: usize = 64;

/// The deadline of a step when the settings have none.
const STEP: Duration = Duration::from_secs(10);

/// The network.
pub(super) struct Network {
    resolver: Resolver,
    lanes: Arc<Lanes>,
    https: Arc<Https>,
    https_turns: Arc<Turns>,
    speaker: Arc<Speaker>,
    smtp_turns: Arc<Turns>,
}

impl Network {
    /// Sends nothing yet.
    ///
    /// # Errors
    ///
    /// As [`Resolver::new`].
    pub(super) fn new(settings: &NetSettings) -> io::Result<Self> {
        let step = match settings.step_ms {
            0 => STEP,
            milliseconds => Duration::from_millis(milliseconds.into()),
        };
        let turns = || Arc::new(Turns::new(CONNECTIONS, settings.per_host.max(1)));
        Ok(Self {
            resolver: Resolver::new(&settings.dns)?,
            lanes: Arc::new(Lanes::new()),
            https: Arc::new(Https::new(settings.ca.clone(), step)),
            https_turns: turns(),
            speaker: Arc::default(),
            smtp_turns: turns(),
        })
    }
}

impl Net for Network {
    fn run(&self, work: Pin<Box<dyn Future<Output = ()> + '_>>) -> io::Result<()> {
        self.resolver.runtime().block_on(async {
            self.resolver.prepare().await?;
            work.await;
            Ok(())
        })
    }

    fn ask(&self, question: Question) -> Waiting<'_, Found> {
        let (asker, deadline) = (self.resolver.asker(), self.resolver.deadline());
        let lanes = Arc::clone(&self.lanes);
        // On the threads of the runtime: who validates signatures must not wait for who asks.
        let task = self
            .resolver
            .runtime()
            .spawn(async move { lanes.drive(asker.ask_within(deadline, &question)).await });
        Box::pin(async move {
            task.await.unwrap_or_else(|_| {
                Answer::Unknown(UnknownReason::Failure("internal".to_owned())).into()
            })
        })
    }

    fn fetch_policy(&self, request: PolicyRequest) -> Waiting<'_, Result<Vec<u8>, FetchError>> {
        let (https, turns) = (Arc::clone(&self.https), Arc::clone(&self.https_turns));
        let task = self.resolver.runtime().spawn(async move {
            // Many policy hosts are one server.
            let _turn = turns.wait(request.addresses.first().copied()).await;
            https.fetch(&request).await
        });
        Box::pin(async move {
            task.await.unwrap_or_else(|error| Err(FetchError::Http(error.to_string())))
        })
    }

    fn starttls(&self, request: StarttlsRequest) -> Waiting<'_, StarttlsOutcome> {
        let (speaker, turns) = (Arc::clone(&self.speaker), Arc::clone(&self.smtp_turns));
        Box::pin(async move {
            let _turn = turns.wait(Some(request.address.ip())).await;
            // A conversation blocks a thread; there are as many as turns.
            let task = self.resolver.runtime().spawn_blocking(move || speaker.speak(&request));
            task.await.unwrap_or_else(|error| StarttlsOutcome::Failed {
                step: Step::Connect,
                why: Failure::Local(error.to_string()),
            })
        })
    }

    fn pause(&self, time: Duration) -> Waiting<'_, ()> {
        Box::pin(tokio::time::sleep(time))
    }

    fn interrupted(&self) -> Waiting<'_, ()> {
        Box::pin(async {
            let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
            let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
                // Without handlers the system ends the program as always.
                return std::future::pending().await;
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
}
