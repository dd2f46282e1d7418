//! `lints:` of mxward.yaml, and what `check` makes of levels.

use super::{LOCK, TODAY, check};
use crate::harness::Test;

const HASH: &str = "\
targets:
  mx: { postfix: \"3.10\", security_level: dane, map_type: hash }
";

#[test]
fn a_level_decides_what_a_finding_is() {
    let run = |level: &str| check(&format!("lints: {{ map-type-hash: {level} }}\n{HASH}"), LOCK);
    run("allow").stdout("0 domains, 1 target: no findings\n").run();
    run("note").stdout_has("note[map-type-hash]").run();
    run("warn").stdout_has("warning[map-type-hash]").run();
    run("deny").stdout_has("error[map-type-hash]").status(3).run();
}

#[test]
fn denied_warnings_fail_and_notes_do_not() {
    let run = |level: &str| {
        let yaml = format!("lints: {{ map-type-hash: {level} }}\n{HASH}");
        check(&yaml, LOCK).args(["--deny-warnings"]).any_stdout()
    };
    run("note").run();
    run("warn").status(3).run();
}

#[test]
fn an_unknown_lint_is_an_error_with_the_nearest_name() {
    check("lints: { map-typ-hash: allow, nothing-alike-at-all: warn }\n", LOCK)
        .status(3)
        .stdout(
            "\
error[unknown-lint]: no lint named `map-typ-hash`
 --> mxward.yaml:2:10
  |
2 | lints: { map-typ-hash: allow, nothing-alike-at-all: warn }
  |          ^^^^^^^^^^^^
  |
  = help: did you mean `map-type-hash`?
  = help: docs/reference/lints.md lists all of them

error[unknown-lint]: no lint named `nothing-alike-at-all`
 --> mxward.yaml:2:31
  |
2 | lints: { map-typ-hash: allow, nothing-alike-at-all: warn }
  |                               ^^^^^^^^^^^^^^^^^^^^
  |
  = help: docs/reference/lints.md lists all of them

2 errors
",
        )
        .run();
}

#[test]
fn a_lint_that_guards_cannot_be_silenced() {
    check("lints: { level-none: allow, exception-expired: note }\n", LOCK)
        .status(3)
        .stdout(
            "\
error[lint-guards]: `level-none` cannot be set to `allow`: it guards against less security than the repository says
 --> mxward.yaml:2:22
  |
2 | lints: { level-none: allow, exception-expired: note }
  |                      ^^^^^
  |
  = help: write `warn`

error[lint-guards]: `exception-expired` cannot be set to `note`: it guards against less security than the repository says
 --> mxward.yaml:2:48
  |
2 | lints: { level-none: allow, exception-expired: note }
  |                                                ^^^^
  |
  = help: write `warn`

2 errors
",
        )
        .run();
    let yaml = "lints: { level-none: warn }\ndomains: { a.example: { level: none } }\n";
    check(yaml, LOCK).stdout_has("warning[level-none]").run();
}

#[test]
fn a_level_is_one_of_four_words() {
    check("lints: { map-type-hash: off }\n", LOCK)
        .status(3)
        .stdout_has("error[unknown-value]: the level of `map-type-hash` cannot be `off`")
        .stdout_has("= help: write one of `allow`, `note`, `warn`, `deny`")
        .run();
    check("lints: [map-type-hash]\n", LOCK)
        .status(3)
        .stdout_has(
            "error[wrong-type]: `lints` must be a mapping from lint to level, not a sequence",
        )
        .run();
    check("lints:\n", LOCK).stdout("0 domains, 1 target: no findings\n").run();
}

#[test]
fn levels_stand_in_mxward_yaml_only() {
    check("include: [domains/a.yaml]\n", LOCK)
        .file("domains/a.yaml", "lints: { map-type-hash: allow }\n")
        .status(3)
        .stdout_has("error[unknown-key]: an included file has no key `lints`")
        .run();
}

#[test]
fn only_the_targets_that_were_asked_for_are_judged() {
    let targets = "targets:\n  \
                     a: { postfix: \"3.10\", security_level: none, map_type: hash }\n  \
                     b: { postfix: \"3.10\", security_level: dane, map_type: lmdb }\n";
    check(targets, LOCK).args(["--target", "b"]).stdout("0 domains, 1 target: no findings\n").run();
    check(targets, LOCK).stdout_has("[default-none]").stdout_has("[map-type-hash]").run();
}

#[test]
fn what_stands_in_the_files_is_judged_also_when_facts_are_missing() {
    check(
        "domains:\n  \
           new.example: { provider: hostpoint, route: pin, reason: \"r\", until: 2026-01-01 }\n",
        LOCK,
    )
    .status(3)
    .stdout_has("error[lock-incomplete]: the MX set of `new.example` is not in `mxward.lock`")
    .stdout_has("error[exception-expired]: the exception for this entry ended on 2026-01-01")
    .run();
}

#[test]
fn a_newer_format_is_not_judged() {
    Test::new()
        .file("mxward.yaml", format!("version: 2\n{HASH}"))
        .args(["check", "--today", TODAY])
        .status(3)
        .stdout_has("error[newer-version]")
        .stdout_has("\n1 error\n")
        .run();
}

#[test]
fn findings_are_in_every_report() {
    let run = |format: &str| check(HASH, LOCK).args(["--report", format]);
    run("json")
        .stdout_has("\"code\": \"map-type-hash\"")
        .stdout_has("\"severity\": \"note\"")
        .stdout_has("\"targets\": 1")
        .run();
    run("markdown")
        .stdout_has(
            "| note | mxward.yaml\\:3\\:58 | a `postmap` that is killed leaves a `hash` map empty",
        )
        .stdout_has("| map-type-hash |")
        .run();
}

#[test]
fn a_repository_of_many_domains_has_a_finding_for_what_is_said_and_not_for_each() {
    let names: String =
        (0..2000).fold(String::new(), |list, at| list + &format!("d{at}.example\n"));
    check("include: [{ list: domains/many.txt, level: verify }]\n", LOCK)
        .file("domains/many.txt", names)
        .stdout(
            "\
warning[verify-without-match]: `verify` without `match` trusts the MX records of `d0.example` and 1,999 more, which can be forged
 --> mxward.yaml:2:44
  |
2 | include: [{ list: domains/many.txt, level: verify }]
  |                                            ^^^^^^
  |
  = help: write `level: secure` and `match: [NAME]`, the name in the certificate

2,000 domains, 1 target: 1 warning
",
        )
        .run();
}
