//! What comes from outside gives no orders where it goes out.
//!
//! Doors and sinks, and where each pair is proven; this module has those that no other one has.
//!
//! - Configuration, lists, templates, names of included files → terminal: `front_end::rendered`, `front_end::lists`,
//!   `front_end::includes`; → HTML: `report::hostile`; → Markdown, JSON, SARIF, JUnit, annotations:
//!   `reports::hostile`.
//! - Anything → maps and the statements of a database as a file: `front_end::anything`, `postfix::output`, `fuzzing`.
//! - Keys and values → live tables: `sql::change`.
//! - Paths and bytes → the shell of another host: `host::conformance`, `host::places`.
//! - Replies of mail servers → terminal: `probe::commands`; certificates: `discover::cases`.
//! - Deployed maps → Markdown and platforms: `reports::hostile`, `diff::effects`.

mod deployed;
mod logs;
mod names;
mod sources;

use crate::harness::{Ran, Test};

/// Texts that mean something to a terminal, a runner, a shell, a database, or to readers of HTML,
/// Markdown and YAML.
const TEXTS: [&str; 16] = [
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "\u{9b}31m\u{85}x",
    "\u{202e}txet\u{200b}\u{2028}\u{feff}",
    "a\rb\u{8}\u{c}c",
    "</script><script>hit=1</script><!--",
    "<img src=x onerror=hit=1>&lt;",
    "[x](https://evil.example) www.evil.example @team #1 |",
    "` <b> `` ``` <b>",
    "::error::x %0A::error::x ##[add-mask]x",
    "'; DROP TABLE tlspolicies; -- \\",
    "$(touch pwned) `touch pwned` ; touch pwned",
    "{{ 7 * 7 }} {% for %} %s ${x}",
    "\"quoted\" 'twice'",
    ": - # { [ & * ! | > %",
    "--report=json=pwned",
    "m\u{fc}nchen \u{65e5}\u{672c}",
];

/// The forms of reports beside text that every command has.
const FORMS: [(&str, &str); 2] = [("json", "report.json"), ("markdown", "report.md")];

/// Those of commands that list findings.
const FINDINGS: [(&str, &str); 6] = [
    ("jsonl", "report.jsonl"),
    ("sarif", "report.sarif"),
    ("junit", "junit.xml"),
    ("github", "github"),
    ("gitlab", "gitlab.json"),
    ("rdjsonl", "report.rdjsonl"),
];

/// A run on a runner of GitHub that reports in these forms, each into a file below `out/`, and as text.
fn reported(test: Test, forms: &[(&str, &str)]) -> Test {
    let test = test.variable("GITHUB_ACTIONS", "true").args(["--report", "text"]);
    let test = forms
        .iter()
        .fold(test, |test, (form, file)| test.args(["--report", &format!("{form}=out/{file}")]));
    test.any_stdout().any_stderr()
}

/// Looks at everything that a run wrote: both streams, and the reports that were asked for.
#[track_caller]
fn is_harmless(ran: &Ran, forms: &[(&str, &str)]) {
    for text in [&ran.stdout, &ran.stderr] {
        is_plain(text);
        // What a runner takes as an order. [actions/runner `ActionCommand.cs`]
        for line in text.lines() {
            assert!(!line.trim_start().starts_with("::") && !line.contains("##["), "{line}");
        }
    }
    for (form, file) in forms {
        let text = ran.read(&format!("out/{file}"));
        match *form {
            "json" | "jsonl" | "sarif" | "gitlab" | "rdjsonl" => {
                let documents = serde_json::Deserializer::from_str(&text);
                for document in documents.into_iter::<serde_json::Value>() {
                    let document = document.unwrap_or_else(|error| panic!("{file}: {error}"));
                    assert!(document.is_object() || document.is_array(), "{text}");
                }
                // Where programs show texts as they are, as platforms do.
                if !matches!(*form, "json" | "jsonl") {
                    is_plain(&text);
                }
            }
            "markdown" => is_inert(&text),
            "github" => {
                is_plain(&text);
                for line in text.lines() {
                    let mut own = ["error ", "warning ", "notice ", "group::", "endgroup::"]
                        .iter()
                        .map(|it| format!("::{it}"));
                    let order = line.trim_start().starts_with("::") || line.contains("##[");
                    assert!(!order || own.any(|own| line.starts_with(&own)), "{line}");
                }
            }
            "junit" => {
                is_plain(&text);
                crate::harness::python(
                    "import sys, xml.etree.ElementTree as tree; tree.fromstring(sys.stdin.buffer.read())",
                    &[],
                    &text,
                );
            }
            other => panic!("nobody looks at {other}"),
        }
    }
    assert!(!ran.path().join("pwned").exists());
}

/// No character that a terminal acts on, or that hides or reorders others.
#[track_caller]
fn is_plain(text: &str) {
    let acts = |c: char| {
        c.is_control() && c != '\n' || "\u{ad}\u{200b}\u{2028}\u{2029}\u{202e}\u{feff}".contains(c)
    };
    assert_eq!(text.find(acts), None, "{text:?}");
}

/// Markdown in which no value is HTML, a link, a mention or a reference.
#[track_caller]
fn is_inert(markdown: &str) {
    is_plain(markdown);
    let mut fence: Option<&str> = None;
    for line in markdown.lines() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        // Between fences text is shown as it is. [GitHub Flavored Markdown §4.5]
        match fence {
            Some(open) => {
                let closes = ticks == line && ticks.len() >= open.len();
                fence = fence.filter(|_| !closes);
                continue;
            }
            None if ticks.len() >= 3 => {
                fence = Some(ticks);
                continue;
            }
            None => {}
        }
        let own = ["<br>", "<details>", "</details>", "<summary>", "</summary>", "###", "@&#8203;"];
        let own = own.iter().fold(line.replace("\\`", ""), |text, own| text.replace(own, ""));
        // What stands in code spans is shown as it is, too.
        let outside: String = own.split('`').step_by(2).collect();
        for sign in ["<", "@", "#1", "](", "www.", "https:/"] {
            assert!(!outside.contains(sign), "{sign} in {line}");
        }
    }
    assert_eq!(fence, None, "{markdown}");
}
