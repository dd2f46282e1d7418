//! Files that are made to exhaust whoever reads them, and large ones that are not.

use crate::harness::Test;
use std::fmt::Write as _;

/// That many lines.
fn lines(count: u32, line: impl Fn(u32) -> String) -> String {
    (0..count).map(line).collect()
}

/// Checks a file that `mxward.yaml` includes, and one that includes nothing.
fn check(text: &str) -> [Test; 2] {
    let included = Test::new()
        .file("mxward.yaml", "version: 1\ninclude: a.yaml\n")
        .file("a.yaml", text)
        .args(["check"]);
    [included, Test::new().file("mxward.yaml", text).args(["check"])]
}

#[test]
fn nesting_is_refused_where_it_gets_too_deep() {
    let maps = lines(3000, |depth| format!("{}a:\n", " ".repeat(depth as usize)));
    for text in [
        "[".repeat(100_000),
        format!("domains: {}", "[".repeat(100_000)),
        format!("domains: {}", "{a: ".repeat(100_000)),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        maps,
    ] {
        for test in check(&text) {
            let part =
                "error[yaml-limit]: more than 64 mappings and sequences stand in each other\n";
            test.stdout_has(part).status(3).run();
        }
    }
}

#[test]
fn a_billion_laughs_are_refused() {
    let mut text = String::from("domains:\n  a0: &a0 { level: may }\n");
    for level in 1..10 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        writeln!(text, "  a{level}: &a{level} [{below}]").unwrap();
    }
    for test in check(&text) {
        test.stdout_has(
            "\
error[yaml-limit]: the aliases of this file repeat too much
",
        )
        .stdout_has("= help: the limit is 100000 values and brackets together\n")
        .status(3)
        .run();
    }
}

#[test]
fn an_alias_inside_of_its_own_value_is_refused() {
    for test in check("domains:\n  a.example: &a { match: [*a] }\n") {
        test.stdout_has("error[yaml-alias]: this alias stands inside the value that it repeats\n")
            .status(3)
            .run();
    }
}

#[test]
fn nul_bytes_and_invalid_utf_8_are_refused() {
    Test::new()
        .file("mxward.yaml", "version: 1\ndomains:\n  a.example\0: { level: may }\n")
        .args(["check"])
        .stdout(
            "\
error[yaml-syntax]: the control character 0x00 cannot stand in YAML
 --> mxward.yaml:3:12
  |
3 |   a.example\u{fffd}: { level: may }
  |            ^
  |
  = help: in text, write it as an escape in double quotes, such as `\"\\x1b\"`

1 error
",
        )
        .status(3)
        .run();
    Test::new()
        .file("mxward.yaml", b"version: 1\ndomains:\n  m\xfcnchen.example: google\n")
        .args(["check"])
        .stdout(
            "\
error[not-utf8]: the byte 0xfc is not UTF-8
 --> mxward.yaml:3:4
  |
3 |   m\u{fffd}nchen.example: google
  |    ^
  |
  = help: save the file as UTF-8

1 error
",
        )
        .status(3)
        .run();
}

#[test]
fn a_long_text_is_only_long() {
    let text = format!(
        "version: 1\ndomains:\n  a.example: {{ level: may, reason: \"{}\" }}\n",
        "x".repeat(2_000_000)
    );
    Test::new().file("mxward.yaml", text).args(["check"]).stdout_has("1 domain, 0 targets").run();
}

#[test]
fn a_hundred_thousand_anchors_are_only_many() {
    let lines =
        lines(100_000, |number| format!("  d{number}.example: &a{number} {{ level: may }}\n"));
    Test::new()
        .file("mxward.yaml", format!("version: 1\ndomains:\n{lines}"))
        .args(["check"])
        .stdout_has("100,000 domains, 0 targets")
        .run();
}

#[test]
fn a_million_domains_hit_no_limit() {
    let yaml = lines(100_000, |n| format!("  y{n}.example: *policy\n"));
    let plain = lines(100_000, |n| format!("  p{n}.example: {{ level: may }}\n"));
    let list = lines(800_000, |n| format!("l{n}.example\n"));
    Test::new()
        .file(
            "mxward.yaml",
            "version: 1\ninclude: [a.yaml, b.yaml, { list: list.txt, level: may }]\n",
        )
        .file(
            "a.yaml",
            format!(
                "domains:\n  first.example: &policy {{ level: secure, match: [a, b] }}\n{yaml}"
            ),
        )
        .file("b.yaml", format!("domains:\n{plain}"))
        .file("list.txt", list)
        .args(["check"])
        .stdout_has("1,000,001 domains, 0 targets")
        .run();
}
