//! The registry of lints, and the page that is made from it.
#![expect(clippy::disallowed_methods, reason = "looks at the source and writes the documentation")]

use super::{LOCK, check};
use crate::harness::{Test, assert_text, root};
use mxward::lint::{Docs, ERRORS, RULES, page};
use mxward::model::{LINTS, LintLevel};
use std::collections::BTreeSet;

#[test]
fn the_page_of_the_documentation_is_made_from_the_registry() {
    let file = root().join("docs/reference/lints.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, page()).unwrap();
    }
    let written = std::fs::read_to_string(file).unwrap_or_default();
    assert_text("docs/reference/lints.md (UPDATE=1 writes it anew)", &written, &page());
}

#[test]
fn the_registry_is_the_folder_sorted_and_the_names_are_those_that_yaml_knows() {
    let names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    let files: BTreeSet<String> = std::fs::read_dir(root().join("src/lint/rules"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|file| file != "mod.rs")
        .map(|file| file.trim_end_matches(".rs").replace('_', "-"))
        .collect();
    assert_eq!(names, files.iter().map(String::as_str).collect::<Vec<_>>());
    let known: Vec<(&str, LintLevel)> = RULES.iter().map(|it| (it.name, it.lowest)).collect();
    assert_eq!(LINTS, known);
    assert!(ERRORS.is_sorted_by(|a, b| a.name < b.name));
}

#[test]
fn every_page_has_all_sections_and_a_phrase_as_its_summary() {
    let lints = RULES.iter().map(|it| (it.name, it.summary, &it.docs));
    let errors = ERRORS.iter().map(|it| (it.name, it.summary, &it.docs));
    for (name, summary, docs) in lints.chain(errors) {
        let Docs { what, why, example, instead, sources } = docs;
        for text in [summary, what, why, example, instead, sources] {
            assert!(!text.trim().is_empty(), "{name}");
        }
        assert!(!summary.ends_with('.') && !summary.starts_with(char::is_uppercase), "{name}");
        assert!(what.ends_with('.') && why.ends_with('.'), "{name}");
        assert!(example.ends_with('\n') && instead.ends_with('\n'), "{name}");
    }
}

/// The lock in which the example of a page is true, and the one in which it was put right.
fn locks(name: &str) -> (String, String) {
    let changed = match name {
        "lock-old" => LOCK.replace("checked: 2026-11-24", "checked: 2026-11-10"),
        "lock-retained" => LOCK.replace(
            "[217.26.49.138 since 2026-11-24]",
            "[217.26.49.138 since 2026-11-24, 203.0.114.9 since 2026-01-10 gone 2026-11-15]",
        ),
        "lock-unconfirmed" => LOCK.replace(
            "addresses: [217.26.49.138 since 2026-11-24]",
            "stale: SERVFAIL since 2026-11-20, addresses: [217.26.49.138 since 2026-11-24]",
        ),
        _ => return (LOCK.to_owned(), LOCK.to_owned()),
    };
    assert_ne!(changed, LOCK);
    (changed, LOCK.to_owned())
}

/// A run on the example of a page. What the pages of errors say in comments is true in it.
fn example(yaml: &str, lock: &str) -> Test {
    let lock = lock
        .replace("domains:\n", "  mx.inside.example: { dnssec: insecure, addresses: [10.1.2.3 since 2026-11-24] }\ndomains:\n  moved.example: { dnssec: insecure, since: 2026-11-24, mx: [1 aspmx.l.google.com] }\n");
    let lock = if yaml.contains("inside") {
        lock.replace("10 mx1.mail.hostpoint.ch, 10 mx2.mail.hostpoint.ch", "10 mx.inside.example")
    } else {
        lock
    };
    check(yaml, &lock)
        .file(
            "providers/inside.yaml",
            "name: inside\ntitle: Inside\nmx_patterns: 'mx\\.inside\\.example'\npin: ok\n\
             hosts: [{ preference: 10, host: mx.inside.example }]\n\
             policy: { level: secure, match: mx.inside.example }\n",
        )
        .any_stdout()
}

#[test]
fn every_example_has_its_finding_and_nothing_is_found_in_what_is_to_be_written_instead() {
    for rule in RULES {
        let (before, after) = locks(rule.name);
        let code = format!("[{}]", rule.name);
        let status = if rule.level == LintLevel::Deny { 3 } else { 0 };
        let ran = example(rule.docs.example, &before).status(status).run();
        assert!(ran.stdout.contains(&code), "{}\n{}", rule.name, ran.stdout);
        let ran = example(rule.docs.instead, &after).run();
        assert!(ran.stdout.ends_with(": no findings\n"), "{}\n{}", rule.name, ran.stdout);
    }
    for error in ERRORS {
        let ran = example(error.docs.example, LOCK).status(3).run();
        let code = format!("error[{}]", error.name);
        assert!(ran.stdout.contains(&code), "{}\n{}", error.name, ran.stdout);
        let ran = example(error.docs.instead, LOCK).run();
        assert!(ran.stdout.ends_with(": no findings\n"), "{}\n{}", error.name, ran.stdout);
    }
}

#[test]
fn every_lint_has_a_test_in_which_it_fires_and_one_in_which_it_does_not() {
    let mut tests = String::new();
    for entry in std::fs::read_dir(root().join("tests/lints")).unwrap() {
        tests.push_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    tests.retain(|character| !character.is_whitespace());
    for rule in RULES {
        for kind in ["fires", "silent"] {
            assert!(tests.contains(&format!("{kind}(\"{}\"", rule.name)), "{kind} {}", rule.name);
        }
    }
}
