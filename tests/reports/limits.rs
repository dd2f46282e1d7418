//! What platforms take, and what they cut.

use super::{all_are_valid, every_form, json};
use crate::harness::{Ran, Test};
use std::fmt::Write as _;

const TARGET: &str = "security_level: dane, map_type: lmdb, postfix: \"3.7\"";

/// A repository with so many domains of a provider that is not there.
fn findings(count: usize) -> Ran {
    let mut text = String::from("version: 1\ndomains:\n");
    for number in 0..count {
        writeln!(text, "  d{number}.example: {{ level: wrong }}").unwrap();
    }
    let test = Test::new().file("mxward.yaml", text).args(["check"]);
    every_form(test).any_stdout().status(3).run()
}

/// Maps in which every domain is weaker than before in a way of its own, for so many targets.
fn changes(count: usize, targets: usize) -> Ran {
    let mut text = String::from("version: 1\ndomains:\n  strong.example: { level: dane-only }\n");
    let mut deployed = String::from("strong.example may\n");
    for number in 0..count {
        writeln!(text, "  d{number}.example: {{ level: may }}").unwrap();
        writeln!(deployed, "d{number}.example secure match=mx{number}.example").unwrap();
    }
    text.push_str("targets:\n");
    let mut test = Test::new();
    for number in 0..targets {
        writeln!(text, "  t{number}: {{ {TARGET}, deployed: \"file:t{number}\" }}").unwrap();
        test = test.file(&format!("t{number}/tls_policy"), &deployed);
        test = test.file(&format!("t{number}/transport"), "# none\n");
    }
    every_form(test.file("mxward.yaml", text).args(["diff"])).any_stdout().run()
}

#[test]
fn six_thousand_findings_are_cut_where_platforms_cut_and_counted() {
    let ran = findings(6_000);
    all_are_valid(&ran, "check-report");

    let sarif = json(&ran.read("out/report.sarif"));
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 5_000);
    assert_eq!(results[4_999]["ruleId"], "more-findings");
    assert_eq!(
        results[4_999]["message"]["text"],
        "1,001 errors more, which do not fit into this report"
    );

    let github = ran.read("out/github");
    let commands = |kind: &str| github.lines().filter(|it| it.starts_with(kind)).count();
    assert_eq!((commands("::error "), commands("::notice ")), (10, 1));
    assert_eq!(github.lines().filter(|it| it.starts_with("error[unknown-value]: ")).count(), 5_990);
    assert!(github.contains(
        "::notice title=mxward check::5,990 errors without annotation: the log of this step has them\n"
    ));
    assert!(github.contains("::group::mxward check: 5,990 errors without annotation\n"));

    let markdown = ran.read("out/report.md");
    assert_eq!(markdown.matches("\n| **error** |").count(), 50);
    assert!(markdown.ends_with("\nand 5,950 errors more\n"));

    // These have no limit of their own.
    let list = json(&ran.read("out/gitlab.json"));
    let fingerprints: std::collections::BTreeSet<&str> =
        list.as_array().unwrap().iter().map(|it| it["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(fingerprints.len(), 6_000);
    assert_eq!(ran.read("out/report.rdjsonl").lines().count(), 6_000);
    assert_eq!(ran.read("out/report.jsonl").lines().count(), 6_002);
    assert!(ran.read("out/junit.xml").contains("tests=\"6000\" failures=\"6000\""));
}

#[test]
fn a_comment_on_many_changes_fits_and_counts_what_is_left_out() {
    let ran = changes(80, 16);
    all_are_valid(&ran, "diff-report");
    let markdown = ran.read("out/report.md");
    assert!(markdown.len() > 50_000, "the room is used: {}", markdown.len());
    assert!(!markdown.contains("\n| stronger |"), "what is worse comes first");
    for number in 0..16 {
        let head = format!("\n**t{number}**: 80 weaker, 1 stronger\n");
        let (_, of_target) = markdown.split_once(&head).unwrap();
        let (table, rest) = of_target.split_once("\nand ").unwrap();
        let left_out = 81 - table.matches("\n| **weaker** |").count();
        assert!(rest.starts_with(&format!("{left_out} more rows for {left_out} domains\n")));
    }
    // What is the same for all targets is said once.
    assert_eq!(ran.read("out/report.rdjsonl").lines().count(), 81);
}

#[test]
fn the_worst_of_all_targets_is_shown_before_lesser_changes_of_the_first() {
    let mut text = String::from("version: 1\ndomains:\n");
    let (mut first, mut last) = (String::new(), String::new());
    for number in 0..200 {
        let name = format!("a-domain-with-a-name-of-some-length-{number}.example");
        writeln!(
            text,
            "  {name}: {{ level: secure, match: [mx{number}.{name}, mx{number}.example] }}"
        )
        .unwrap();
        writeln!(first, "{name} may protocols=>=TLSv1.{}", number % 3).unwrap();
    }
    for number in 0..30 {
        writeln!(text, "  w{number}.example: {{ level: may }}").unwrap();
        writeln!(last, "w{number}.example secure match=mx{number}.example").unwrap();
    }
    text.push_str("targets:\n");
    let mut test = Test::new();
    for number in 0..20 {
        let deployed = if number == 19 { &last } else { &first };
        writeln!(text, "  t{number}: {{ {TARGET}, deployed: \"file:t{number}\" }}").unwrap();
        test = test.file(&format!("t{number}/tls_policy"), deployed);
        test = test.file(&format!("t{number}/transport"), "# none\n");
    }
    let test = test.file("mxward.yaml", text).args(["diff", "--report", "markdown=out.md"]);
    let markdown = test.any_stdout().run().read("out.md");
    assert!(markdown.len() <= 65_000);
    let (_, of_last) = markdown.split_once("**t19**").unwrap();
    let of_last = of_last.split("\n**t").next().unwrap();
    assert_eq!(of_last.matches("\n| **weaker** |").count(), 30);
    assert!(markdown.matches("\n| stronger |").count() > 20);
}
