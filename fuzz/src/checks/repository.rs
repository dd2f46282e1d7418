//! The files of a repository.

use super::{Memory, files, readable};
use mxward::compile::{Compiled, Repository};
use mxward::diag::Diagnostics;
use mxward::emit::{Artifact, emit};
use mxward::formats::postmap_text;
use mxward::resolve::resolve;
use mxward::world::Files;

/// Whatever the files hold, maps come of it that Postfix reads as they are meant, or messages.
pub(super) fn repository(data: &[u8]) {
    let files = Memory(files(data, "mxward.yaml"));
    assert_eq!(judge(&files), judge(&files), "the same input, the same bytes");
}

/// Reads and compiles, and checks what must hold of any answer. The artifacts, when it is right.
pub(crate) fn judge(files: &dyn Files) -> Option<Vec<(String, String)>> {
    let mut found = Diagnostics::new();
    let mut repository = Repository::load(files, &mut found);
    let destinations = repository.expand(&mut found).and_then(|destinations| {
        resolve(&repository.config, destinations, &repository.lock, &mut found).ok()
    });
    let Some(destinations) = destinations else {
        assert!(found.has_errors(), "nothing is said of what is wrong");
        readable(&mut found, &repository.sources);
        return None;
    };
    let compiled = Compiled { repository, destinations, lock_events: Vec::new() };
    assert!(!found.has_errors());
    let mut texts = Vec::new();
    for target in &compiled.repository.config.targets {
        let tables = compiled.tables(target, &mut found);
        let artifacts = tables.and_then(|it| emit(&compiled.repository, target, &it, &mut found));
        for artifact in artifacts.into_iter().flatten() {
            if matches!(&*artifact.name, "transport" | "tls_policy") {
                is_read_back(&artifact);
            }
            texts.push((artifact.name, artifact.text));
        }
    }
    assert!(found.iter().all(|it| it.code != "misread"), "{found:?}");
    let maps = !found.has_errors();
    readable(&mut found, &compiled.repository.sources);
    maps.then_some(texts)
}

fn is_read_back(artifact: &Artifact) {
    let map = postmap_text::read(artifact.text.as_bytes());
    assert_eq!(map.ignored, [], "{}", artifact.text);
    assert_eq!(Some(map.entries.len()), artifact.entries);
}
