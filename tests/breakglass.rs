//! `mxward breakglass`: which exception is written, what it does, and how it ends.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

mod again;
mod ended;
mod foreign;
mod guards;
mod others;
mod told;
mod ways;

use crate::harness::{Ran, Test};

const CONFIG: &str = "\
version: 1
include: [\"domains/*.yaml\", { list: \"domains/*.txt\", level: secure, match: [mx.list.example] }]
defaults: { route: mx }
domains:
  .below.example: { next_hop: \"[in.below.example]\", level: secure, match: [in.below.example] }
targets:
  mx: { postfix: \"3.7\", security_level: may, map_type: lmdb, ca: /etc/ssl/certs/ca-certificates.crt, deployed: \"file:deployed\" }
";

const DOMAINS: &str = "\
# ours
domains:
  kunde.example: { level: secure, match: [mx.kunde.example] }   # since 2024
  # by port 587
  partner.example:
    next_hop: \"[tls.partner.example]:587\"
    level: secure
    match: [tls.partner.example]
  m\u{fc}nchen.example: { level: dane-only }
  left.example: { leave_to: mta-sts }
";

/// A template whose one host is known.
const INSIDE: &str = "name: inside\ntitle: Inside\nmx_patterns: 'mx\\.inside\\.example'\npin: ok\n\
                      hosts: [{ preference: 10, host: mx.inside.example }]\n\
                      policy: { level: secure, match: mx.inside.example }\n";

const LIST: &str = "one.example\ntwo.example  # zwei\n";

fn repository(more: &str) -> Test {
    Test::new()
        .file("mxward.yaml", CONFIG)
        .file("domains/a.yaml", format!("{DOMAINS}{more}"))
        .file("domains/list.txt", LIST)
        .file("deployed/.keep", "")
}

/// The words of `breakglass DOMAIN…`, with an end and a reason.
fn args(words: &str) -> impl Iterator<Item = &str> {
    ["breakglass"].into_iter().chain(words.split_whitespace()).chain([
        "--until",
        "3d",
        "--reason",
        "ticket 4711",
    ])
}

/// Nothing is written, for this reason.
#[track_caller]
fn refused(test: Test, words: &str, status: i32, message: &str) -> Ran {
    let kept = std::fs::read_to_string(test.path().join("domains/a.yaml")).unwrap();
    let ran = test
        .args(args(words))
        .any_stdout()
        .any_stderr()
        .status(status)
        .expect_file("domains/a.yaml", kept)
        .expect_file("domains/list.txt", LIST)
        .expect_no_file("domains/breakglass.yaml")
        .run();
    let all = format!("{}{}", ran.stdout, ran.stderr);
    let joined = all.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(joined.contains(message), "{message}\n{all}");
    ran
}
