//! Folders of expected output.

use super::compare::{assert_text, hide_digests};
use std::collections::BTreeMap;
use std::path::Path;

/// Compares both streams and the files below `out/` with a folder; writes it where `UPDATE` is set.
#[track_caller]
pub(crate) fn check(golden: &Path, run: &Path, stdout: &str, stderr: &str) {
    let mut found = BTreeMap::new();
    files(&run.join("out"), "out", &mut found);
    found.insert("stdout".to_owned(), hide_digests(stdout));
    found.insert("stderr".to_owned(), hide_digests(stderr));
    found.retain(|_, text| !text.is_empty());
    if std::env::var_os("UPDATE").is_some() {
        if golden.exists() {
            std::fs::remove_dir_all(golden).unwrap();
        }
        for (path, text) in &found {
            let file = golden.join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        return;
    }
    let mut expected = BTreeMap::new();
    files(golden, "", &mut expected);
    assert!(!expected.is_empty(), "{} is missing: run with UPDATE=1", golden.display());
    for (path, text) in &expected {
        match found.get(path) {
            Some(found) => assert_text(path, found, text),
            None => panic!("`{path}` of {} was not written", golden.display()),
        }
    }
    let more: Vec<_> = found.keys().filter(|path| !expected.contains_key(*path)).collect();
    assert!(more.is_empty(), "{} lacks {more:?}", golden.display());
}

fn files(folder: &Path, name: &str, found: &mut BTreeMap<String, String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        let file = entry.file_name().into_string().unwrap();
        let path = if name.is_empty() { file } else { format!("{name}/{file}") };
        if entry.file_type().unwrap().is_dir() {
            files(&entry.path(), &path, found);
        } else {
            let text = String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).into_owned();
            found.insert(path, hide_digests(&text));
        }
    }
}
