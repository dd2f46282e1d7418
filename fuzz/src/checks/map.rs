//! Maps as text and as an index.

use super::files;
use mxward::formats::postmap_text::{self, Found, MapText};
use mxward::formats::{MapEntry, cdb, seal};

/// What Postfix finds in a map it finds in the same map written anew, and nothing depends on what stands
/// beside it.
pub(super) fn map(data: &[u8]) {
    let files = files(data, "map");
    let data = &files["map"];
    let map = postmap_text::read(data);
    sorted(&map);
    let mut found = Vec::new();
    postmap_text::scan(data, |it| {
        if let Found::Entry(entry) = it {
            found.push(entry);
        }
    });
    for entry in &found {
        let first = map.get(&entry.key).expect("every key is found");
        assert!(first.line <= entry.line);
    }
    let texts = |map: &MapText<'_>| -> Vec<(String, String)> {
        map.entries.iter().map(|it| (it.key.to_string(), it.value.to_string())).collect()
    };
    let written: String = map.entries.iter().map(line).collect();
    let again = postmap_text::read(written.as_bytes());
    assert_eq!(texts(&again), texts(&map), "{written:?}");
    let kinds = again.ignored.iter().filter(|it| it.kind != postmap_text::IgnoredKind::ColonKey);
    let marked = written.starts_with('\u{feff}');
    assert_eq!(kinds.count(), usize::from(marked), "{:?}", again.ignored);
    for entry in &map.entries {
        if let Some((key, value)) = postmap_text::plain_line(&line(entry)) {
            assert_eq!((key, value), (&*entry.key, &*entry.value));
        }
    }
    for other in files.values() {
        let beside = postmap_text::read(other);
        assert_eq!(postmap_text::read_beside(data, &beside), map);
    }
    sealed(&written);
}

fn line(entry: &MapEntry<'_>) -> String {
    format!("{} {}\n", entry.key, entry.value)
}

fn sorted(map: &MapText<'_>) {
    assert!(map.entries.is_sorted_by(|a, b| a.key < b.key));
    for entry in &map.entries {
        assert!(!entry.key.contains('\n') && !entry.value.is_empty() && entry.line > 0);
        assert!(!entry.value.contains(['\n', '\0']), "{entry:?}");
    }
}

/// A seal holds for what was sealed, and for nothing else.
fn sealed(text: &str) {
    let mut whole = "# @generated\n".to_owned();
    let mut seal = seal::Seal::open(&mut whole);
    seal.add(text);
    whole.push_str(text);
    let (at, digest) = seal.close();
    whole.replace_range(at..at + digest.len(), &digest);
    assert!(seal::is_intact(whole.as_bytes()));
    whole.push_str("b.example none\n");
    assert!(!seal::is_intact(whole.as_bytes()));
}

/// What an index lists is a map as text, each entry a line.
pub(super) fn cdb(data: &[u8]) {
    let Ok(listed) = cdb::list(data) else { return };
    let lines = listed.split_inclusive(|byte| *byte == b'\n');
    assert!(lines.clone().all(|line| line.contains(&b'\t') && line.ends_with(b"\n")));
    let map = postmap_text::read(&listed);
    sorted(&map);
    assert!(map.entries.len() <= lines.count());
}
