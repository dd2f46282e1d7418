//! `mxward diff --from REV`

use super::repository;
use crate::harness::Test;
use std::path::Path;
use std::process::Command;

fn git(folder: &Path, args: &[&str]) {
    let status = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=Anna", "-c", "user.email=anna@example.com"])
        .args(args)
        .status();
    assert!(status.unwrap().success(), "git {args:?}");
}

/// A repository with one commit in git.
fn committed(text: &str) -> Test {
    let test = Test::new().file("mxward.yaml", text);
    git(test.path(), &["init", "-q"]);
    git(test.path(), &["add", "."]);
    git(test.path(), &["commit", "-q", "-m", "Begin"]);
    test
}

#[test]
fn two_revisions_are_compared_without_what_is_deployed() {
    committed(&repository(
        "  a.example: { level: encrypt }\n  b.example: { level: encrypt }\n",
        "",
    ))
    .file("mxward.yaml", repository("  b.example: { level: dane-only }\n", ""))
    .args(["diff", "--from", "HEAD"])
    .stdout(
        "target mx\n\
             \n\
             weaker: 1 domain, not declared any more (tls_policy:4)\n    \
                 a.example\n  \
               - by MX: encrypt\n  \
               + by MX: may (default)\n\
             \n\
             stronger: 1 domain, mxward.yaml:3:3\n    \
                 b.example\n  \
               - by MX: encrypt\n  \
               + by MX: dane-only\n\
             \n\
             transport: no entries\n\
             tls_policy: 1 changed, 1 removed\n\
             \n\
             mx  1 weaker, 1 stronger\n",
    )
    .run();
}

#[test]
fn a_weaker_default_concerns_every_other_domain() {
    let text = repository("  a.example: { level: encrypt }\n", "");
    committed(&text.replace("security_level: may", "security_level: dane"))
        .file("mxward.yaml", text)
        .args(["diff", "--from", "HEAD"])
        .stdout_has("weaker: 1 domain, by the settings of the target\n    (every other domain)\n")
        .stdout_has("mx  1 weaker\n")
        .run();
}

#[test]
fn a_target_that_is_new_starts_empty() {
    let text = repository("  a.example: { level: encrypt }\n", "");
    committed(&text.replace("  mx:", "  old:"))
        .file("mxward.yaml", text)
        .args(["diff", "--from", "HEAD"])
        .stdout_has("  note: the target is new: as if its maps were empty\n")
        .stdout_has("mx  1 stronger\n")
        .run();
}

#[test]
fn an_unknown_revision_is_an_error() {
    committed(&repository("", ""))
        .args(["diff", "--from", "nowhere"])
        .stderr("error: cannot read revision `nowhere`: git knows no revision `nowhere` here\n")
        .status(1)
        .run();
    Test::new()
        .file("mxward.yaml", repository("", ""))
        .args(["diff", "--from", "--output=x"])
        .stderr("error: cannot read revision `--output=x`: `--output=x` is not a revision\n")
        .status(1)
        .run();
}

#[test]
fn a_revision_that_a_shallow_clone_lacks_is_said_to_be_missing_for_that_reason() {
    let text = repository("  a.example: { level: encrypt }\n", "");
    let full = committed(&text);
    git(full.path(), &["commit", "-q", "--allow-empty", "-m", "Go on"]);
    let clone = Test::new();
    let from = format!("file://{}", full.path().display());
    git(clone.path(), &["clone", "-q", "--depth", "1", &from, "clone"]);
    clone
        .args(["-C", "clone", "diff", "--from", "HEAD~1"])
        .stderr(
            "error: cannot read revision `HEAD~1`: git knows no revision `HEAD~1` here, and the clone is \
             shallow: fetch its history, in pipelines with a depth of 0\n",
        )
        .status(1)
        .run();
}
