//! Many questions to the network side by side, on one runtime.

mod https;
mod lanes;

use super::dns::Resolver;
use crate::answer::{Answer, Found, Question, UnknownReason};
use crate::world::{FetchError, Net, NetSettings, PolicyRequest, Waiting};
use https::Https;
use lanes::Lanes;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// The deadline of a step when the settings have none.
const STEP: Duration = Duration::from_secs(10);

/// The network.
pub(super) struct Network {
    resolver: Resolver,
    lanes: Arc<Lanes>,
    https: Arc<Https>,
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
        Ok(Self {
            resolver: Resolver::new(&settings.dns)?,
            lanes: Arc::new(Lanes::new()),
            https: Arc::new(Https::new(settings.ca.clone(), settings.per_host.max(1), step)),
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
        let https = Arc::clone(&self.https);
        let task = self.resolver.runtime().spawn(async move { https.fetch(&request).await });
        Box::pin(async move {
            task.await.unwrap_or_else(|error| Err(FetchError::Http(error.to_string())))
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
