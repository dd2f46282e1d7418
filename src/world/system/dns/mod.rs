//! DNS, asked with hickory-resolver.

mod answers;
mod lookup;
mod remembering;
mod runtime;
mod servers;
mod stub;
mod unsigned;
mod validating;

use crate::answer::{Answer, Found, Question, UnknownReason};
use crate::world::{Dns, DnsSettings, DnsValidation};
use runtime::Background;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use stub::Stub;
use tokio::task::JoinSet;
use validating::Validating;

/// Questions under way at once: more brings nothing, and each holds a socket.
const IN_FLIGHT: usize = 128;

/// The deadline of a question when the settings have none.
const DEADLINE: Duration = Duration::from_secs(5);

/// So many questions without any answer, and none with one: then the network is gone, and the rest of
/// the questions need not wait for their deadlines, too.
const SILENT: usize = 4 * IN_FLIGHT;

/// A resolver with a runtime of its own, so that the rest of the program stays synchronous.
pub(super) struct Resolver {
    runtime: Background,
    asker: Arc<Asker>,
    deadline: Duration,
}

/// Who is asked.
pub(super) struct Asker(Kind);

/// The kinds of [`Asker`].
enum Kind {
    /// This program validates.
    Validating(Validating),
    /// Resolvers on this host validate; they are tested before the first question.
    Trusting(Stub, OnceLock<Stub>),
}

impl Resolver {
    /// A resolver as the settings want it. No packet is sent yet.
    ///
    /// # Errors
    ///
    /// A trust anchor or certificates that cannot be read, a resolver that may not be trusted, no name
    /// server, or no runtime.
    pub(super) fn new(settings: &DnsSettings) -> io::Result<Self> {
        let deadline = match settings.timeout_ms {
            0 => DEADLINE,
            milliseconds => Duration::from_millis(milliseconds.into()),
        };
        let asker = match settings.validation {
            DnsValidation::Local => Kind::Validating(Validating::new(settings, deadline)?),
            DnsValidation::ResolverAd => {
                Kind::Trusting(Stub::new(settings, deadline)?, OnceLock::new())
            }
        };
        Ok(Self { runtime: Background::start()?, asker: Arc::new(Asker(asker)), deadline })
    }

    /// What runs the questions.
    pub(super) fn runtime(&self) -> &tokio::runtime::Runtime {
        &self.runtime
    }

    /// Who is asked.
    pub(super) fn asker(&self) -> Arc<Asker> {
        Arc::clone(&self.asker)
    }

    /// The deadline of a question.
    pub(super) fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Tests the resolver whose validation is trusted, once.
    ///
    /// # Errors
    ///
    /// When it does not validate, or nobody answers.
    pub(super) async fn prepare(&self) -> io::Result<()> {
        if let Kind::Trusting(stub, tested) = &self.asker.0
            && tested.get().is_none()
        {
            let stub = stub.clone().tested().await?;
            tested.get_or_init(|| stub);
        }
        Ok(())
    }
}

impl Dns for Resolver {
    fn lookup(&self, questions: &[Question]) -> io::Result<Vec<Answer>> {
        let mut distinct = questions.to_vec();
        distinct.sort();
        distinct.dedup();
        let batch = Arc::new(Batch {
            answers: distinct.iter().map(|_| OnceLock::new()).collect(),
            questions: distinct,
            next: AtomicUsize::new(0),
            silent: AtomicUsize::new(0),
            answered: AtomicBool::new(false),
        });
        self.runtime.block_on(async {
            self.prepare().await?;
            let mut workers = JoinSet::new();
            for _ in 0..IN_FLIGHT.min(batch.questions.len()) {
                let (batch, asker) = (Arc::clone(&batch), Arc::clone(&self.asker));
                let deadline = self.deadline;
                workers.spawn(async move { batch.work(&asker, deadline).await });
            }
            while workers.join_next().await.is_some() {}
            io::Result::Ok(())
        })?;
        let answer = |question| {
            let at = batch.questions.binary_search(question).ok()?;
            batch.answers[at].get().cloned()
        };
        // Only a worker that panicked leaves a question out.
        let unasked = || Answer::Unknown(UnknownReason::Failure("internal".to_owned()));
        Ok(questions.iter().map(|it| answer(it).unwrap_or_else(unasked)).collect())
    }
}

/// Questions that several workers share.
struct Batch {
    /// Sorted, each once.
    questions: Vec<Question>,
    /// One for each question.
    answers: Vec<OnceLock<Answer>>,
    /// The question to be asked next.
    next: AtomicUsize,
    /// How many got no answer in time.
    silent: AtomicUsize,
    /// Whether any got one, SERVFAIL included.
    answered: AtomicBool,
}

impl Batch {
    /// Asks until no question is left.
    async fn work(&self, asker: &Asker, deadline: Duration) {
        while let Some((question, slot)) = self.take() {
            let gone = !self.answered.load(Ordering::Relaxed)
                && self.silent.load(Ordering::Relaxed) >= SILENT;
            let answer = if gone {
                Answer::Unknown(UnknownReason::Timeout)
            } else {
                // The deadline starts when the question is asked, not while it waits.
                asker.ask_within(deadline, question).await.answer
            };
            let silent = matches!(
                answer,
                Answer::Unknown(
                    UnknownReason::Timeout | UnknownReason::Unreachable | UnknownReason::Untrusted
                )
            );
            if silent {
                self.silent.fetch_add(1, Ordering::Relaxed);
            } else {
                self.answered.store(true, Ordering::Relaxed);
            }
            slot.get_or_init(|| answer);
        }
    }

    fn take(&self) -> Option<(&Question, &OnceLock<Answer>)> {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        Some((self.questions.get(at)?, &self.answers[at]))
    }
}

impl Asker {
    /// Asks; what takes longer is a timeout.
    pub(super) async fn ask_within(&self, deadline: Duration, question: &Question) -> Found {
        let late = |_| Answer::Unknown(UnknownReason::Timeout).into();
        tokio::time::timeout(deadline, self.ask(question)).await.unwrap_or_else(late)
    }

    async fn ask(&self, question: &Question) -> Found {
        match &self.0 {
            Kind::Validating(validating) => validating.ask(question).await,
            Kind::Trusting(untested, tested) => {
                tested.get().unwrap_or(untested).ask(question).await
            }
        }
    }
}
