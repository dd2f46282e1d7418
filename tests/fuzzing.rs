//! The checks of `fuzz/`, over the inputs that lie there: a corpus for each, past findings among them.
#![expect(clippy::disallowed_methods, reason = "reads the sources of the program")]

#[path = "../fuzz/src/checks/mod.rs"]
pub(crate) mod checks;

use crate::harness::root;
use checks::CHECKS;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The files in a folder of `fuzz/`, sorted.
fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("fuzz").join(folder)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|it| it.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_input_of_the_corpus_passes_its_check() {
    for (name, check) in CHECKS {
        for path in files(&format!("corpus/{name}")) {
            let data = std::fs::read(&path).unwrap();
            let result = std::panic::catch_unwind(|| check(&data));
            assert!(result.is_ok(), "the check `{name}` fails for {}", path.display());
        }
    }
}

#[test]
fn every_check_is_a_fuzz_target_with_a_corpus() {
    let names: BTreeSet<&str> = CHECKS.iter().map(|(name, _)| *name).collect();
    let manifest = std::fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    for (folder, extension) in [("fuzz_targets", ".rs"), ("corpus", "")] {
        let found = files(folder);
        let found: BTreeSet<&str> = found
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap().trim_end_matches(extension))
            .collect();
        assert_eq!(found, names, "in fuzz/{folder}");
    }
    for name in names {
        let file = root().join(format!("fuzz/fuzz_targets/{name}.rs"));
        let target = std::fs::read_to_string(file).unwrap();
        assert!(target.contains(&format!("check(\"{name}\", data)")), "{target}");
        let path = format!("path = \"fuzz_targets/{name}.rs\"\n");
        assert!(manifest.contains(&path), "fuzz/Cargo.toml lacks `{name}`");
        let inputs = files(&format!("corpus/{name}"));
        assert!(inputs.len() > 1, "the corpus of `{name}` is too small");
        for input in &inputs {
            let length = std::fs::metadata(input).unwrap().len();
            assert!(length < 4096, "{} is larger than it needs to be", input.display());
        }
    }
}

/// What is fuzzed is what is shipped.
#[test]
fn fuzz_targets_are_built_with_the_same_versions() {
    let packages = |path: &str| -> BTreeSet<(String, String)> {
        let text = std::fs::read_to_string(root().join(path)).unwrap();
        let field = |package: &str, name: &str| {
            let line = package.lines().find_map(|line| line.strip_prefix(&format!("{name} = ")));
            line.unwrap_or_default().trim_matches('"').to_owned()
        };
        let packages = text.split("[[package]]\n").skip(1);
        packages.map(|it| (field(it, "name"), field(it, "version"))).collect()
    };
    let own = ["arbitrary", "jobserver", "libfuzzer-sys", "mxward-fuzz"];
    let (shipped, fuzzed) = (packages("Cargo.lock"), packages("fuzz/Cargo.lock"));
    let other: Vec<_> =
        fuzzed.difference(&shipped).filter(|(name, _)| !own.contains(&name.as_str())).collect();
    assert!(other.is_empty(), "copy Cargo.lock to fuzz/ and build there: {other:?}");
    let dependencies = |path: &str| -> BTreeSet<String> {
        let text = std::fs::read_to_string(root().join(path)).unwrap();
        let section = text.split("[dependencies]\n").nth(1).unwrap().split("\n\n").next().unwrap();
        section.lines().map(str::to_owned).collect()
    };
    let mut fuzzed = dependencies("fuzz/Cargo.toml");
    fuzzed.retain(|line| !line.starts_with("libfuzzer-sys"));
    let shipped = dependencies("Cargo.toml");
    let other: Vec<_> = fuzzed.difference(&shipped).collect();
    assert!(other.is_empty(), "fuzz/Cargo.toml has other features: {other:?}");
}
