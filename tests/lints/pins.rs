//! Lints about pins.

use super::{fires, silent};

#[test]
fn pins_against_the_advice_of_a_template_are_one_finding_for_each() {
    fires(
        "pin-discouraged",
        r"
defaults: { route: pin }
domains:
  gmail.com: google-gmail
  kunde.example: hostpoint
",
        r"
warning[pin-discouraged]: `gmail.com` is pinned, against the advice of `google-gmail`
 --> mxward.yaml:4:14
  |
4 |   gmail.com: google-gmail
  |              ^^^^^^^^^^^^
  |
  = help: the template says: every answer holds one address, chosen by place and with a short
          lifetime
  = help: write `route: mx`, or a `reason` beside the domain

2 domains, 1 target: 1 warning
",
    )
    .run();
}

#[test]
fn an_advised_against_pin_says_what_the_template_does_not() {
    fires(
        "pin-discouraged",
        r"
domains:
  kunde.example: { provider: mine, route: pin }
  firma.example: { route: pin, provider: mine }
",
        r"
warning[pin-discouraged]: `kunde.example` and 1 more are pinned, against the advice of `mine`
 --> mxward.yaml:3:43
  |
3 |   kunde.example: { provider: mine, route: pin }
  |                                           ^^^
  |
  = help: write `route: mx`, or a `reason` beside the domain

2 domains, 1 target: 1 warning
",
    )
    .file(
        "providers/mine.yaml",
        r"
name: mine
title: Mine
mx_patterns: 'mx[12]\.mail\.hostpoint\.ch'
hosts: [{ preference: 10, host: mx1.mail.hostpoint.ch }]
policy: { level: secure, match: .mail.hostpoint.ch }
",
    )
    .run();
}

#[test]
fn a_reason_excuses_a_pin() {
    silent(
        "pin-discouraged",
        r#"
domains:
  gmail.com: { provider: google-gmail, route: pin, reason: "our DNS is down every night" }
  kunde.example: { provider: hostpoint, route: pin }
"#,
    )
    .run();
}

#[test]
fn an_address_is_no_name_to_ask_for() {
    fires(
        "servername-of-address",
        r#"
domains:
  kunde.example: { provider: hostpoint, route: pin, servername: hostname }
  a.example: { next_hop: "[203.0.113.25]", level: secure, match: [mx.a.example], servername: nexthop }
"#,
        r"
warning[servername-of-address]: `hostname` is an address here, and an address is no name of a server
 --> mxward.yaml:3:53
  |
3 |   kunde.example: { provider: hostpoint, route: pin, servername: hostname }
  |                                                     ^^^^^^^^^^
  |
  = help: write the name itself, such as `servername: mx.example.com`

warning[servername-of-address]: `nexthop` is an address here, and an address is no name of a server
 --> mxward.yaml:4:82
  |
4 | ..., level: secure, match: [mx.a.example], servername: nexthop }
  |                                            ^^^^^^^^^^
  |
  = help: write the name itself, such as `servername: mx.example.com`

2 domains, 1 target: 2 warnings
",
    )
    .run();
}

#[test]
fn names_that_are_names_are_silent() {
    silent(
        "servername-of-address",
        r#"
domains:
  kunde.example: { provider: hostpoint, route: pin, servername: mx1.mail.hostpoint.ch }
  a.example: { next_hop: "[mx.a.example]", level: secure, match: [mx.a.example], servername: nexthop }
  b.example: { level: encrypt, servername: hostname }
"#,
    )
    .run();
}
