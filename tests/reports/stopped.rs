//! A run that stops early, or that has no result of its own, reports what it said.

use super::{all_are_valid, every_form, json};
use crate::harness::Test;

const BROKEN: &str = "version: 1\ndomains:\n  a.example: gogle\n";

#[test]
fn a_command_that_cannot_compile_reports_why() {
    for command in ["diff", "compile", "update"] {
        let test = Test::new().file("mxward.yaml", BROKEN).args([command]);
        let ran = every_form(test).any_stderr().status(3).run();
        all_are_valid(&ran, "check-report");
        let report = json(&ran.read("out/report.json"));
        assert_eq!(report["findings"][0]["code"], "unknown-provider");
        assert_eq!(report["exit"]["reason"], "findings");
        let title = "::error file=mxward.yaml,line=3,col=14,title=mxward unknown-provider::";
        assert!(ran.read("out/github").starts_with(title));
        assert!(ran.read("out/report.md").starts_with(&format!("### mxward {command}\n")));
    }
}

#[test]
fn an_error_without_a_place_is_reported() {
    let test = Test::new().args(["-C", "nowhere", "diff"]);
    let ran = every_form(test).any_stderr().status(1).run();
    all_are_valid(&ran, "check-report");
    let report = json(&ran.read("out/report.json"));
    assert_eq!(report["findings"][0]["code"], "failed");
    assert_eq!(report["findings"][0]["file"], serde_json::Value::Null);
    assert_eq!(report["exit"], serde_json::json!({ "status": 1, "reason": "failed" }));
}

#[test]
fn text_of_a_stopped_run_is_said_once() {
    Test::new()
        .file("mxward.yaml", BROKEN.replace("gogle", "\"\\u001b[2J\""))
        .args(["diff", "--report", "text=out.txt"])
        .stderr_has("error[unknown-provider]")
        .status(3)
        .expect_file(
            "out.txt",
            "mxward.yaml:3:14: error[unknown-provider]: no provider named `\\u{1b}[2J`\n",
        )
        .run();
}

#[test]
fn a_command_without_a_result_reports_that_nothing_is_wrong() {
    let good = "version: 1\ndomains:\n  a.example: { level: encrypt }\n";
    let test = Test::new().file("mxward.yaml", good).args(["compile", "--out", "maps"]);
    let ran = every_form(test).any_stderr().run();
    all_are_valid(&ran, "check-report");
    assert_eq!(ran.read("out/gitlab.json"), "[]\n");
}

#[test]
fn a_wrong_command_line_writes_no_report() {
    Test::new()
        .file("mxward.yaml", BROKEN)
        .args(["check", "--report", "sarif=out.sarif", "--report", "nothing"])
        .any_stderr()
        .status(64)
        .expect_no_file("out.sarif")
        .run();
}
