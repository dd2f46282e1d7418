//! The repositories in `tests/cases`, whose comments say what is wrong with them.
//!
//! A case is one file. It begins with `mxward.yaml`; a line `# ==> PATH` begins another file. Under a
//! line stands what is found in it:
//!
//! ```yaml
//! domains:
//!   gmail.com: gogle
//!   #          ^^^^^ error[unknown-provider]: no provider named `gogle`
//!   # help: did you mean `google`?
//! ```
//!
//! The carets stand under the place; in the first column the `#` is part of it. A place that carets
//! cannot show is written out: `# at 3:1-5:9 error[…]: …`, the end being the column behind the last
//! one. Hints follow as `# help: …`, other places as `# see domains/b.yaml:3:3: …`. What is not
//! written must not be found. `UPDATE=1 cargo test` writes the comments anew.

use crate::harness::{Test, assert_text, root};
use mxward::diag::printable;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What a comment begins with when it says what is found.
const NOTES: [&str; 5] = ["^", "at ", "nowhere ", "help: ", "see "];

/// A file of a case: its lines, each with what is found there.
#[derive(Clone, PartialEq)]
struct File {
    path: String,
    lines: Vec<(String, Vec<String>)>,
}

#[test]
fn every_case_is_judged_as_its_comments_say() {
    let folder = root().join("tests/cases");
    let mut cases: Vec<_> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    for case in cases {
        let text = std::fs::read_to_string(&case).unwrap();
        let mut files = split(&text);
        let found = loop {
            let found = judge(&files);
            // What is found says where, and comments move lines.
            if std::env::var_os("UPDATE").is_none() || found == files {
                break found;
            }
            files = found;
        };
        assert_ne!(notes(&found), 0, "{} has no mistake", case.display());
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&case, join(&found)).unwrap();
        } else {
            assert_text(&case.display().to_string(), &join(&found), &text);
        }
    }
}

/// Runs a case, and gives it with what was found as its notes.
fn judge(files: &[File]) -> Vec<File> {
    let mut test = Test::new();
    for file in files {
        test = test.file(&file.path, file.text());
    }
    let ran = test
        .args(["check", "--report", "json", "--report", "text=text"])
        .any_stdout()
        .status(3)
        .run();
    let shown = ran.read("text");
    let acts = |c: char| c.is_control() && c != '\n';
    assert_eq!(shown.find(acts), None, "orders for the terminal:\n{shown}");
    let mut by_place: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    for finding in report["findings"].as_array().unwrap() {
        let path = finding["file"].as_str().unwrap_or("mxward.yaml");
        let of = files.iter().position(|file| file.path == path).unwrap();
        let line = files[of].line(&finding["line"]);
        let notes = note(finding, files[of].lines.get(line).map_or("", |(line, _)| line));
        by_place.entry((of, line)).or_default().extend(notes);
    }
    let mut judged = files.to_vec();
    for (of, file) in judged.iter_mut().enumerate() {
        for (at, (_, notes)) in file.lines.iter_mut().enumerate() {
            *notes = by_place.remove(&(of, at)).unwrap_or_default();
        }
    }
    judged
}

/// A finding as comments, for below a line.
fn note(finding: &Value, line: &str) -> Vec<String> {
    let word = |key: &str| finding[key].as_str().unwrap();
    let number = |key: &str| usize::try_from(finding[key].as_u64().unwrap_or_default()).unwrap();
    let said = format!("{}[{}]: {}", word("severity"), word("code"), printable(word("message")));
    let (start, end) = (number("column"), number("end_column"));
    let blanks = line.len() - line.trim_start_matches(' ').len();
    let mut indent = " ".repeat(blanks);
    let one_line = finding["line"] == finding["end_line"];
    let first = if finding["file"].is_null() {
        format!("{indent}# nowhere {said}")
    } else if one_line && start == 1 && end > 2 {
        format!("#{} {said}", "^".repeat(end - start - 1))
    } else if one_line && start > 2 && end > start {
        // Between the `#` and the carets stands a blank at least.
        indent.truncate(start - 3);
        let gap = " ".repeat(start - indent.len() - 2);
        format!("{indent}#{gap}{} {said}", "^".repeat(end - start))
    } else {
        let line = if one_line { String::new() } else { format!("{}:", finding["end_line"]) };
        format!("{indent}# at {}:{start}-{line}{end} {said}", finding["line"])
    };
    let mut notes = vec![first];
    for hint in finding["hints"].as_array().unwrap() {
        notes.push(format!("{indent}# help: {}", printable(hint.as_str().unwrap())));
    }
    for other in finding["related"].as_array().unwrap() {
        let word = |key: &str| other[key].as_str().unwrap();
        let (file, line, column) = (word("file"), &other["line"], &other["column"]);
        notes.push(format!("{indent}# see {file}:{line}:{column}: {}", word("message")));
    }
    notes
}

/// The files of a case.
fn split(case: &str) -> Vec<File> {
    let file = |path: &str| File { path: path.to_owned(), lines: Vec::new() };
    let mut files = vec![file("mxward.yaml")];
    for line in case.lines() {
        let lines = &mut files.last_mut().unwrap().lines;
        let said = line.trim_start().strip_prefix('#').map(str::trim_start);
        if let Some(path) = line.strip_prefix("# ==> ") {
            files.push(file(path));
        } else if said.is_some_and(|said| NOTES.iter().any(|note| said.starts_with(note))) {
            lines.last_mut().expect("a line stands above").1.push(line.to_owned());
        } else {
            lines.push((line.to_owned(), Vec::new()));
        }
    }
    files
}

/// The text of a case.
fn join(files: &[File]) -> String {
    let mut text = String::new();
    for (at, file) in files.iter().enumerate() {
        if at > 0 {
            writeln!(text, "# ==> {}", file.path).unwrap();
        }
        text.push_str(&file.text());
    }
    text
}

fn notes(files: &[File]) -> usize {
    files.iter().flat_map(|file| &file.lines).map(|(_, notes)| notes.len()).sum()
}

impl File {
    fn text(&self) -> String {
        let mut text = String::new();
        for line in self.lines.iter().flat_map(|(line, notes)| [line].into_iter().chain(notes)) {
            text.push_str(line);
            text.push('\n');
        }
        text
    }

    /// The index of the line with this number in [`Self::text`]; the last one for none.
    fn line(&self, number: &Value) -> usize {
        let mut left = number.as_u64().unwrap_or(u64::MAX);
        for (at, (_, notes)) in self.lines.iter().enumerate() {
            let lines = 1 + notes.len() as u64;
            if left <= lines {
                return at;
            }
            left -= lines;
        }
        self.lines.len().saturating_sub(1)
    }
}
