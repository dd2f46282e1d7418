//! Questions that many have, asked once.

use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, Shared};
use hashbrown::HashMap;
use std::cell::RefCell;
use std::hash::Hash;
use std::sync::Arc;

/// An answer that is known, or on its way.
type Asked<'a, V> = Shared<LocalBoxFuture<'a, Arc<V>>>;

/// What was asked, by question; who asks again gets the same answer.
pub struct AskedOnce<'a, K, V>(RefCell<HashMap<K, Asked<'a, V>>>);

impl<'a, K: Eq + Hash, V: 'a> AskedOnce<'a, K, V> {
    /// The answer to a question, for which `ask` is called when nobody has asked yet.
    pub async fn get<F: Future<Output = V> + 'a>(&self, key: K, ask: impl FnOnce() -> F) -> Arc<V> {
        let known = self.0.borrow().get(&key).cloned();
        let asked = known.unwrap_or_else(|| {
            let new = ask().map(Arc::new).boxed_local().shared();
            self.0.borrow_mut().insert(key, new.clone());
            new
        });
        asked.await
    }
}

impl<K, V> Default for AskedOnce<'_, K, V> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}
