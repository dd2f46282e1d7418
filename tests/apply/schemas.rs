//! What programs read is as `schemas/` says.

use super::{STRONGER, drift::drifted, repository};
use crate::harness::{Ran, Test, root, validate};
use std::path::PathBuf;

fn schema(kind: &str) -> PathBuf {
    root().join("schemas").join(format!("{kind}.schema.json"))
}

/// Validates a report, and gives it.
fn report(kind: &str, ran: &Ran) -> serde_json::Value {
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    validate(&schema(kind), &report.to_string());
    report
}

fn json(test: Test, args: &[&str], status: i32) -> Ran {
    let args = args.iter().copied().chain(["--report", "json"]);
    test.args(args).any_stdout().any_stderr().status(status).run()
}

#[test]
fn a_plan_and_its_report_are_as_their_schemas_say() {
    // Something weaker, something adopted, addresses and entries of others.
    let domains = "  a.example: { next_hop: \"[192.0.2.1]\", level: secure, match: [mx.a.example] }\n  \
                   b.example: { level: may }\n";
    let ran = json(repository(domains, "lmdb", ""), &["plan", "--out", "plan.json"], 5);
    let found = report("plan-report", &ran);
    assert_eq!(found["refused"][0]["guard"], "weaker");
    assert_eq!(found["refused"][0]["flag"], "--allow weaker=1");
    assert_eq!(found["exit"], serde_json::json!({ "status": 5, "reason": "refused" }));
    let plan: serde_json::Value = serde_json::from_str(&ran.read("plan.json")).unwrap();
    assert_eq!(plan, found["plan"]);
    validate(&schema("plan"), &plan.to_string());
}

#[test]
fn a_refusal_without_a_flag_says_so() {
    let test = repository(STRONGER, "lmdb", "");
    let found = report("plan-report", &json(test, &["apply", "--only", "neutral"], 5));
    assert_eq!(found["refused"][0]["guard"], "only");
    assert_eq!(found["refused"][0]["flag"], serde_json::Value::Null);
}

#[test]
fn drift_is_in_both_reports_as_their_schemas_say() {
    let ran = drifted();
    let plan = report("plan-report", &json(ran.then(), &["plan"], 0));
    assert_eq!(plan["plan"]["targets"][0]["drift"].as_array().unwrap().len(), 4);
    report("diff-report", &json(ran.then(), &["diff"], 0));
}

#[test]
fn apply_and_rollback_report_as_plan_does() {
    let ran = json(repository(STRONGER, "lmdb", ""), &["apply"], 0);
    report("plan-report", &ran);
    let rollback = ["rollback", "--allow", "weaker", "--allow", "empty"];
    report("plan-report", &json(ran.then(), &rollback, 0));
}
