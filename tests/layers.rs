//! Modules name only modules on earlier lines of ARCHITECTURE.md.
#![expect(clippy::disallowed_methods, reason = "reads the sources of the program")]

use crate::harness::root;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The lines of a fenced block of ARCHITECTURE.md.
fn block(name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let start = text.find(&format!("```{name}\n")).expect("the block is there") + name.len() + 4;
    let block = text[start..].split("```").next().unwrap();
    block.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

/// The modules of the crate with the modules that each names.
fn uses() -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut uses: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    let source = root().join("src");
    for entry in std::fs::read_dir(&source).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if !matches!(module.as_str(), "lib" | "main") {
            read(&path, uses.entry(module).or_default());
        }
    }
    uses
}

fn read(path: &Path, found: &mut BTreeSet<(String, String)>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            read(&entry.unwrap().path(), found);
        }
        return;
    }
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    for line in code {
        for (at, _) in line.match_indices("crate::") {
            let rest = &line[at + "crate::".len()..];
            let names: Vec<&str> = match rest.strip_prefix('{') {
                Some(list) => list.split(['}', ',']).collect(),
                None => vec![rest],
            };
            for name in names {
                let end = name.trim().find(|c: char| !c.is_ascii_lowercase() && c != '_');
                let name = &name.trim()[..end.unwrap_or_else(|| name.trim().len())];
                if !name.is_empty() {
                    found.insert((name.to_owned(), path.display().to_string()));
                }
            }
        }
    }
}

#[test]
fn modules_name_only_modules_on_earlier_lines() {
    let layers = block("layers");
    let line_of: BTreeMap<&str, usize> = layers
        .iter()
        .enumerate()
        .flat_map(|(line, names)| names.iter().map(move |name| (name.as_str(), line)))
        .collect();
    let uses = uses();
    let modules: Vec<&str> = uses.keys().map(String::as_str).collect();
    let mut listed: Vec<&str> = line_of.keys().copied().collect();
    listed.sort_unstable();
    assert_eq!(listed, modules, "ARCHITECTURE.md lists every module, and no other");
    for (module, named) in &uses {
        for (name, file) in named {
            let (Some(mine), Some(theirs)) =
                (line_of.get(module.as_str()), line_of.get(name.as_str()))
            else {
                panic!("{file} names `crate::{name}`, which is no module");
            };
            assert!(module == name || theirs < mine, "{file} names `crate::{name}`");
        }
    }
}

#[test]
fn only_some_modules_name_the_world() {
    let may: BTreeSet<String> = block("world").into_iter().flatten().collect();
    for (module, named) in uses() {
        for (name, file) in named {
            assert!(name != "world" || module == "world" || may.contains(&module), "{file}");
        }
    }
}

/// mox does the same: a number alone cannot be looked up.
#[test]
fn every_rfc_is_cited_with_its_section() {
    fn walk(path: &Path) {
        if path.is_dir() {
            for entry in std::fs::read_dir(path).unwrap() {
                walk(&entry.unwrap().path());
            }
            return;
        }
        let text = std::fs::read_to_string(path).unwrap();
        for (number, line) in text.lines().enumerate() {
            for (at, _) in line.match_indices("RFC ") {
                let rest = &line[at + 4..];
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                if digits > 0 {
                    let cited = rest[digits..].starts_with(" §");
                    assert!(cited, "{}:{}: {line}", path.display(), number + 1);
                }
            }
        }
    }
    walk(&root().join("src"));
}
