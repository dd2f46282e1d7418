//! The runtime of a resolver.

use std::io;
use std::ops::Deref;
use tokio::runtime::{Builder, Runtime};

/// A runtime that is not waited for when it is dropped: a conversation with a server that hangs must not
/// keep a program that was told to end.
pub(super) struct Background(Option<Runtime>);

impl Background {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// When the system has no threads left.
    pub(super) fn start() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        Ok(Self(Some(runtime)))
    }
}

impl Deref for Background {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        self.0.as_ref().expect("it is there until it is dropped")
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
