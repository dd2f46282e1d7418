//! Records, policies and MX patterns of MTA-STS against the test suites of others.

use super::text;
use mxward::mta_sts::{Policy, PolicyMx, Record, find_record};
use mxward::names::DomainName;
use serde_json::Value;
use std::collections::BTreeSet;

const VECTORS: &str = "data/mta-sts-vectors.json";
const DIFFERENCES: &str = include_str!("../../.ci/conformance/mta-sts-differences.tsv");

/// Whether we accept, or match, what the case holds.
fn verdict(case: &Value) -> bool {
    let input = &case["input"];
    match case["kind"].as_str().unwrap() {
        "record" => Record::parse(input.as_str().unwrap().as_bytes()).is_ok(),
        "recordset" => {
            let joined = |strings: &Value| {
                strings
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|it| it.as_str().unwrap())
                    .collect::<String>()
            };
            let records: Vec<String> = input.as_array().unwrap().iter().map(joined).collect();
            matches!(find_record(&records), Ok(Some(_)))
        }
        "policy" => Policy::parse(input.as_str().unwrap().as_bytes()).is_ok(),
        "mxmatch" => {
            let Ok(host) = DomainName::parse(input.as_str().unwrap()) else { return false };
            let patterns = case["patterns"].as_array().unwrap();
            patterns.iter().any(|pattern| {
                PolicyMx::parse(pattern.as_str().unwrap()).is_ok_and(|it| it.covers(&host))
            })
        }
        kind => panic!("a case of the kind {kind}"),
    }
}

#[test]
fn every_vector_gets_its_verdict_but_for_the_argued_differences() {
    let cases: Vec<Value> = serde_json::from_str(&text(VECTORS)).unwrap();
    assert_eq!(cases.len(), 100);
    let mut differences = BTreeSet::new();
    for case in &cases {
        let expected = matches!(case["expect"].as_str().unwrap(), "accept" | "match");
        if verdict(case) != expected {
            differences.insert(format!("{}\t{}", case["kind"].as_str().unwrap(), case["input"]));
        }
    }
    let argued = DIFFERENCES.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let argued: BTreeSet<String> = argued
        .map(|line| {
            let mut fields = line.splitn(3, '\t');
            let case = format!("{}\t{}", fields.next().unwrap(), fields.next().unwrap());
            assert!(fields.next().is_some_and(|why| why.contains("RFC 8461")), "{line}");
            case
        })
        .collect();
    assert_eq!(differences, argued);
}
