//! Files of YAML beside the repository's own.

use super::{readable, text};
use mxward::diag::Diagnostics;
use mxward::lock::Lock;
use mxward::plan::Protect;
use mxward::source::SourceMap;

/// Reads a text; `None` and a message, or a value and no error.
fn read<T>(
    name: &str,
    text: &str,
    read: impl Fn(mxward::source::FileId, &str, &mut Diagnostics) -> Option<T>,
) -> Option<T> {
    let mut sources = SourceMap::new();
    let file = sources.add(name, text);
    let mut found = Diagnostics::new();
    let value = read(file, text, &mut found);
    assert_eq!(value.is_none(), found.has_errors(), "{found:?}");
    readable(&mut found, &sources);
    value
}

/// A lock that is read is written so that it is read alike, and the same facts are the same bytes.
pub(super) fn lock(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Some(lock) = read("mxward.lock", text, Lock::read) else { return };
    let written = lock.write();
    let again = read("mxward.lock", &written, Lock::read).expect("what is written can be read");
    assert_eq!(again, lock, "{written}");
    assert_eq!(again.write(), written);
    let facts = |lock: &Lock| {
        let mut facts = String::new();
        lock.compiled_facts(|fact| facts.push_str(fact));
        facts
    };
    assert_eq!(facts(&again), facts(&lock));
}

/// `protect.yaml` is read whole, or somebody is told why not.
pub(super) fn protect(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Some(protect) = read("protect.yaml", text, Protect::read) else { return };
    assert!(protect.share.is_none_or(|share| share <= 100));
    for waiver in &protect.waivers {
        assert!(["breaks", "weaker", "different"].contains(&waiver.class));
    }
}

/// Every expectation demands something.
pub(super) fn expectations(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let list = read("tests/a.yaml", text, |file, text, found| {
        let list = mxward::expect::read(file, text, found);
        (!found.has_errors()).then_some(list)
    });
    for expectation in list.into_iter().flatten() {
        assert!(!expectation.example().is_empty());
    }
}
