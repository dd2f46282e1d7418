//! The JSON Schemas in `schemas/` for the files that people write.
//!
//! A validator that is not ours judges by them: the examples, the built-in templates, and the samples in
//! `tests/schemas/`, about which it and the loader must agree. A sample's name begins with its kind.
#![expect(clippy::disallowed_methods, reason = "reads and writes files of the project")]

use crate::fuzzing::checks::Memory;

use crate::harness::{Test, assert_text, python, root};
use mxward::compile::Repository;
use mxward::diag::{Diagnostics, render_short};
use mxward::expect;
use mxward::plan::Protect;
use mxward::source::SourceMap;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Reads a schema and paths of YAML files; prints for each the first thing that is wrong, or nothing.
///
/// YAML 1.2 knows fewer words that are no text than `PyYAML` does, and editors read YAML 1.2.
const VALIDATE: &str = r"
import json, re, sys, yaml
from jsonschema import Draft7Validator as Validator
class Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = {}
tag = 'tag:yaml.org,2002:'
for name, pattern, first in [
    ('null', r'^(~|null|)$', ['~', 'n', '']),
    ('bool', r'^(true|false)$', ['t', 'f']),
    ('int', r'^[-+]?(0|[1-9][0-9]*)$', list('-+0123456789')),
    ('float', r'^[-+]?[0-9]+\.[0-9]*$', list('-+0123456789')),
]:
    Loader.add_implicit_resolver(tag + name, re.compile(pattern), first)
schema = json.load(open(sys.argv[1]))
Validator.check_schema(schema)
for path in sys.stdin.read().splitlines():
    with open(path) as file:
        errors = list(Validator(schema).iter_errors(yaml.load(file, Loader)))
    print(f'{list(errors[0].absolute_path)}: {errors[0].message[:300]}' if errors else '')
";

const KINDS: [&str; 5] = ["mxward", "domains", "provider", "protect", "tests"];

fn schema(kind: &str) -> PathBuf {
    root().join("schemas").join(format!("{kind}.schema.json"))
}

/// What the validator says of each file; `None` is valid.
fn judge(kind: &str, files: &[PathBuf]) -> Vec<Option<String>> {
    assert!(!files.is_empty(), "there is nothing to validate as {kind}");
    let paths: Vec<&str> = files.iter().map(|path| path.to_str().unwrap()).collect();
    let answers = python(VALIDATE, &[&schema(kind)], &paths.join("\n"));
    let answers: Vec<_> =
        answers.lines().map(|it| (!it.is_empty()).then(|| it.to_owned())).collect();
    assert_eq!(answers.len(), files.len());
    answers
}

/// The YAML files of a folder, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "yaml"))
        .collect();
    files.sort();
    files
}

#[test]
fn the_files_are_what_the_program_prints() {
    for kind in KINDS {
        let printed = Test::new().args(["schema", kind]).any_stdout().run().stdout;
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(schema(kind), &printed).unwrap();
        }
        assert_text(kind, &std::fs::read_to_string(schema(kind)).unwrap_or_default(), &printed);
    }
}

#[test]
fn examples_and_built_in_templates_are_valid() {
    let mut by_kind: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
    by_kind.insert("provider", files(&root().join("providers")));
    for example in std::fs::read_dir(root().join("examples")).unwrap() {
        let example = example.unwrap().path();
        by_kind.entry("mxward").or_default().push(example.join("mxward.yaml"));
        for (kind, folder) in
            [("domains", "domains"), ("provider", "providers"), ("tests", "tests")]
        {
            by_kind.entry(kind).or_default().extend(files(&example.join(folder)));
        }
    }
    for (kind, files) in by_kind {
        for (file, answer) in files.iter().zip(judge(kind, &files)) {
            assert_eq!(answer, None, "{}", file.display());
        }
    }
}

/// The samples of a folder by kind.
fn samples(folder: &str) -> BTreeMap<&'static str, Vec<PathBuf>> {
    let mut samples: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
    for file in files(&root().join("tests/schemas").join(folder)) {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let kind = KINDS.into_iter().find(|kind| name.starts_with(&format!("{kind}-")));
        samples.entry(kind.expect("the name begins with a kind")).or_default().push(file);
    }
    assert_eq!(samples.len(), KINDS.len(), "every kind has samples that are {folder}");
    samples
}

/// What the loader finds wrong with a sample, a message a line.
fn load(kind: &str, file: &Path) -> String {
    let sample = std::fs::read(file).unwrap();
    if matches!(kind, "protect" | "tests") {
        let (mut sources, mut found) = (SourceMap::new(), Diagnostics::new());
        let file = sources.add("sample.yaml", String::from_utf8(sample).unwrap());
        let text = sources.text(file);
        match kind {
            "tests" => drop(expect::read(file, text, &mut found)),
            _ => drop(Protect::read(file, text, &mut found)),
        }
        return render_short(&found, &sources);
    }
    let (path, root) = match kind {
        "mxward" => ("mxward.yaml", ""),
        "domains" => ("domains/sample.yaml", "version: 1\ninclude: domains/*.yaml\n"),
        _ => ("providers/sample.yaml", "version: 1\n"),
    };
    let mut files = Memory::default();
    // What samples may include and name.
    for (path, text) in [
        ("mxward.yaml", root),
        ("domains/more.yaml", "domains: {}\n"),
        ("domains/list.txt", "list.example\n"),
        (
            "providers/own.yaml",
            "name: own\ntitle: Own\nparams: { zone: }\nhosts_from: mx\nmx_patterns: ['mx\\.example']\npolicy: { level: secure, match: [mx.example] }\n",
        ),
    ] {
        files.0.insert(path.to_owned(), text.as_bytes().to_vec());
    }
    files.0.insert(path.to_owned(), sample);
    let mut found = Diagnostics::new();
    let mut repository = Repository::load(&files, &mut found);
    repository.expand(&mut found);
    render_short(&found, &repository.sources)
}

#[test]
fn valid_samples_are_valid_for_both() {
    for (kind, files) in samples("valid") {
        for (file, answer) in files.iter().zip(judge(kind, &files)) {
            assert_eq!(answer, None, "{}", file.display());
            assert_eq!(load(kind, file), "", "{}", file.display());
        }
    }
}

#[test]
fn invalid_samples_are_invalid_for_both() {
    for (kind, files) in samples("invalid") {
        for (file, answer) in files.iter().zip(judge(kind, &files)) {
            assert_ne!(answer, None, "{} is valid by the schema", file.display());
            assert!(load(kind, file).contains("error["), "{} is loaded", file.display());
        }
    }
}
