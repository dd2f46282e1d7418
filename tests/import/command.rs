//! The command line, and what it leaves behind.

use crate::harness::{Test, valid};
use std::process::Command;

/// Maps with everything in them that people do to maps.
const TLS_POLICY: &str = "\
# Everybody else
_default dane

# Google, shared by all customers
gmail.com    secure match=mx.google.com
veloplus.ch  secure match=mx.google.com
gmail.com    encrypt
# alt1.gmail-smtp-in.l.google.com
[173.194.221.26] secure match=mx.google.com
# gmail-smtp-in.l.google.com.
[64.233.166.26] secure match=mx.google.com
# alt2.gmail-smtp-in.l.google.com
[74.125.68.26] secure match=mx.google.com
pinned.example secure match=mx.google.com
# mx1.mail.hostpoint.ch.
[217.26.49.138] secure match=*.mail.hostpoint.ch
# mx.hostpoint.ch.
[217.26.48.124]

# Partners
partner.example  secure match=.mx.partner.example:mx.other.example
second.example   secure match=.mx.partner.example:mx.other.example ciphers=high
third.example    secure match=.mx.partner.example:mx.other.example
.third.example   encrypt protocols=>=TLSv1.2
[relay.example]:587 dane-only
noted.example    encrypt # self-signed, ticket 4711
lower.Example    verify
dead.example     encrypt
[192.0.2.7]:25   encrypt
user@a.example   encrypt
# The end
";

const TRANSPORT: &str = "\
# Google
pinned.example  smtp:[64.233.166.26],[74.125.68.26],pinned.example
dead.example    smtp:[mx.dead.example]
partner.example smtp:[mx.partner.example]:26
own.example     relay:
";

fn test() -> Test {
    Test::new().file("tls_policy", TLS_POLICY).file("transport", TRANSPORT)
}

fn import(test: Test) -> Test {
    test.args(["import", "--tls-policy", "tls_policy", "--transport", "transport", "--out", "out"])
}

#[test]
fn maps_of_all_forms_become_a_repository() {
    import(test()).args(["--today", "2026-11-29"]).golden("import-maps").run();
}

#[test]
fn the_report_is_as_its_schema_says() {
    let ran = import(test()).args(["--report", "json"]).any_stdout().any_stderr().run();
    valid("import-report", &ran.stdout);
    let refused = import(test().file("transport", "* relay:\n"));
    let refused = refused.args(["--report", "json"]).any_stdout().any_stderr().status(3).run();
    valid("import-report", &refused.stdout);
    let report: serde_json::Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(
        (&report["proof"], &report["files"]),
        (&serde_json::Value::Null, &serde_json::json!([]))
    );
}

#[test]
fn of_many_templates_the_most_used_are_named() {
    let line = |at: usize| {
        let line = |name: &str| format!("{name}{at}.example secure match=.mx{at}.example\n");
        ["a", "b", "c"].map(line)[..2 + at % 2].concat()
    };
    Test::new()
        .file("tls_policy", (0..10).map(line).collect::<String>())
        .args(["import", "--tls-policy", "tls_policy", "--out", "out", "-q"])
        .stdout_has("25 domains, mx1-example for 3, ")
        .stdout_has("mx9-example for 3, mx0-example for 2, ")
        .stdout_has(", 2 other templates, default `may`\n")
        .run();
}

#[test]
fn what_is_imported_is_valid_and_compiles_without_network() {
    let ran = import(test()).args(["--today", "2026-11-29"]).any_stdout().any_stderr().run();
    let check = ["-C", "out", "check", "--today", "2026-11-29"];
    ran.then().args(check).any_stdout().any_stderr().run();
    ran.then()
        .args(["-C", "out", "compile", "--frozen"])
        .stdout_has("noted.example encrypt\n")
        .stdout_has("gmail.com secure match=mx.google.com\n")
        .stdout_has("pinned.example smtp:[64.233.166.26],[74.125.68.26],pinned.example\n")
        .any_stderr()
        .run();
}

#[test]
fn a_folder_with_something_in_it_is_not_touched() {
    import(test())
        .file("out/notes.txt", "mine\n")
        .stderr("error: `out` is not empty: there is `notes.txt`; name a folder that is empty or not there yet\n")
        .status(64)
        .expect_no_file("out/mxward.yaml")
        .run();
}

#[test]
fn none_is_not_guessed() {
    let file = |test: Test| test.file("tls_policy", "a.example none\nb.example encrypt\n");
    let args = ["import", "--tls-policy", "tls_policy", "--security-level", "may", "--out", "out"];
    file(Test::new())
        .args(args)
        .stdout_has("tls_policy:1: error[plain-text]: `a.example`: `none` sends mail in plain text")
        .stdout_has("`--none absent` leaves such entries out")
        .stderr("error: 1 entry cannot be imported, and nothing was written\n")
        .status(3)
        .expect_no_file("out/mxward.yaml")
        .run();
    let ran = file(Test::new()).args(args).args(["--none", "absent"]);
    ran.stdout_has("changed as was asked for:\n  stronger: a.example: by MX: none → by MX: may (default)\nequal: 1 key\n")
        .any_stderr()
        .run();
    let ran = file(Test::new()).args(args).args(["--none", "keep"]);
    ran.stdout_has("\nequal: 2 keys\n").any_stderr().run();
}

#[test]
fn what_cannot_be_said_stops_or_stays() {
    let file = |test: Test| {
        test.file("tls_policy", "[relay.example] encrypt colour=red\nb.example encrypt\n")
            .file("transport", "* smtp:[relay.example]\nuser@b.example discard:\n")
    };
    let ran = import(file(Test::new())).status(3).expect_no_file("out/mxward.yaml");
    ran.stdout_has(
        "tls_policy:1: error[foreign]: `[relay.example]` cannot be imported: `colour` is no attribute",
    )
    .stdout_has("transport:1: error[foreign]: `*` cannot be imported")
    .stdout_has("transport:2: error[foreign]: `user@b.example` cannot be imported")
    .stderr("error: 3 entries cannot be imported, and nothing was written\n")
    .run();
    let ran = import(file(Test::new())).args(["--foreign", "keep"]).any_stderr();
    ran.stdout_has("tls_policy:1: warning[foreign]").stdout_has("\nequal: 4 keys").run();
}

#[test]
fn a_dump_is_read_by_its_columns() {
    let dump = "\
/*!40101 SET NAMES utf8 */;
CREATE TABLE `tlspolicies` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT,
  `domain` varchar(255) NOT NULL,
  `policy` enum('none','may') NOT NULL,
  `params` varchar(255) DEFAULT NULL,
  PRIMARY KEY (`id`)
);
INSERT INTO `tlspolicies` VALUES (1,'gmail.com','secure','match=mx.google.com'),
(2,'O\\'brien.example','encrypt',NULL),
(3,'gmx.at','dane-only',''),
(4,'empty.example','','');
";
    Test::new()
        .file("dump.sql", dump)
        .args(["import", "--tls-policy", "dump.sql", "--security-level", "may", "--out", "out"])
        .args(["--foreign", "keep"])
        .stdout_has("tls_policy:12: warning[no-value]: the row of `empty.example` says nothing")
        .stdout_has("2 domains, google for 1, default `may`\nequal: 2 keys\n")
        .any_stderr()
        .run();
}

#[test]
fn statements_that_do_not_say_rows_are_refused() {
    for (statement, what) in [
        ("INSERT INTO tlspolicies SELECT * FROM old;", "an `INSERT` without `VALUES`"),
        (
            "INSERT INTO tlspolicies (domain, policy) SELECT a, b FROM c;",
            "an `INSERT` without `VALUES`",
        ),
        (
            "REPLACE INTO tlspolicies SET domain = 'a.example', policy = 'may';",
            "a `REPLACE` without `VALUES`",
        ),
        ("UPDATE tlspolicies SET policy = 'none' WHERE domain = 'a.example';", "an `UPDATE`"),
        ("DELETE FROM tlspolicies WHERE domain = 'a.example';", "a `DELETE`"),
        // As sqlite3(1) writes a line break.
        (
            "INSERT INTO tlspolicies VALUES(replace('b.example\\n','\\n',char(10)),'may');",
            "a value that is computed",
        ),
    ] {
        let table = "CREATE TABLE tlspolicies (domain text, policy text);\n\
                     REPLACE INTO tlspolicies VALUES ('a.example','encrypt');\n\
                     DELETE FROM other;\n";
        Test::new()
            .file("dump.sql", format!("{table}{statement}\n"))
            .args(["import", "--tls-policy", "dump.sql", "--out", "out"])
            .stderr_has(&format!(
                "error: cannot import `dump.sql`: line 4 has {what}, which does not say rows: "
            ))
            .status(3)
            .expect_no_file("out/mxward.yaml")
            .run();
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "makes a database for the program to read")]
fn mailcow_s_table_is_read_by_its_columns_without_what_is_switched_off() {
    let test = Test::new();
    let statements = "CREATE TABLE tls_policy_override (id INTEGER PRIMARY KEY, dest TEXT, policy TEXT, \
        parameters TEXT, active INTEGER DEFAULT 1); INSERT INTO tls_policy_override \
        (dest, policy, parameters, active) VALUES ('gmail.com', 'secure', 'match=mx.google.com', 1), \
        ('a.example', 'encrypt', NULL, 1), ('off.example', 'none', '', 0), ('Mixed.example', 'encrypt', '', 1);";
    let made =
        Command::new("sqlite3").arg(test.path().join("mailcow.sqlite")).arg(statements).status();
    assert!(made.unwrap().success());
    test.args([
        "import",
        "--sql",
        "sqlite:mailcow.sqlite?table=tls_policy_override",
        "--out",
        "out",
    ])
    .args(["--security-level", "may"])
    .stdout_has(
        "tls_policy: off.example: warning[inactive]: the row of `off.example` is switched off\n",
    )
    .stdout_has("tls_policy: Mixed.example: warning[never-looked-up]: no lookup finds the row")
    .stdout_has("2 domains, google for 1, default `may`\nequal: 2 keys\n")
    .any_stderr()
    .run();
}

#[test]
fn eff_s_list_becomes_templates_named_as_its_aliases() {
    let list = r#"{
  "version": "0.1",
  "policy-aliases": {
    "big-host": { "mode": "enforce", "mxs": [".mx.big.example"] },
    "try": { "mode": "testing", "mxs": [".try.example"] }
  },
  "policies": {
    "a.example": { "policy-alias": "big-host" },
    "b.example": { "policy-alias": "try" },
    "c.example": { "mode": "enforce", "mxs": ["mx.c.example", ".c.example"] }
  }
}
"#;
    Test::new()
        .file("policy.json", list)
        .args(["import", "--eff", "policy.json", "--security-level", "dane", "--out", "out"])
        .stdout_has("tls_policy:9: note[testing]: `b.example` is only tested: nothing is enforced\n")
        .stdout_has("2 domains, big-host for 1, default `dane`\nequal: 2 keys\n")
        .any_stderr()
        .expect_file(
            "out/providers/big-host.yaml",
            "# Imported: 1 domain of the old maps had this policy.\nname: big-host\ntitle: .mx.big.example\n\
             policy:\n  level: secure\n  match: [.mx.big.example]\n",
        )
        .run();
}

#[test]
fn answers_of_postfix_tlspol_are_read() {
    let answers = r#"{"version":"1.8.2","domain":"a.example","dane":{"policy":"dane-only","ttl":60},"mta-sts":{"policy":"","ttl":0}}
{"version":"1.8.2","domain":"b.example","dane":{"policy":"","ttl":0},"mta-sts":{"policy":"secure match=mx.b.example servername=hostname","ttl":60}}
{"version":"1.8.2","domain":"c.example","dane":{"policy":"","ttl":0},"mta-sts":{"policy":"","ttl":0}}
"#;
    Test::new()
        .file("export.json", answers)
        .args(["import", "--tls-policy", "export.json", "--security-level", "may", "--out", "out"])
        .stdout_has("tls_policy:2: note[frozen-policy]: `b.example`")
        .stdout_has("tls_policy:3: note[no-policy]: `c.example` has no policy: the default holds\n")
        .stdout_has("\nequal: 2 keys\n")
        .any_stderr()
        .run();
}
