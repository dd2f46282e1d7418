//! The repositories in `tests/cases`, whose comments say what is wrong with them.
//!
//! A case is one file. It begins with `mxward.yaml`; a line `# ==> PATH` begins another file. Under a
//! line stands what is found in it:
//!
//! ```yaml
//! domains:
//!   gmail.com: gogle
//!   #          ^^^^^ error[unknown-provider]: no provider named `gogle`
//!   #   help: did you mean `google`?
//! ```
//!
//! The carets stand under the place; in the first column the `#` is part of it. A place that carets
//! cannot show is written out: `# at 3:1-5:9 error[…]: …`, the end being the column behind the last
//! one. Hints follow as `# help: …`, other places as `# see domains/b.yaml:3:3: …`. What is not
//! written must not be found.

use crate::harness::{Test, assert_text, root};
use mxward::diag::printable;
use serde_json::Value;
use std::fmt::Write as _;

/// A file of a case with what must be found in it.
struct File {
    path: String,
    text: String,
    findings: Vec<String>,
}

#[test]
fn every_case_is_judged_as_its_comments_say() {
    let folder = root().join("tests/cases");
    let mut cases: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    for case in cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let files = split(&std::fs::read_to_string(&case).unwrap());
        let expected = files
            .iter()
            .flat_map(|file| &file.findings)
            .fold(String::new(), |text, finding| text + finding);
        assert!(!expected.is_empty(), "{name} has no mistake");
        let mut test = Test::new();
        for file in &files {
            test = test.file(&file.path, &file.text);
        }
        let ran = test
            .args(["check", "--report", "json", "--report", "text=text"])
            .any_stdout()
            .status(3)
            .run();
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_text(&name, &findings(&report), &expected);
        let shown = ran.read("text");
        let acts = |c: char| c.is_control() && c != '\n';
        assert_eq!(shown.find(acts), None, "{name} sends orders to the terminal:\n{shown}");
    }
}

/// The files of a case.
fn split(case: &str) -> Vec<File> {
    let mut files = vec![File::new("mxward.yaml")];
    for line in case.lines() {
        if let Some(path) = line.strip_prefix("# ==> ") {
            files.push(File::new(path));
            continue;
        }
        let file = files.last_mut().unwrap();
        file.note(line);
        writeln!(file.text, "{line}").unwrap();
    }
    files
}

impl File {
    fn new(path: &str) -> Self {
        Self { path: path.to_owned(), text: String::new(), findings: Vec::new() }
    }

    /// Takes in what a comment expects, if it does.
    fn note(&mut self, line: &str) {
        let Some(comment) = line.trim_start().strip_prefix('#') else { return };
        let said = comment.trim_start();
        if let Some(rest) = said.strip_prefix("at ") {
            self.findings.push(format!("{}:{rest}\n", self.path));
        } else if let Some(rest) = said.strip_prefix("nowhere ") {
            self.findings.push(format!("-: {rest}\n"));
        } else if said.starts_with("help: ") || said.starts_with("see ") {
            let last = self.findings.last_mut().expect("a hint belongs to a finding");
            writeln!(last, "  {said}").unwrap();
        } else if said.starts_with('^') {
            let rest = said.trim_start_matches('^');
            let before = line.chars().count() - said.chars().count();
            // Carets right behind the `#` begin with it.
            let start = if comment.starts_with('^') { before } else { before + 1 };
            let end = before + 1 + (said.len() - rest.len());
            let number = self.above();
            self.findings.push(format!("{}:{number}:{start}-{end}{rest}\n", self.path));
        }
    }

    /// The number of the last line that expects nothing.
    fn above(&self) -> usize {
        let lines: Vec<&str> = self.text.lines().collect();
        lines.iter().rposition(|line| !line.trim_start().starts_with('#')).map_or(1, |at| at + 1)
    }
}

/// The findings of a JSON report in the form of the comments.
fn findings(report: &Value) -> String {
    let mut text = String::new();
    for finding in report["findings"].as_array().unwrap() {
        let word = |key: &str| finding[key].as_str().unwrap();
        if finding["file"].is_null() {
            text.push('-');
        } else {
            let (line, end_line) = (&finding["line"], &finding["end_line"]);
            write!(text, "{}:{line}:{}-", word("file"), finding["column"]).unwrap();
            if line != end_line {
                write!(text, "{end_line}:").unwrap();
            }
            write!(text, "{}", finding["end_column"]).unwrap();
        }
        let separator = if finding["file"].is_null() { ":" } else { "" };
        writeln!(
            text,
            "{separator} {}[{}]: {}",
            word("severity"),
            word("code"),
            printable(word("message"))
        )
        .unwrap();
        for hint in finding["hints"].as_array().unwrap() {
            writeln!(text, "  help: {}", printable(hint.as_str().unwrap())).unwrap();
        }
        for other in finding["related"].as_array().unwrap() {
            let place = format!(
                "{}:{}:{}",
                other["file"].as_str().unwrap(),
                other["line"],
                other["column"]
            );
            writeln!(text, "  see {place}: {}", other["message"].as_str().unwrap()).unwrap();
        }
    }
    text
}
