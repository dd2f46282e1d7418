//! Nothing of a value is markup or a script.

use super::driver::Browser;
use crate::harness::{Ran, Test, wait_for};
use std::fmt::Write as _;

/// What ends elements, attributes and strings, and what reorders or hides text.
const HOSTILE: &str =
    "</script><script>hit=1</script><!--<script>\"'&lt;<img src=x onerror=hit=1>\u{2028}\u{202e}";

/// The same in a string of YAML.
fn quoted() -> String {
    let mut text = String::from("\"");
    for c in HOSTILE.chars() {
        match c {
            '"' => text.push_str("\\\""),
            c if c.is_ascii() => text.push(c),
            c => write!(text, "\\u{:04x}", u32::from(c)).unwrap(),
        }
    }
    text + "\""
}

/// A repository in which everything that may hold text holds it.
fn hostile() -> Ran {
    let value = quoted();
    let name = HOSTILE.replace('/', "") + ".yaml";
    let include = value.replace('/', "").trim_end_matches('"').to_owned() + ".yaml\"";
    Test::new()
        .file(
            "mxward.yaml",
            format!(
                "version: 1\ninclude: [{include}]\ndefaults: {{ route: mx }}\ntargets:\n  \
                 mx: {{ postfix: \"3.10\", security_level: dane, map_type: lmdb, ca: /etc/ssl/ca.pem }}\n"
            ),
        )
        .file(
            name.as_str(),
            format!(
                "domains:\n  a.example: {{ level: may, reason: {value}, until: 2027-01-01 }}\n  \
                 b.example: shared\n  c.example: {{ level: dane-only }}\n"
            ),
        )
        .file(
            "providers/shared.yaml",
            format!(
                "name: shared\ntitle: {value}\nmx_patterns: 'mx\\.shared\\.example'\n\
                 policy: {{ level: secure, match: mx.shared.example }}\n"
            ),
        )
        .args(["report", "--today", "2026-11-29", "--out", "page.html"])
        .any_stderr()
        .run()
}

#[test]
fn values_are_shown_and_not_obeyed() {
    let ran = hostile();
    let page = ran.read("page.html");
    assert!(!page.contains("<img"), "{page}");
    assert_eq!(page.matches("<script").count(), 2, "the data and the script");
    assert_eq!(page.matches("</script").count(), 2);
    assert_eq!(page.matches("<!--").count(), 0);
    let acts = |c: char| c.is_control() && c != '\n' || "\u{2028}\u{202e}".contains(c);
    assert!(!page.contains(acts));

    let browser = Browser::open(&ran.path().join("page.html"), 1280);
    wait_for("the rows", || {
        (browser.script("return document.querySelectorAll('#body tr').length") == 4).then_some(())
    });
    assert_eq!(browser.script("return typeof hit"), "undefined");
    assert_eq!(browser.script("return document.images.length"), 0);
    let shown = HOSTILE.replace('\u{2028}', "\\u{2028}").replace('\u{202e}', "\\u{202e}");
    let cells = "return [...document.querySelectorAll('td')].map(it => it.textContent).join('\\n')";
    let cells = browser.text(cells);
    let file = shown.replace('/', "") + ".yaml";
    for text in [
        format!("\n{shown}\n"),
        format!("\nuntil 2027-01-01: {shown}\n"),
        format!("\n{file}:2:3\n"),
    ] {
        assert!(cells.contains(&text), "{text:?} is not in:\n{cells}");
    }
    assert_eq!(browser.console(), Vec::<String>::new());
}
