//! Places and fingerprints, as platforms follow them from run to run.

use super::{every_form, json};
use crate::harness::{Ran, Test};

const DOMAINS: &str = "domains:\n  a.example: { level: wrong }\n  b.example: { level: wrong }\n";

fn check(folder: &str, args: &[&str]) -> Test {
    let test = Test::new().file(&format!("{folder}mxward.yaml"), format!("version: 1\n{DOMAINS}"));
    every_form(test.args(args.iter().copied())).any_stdout().status(3)
}

fn fingerprints(ran: &Ran) -> Vec<String> {
    let list = json(&ran.read("out/gitlab.json"));
    let list = list.as_array().unwrap().iter();
    list.map(|it| it["fingerprint"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn paths_begin_where_the_checkout_begins() {
    for (folder, args) in
        [("", &["check"][..]), ("mail/policy/", &["-C", "./mail/policy", "check"])]
    {
        let ran = check(folder, args).run();
        let path = format!("{folder}mxward.yaml");
        let gitlab = json(&ran.read("out/gitlab.json"));
        assert_eq!(gitlab[0]["location"]["path"], path);
        let sarif = json(&ran.read("out/report.sarif"));
        let location = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], path);
        assert!(ran.read("out/github").starts_with(&format!("::error file={path},line=3,col=")));
        let line = ran.read("out/report.rdjsonl");
        assert_eq!(json(line.lines().next().unwrap())["location"]["path"], path);
        // Programs know which folder they asked about.
        assert_eq!(json(&ran.read("out/report.json"))["findings"][0]["file"], "mxward.yaml");
    }
}

#[test]
fn an_absolute_folder_is_taken_from_the_checkout_that_the_platform_names() {
    for variable in ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"] {
        let test = check("policy/", &["check"]);
        let checkout = test.path().to_str().unwrap().to_owned();
        let policy = format!("{checkout}/policy");
        let ran = test.variable(variable, &checkout).args(["-C", &policy]).run();
        let gitlab = json(&ran.read("out/gitlab.json"));
        assert_eq!(gitlab[0]["location"]["path"], "policy/mxward.yaml");
    }
}

#[test]
fn what_is_about_no_file_stands_at_the_main_one() {
    let ran = every_form(Test::new().args(["check"])).any_stdout().status(3).run();
    let sarif = json(&ran.read("out/report.sarif"));
    let location = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "mxward.yaml");
    assert_eq!(location["region"], serde_json::json!({ "startLine": 1 }));
    assert!(ran.read("out/github").starts_with("::error title=mxward no-repository::there is no"));
}

#[test]
fn a_finding_that_moves_is_the_same_finding() {
    let first = check("", &["check"]).run();
    let before = fingerprints(&first);
    assert_eq!(before.len(), 2);
    assert_ne!(before[0], before[1], "two findings, though of one kind");
    let moved = format!("# a comment\n\nversion: 1\n\n{DOMAINS}");
    let again = every_form(first.then().file("mxward.yaml", moved).args(["check"]));
    let again = again.any_stdout().status(3).run();
    assert_eq!(fingerprints(&again), before);
    let fixed = DOMAINS.replace("a.example: { level: wrong }", "a.example: { level: may }");
    let fixed = every_form(again.then().file("mxward.yaml", format!("version: 1\n{fixed}")));
    let fixed = fixed.args(["check"]).any_stdout().status(3).run();
    assert_eq!(fingerprints(&fixed).len(), 1);
}

#[test]
fn columns_are_bytes_for_reviewdog_and_characters_for_others() {
    let test =
        Test::new().file("mxward.yaml", "version: 1\ndomains:\n  ü.example: { lewel: may }\n");
    let ran = every_form(test.args(["check"])).any_stdout().status(3).run();
    let line = json(ran.read("out/report.rdjsonl").lines().next().unwrap());
    assert_eq!(line["location"]["range"]["start"], serde_json::json!({ "line": 3, "column": 17 }));
    assert!(ran.read("out/github").starts_with("::error file=mxward.yaml,line=3,col=16,"));
}
