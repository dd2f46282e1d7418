//! `mxward init`
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

use crate::harness::{Ran, Test, python, validate};
use std::path::Path;
use std::process::Command;

const WROTE: &str = "Wrote 16 files to mail. Next: `mxward -C mail check`, then put your own domains into \
                     domains/first.yaml and your own Postfix into mxward.yaml.\n";

fn started() -> Ran {
    Test::new().args(["init", "mail"]).stderr(WROTE).run()
}

#[test]
fn what_it_writes_passes_as_it_is() {
    let ran = started();
    for args in ["check --deny-warnings --frozen", "test --frozen", "compile --frozen -q --out out"]
    {
        let args = ["-C", "mail"].into_iter().chain(args.split(' '));
        ran.then().args(args).any_stdout().run();
    }
    assert_eq!(ran.read("out/mx/transport").lines().filter(|it| !it.starts_with('#')).count(), 0);
    let policies = ran.read("out/mx/tls_policy");
    assert!(policies.contains("\ngmail.com secure match=mx.google.com\n"), "{policies}");
    assert!(policies.contains("\ntorproject.org dane-only\n"), "{policies}");
}

#[test]
fn editors_take_every_file_by_the_schema_that_it_names() {
    let ran = started();
    for path in ["mxward.yaml", "domains/first.yaml", "tests/first.yaml", "protect.yaml"] {
        let file = ran.path().join("mail").join(path);
        let text = std::fs::read_to_string(&file).unwrap();
        let schema = text.lines().next().unwrap();
        let schema = schema.strip_prefix("# yaml-language-server: $schema=").unwrap();
        let schema = file.parent().unwrap().join(schema);
        let json = python(
            "import json, sys, yaml\nprint(json.dumps(yaml.safe_load(sys.stdin)))",
            &[],
            &text,
        );
        validate(&schema, &json);
    }
}

#[test]
fn yamllint_finds_nothing() {
    let ran = started();
    let output = Command::new("yamllint")
        .args(["--strict", "."])
        .current_dir(ran.path().join("mail"))
        .output()
        .expect("yamllint is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// What the workflows and hooks run is run here, but for what only their platforms have.
#[test]
fn every_command_of_the_workflows_is_one() {
    let ran = started();
    let mut commands = Vec::new();
    for path in [
        ".github/workflows/mxward.yaml",
        ".github/workflows/mxward-update.yaml",
        ".gitlab-ci.yml",
        ".pre-commit-config.yaml",
        "README.md",
    ] {
        for line in ran.read(&format!("mail/{path}")).lines() {
            let Some(at) = line.find("mxward -").or_else(|| {
                let verbs = ["update", "check", "discover", "diff", "plan", "apply"];
                verbs.iter().find_map(|verb| {
                    let found = line.find(&format!("mxward {verb}"))?;
                    line[..found].trim_matches([' ', '-']).is_empty().then_some(found)
                })
            }) else {
                continue;
            };
            commands.push(line[at..].split('#').next().unwrap().trim_end().to_owned());
        }
    }
    assert!(commands.len() >= 15, "{commands:?}");
    for command in commands {
        let words = command.split_whitespace().map(|word| word.trim_matches('"'));
        // With something for what a shell fills in, and asked for help instead of run.
        let words = words.skip(1).filter(|word| *word != "$@");
        let words: Vec<String> = words
            .map(|word| match word.split_once('$') {
                Some((start, _)) => format!("{start}x"),
                None => word.to_owned(),
            })
            .collect();
        let words = words.iter().map(String::as_str);
        ran.then().args(words.chain(["--help"])).any_stdout().run();
    }
}

/// One of the pipelines holds a key to the mail servers.
#[test]
fn pipelines_install_the_version_that_wrote_them() {
    let ran = started();
    let own = concat!("cargo install --locked --version ", env!("CARGO_PKG_VERSION"), " mxward\n");
    for (path, count) in [
        (".github/workflows/mxward.yaml", 2),
        (".github/workflows/mxward-update.yaml", 1),
        (".gitlab-ci.yml", 1),
    ] {
        let text = ran.read(&format!("mail/{path}"));
        assert_eq!(text.matches("cargo install").count(), count, "{path}");
        assert_eq!(text.matches(own).count(), count, "{path}");
    }
}

#[test]
fn the_workflows_of_one_platform_alone() {
    let ran = Test::new().args(["-C", "mail", "init", "--ci", "gitlab"]).any_stderr().run();
    let there = |path: &str| Path::exists(&ran.path().join("mail").join(path));
    assert!(there(".gitlab-ci.yml") && !there(".github") && there("mxward.yaml"));
    let ran = Test::new().args(["init", "--ci", "none"]).any_stderr().run();
    let there = |path: &str| Path::exists(&ran.path().join(path));
    assert!(!there(".gitlab-ci.yml") && !there(".github") && there("mxward.yaml"));
}

#[test]
fn nothing_is_overwritten() {
    Test::new()
        .file("mxward.yaml", "version: 1\n")
        .file("README.md", "ours\n")
        .args(["init"])
        .status(1)
        .stderr(
            "error: nothing was written, since this is there already: `./mxward.yaml`, `./README.md`; name a \
             folder without it, or move it away\n",
        )
        .expect_file("mxward.yaml", "version: 1\n")
        .expect_no_file("protect.yaml")
        .expect_no_file(".gitlab-ci.yml")
        .run();
}
