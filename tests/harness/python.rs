//! Judges files with programs that are not ours.

use super::path;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Reads a schema and lines of JSON; fails with what is wrong with the first invalid one.
const VALIDATE: &str = "
import json, sys
from jsonschema import Draft7Validator as Validator
schema = json.load(open(sys.argv[1]))
Validator.check_schema(schema)
count = 0
for line in sys.stdin:
    count += 1
    for error in Validator(schema).iter_errors(json.loads(line)):
        sys.exit(f'line {count}: {list(error.absolute_path)}: {error.message[:1000]}')
print(count)
";

/// Runs a script of Python with arguments and standard input, and gives its standard output.
#[track_caller]
pub(crate) fn python(script: &str, args: &[&Path], stdin: &str) -> String {
    let mut child = Command::new("python3")
        .arg("-c")
        .arg(script)
        .args(args)
        .env("PATH", path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A script that stops early closes the pipe, and says why.
    let _ignored = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Validates lines of JSON, of which there must be some, with a schema of draft 7.
#[track_caller]
pub(crate) fn validate(schema: &Path, lines: &str) {
    let count = python(VALIDATE, &[schema], lines);
    assert_ne!(count.trim(), "0", "nothing to validate with {}", schema.display());
}

/// Whether a report is as `schemas/` says of its kind.
pub(crate) fn valid(kind: &str, report: &str) {
    let report: serde_json::Value = serde_json::from_str(report).unwrap();
    let schema = super::root().join("schemas").join(format!("{kind}.schema.json"));
    validate(&schema, &report.to_string());
}
