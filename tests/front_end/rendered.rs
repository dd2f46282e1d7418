//! How messages look.

use crate::harness::Test;

#[test]
fn what_is_wrong_in_several_files_is_shown_in_one_run() {
    Test::new()
        .file(
            "mxward.yaml",
            "\
version: 1
includ: [more/*.yaml]
include: [domains/*.yaml, { list: google.txt, provider: gogle }]
defaults: { route: pni }
domains:
  gmail.com: google
targets:
  mx: { postfix: \"3.7\", security_level: dane, map_type: lmbd }
",
        )
        .file("domains/a.yaml", "domains:\n  GMAIL.com: hostpoint\n  b.example: { levle: may }\n")
        .file("domains/b.yaml", "domains:\n  c.example: hostpiont\n")
        .file("google.txt", "c.example\n*.d.example\n")
        .file("providers/own.yaml", "name: own\ntitel: Own\n")
        .args(["check"])
        .stdout(
            "\
error[unknown-key]: mxward.yaml has no key `includ`
 --> mxward.yaml:2:1
  |
2 | includ: [more/*.yaml]
  | ^^^^^^
  |
  = help: did you mean `include`?

error[unknown-provider]: no provider named `gogle`
 --> mxward.yaml:3:57
  |
3 | include: [domains/*.yaml, { list: google.txt, provider: gogle }]
  |                                                         ^^^^^
  |
  = help: did you mean `google`?

error[unknown-value]: `route` cannot be `pni`
 --> mxward.yaml:4:20
  |
4 | defaults: { route: pni }
  |                    ^^^
  |
  = help: did you mean `pin`?
  = help: write one of `pin`, `mx`, `host`

error[unknown-value]: `map_type` cannot be `lmbd`
 --> mxward.yaml:8:57
  |
8 |   mx: { postfix: \"3.7\", security_level: dane, map_type: lmbd }
  |                                                         ^^^^
  |
  = help: did you mean `lmdb`?
  = help: write one of `lmdb`, `cdb`, `hash`, `btree`, `texthash`

error[duplicate-domain]: `gmail.com` is declared twice
 --> domains/a.yaml:2:3
  |
2 |   GMAIL.com: hostpoint
  |   ^^^^^^^^^
  |
 ::: mxward.yaml:6:3
  |
6 |   gmail.com: google
  |   --------- first declared here
  |
  = help: remove one of the two

error[unknown-key]: a domain has no key `levle`
 --> domains/a.yaml:3:16
  |
3 |   b.example: { levle: may }
  |                ^^^^^
  |
  = help: did you mean `level`?

error[unknown-provider]: no provider named `hostpiont`
 --> domains/b.yaml:2:14
  |
2 |   c.example: hostpiont
  |              ^^^^^^^^^
  |
  = help: did you mean `hostpoint`?

error[duplicate-domain]: `c.example` is declared twice
 --> google.txt:1:1
  |
1 | c.example
  | ^^^^^^^^^
  |
 ::: domains/b.yaml:2:3
  |
2 |   c.example: hostpiont
  |   --------- first declared here
  |
  = help: remove one of the two

error[bad-domain]: `*.d.example` is not a domain: `*` cannot stand in a name
 --> google.txt:2:1
  |
2 | *.d.example
  | ^^^^^^^^^^^
  |
  = help: for all subdomains write `.d.example`

error[missing-key]: a provider template needs the key `title`
 --> providers/own.yaml:1:1
  |
1 | name: own
  | ^^^^^^^^^

error[unknown-key]: a provider template has no key `titel`
 --> providers/own.yaml:2:1
  |
2 | titel: Own
  | ^^^^^
  |
  = help: did you mean `title`?

11 errors
",
        )
        .status(3)
        .run();
}

#[test]
fn the_two_spellings_of_one_domain_are_both_shown() {
    Test::new()
        .file(
            "mxward.yaml",
            "version: 1\ndomains:\n  münchen.example: google\n  xn--mnchen-3ya.example: google\n",
        )
        .args(["check"])
        .stdout_has(
            "\
error[duplicate-domain]: `xn--mnchen-3ya.example` is declared twice
 --> mxward.yaml:4:3
  |
4 |   xn--mnchen-3ya.example: google
  |   ^^^^^^^^^^^^^^^^^^^^^^
  |
 ::: mxward.yaml:3:3
  |
3 |   münchen.example: google
  |   --------------- first declared here
",
        )
        .status(3)
        .run();
}

#[test]
fn a_long_list_of_keys_is_broken_into_lines() {
    Test::new()
        .file("mxward.yaml", "version: 1\ndomains:\n  a.example: { tls: yes }\n")
        .args(["check"])
        .stdout(
            "\
error[unknown-key]: a domain has no key `tls`
 --> mxward.yaml:3:16
  |
3 |   a.example: { tls: yes }
  |                ^^^
  |
  = help: the keys are `ciphers`, `connection_reuse`, `enable_rpk`, `exclude`, `leave_to`,
          `level`, `match`, `mx_host_pattern`, `next_hop`, `params`, `policy_domain`,
          `policy_failure`, `policy_string`, `policy_ttl`, `policy_type`, `protocols`, `provider`,
          `reason`, `route`, `servername`, `tafile`, `transport`, `until`

1 error
",
        )
        .status(3)
        .run();
}

#[test]
fn nothing_in_a_file_gives_orders_to_the_terminal() {
    let hostile = "a\u{1b}]0;title\u{7}\u{1b}[31m\u{9b}2J\u{202e}\u{200b}";
    let escaped = "a\\x1b[31m\\x07\\u009b2J\\u202e";
    let test = Test::new()
        .file(
            "mxward.yaml",
            format!(
                "version: 1\ninclude: [\"{escaped}.yaml\", {{ list: list.txt, provider: \"{escaped}\" }}]\n\
                 domains:\n  \"{escaped}\": {{ \"{escaped}\": 1, level: \"{escaped}\", match: \"{escaped}\" }}\n  \
                 a.example: \"{escaped}\"\ntargets:\n  \"{escaped}\": {{ postfix: \"{escaped}\" }}\n"
            ),
        )
        .file("list.txt", format!("{hostile}\n"))
        .file("providers/own.yaml", format!("name: own\ntitle: {hostile}\n"))
        .file("mxward.lock", format!("{hostile}: {hostile}\n"));
    let shown = test
        .args(["check", "--report", "text", "--report", "markdown=report.md"])
        .any_stdout()
        .status(3)
        .run();
    let acts = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{200b}".contains(c));
    for text in [&shown.stdout, &shown.read("report.md")] {
        assert_eq!(text.find(acts), None, "{text}");
    }
    assert!(shown.stdout.contains("a\\u{1b}[31m"), "{}", shown.stdout);
}

#[test]
fn an_endless_value_is_cut_in_the_message() {
    let name = "x".repeat(100_000);
    let ran = Test::new()
        .file("mxward.yaml", format!("version: 1\ndomains:\n  a.example: {name}\n"))
        .args(["check"])
        .any_stdout()
        .status(3)
        .run();
    assert!(ran.stdout.len() < 2000, "{}", ran.stdout.len());
    assert!(ran.stdout.contains("xxx … xxx"));
}
