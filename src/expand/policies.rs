//! The policies of a repository, each stored once.

use crate::postfix::TlsPolicy;
use crate::source::Span;
use hashbrown::HashMap;
use std::sync::Arc;

/// One of the [`Policies`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PolicyId(u32);

/// Every distinct policy, with the place that asked for it first.
#[derive(Default, Debug)]
pub struct Policies {
    list: Vec<(Arc<TlsPolicy>, Span)>,
    by_text: HashMap<String, PolicyId>,
}

impl Policies {
    /// Stores a policy; equal ones get the same number.
    ///
    /// # Panics
    ///
    /// At 2^32 distinct policies.
    pub fn intern(&mut self, policy: TlsPolicy, span: Span) -> PolicyId {
        let next = PolicyId(u32::try_from(self.list.len()).expect("fewer than 2^32 policies"));
        let id = *self.by_text.entry(policy.to_string()).or_insert(next);
        if id == next {
            self.list.push((Arc::new(policy), span));
        }
        id
    }

    /// The policy of a number.
    pub fn get(&self, id: PolicyId) -> &Arc<TlsPolicy> {
        &self.list[id.0 as usize].0
    }

    /// Where the policy was asked for first.
    pub fn span(&self, id: PolicyId) -> Span {
        self.list[id.0 as usize].1
    }

    /// All policies with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (PolicyId, &Arc<TlsPolicy>, Span)> {
        (0_u32..).zip(&self.list).map(|(id, (policy, span))| (PolicyId(id), policy, *span))
    }
}
