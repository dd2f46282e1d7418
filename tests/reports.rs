//! Reports for pipelines and platforms.

mod forms;
mod hostile;
mod limits;
mod places;
mod schemas;
mod stopped;
mod streams;

use crate::harness::{Ran, Test, python, root, validate};
use std::path::PathBuf;

/// Every form that is no plain text, with the name of its file below `out/`.
const FORMS: &[(&str, &str)] = &[
    ("json", "report.json"),
    ("jsonl", "report.jsonl"),
    ("markdown", "report.md"),
    ("sarif", "report.sarif"),
    ("junit", "junit.xml"),
    ("github", "github"),
    ("gitlab", "gitlab.json"),
    ("rdjsonl", "report.rdjsonl"),
];

/// Checks a JUnit report as strict readers do: known elements and attributes only, counts that are
/// true, and one test case of a name.
const JUNIT: &str = "
import sys
import xml.etree.ElementTree as tree
known = {
    'testsuites': ({'name', 'tests', 'failures'}, {'testsuite'}),
    'testsuite': ({'name', 'tests', 'failures', 'errors', 'skipped'}, {'testcase'}),
    'testcase': ({'classname', 'name'}, {'failure', 'skipped', 'system-out'}),
    'failure': ({'type', 'message'}, set()),
    'skipped': ({'message'}, set()),
    'system-out': (set(), set()),
}
root = tree.fromstring(sys.stdin.buffer.read())
assert root.tag == 'testsuites', root.tag
for element in root.iter():
    attributes, children = known[element.tag]
    assert set(element.attrib) == attributes, (element.tag, element.attrib)
    assert {child.tag for child in element} <= children, element.tag
for suite in root:
    cases = list(suite)
    assert cases, 'a suite without test cases'
    for name, tag in [('failures', 'failure'), ('skipped', 'skipped')]:
        count = sum(1 for case in cases if case.find(tag) is not None)
        assert int(suite.get(name)) == count, (name, suite.get(name), count)
    assert int(suite.get('tests')) == int(root.get('tests')) == len(cases)
    assert suite.get('failures') == root.get('failures')
    assert all(len(case) <= 1 for case in cases)
    names = {(case.get('classname'), case.get('name')) for case in cases}
    assert len(names) == len(cases), 'two test cases of one name'
";

/// Asks for every form, each in a file below `out/`.
fn every_form(test: Test) -> Test {
    FORMS
        .iter()
        .fold(test, |test, (form, file)| test.args(["--report", &format!("{form}=out/{file}")]))
}

/// Checks the files of a run that was asked for every form.
#[track_caller]
fn all_are_valid(ran: &Ran, schema: &str) {
    let fixtures = |name: &str| root().join("tests/fixtures/reports").join(name);
    validate(&fixtures("sarif.schema.json"), &one_line(&ran.read("out/report.sarif")));
    validate(&fixtures("gitlab.schema.json"), &one_line(&ran.read("out/gitlab.json")));
    let lines = ran.read("out/report.rdjsonl");
    if !lines.is_empty() {
        validate(&fixtures("rdjsonl.schema.json"), &lines);
    }
    validate(&schema_file(schema), &one_line(&ran.read("out/report.json")));
    validate(&schema_file("report-line"), &ran.read("out/report.jsonl"));
    python(JUNIT, &[], &ran.read("out/junit.xml"));
    assert!(ran.read("out/report.md").len() <= 65_000);
}

fn schema_file(kind: &str) -> PathBuf {
    root().join("schemas").join(format!("{kind}.schema.json"))
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

fn one_line(text: &str) -> String {
    json(text).to_string() + "\n"
}
