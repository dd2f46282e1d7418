//! Whatever the files of a repository hold, reading them ends with messages and never otherwise.

use crate::fuzzing::checks::{Memory, judge};
use crate::harness::root;
use mxward::compile::LOCK_FILE;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::collections::BTreeMap;
use std::path::Path;

const EXAMPLES: [&str; 3] = ["handwritten", "hosting", "lists"];

/// The files of an example that a compilation reads.
fn example(name: &str) -> Memory {
    fn walk(folder: &Path, name: &str, files: &mut Memory) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{name}{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &format!("{path}/"), files);
            } else {
                files.0.insert(path, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    let mut files = Memory::default();
    walk(&root().join("examples").join(name), "", &mut files);
    files.0.retain(|path, _| !path.contains("deployed") && path != "README.md");
    files
}

/// One change of a file.
#[derive(Clone, Debug)]
enum Edit {
    /// A byte becomes another one.
    Replace(Index, u8),
    /// A text is put in.
    Insert(Index, &'static [u8]),
    /// Bytes are left out.
    Remove(Index, usize),
    /// Bytes are repeated elsewhere.
    Copy(Index, usize, Index),
    /// The file ends there.
    Cut(Index),
}

/// What means something in YAML, in names, in lists, in templates or in maps.
const WORDS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"'",
    b": ",
    b"- ",
    b"? ",
    b"\n",
    b"\r\n",
    b"\t",
    b"#",
    b" # ",
    b"&a ",
    b"*a ",
    b"<<: *a",
    b"!!str ",
    b"!x ",
    b"---\n",
    b"...\n",
    b"%YAML 1.1\n",
    b"|\n",
    b">-\n",
    b"~",
    b"null",
    b"@",
    b"`",
    b"\\",
    b"\0",
    b"\x1b[31m",
    b"\xff",
    b"\xef\xbb\xbf",
    "\u{202e}".as_bytes(),
    "ü".as_bytes(),
    b"xn--",
    b".",
    b"..",
    b"*.",
    b"-",
    b"_",
    b",",
    b";",
    b":",
    b"=",
    b"%s",
    b"{{ domain }}",
    b"{% for a in range(9) %}",
    b"{{",
    b"google",
    b"pin",
    b"mx",
    b"host",
    b"level: secure\n",
    b"match: [a.example]\n",
    b"version: 2\n",
    b"99999999999999999999",
    b"-1",
    b"0x10",
    b"[192.0.2.1]:25",
    b"2001:db8::1",
    b"\n  ",
    b"domains:\n",
];

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        (any::<Index>(), select(WORDS)).prop_map(|(at, word)| Edit::Insert(at, word)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, count)| Edit::Remove(at, count)),
        (any::<Index>(), 1..200_usize, any::<Index>())
            .prop_map(|(at, count, to)| Edit::Copy(at, count, to)),
        any::<Index>().prop_map(Edit::Cut),
    ]
}

impl Edit {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |index: &Index, bytes: &[u8]| index.index(bytes.len() + 1);
        match self {
            Self::Replace(at, byte) => {
                let at = place(at, bytes);
                if let Some(old) = bytes.get_mut(at) {
                    *old = *byte;
                }
            }
            Self::Insert(at, word) => {
                let at = place(at, bytes);
                bytes.splice(at..at, word.iter().copied());
            }
            Self::Remove(at, count) => {
                let at = place(at, bytes);
                let end = bytes.len().min(at + count);
                bytes.drain(at..end);
            }
            Self::Copy(at, count, to) => {
                let at = place(at, bytes);
                let part = bytes[at..bytes.len().min(at + count)].to_vec();
                let to = place(to, bytes);
                bytes.splice(to..to, part);
            }
            Self::Cut(at) => {
                let at = place(at, bytes);
                bytes.truncate(at);
            }
        }
    }
}

#[test]
fn an_example_as_it_is_gives_maps() {
    for name in EXAMPLES {
        assert!(judge(&example(name)).is_some(), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_change_of_a_repository_ends_the_reading_otherwise_than_with_messages(
        name in select(&EXAMPLES),
        edits in prop::collection::vec((any::<Index>(), edit()), 1..6),
    ) {
        let mut files = example(name);
        let paths: Vec<String> = files.0.keys().cloned().collect();
        for (which, edit) in edits {
            // The lock is the largest file and has tests of its own.
            let path = which.get(&paths);
            if path != LOCK_FILE {
                edit.apply(files.0.get_mut(path).unwrap());
            }
        }
        judge(&files);
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let root = b"version: 1\ninclude: [a.yaml, { list: a.txt, level: may }]\n".to_vec();
        for path in ["mxward.yaml", "a.yaml", "a.txt", "providers/a.yaml", LOCK_FILE] {
            let mut files = Memory(BTreeMap::from([
                ("mxward.yaml".to_owned(), root.clone()),
                ("a.yaml".to_owned(), Vec::new()),
                ("a.txt".to_owned(), Vec::new()),
            ]));
            files.0.insert(path.to_owned(), bytes.clone());
            judge(&files);
        }
    }

    #[test]
    fn any_words_are_read(words in prop::collection::vec(select(WORDS), 0..30)) {
        let text = words.concat();
        for path in ["mxward.yaml", "providers/a.yaml"] {
            judge(&Memory(BTreeMap::from([
                ("mxward.yaml".to_owned(), b"version: 1\n".to_vec()),
                (path.to_owned(), text.clone()),
            ])));
        }
    }
}
