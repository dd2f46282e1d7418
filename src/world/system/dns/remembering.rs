//! Keys and delegations, asked for once.

use futures_util::stream::{self, Stream};
use hashbrown::HashMap;
use hickory_resolver::net::NetError;
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer as _};
use hickory_resolver::proto::op::{DnsRequest, DnsResponse};
use hickory_resolver::proto::rr::{LowerName, RecordType};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

/// More answers than this are not remembered.
const CAPACITY: usize = 65_536;

/// Remembers the answers that validation asks for again with every name: the keys of zones, their DS
/// records and where zones begin.
///
/// The answers are as they came: what validates them is behind this, and looks at them every time.
/// Failures are not remembered.
#[derive(Clone)]
pub(super) struct Remembering<H> {
    handle: H,
    known: Arc<Mutex<Known>>,
}

type Known = HashMap<(LowerName, RecordType), Result<DnsResponse, NetError>>;

impl<H> Remembering<H> {
    pub(super) fn new(handle: H) -> Self {
        Self { handle, known: Arc::default() }
    }
}

impl<H: DnsHandle> DnsHandle for Remembering<H> {
    type Response = Pin<Box<dyn Stream<Item = Result<DnsResponse, NetError>> + Send>>;
    type Runtime = H::Runtime;

    fn send(&self, request: DnsRequest) -> Self::Response {
        let key = request.queries.first().and_then(|query| {
            matches!(query.query_type(), RecordType::DNSKEY | RecordType::DS | RecordType::NS)
                .then(|| (LowerName::new(query.name()), query.query_type()))
        });
        let Some(key) = key else { return Box::pin(self.handle.send(request)) };
        let known = Arc::clone(&self.known);
        let remembered = known.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(answer) = remembered {
            return Box::pin(stream::once(async { answer }));
        }
        let asked = self.handle.send(request);
        Box::pin(stream::once(async move {
            let answer = asked.first_answer().await;
            let says = match &answer {
                Ok(response) => !response.truncation,
                Err(error) => error.is_no_records_found(),
            };
            if says {
                let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
                if known.len() < CAPACITY {
                    known.insert(key, answer.clone());
                }
            }
            answer
        }))
    }
}
