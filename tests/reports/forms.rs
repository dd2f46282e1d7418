//! Every form of one repository with findings and of one diff.

use super::{all_are_valid, every_form};
use crate::harness::{Test, root};

const BROKEN: &str = "\
version: 1
include: [domains/*.yaml]
defaults: { route: mx }
domains:
  münchen.example: { level: dane, lewel: may }
  a.example: gogle
targets:
  mx: { postfix: \"3.7\", security_level: dane, map_type: lmdb }
";

const CHANGED: &str = "\
version: 1
include: [domains/*.yaml]
defaults: { route: mx }
domains:
  google.example: google
  weaker.example: { level: may }
  other.example: { level: dane-only }
  pin.example: { next_hop: \"[192.0.2.1]\", level: secure }
targets:
  mx: { postfix: \"3.7\", security_level: dane, map_type: lmdb, deployed: \"file:deployed\" }
  mta: { postfix: \"3.7\", security_level: dane, map_type: lmdb, deployed: \"file:deployed\" }
  empty: { postfix: \"3.7\", security_level: dane, map_type: lmdb, deployed: \"file:nowhere\" }
  loose: { postfix: \"3.7\", security_level: dane, map_type: lmdb }
";

fn findings() -> Test {
    let team = "domains:\n  c.example: { level: encrypt }\n  c.example: { level: may }\n";
    let test =
        Test::new().file("policy/mxward.yaml", BROKEN).file("policy/domains/team.yaml", team);
    every_form(test.args(["-C", "policy", "check"])).status(3)
}

fn changes() -> Test {
    let team = "domains:\n  b.example: { level: encrypt }\n  c.example: { level: encrypt }\n";
    let policies = "\
google.example may
weaker.example secure match=mx.weaker.example
other.example secure match=mx.other.example
b.example secure
c.example secure
c.example none
dead.example. secure
foreign.example encrypt
";
    let test = Test::new()
        .file("policy/mxward.yaml", CHANGED)
        .file("policy/domains/team.yaml", team)
        .file("policy/deployed/transport", "dead.example. smtp:[mx.dead.example]\n")
        .file("policy/deployed/tls_policy", policies);
    every_form(test.args(["-C", "policy", "diff", "--exit-code"])).status(2)
}

#[test]
fn findings_come_in_every_form() {
    let ran = findings().golden("reports/check").run();
    all_are_valid(&ran, "check-report");
}

#[test]
fn changes_come_in_every_form() {
    let ran = changes().golden("reports/diff").run();
    all_are_valid(&ran, "diff-report");
}

#[test]
fn a_clean_repository_is_reported_too() {
    let clean = "version: 1\ndomains:\n  a.example: { level: encrypt }\n";
    let test = Test::new().file("mxward.yaml", clean).args(["check"]);
    let ran = every_form(test).golden("reports/clean").run();
    all_are_valid(&ran, "check-report");
}

#[test]
fn a_report_goes_to_standard_output_in_place_of_text() {
    let test = || Test::new().file("mxward.yaml", "version: 1\n");
    test()
        .args(["check", "--report", "github"])
        .stdout("mxward check: 0 domains, 0 targets: no findings\n")
        .run();
    test()
        .args(["check", "--report", "github", "--report", "text", "--report", "gitlab=gitlab.json"])
        .stdout(
            "mxward check: 0 domains, 0 targets: no findings\n\
             0 domains, 0 targets: no findings\n",
        )
        .expect_file("gitlab.json", "[]\n")
        .run();
}

#[test]
fn reports_do_not_spoil_each_other() {
    let test = || Test::new().file("mxward.yaml", "version: 1\n").status(64);
    test()
        .args(["check", "--report", "text", "--report", "sarif"])
        .stderr(
            "error: `text` and `sarif` cannot share standard output: give one a file, as in \
             `--report sarif=FILE`\n",
        )
        .run();
    test()
        .args(["check", "--report", "json=a", "--report", "gitlab=a"])
        .stderr("error: `json` and `gitlab` would both be written to `a`\n")
        .expect_no_file("a")
        .run();
    test()
        .args(["compile", "--report", "json"])
        .stderr(
            "error: maps and reports cannot share standard output: name a folder with `--out DIR`\n",
        )
        .run();
    test()
        .args(["check", "--report", "serif"])
        .stderr("error: no report format `serif`: did you mean `sarif`?\n")
        .run();
}

#[test]
fn what_is_no_list_of_findings_says_so() {
    Test::new()
        .file("mxward.yaml", "version: 1\n")
        .args(["explain", "a.example", "--report", "sarif=a", "--report", "json=b"])
        .stderr("error: this command finds nothing that `sarif` could list: use text, json or markdown\n")
        .expect_no_file("b")
        .status(64)
        .run();
}

const LINTED: &str = "\
version: 1
domains:
  clear.example: { level: none, reason: \"no STARTTLS\", until: 2026-01-31 }
  open.example: { level: may }
  strict.example: { level: secure, match: [mx.strict.example] }
targets:
  mx: { postfix: \"3.7\", security_level: dane, map_type: hash }
";

fn linted() -> Test {
    let test = Test::new().file("mxward.yaml", LINTED);
    every_form(test.args(["check", "--today", "2026-11-24"]))
}

#[test]
fn lints_come_in_every_form() {
    let ran = linted().status(3).golden("reports/lints").run();
    all_are_valid(&ran, "check-report");
}

/// The test report says what the exit status says.
#[test]
fn warnings_fail_test_cases_where_they_fail_the_run() {
    let calm = LINTED.replace("until: 2026-01-31", "until: 2027-01-31");
    let run = |args: &[&str], status| {
        let test = linted().file("mxward.yaml", &calm).args(args.iter().copied());
        let ran = test.any_stdout().status(status).run();
        all_are_valid(&ran, "check-report");
        let junit = ran.read("out/junit.xml");
        (junit.matches("<failure ").count(), junit.matches("<skipped ").count())
    };
    let (failures, skipped) = run(&[], 0);
    assert!(failures == 0 && skipped > 0, "{failures} {skipped}");
    assert_eq!(run(&["--deny-warnings"], 3), (skipped, 0));
}

#[test]
fn the_manual_names_every_form_and_every_schema() {
    #[expect(clippy::disallowed_methods, reason = "reads a file of the project")]
    let page = std::fs::read_to_string(root().join("docs/reference/reports.md")).unwrap();
    let test = Test::new().args(["check", "--report", "nothing-like-it"]).any_stderr().status(64);
    let error = test.run().stderr;
    let names: Vec<&str> = error.trim_end().split_once("use ").unwrap().1.split(", ").collect();
    assert!(names.len() > 8, "{error}");
    for name in names {
        assert!(page.contains(&format!("\n| `{name}` | ")), "{name}");
    }
    for kind in ["check-report", "diff-report", "report-line"] {
        assert!(page.contains(kind), "{kind}");
    }
}
