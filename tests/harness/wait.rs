//! Waiting for other programs: the one place where tests look at the clock.

use std::time::{Duration, Instant};

/// How long anything may take before a test gives up on it: much longer than on a machine with other work.
const PATIENCE: Duration = Duration::from_mins(5);

/// Looks again until something is there; `None` when patience is over.
pub(crate) fn wait<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + PATIENCE;
    loop {
        let found = look();
        if found.is_some() || Instant::now() > end {
            return found;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The same, and fails the test when it does not come.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    match wait(look) {
        Some(found) => found,
        None => panic!("{what}: not after {PATIENCE:?}"),
    }
}
