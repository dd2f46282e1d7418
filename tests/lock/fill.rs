//! What each mode may do with a lock that lacks facts, has them, or has too many.

use super::{LOCKED, kunde, lab, mailer, on, repository, then};
use crate::harness::Test;
use crate::lab::{Act, Fake, Lab, Zone};
use std::os::unix::fs::MetadataExt as _;

#[test]
fn lock_fills_what_is_missing_and_says_it() {
    let lab = lab();
    on("2026-03-01", &lab, repository(&["kunde.example: mailer"]).args(["lock"]))
        .stderr(
            "   Adding mx1.mailer.example (2 addresses)\n   \
                Adding mx2.mailer.example (1 address)\n   \
                Adding kunde.example (MX mx1.mailer.example, mx2.mailer.example)\n   \
                Locked 2 hosts, 1 domain\n",
        )
        .expect_file("mxward.lock", LOCKED)
        .run();
}

#[test]
fn a_complete_lock_is_neither_written_nor_asked_about_again() {
    let lab = lab();
    let ran = on("2026-03-01", &lab, repository(&["kunde.example: mailer"]).args(["lock"]))
        .any_stderr()
        .run();
    let before = std::fs::metadata(ran.path().join("mxward.lock")).unwrap();
    let nobody = Fake::new(|_| Act::Silence);
    let arguments = lab.validates_itself(nobody.address());
    for command in ["lock", "compile"] {
        ran.then()
            .args([command, "--quiet"])
            .args(arguments.iter().map(String::as_str))
            .any_stdout()
            .expect_file("mxward.lock", LOCKED)
            .run();
    }
    then(&ran, "2026-03-01", &lab, &["update"])
        .stderr("Unchanged 2 hosts, 1 domain\n")
        .expect_file("mxward.lock", LOCKED)
        .run();
    assert!(nobody.asked().is_empty(), "{:?}", nobody.asked());
    let after = std::fs::metadata(ran.path().join("mxward.lock")).unwrap();
    assert_eq!(
        (before.ino(), before.mtime(), before.mtime_nsec()),
        (after.ino(), after.mtime(), after.mtime_nsec())
    );
}

#[test]
fn compile_fills_a_missing_lock() {
    let lab = lab();
    let arguments = lab.validates_itself(lab.plain());
    let ran = repository(&["kunde.example: mailer"])
        .args(["compile"])
        .args(arguments.iter().map(String::as_str))
        .stdout_has("\nkunde.example smtp:[192.0.2.1],[192.0.2.2],kunde.example\n")
        .stderr(
            "   Adding mx1.mailer.example (2 addresses)\n   \
                Adding mx2.mailer.example (1 address)\n   \
                Adding kunde.example (MX mx1.mailer.example, mx2.mailer.example)\n",
        )
        .run();
    assert!(ran.read("mxward.lock").contains("\n      - 192.0.2.1 since 20"));
    ran.then().args(["compile", "--frozen"]).any_stdout().run();
}

const LACKING: &str = "\
error[lock-incomplete]: the MX set of `kunde.example` is not in `mxward.lock`
 --> mxward.yaml:4:3
  |
4 |   kunde.example: mailer
  |   ^^^^^^^^^^^^^
  |
  = help: run `mxward lock`

1 error
";

#[test]
fn modes_that_may_not_change_the_lock_exit_with_4_when_it_lacks_facts() {
    for (flags, variable, reason) in [
        (&["--locked"][..], None, "`--locked`"),
        (&["--offline"], None, "`--offline`"),
        (&["--frozen"], None, "`--frozen`"),
        (&["--offline", "--locked"], None, "`--offline`"),
        (&[], Some("true"), "the environment variable `CI`, which implies `--locked`,"),
        (&[], Some("1"), "the environment variable `CI`, which implies `--locked`,"),
    ] {
        let mut test = repository(&["kunde.example: mailer"]).args(["compile"]);
        if let Some(value) = variable {
            test = test.variable("CI", value);
        }
        test.args(flags.iter().copied())
            .stderr(format!(
                "{LACKING}error: `mxward.lock` lacks facts, and {reason} keeps them from being \
                 looked up: run `mxward lock`\n"
            ))
            .status(4)
            .expect_no_file("mxward.lock")
            .run();
    }
}

#[test]
fn modes_that_may_not_change_the_lock_do_not_mind_a_complete_one() {
    for flags in [&["--locked"][..], &["--offline"], &["--frozen"], &["--offline", "--locked"]] {
        for command in ["lock", "compile"] {
            repository(&["kunde.example: mailer"])
                .file("mxward.lock", LOCKED)
                .args([command, "--quiet"])
                .args(flags.iter().copied())
                .variable("CI", "true")
                .any_stdout()
                .expect_file("mxward.lock", LOCKED)
                .run();
        }
    }
}

/// A pipeline that refreshes the lock runs with `CI` set, too.
#[test]
fn ci_does_not_keep_lock_and_update_from_changing_the_lock() {
    let lab = lab();
    for command in ["lock", "update"] {
        on("2026-03-01", &lab, repository(&["kunde.example: mailer"]).args([command]))
            .variable("CI", "true")
            .any_stderr()
            .expect_file("mxward.lock", LOCKED)
            .run();
    }
}

#[test]
fn lock_tells_without_network_that_facts_are_missing() {
    for (flag, reason) in
        [("--locked", "`--locked`"), ("--offline", "`--offline`"), ("--frozen", "`--frozen`")]
    {
        repository(&["kunde.example: mailer"])
            .args(["lock", flag])
            .stderr(format!(
                "\
error[unresolved]: the MX set of `kunde.example` could not be looked up: the network may not be used
 --> mxward.yaml:4:3
  |
4 |   kunde.example: mailer
  |   ^^^^^^^^^^^^^
  |
  = help: try again later, or ask another server with `--dns-server`

1 error
error: `mxward.lock` lacks facts, and {reason} keeps them from being looked up: run `mxward lock`
"
            ))
            .status(4)
            .expect_no_file("mxward.lock")
            .run();
    }
}

#[test]
fn update_needs_the_network() {
    for flag in ["--offline", "--frozen"] {
        repository(&["kunde.example: mailer"])
            .args(["update", flag])
            .stderr("error: `update` looks names up, which `--offline` and `--frozen` forbid\n")
            .status(64)
            .run();
    }
}

#[test]
fn update_locked_tells_that_the_lock_would_change() {
    let mut lab = lab();
    let ran = on("2026-03-01", &lab, repository(&["kunde.example: mailer"]).args(["lock"]))
        .any_stderr()
        .run();
    lab.change([mailer("mx1 A 192.0.2.7\nmx2 A 192.0.2.2")]);
    then(&ran, "2026-03-01", &lab, &["update", "--locked"])
        .stderr(
            "      New mx1.mailer.example 192.0.2.7\n     \
                  Gone mx1.mailer.example 192.0.2.1\n     \
                  Gone mx1.mailer.example 2001:db8::1\n\
             error: `mxward.lock` would change, and `--locked` forbids that: run this without `--locked`\n",
        )
        .status(4)
        .expect_file("mxward.lock", LOCKED)
        .run();
}

/// A lock with two domains, of which the repository has one.
fn with_leftovers() -> (Lab, Test, String) {
    let lab = Lab::new([kunde(), mailer("mx1 A 192.0.2.1\nmx2 A 192.0.2.2\nmx3 A 192.0.2.3")]);
    let lock = LOCKED.replace(
        "domains:\n",
        "  mx3.mailer.example:\n    dnssec: secure\n    addresses:\n      - 192.0.2.3 since 2026-01-01\n\
         domains:\n  gone.example: { dnssec: secure, since: 2026-01-01, mx: [10 mx3.mailer.example] }\n",
    );
    (lab, repository(&["kunde.example: mailer"]).file("mxward.lock", &lock), lock)
}

#[test]
fn lock_drops_what_nobody_needs() {
    let (lab, test, _) = with_leftovers();
    on("2026-03-02", &lab, test.args(["lock"]))
        .stderr(
            " Removing gone.example\n Removing mx3.mailer.example\n   Locked 2 hosts, 1 domain\n",
        )
        .expect_file("mxward.lock", LOCKED)
        .run();
}

#[test]
fn lock_locked_tells_that_something_would_be_dropped() {
    let (_lab, test, lock) = with_leftovers();
    test.args(["lock", "--locked", "--quiet"])
        .stderr("error: `mxward.lock` would change, and `--locked` forbids that: run this without `--locked`\n")
        .status(4)
        .expect_file("mxward.lock", lock)
        .run();
}

#[test]
fn compile_adds_to_the_lock_and_drops_nothing() {
    let (lab, test, _) = with_leftovers();
    let arguments = lab.validates_itself(lab.plain());
    let with = "  mx3.mailer.example:\n    dnssec: secure\n    addresses:\n      - 192.0.2.3 since 2026-01-01\n\
                domains:\n  gone.example: { dnssec: secure, since: 2026-01-01, mx: [10 mx3.mailer.example] }\n";
    let ran = test
        .file("mxward.lock", format!("version: 1\nhosts:\n{with}"))
        .args(["compile", "--quiet"])
        .args(arguments.iter().map(String::as_str))
        .any_stdout()
        .run();
    let lock = ran.read("mxward.lock");
    for part in ["mx1.mailer.example:\n", with, "  kunde.example: { dnssec: secure"] {
        assert!(lock.contains(part), "{part}\n{lock}");
    }
}

#[test]
fn update_of_a_name_asks_for_it_and_its_hosts_alone() {
    let mut lab = Lab::new([
        kunde(),
        Zone::signed("other.example", "@ MX 10 mx3.mailer.example."),
        mailer("mx1 A 192.0.2.1\nmx2 A 192.0.2.2\nmx3 A 192.0.2.3"),
    ]);
    let domains = ["kunde.example: mailer", "other.example: mailer"];
    let ran = on("2026-03-01", &lab, repository(&domains).args(["lock"])).any_stderr().run();
    lab.change([mailer("mx1 A 192.0.2.11\nmx2 A 192.0.2.12\nmx3 A 192.0.2.13")]);
    then(&ran, "2026-03-02", &lab, &["update", "mx2.mailer.example"])
        .stderr(
            "      New mx2.mailer.example 192.0.2.12\n     \
                  Gone mx2.mailer.example 192.0.2.2\n   \
                Locked 3 hosts, 2 domains\n",
        )
        .run();
    then(&ran, "2026-03-02", &lab, &["update", "other.example"])
        .stderr(
            "      New mx3.mailer.example 192.0.2.13\n     \
                  Gone mx3.mailer.example 192.0.2.3\n   \
                Locked 3 hosts, 2 domains\n",
        )
        .run();
    let lock = ran.read("mxward.lock");
    assert!(
        lock.contains("\nchecked: 2026-03-01\n"),
        "only `update` of everything moves it: {lock}"
    );
    assert!(lock.contains("      - 192.0.2.1 since 2026-03-01\n"), "{lock}");
}

#[test]
fn update_of_a_domain_asks_for_the_listed_hosts_of_its_template() {
    let mut lab = lab();
    let ran = on("2026-03-01", &lab, repository(&["kunde.example: fixed"]).args(["lock"]))
        .any_stderr()
        .expect_file("mxward.lock", LOCKED)
        .run();
    lab.change([mailer("mx1 A 192.0.2.1\nmx1 AAAA 2001:db8::1\nmx2 A 192.0.2.12")]);
    then(&ran, "2026-03-02", &lab, &["update", "kunde.example"])
        .stderr_has("      New mx2.mailer.example 192.0.2.12\n")
        .run();
}

#[test]
fn names_that_are_none_or_that_nobody_needs_are_refused() {
    for (name, message) in [
        ("stranger.example", "nothing in the repository needs facts about `stranger.example`"),
        ("a..b", "`a..b` is not a name: a label is empty"),
        ("\u{1b}[31m", "`\\u{1b}[31m` is not a name: `\\u{1b}` cannot stand in a name"),
    ] {
        let ran = repository(&["kunde.example: mailer"])
            .file("mxward.lock", LOCKED)
            .args(["update", name])
            .any_stderr()
            .status(64)
            .expect_file("mxward.lock", LOCKED)
            .run();
        assert!(
            ran.stderr.starts_with("error: ") && !ran.stderr.contains('\u{1b}'),
            "{}",
            ran.stderr
        );
        assert_eq!(ran.stderr, format!("error: {message}\n"));
    }
}

/// Servers turn the records of an answer from query to query.
#[test]
fn the_order_of_answers_does_not_change_the_lock() {
    let turned = Lab::new([
        Zone::signed("kunde.example", "@ MX 10 mx1.mailer.example.\n@ MX 20 mx2.mailer.example."),
        mailer("mx2 A 192.0.2.4\nmx2 A 192.0.2.3\nmx2 A 192.0.2.2\nmx1 A 192.0.2.1"),
    ]);
    let straight = Lab::new([
        kunde(),
        mailer("mx1 A 192.0.2.1\nmx2 A 192.0.2.2\nmx2 A 192.0.2.3\nmx2 A 192.0.2.4"),
    ]);
    let lock = |lab: &Lab| {
        let test = repository(&["kunde.example: mailer"]).args(["lock"]);
        on("2026-03-01", lab, test).any_stderr().run().read("mxward.lock")
    };
    let first = lock(&straight);
    for _ in 0..4 {
        assert_eq!(lock(&turned), first);
    }
}
