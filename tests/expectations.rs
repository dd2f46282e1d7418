//! `mxward test`

use crate::harness::Test;

/// A repository with two targets, and what its tests expect.
fn expecting(expect: &str) -> Test {
    let yaml = "version: 1
domains:
  a.example: { level: secure, match: [mx.a.example, .b.example] }
  relayed.example: { next_hop: \"[mx.r.example]\", level: encrypt }
  .sub.example: { level: dane-only }
targets:
  mta: { postfix: \"3.7\", security_level: may, map_type: lmdb, domains: none, relayhost: \"[out.example]\" }
  mx: { postfix: \"3.7\", security_level: dane, map_type: lmdb }
";
    Test::new()
        .file("mxward.yaml", yaml)
        .file("tests/a.yaml", format!("version: 1\nexpect:\n{expect}"))
        .args(["test", "--target", "mx"])
}

/// The only demand fails, for this reason.
fn fails(demand: &str, why: &str) {
    expecting(&format!("  {demand}\n"))
        .stdout_has(&format!("error[expectation-failed]: mail for {why}\n --> tests/a.yaml:3:"))
        .stdout_has("\n1 expectation, 1 target: 1 failure\n")
        .status(3)
        .run();
}

#[test]
fn what_holds_is_counted() {
    expecting(
        "  a.example: { at_least: secure, match: [.b.example, mx.a.example], next_hop: a.example }
  relayed.example: encrypt
  .sub.example: dane-only
  other.example: { at_least: dane, next_hop: other.example }
  b.example: { targets: mta, at_least: secure }
",
    )
    .stdout("5 expectations, 1 target: all hold\n")
    .run();
}

#[test]
fn each_demand_can_fail() {
    let policy = "the policy of `a.example` is `secure match=mx.a.example:.b.example`";
    fails(
        "relayed.example: verify",
        "`relayed.example` on target `mx`: the policy of `[mx.r.example]` is `encrypt`",
    );
    fails("a.example: { match: mx.a.example }", &format!("`a.example` on target `mx`: {policy}"));
    fails(
        "a.example: { next_hop: \"[mx.a.example]\" }",
        "`a.example` on target `mx`: mail goes to `a.example`",
    );
    // `secure` trusts CAs that TLSA records do without.
    fails(
        "a.example: { never_weaker_than: dane-only }",
        &format!("`a.example` on target `mx`: it is different; {policy}"),
    );
    fails(
        "a.example: { never_weaker_than: secure match=mx.a.example }",
        &format!("`a.example` on target `mx`: it is weaker; {policy}"),
    );
    fails(
        "other.example: encrypt",
        "`other.example` on target `mx`: the policy of `other.example` is `dane`",
    );
}

#[test]
fn an_expectation_holds_for_every_target_unless_it_names_some() {
    let expect = "  a.example: secure\n  other.example: { at_least: dane, targets: [mx] }\n";
    expecting(expect)
        .args(["--target", "mta"])
        .stdout_has(
            "mail for `a.example` on target `mta`: the policy of `[out.example]` is `may`\n",
        )
        .stdout_has("\n2 expectations, 2 targets: 1 failure\n")
        .status(3)
        .run();
    expecting("  a.example: { at_least: secure, targets: [mxx] }\n")
        .stderr_has("error[unknown-target]: no target named `mxx`\n")
        .stderr_has("= help: did you mean `mx`?\n")
        .status(3)
        .run();
}

#[test]
fn test_reports_of_platforms_count_what_holds() {
    expecting("  a.example: secure\n  relayed.example: secure\n")
        .args(["--report", "junit"])
        .stdout_has("<testsuite name=\"mxward test\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\">\n")
        .stdout_has("<testcase classname=\"mxward.test\" name=\"target mx: a.example\"/>\n")
        .stdout_has("<failure type=\"expectation-failed\" ")
        .status(3)
        .run();
}

#[test]
fn a_repository_without_expectations_tests_nothing_and_says_so() {
    expecting("")
        .without("tests/a.yaml")
        .stdout("no expectations\n")
        .stderr("nothing is tested: there is no tests/*.yaml\n")
        .run();
}
