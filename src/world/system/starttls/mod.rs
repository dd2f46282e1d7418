//! STARTTLS with real servers.
//!
//! Conversations block, each in a thread of a small pool: thousands of next hops share few servers, and a
//! thread that waits costs little beside the politeness of one connection at a time with each address.

mod anchors;
mod certificate;
mod conversation;
mod handshake;
mod wire;

use crate::world::{StarttlsOutcome, StarttlsRequest};
use conversation::converse;
use handshake::Contexts;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::sync::mpsc;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// One conversation.
pub(super) fn speak(request: &StarttlsRequest) -> StarttlsOutcome {
    converse(request, &Contexts::default())
}

/// Speaks with many servers, whenever somebody wants it to.
#[derive(Default)]
pub(super) struct Speaker(Contexts);

impl Speaker {
    /// One conversation.
    pub(super) fn speak(&self, request: &StarttlsRequest) -> StarttlsOutcome {
        converse(request, &self.0)
    }
}

/// Many conversations; see [`crate::world::World::starttls_each`].
pub(super) fn speak_to_each(
    requests: &[StarttlsRequest],
    connections: usize,
    done: &mut dyn FnMut(usize, StarttlsOutcome) -> ControlFlow<()>,
) {
    let queue = Queue {
        state: Mutex::new(State { waiting: (0..requests.len()).collect(), busy: BTreeSet::new() }),
        freed: Condvar::new(),
    };
    let contexts = Contexts::default();
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..connections.clamp(1, requests.len().max(1)) {
            let (sender, queue, contexts) = (sender.clone(), &queue, &contexts);
            scope.spawn(move || {
                while let Some(index) = queue.take(requests) {
                    let outcome = converse(&requests[index], contexts);
                    queue.free(requests[index].address.ip());
                    if sender.send((index, outcome)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for (index, outcome) in receiver {
            if done(index, outcome).is_break() {
                queue.lock().waiting.clear();
                queue.freed.notify_all();
            }
        }
    });
}

/// The conversations to come.
struct Queue {
    state: Mutex<State>,
    freed: Condvar,
}

struct State {
    /// Indices of requests, in order.
    waiting: Vec<usize>,
    /// The addresses that somebody speaks with.
    busy: BTreeSet<IpAddr>,
}

impl Queue {
    /// The first request whose address is free; waits for one while there are any.
    fn take(&self, requests: &[StarttlsRequest]) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.waiting.is_empty() {
                return None;
            }
            let free = |index: &usize| !state.busy.contains(&requests[*index].address.ip());
            if let Some(at) = state.waiting.iter().position(free) {
                let index = state.waiting.remove(at);
                state.busy.insert(requests[index].address.ip());
                return Some(index);
            }
            state = self.freed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn free(&self, address: IpAddr) {
        self.lock().busy.remove(&address);
        self.freed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
