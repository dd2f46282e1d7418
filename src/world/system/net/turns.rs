//! One connection a host at a time.

use hashbrown::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Who may connect: so many at once in all, and so many with each address.
pub(super) struct Turns {
    all: Arc<Semaphore>,
    per_host: usize,
    hosts: Mutex<HashMap<IpAddr, Arc<Semaphore>>>,
}

/// The permission to connect, until it is dropped.
pub(super) struct Turn {
    _all: Option<OwnedSemaphorePermit>,
    _host: Option<OwnedSemaphorePermit>,
}

impl Turns {
    pub(super) fn new(all: usize, per_host: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(all)), per_host, hosts: Mutex::default() }
    }

    /// Waits for a turn. Who waits for a host takes no place from others.
    pub(super) async fn wait(&self, address: Option<IpAddr>) -> Turn {
        // The semaphores are never closed.
        let host = match address {
            Some(address) => self.host(address).acquire_owned().await.ok(),
            None => None,
        };
        Turn { _all: Arc::clone(&self.all).acquire_owned().await.ok(), _host: host }
    }

    fn host(&self, address: IpAddr) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Semaphore::new(self.per_host));
        Arc::clone(hosts.entry(address).or_insert_with(new))
    }
}
