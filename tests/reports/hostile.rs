//! Nothing of a value is markup or an order.

use super::{all_are_valid, every_form};
use crate::harness::Test;

/// What values may hold: markup, orders to runners and terminals, what XML and JSON cannot hold.
const HOSTILE: &str = "<img src=x onerror=y> ]]> --> [x](https://evil.example) @team #1 www.evil.example | \
                       {{x}} %0A::error::x ##[add-mask]y";

/// A value that breaks out of code spans that are counted carelessly.
const TICKS: &str = "``` <script> ` \\\\| <b>";

#[test]
fn values_of_a_repository_are_shown_and_not_obeyed() {
    let odd = "\\u001b[31m\\u009b2J\\u202e\\u200b\\ufffe\\r\\n::warning::z";
    let text = format!(
        "version: 1\ndomains:\n  a.example: \"{HOSTILE}\"\n  b.example: {{ level: \"{TICKS}{odd}\" }}\n  \
         c.example: {{ \"{HOSTILE}{odd}\": 1 }}\n"
    );
    let test = Test::new().file("mxward.yaml", text).args(["check"]);
    let ran = every_form(test).any_stdout().status(3).run();
    all_are_valid(&ran, "check-report");
    for (_, file) in super::FORMS {
        let report = ran.read(&format!("out/{file}"));
        assert!(report.contains("evil"), "{file} shows the value");
        let acts = |c: char| c.is_control() && c != '\n' || "\u{202e}\u{200b}\u{fffe}".contains(c);
        let programs = ["report.json", "report.jsonl"].contains(file);
        assert!(programs || !report.contains(acts), "{file}: {report:?}");
    }
    let markdown = ran.read("out/report.md");
    assert_eq!(outside_of_code(&markdown), Vec::<String>::new(), "{markdown}");
    let github = ran.read("out/github");
    assert!(github.contains("%250A::error::x"), "{github}");
    let commands = github.lines().map(str::trim_start).filter(|it| it.starts_with("::"));
    assert_eq!(commands.count(), 3, "{github}");
}

#[test]
fn values_of_a_deployed_map_are_shown_and_not_obeyed() {
    let deployed = format!(
        "a.example may\n<b>{TICKS} {HOSTILE}\n::error::\u{1b}[2J secure\n@team {HOSTILE}\n"
    );
    let repository = "\
version: 1
domains:
  a.example: { level: encrypt }
targets:
  mx: { postfix: \"3.7\", security_level: dane, map_type: lmdb, deployed: \"file:deployed\", unmanaged: remove }
";
    let test = Test::new()
        .file("mxward.yaml", repository)
        .file("deployed/transport", format!("evil.example smtp:[{HOSTILE}]\n"))
        .file("deployed/tls_policy", deployed)
        .args(["diff"]);
    let ran = every_form(test).any_stdout().run();
    all_are_valid(&ran, "diff-report");
    let markdown = ran.read("out/report.md");
    assert!(markdown.contains("&lt;b&gt;"), "{markdown}");
    assert_eq!(outside_of_code(&markdown), Vec::<String>::new(), "{markdown}");
}

/// Pieces of a page that GitHub would take for HTML, a mention, a reference or a link, where they do
/// not stand in a code span; the page's own markup is left out.
fn outside_of_code(markdown: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in markdown.lines() {
        let own = line.replace("<br>", "").replace("<details><summary>", "");
        let mut rest = own.replace("</summary>", "").replace("</details>", "").replace("\\`", "");
        while let Some((before, behind)) = rest.split_once('`') {
            let after = behind.split_once('`').map_or("", |(_, after)| after);
            rest = format!("{before}{after}");
        }
        for sign in ["<", "@", "#1", "](", "www.", "https:/"] {
            let text = rest.replace("@&#8203;", "").replace("###", "");
            if text.contains(sign) {
                found.push(format!("{sign} in {text}"));
            }
        }
    }
    found
}

#[test]
fn the_log_of_a_runner_has_no_orders() {
    let text = "version: 1\ndomains:\n  a.example: \"x ##[add-mask]y\"\n";
    let test = Test::new().file("mxward.yaml", text).variable("GITHUB_ACTIONS", "true");
    let ran = test.args(["check"]).any_stdout().status(3).run();
    assert!(ran.stdout.contains("# #[add-mask]y") && !ran.stdout.contains("##["), "{}", ran.stdout);
    let ran = ran.then().variable("GITHUB_ACTIONS", "true").args(["compile"]);
    let ran = ran.any_stderr().status(3).run();
    assert!(ran.stderr.contains("# #[add-mask]y") && !ran.stderr.contains("##["), "{}", ran.stderr);
    let ran = ran.then().args(["check"]).any_stdout().status(3).run();
    assert!(ran.stdout.contains("##[add-mask]y"), "elsewhere it means nothing");
}
