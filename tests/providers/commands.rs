//! `mxward providers`

use crate::harness::Test;

const OWN: &str = "\
name: hostpoint
title: Hostpoint as we see it
mx_patterns: ['mx[12]\\.mail\\.hostpoint\\.ch']
hosts: [{ preference: 10, host: mx1.mail.hostpoint.ch }]
policy: { level: secure, match: [mx1.mail.hostpoint.ch] }
";

/// A run with the report in all three forms.
fn forms(test: Test, args: &[&str]) -> Test {
    let reports =
        ["--report", "text", "--report", "json=out/json", "--report", "markdown=out/markdown"];
    test.args(["providers"]).args(args.iter().copied()).args(reports)
}

#[test]
fn the_list_has_a_line_for_each_template() {
    forms(Test::new(), &["list"]).golden("providers/list").run();
    let list = forms(Test::new(), &[]).any_stdout().run();
    forms(Test::new(), &["list"]).stdout(list.stdout.as_str()).run();
}

#[test]
fn a_card_shows_one_template_with_its_evidence() {
    forms(Test::new(), &["show", "hostpoint"]).golden("providers/hostpoint").run();
    forms(Test::new(), &["show", "microsoft"]).golden("providers/microsoft").run();
    forms(Test::new(), &["show", "strato"]).golden("providers/strato").run();
}

#[test]
fn detection_tells_providers_from_what_looks_like_them() {
    let hosts = [
        "detect",
        "aspmx.l.google.com",
        "ALT1.ASPMX.L.GOOGLE.COM.",
        "mx-n.mailbox.org",
        "aspmx.l.google.com.example.org",
        "192.0.2.25",
        "a\u{1b}[2J|<b>",
    ];
    forms(Test::new(), &hosts).golden("providers/detect").run();
    forms(Test::new(), &["detect", "mx1.mail.hostpoint.ch", "mx2.mail.hostpoint.ch"])
        .stdout(
            "\
mx1.mail.hostpoint.ch  hostpoint
mx2.mail.hostpoint.ch  hostpoint
every host is one of `hostpoint`; template: `hostpoint`
",
        )
        .run();
}

#[test]
fn a_template_of_the_repository_takes_the_place_of_the_built_in_one() {
    let ran = Test::new()
        .file("providers/hostpoint.yaml", OWN)
        .args(["providers", "show", "hostpoint"])
        .stdout(
            "\
hostpoint: Hostpoint as we see it
  kind        mailbox, of this repository
  policy      secure
  match       mx1.mail.hostpoint.ch
  pin         discouraged
  hosts       10 mx1.mail.hostpoint.ch
  MX patterns mx[12]\\.mail\\.hostpoint\\.ch
",
        )
        .run();
    ran.then()
        .args(["providers"])
        .stdout_has(
            "\nhostpoint               secure              -    1      own  Hostpoint as we see it\n",
        )
        .stdout_has("\n92 templates, 1 of this repository; ")
        .run();
    // Only mx[12] are hosts for this one.
    ran.then()
        .args(["providers", "detect", "mx.hostpoint.ch"])
        .stdout("mx.hostpoint.ch  unknown\nno provider is known for these hosts\n")
        .run();
}

#[test]
fn a_name_that_is_not_there_is_answered_with_the_nearest() {
    Test::new()
        .args(["providers", "show", "gogle"])
        .stderr("error: no provider named `gogle`; did you mean `google`?\n")
        .status(64)
        .run();
    Test::new()
        .args(["providers", "show", "\u{1b}[31m"])
        .stderr("error: no provider named `\\u{1b}[31m`\n")
        .status(64)
        .run();
    Test::new()
        .args(["providers", "detect"])
        .stderr_has("required arguments were not provided")
        .status(64)
        .run();
}

#[test]
fn an_invalid_template_is_shown_and_nothing_else() {
    Test::new()
        .file("providers/own.yaml", "name: own\ntitle: Own\nmx_patterns: ['(mx']\n")
        .args(["providers", "list"])
        .stderr(
            "\
error[invalid-pattern]: not a pattern: unclosed group
 --> providers/own.yaml:3:15
  |
3 | mx_patterns: ['(mx']
  |               ^^^^^

1 error
",
        )
        .status(3)
        .run();
}
