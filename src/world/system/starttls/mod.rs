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

/// Speaks with many servers, whenever somebody wants it to.
#[derive(Default)]
pub(super) struct Speaker(Contexts);

impl Speaker {
    /// One conversation.
    pub(super) fn speak(&self, request: &StarttlsRequest) -> StarttlsOutcome {
        converse(request, &self.0)
    }
}
