//! Lints about what a certificate must show.

use super::{fires, silent};

#[test]
fn fingerprints_of_other_digests_never_match() {
    fires(
        "fingerprint-digest",
        r#"
domains:
  a.example: { level: fingerprint, match: ["2e:45:a1:68:f7:58:3f:5d:97:c1:72:86:6e:09:6d:18:d0:cc:53:9e"] }
  b.example: { level: fingerprint, match: ["2e:45:a1:68:f7:58:3f:5d:97:c1:72:86:6e:09:6d:18"] }
"#,
        r#"
error[fingerprint-digest]: a fingerprint of 20 bytes never matches: that is SHA-1, and main.cf must say sha256
 --> mxward.yaml:3:36
  |
3 |   a.example: { level: fingerprint, match: ["2e:45:a1:68:f7:58:3f:5d:97:c1:72:86:6e:09:6d:18:d...
  |                                    ^^^^^
  |
  = help: take it anew: `openssl x509 -noout -fingerprint -sha256`

error[fingerprint-digest]: a fingerprint of 16 bytes never matches: that is MD5, and main.cf must say sha256
 --> mxward.yaml:4:36
  |
4 |   b.example: { level: fingerprint, match: ["2e:45:a1:68:f7:58:3f:5d:97:c1:72:86:6e:09:6d:18"] }
  |                                    ^^^^^
  |
  = help: take it anew: `openssl x509 -noout -fingerprint -sha256`

2 domains, 1 target: 2 errors
"#,
    )
    .run();
}

#[test]
fn sha_256_fingerprints_are_silent() {
    silent(
        "fingerprint-digest",
        r#"
domains:
  a.example: { level: fingerprint, match: ["943c2af15e1cfc7a51b03a5d6457f70c5b02100f8e91ab7d65dfbba0829f0c6d"] }
"#,
    )
    .run();
}

#[test]
fn a_literal_wildcard_is_reported_at_its_name() {
    fires(
        "literal-wildcard",
        r#"
domains:
  a.example: { level: secure, match: [mx.a.example, "*.mail.a.example"] }
  b.example: mine
defaults: { route: mx }
"#,
        r#"
warning[literal-wildcard]: only a certificate with exactly the name `*.mail.a.example` satisfies this
 --> mxward.yaml:3:53
  |
3 |   a.example: { level: secure, match: [mx.a.example, "*.mail.a.example"] }
  |                                                     ^^^^^^^^^^^^^^^^^^
  |
  = help: write `.mail.a.example`, which covers all names below, that one included

warning[literal-wildcard]: only a certificate with exactly the name `*.mine.example` satisfies this
 --> providers/mine.yaml:4:33
  |
4 | policy: { level: secure, match: "*.mine.example" }
  |                                 ^^^^^^^^^^^^^^^^
  |
  = help: write `.mine.example`, which covers all names below, that one included

2 domains, 1 target: 2 warnings
"#,
    )
    .file("providers/mine.yaml", r#"
name: mine
title: Mine
mx_patterns: 'mx\.mine\.example'
policy: { level: secure, match: "*.mine.example" }
"#)
    .run();
}

#[test]
fn names_with_a_dot_in_front_are_silent() {
    silent(
        "literal-wildcard",
        r"
domains:
  a.example: { level: secure, match: [.mail.a.example] }
",
    )
    .run();
}

#[test]
fn an_address_shows_no_certificate_of_its_own() {
    fires(
        "match-impossible",
        r#"
domains:
  a.example: { next_hop: "[203.0.113.25]", level: secure }
  b.example: { next_hop: "[203.0.113.26]", level: verify, match: [mx.example.com, hostname] }
next_hops:
  "[203.0.113.27]": { level: verify }
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    fallback_relay: ["[203.0.113.27]"]
"#,
        r#"
error[match-impossible]: no certificate of a mail server satisfies `secure` on `[203.0.113.25]`
 --> mxward.yaml:3:51
  |
3 |   a.example: { next_hop: "[203.0.113.25]", level: secure }
  |                                                   ^^^^^^
  |
  = help: write `match: [NAME]`, with a name that the certificate has

error[match-impossible]: no certificate of a mail server satisfies `verify` on `[203.0.113.26]`
 --> mxward.yaml:4:51
  |
4 |   b.example: { next_hop: "[203.0.113.26]", level: verify, match: [mx.example.com, hostname] }
  |                                                   ^^^^^^
  |
  = help: write `match: [NAME]`, with a name that the certificate has

error[match-impossible]: no certificate of a mail server satisfies `verify` on `[203.0.113.27]`
 --> mxward.yaml:6:30
  |
6 |   "[203.0.113.27]": { level: verify }
  |                              ^^^^^^
  |
  = help: write `match: [NAME]`, with a name that the certificate has

2 domains, 1 target: 3 errors
"#,
    )
    .run();
}

#[test]
fn a_next_hop_without_policy_gets_secure_of_the_target() {
    fires(
        "match-impossible",
        r#"
domains:
  a.example: { next_hop: "[203.0.113.25]" }
targets:
  mx:
    postfix: "3.10"
    security_level: secure
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    relayhost: "[203.0.113.26]"
"#,
        r#"
error[match-impossible]: no certificate of a mail server satisfies `secure` on `[203.0.113.25]`, which target `mx` asks for
 --> mxward.yaml:3:26
  |
3 |   a.example: { next_hop: "[203.0.113.25]" }
  |                          ^^^^^^^^^^^^^^^^
  |
  = help: give it a policy with `match` under `next_hops`

error[match-impossible]: no certificate of a mail server satisfies `secure` on `[203.0.113.26]`, which target `mx` asks for
  --> mxward.yaml:10:16
   |
10 |     relayhost: "[203.0.113.26]"
   |                ^^^^^^^^^^^^^^^^
   |
   = help: give it a policy with `match` under `next_hops`

1 domain, 1 target: 2 errors
"#,
    )
    .run();
}

#[test]
fn names_for_an_address_are_silent() {
    silent(
        "match-impossible",
        r#"
domains:
  a.example: { next_hop: "[203.0.113.25]", level: secure, match: [mx.example.com] }
  b.example: { next_hop: "[mx.example.com]", level: secure }
  c.example: { level: secure }
"#,
    )
    .run();
}

#[test]
fn names_below_a_public_suffix_are_names_of_anybody() {
    fires(
        "match-public-suffix",
        r"
domains:
  a.example: { level: secure, match: [mx.a.example, .co.uk] }
  b.example: { level: secure, match: .github.io }
",
        r"
error[match-public-suffix]: anybody can get a certificate for a name below `.co.uk`
 --> mxward.yaml:3:53
  |
3 |   a.example: { level: secure, match: [mx.a.example, .co.uk] }
  |                                                     ^^^^^^
  |
  = help: write the name in the certificate, or the zone of its owner

error[match-public-suffix]: anybody can get a certificate for a name below `.github.io`
 --> mxward.yaml:4:38
  |
4 |   b.example: { level: secure, match: .github.io }
  |                                      ^^^^^^^^^^
  |
  = help: write the name in the certificate, or the zone of its owner

2 domains, 1 target: 2 errors
",
    )
    .run();
}

#[test]
fn names_below_a_registered_or_private_name_are_silent() {
    silent(
        "match-public-suffix",
        r"
domains:
  a.example: { level: secure, match: [.a.co.uk, .corp.internal, com.example] }
",
    )
    .run();
}

#[test]
fn a_match_for_another_provider_is_reported() {
    fires(
        "match-unrelated",
        r"
domains:
  kunde.example: { provider: hostpoint, route: mx, match: [mx.google.com, .google.com] }
",
        r"
warning[match-unrelated]: no name of `hostpoint` satisfies the `match` of `kunde.example`
 --> mxward.yaml:3:52
  |
3 |   kunde.example: { provider: hostpoint, route: mx, match: [mx.google.com, .google.com] }
  |                                                    ^^^^^
  |
  = help: leave `match` out: the template has one
  = help: `mxward providers show hostpoint` lists the names

1 domain, 1 target: 1 warning
",
    )
    .run();
}

#[test]
fn a_match_for_hosts_of_the_provider_is_silent() {
    silent(
        "match-unrelated",
        r#"
domains:
  kunde.example: { provider: hostpoint, route: mx, match: [mx1.mail.hostpoint.ch, mx.hostpoint.ch] }
  other.example: { provider: hostpoint, route: mx, match: [mx.new.example], reason: "moves to new hosts, ticket 12" }
  gmail.com: { provider: google-gmail, route: mx, match: [gmail-smtp-in.l.google.com] }
"#,
    )
    .run();
}

#[test]
fn a_match_that_covers_more_than_the_provider_is_reported() {
    fires(
        "match-wider-than-provider",
        r"
domains:
  a.example: { provider: google, route: mx, match: [.google.com] }
  b.example: { provider: google, route: mx, match: [.google.com] }
  c.example: { provider: hostpoint, route: mx, match: [.mail.hostpoint.ch, mx.partner.example] }
",
        r"
warning[match-wider-than-provider]: `.google.com` for `a.example` and 1 more accepts more than the template `google`
 --> mxward.yaml:3:53
  |
3 |   a.example: { provider: google, route: mx, match: [.google.com] }
  |                                                     ^^^^^^^^^^^
  |
  = help: leave `match` out: the template has one
  = help: if it must be, write a `reason` beside the domain

warning[match-wider-than-provider]: `mx.partner.example` for `c.example` accepts more than the template `hostpoint`
 --> mxward.yaml:5:76
  |
5 |   c.example: { provider: hostpoint, route: mx, match: [.mail.hostpoint.ch, mx.partner.example] }
  |                                                                            ^^^^^^^^^^^^^^^^^^
  |
  = help: leave `match` out: the template has one
  = help: if it must be, write a `reason` beside the domain

3 domains, 1 target: 2 warnings
",
    )
    .run();
}

#[test]
fn a_match_within_that_of_the_provider_is_silent() {
    silent(
        "match-wider-than-provider",
        r#"
domains:
  c.example: { provider: hostpoint, route: mx, match: [mx1.mail.hostpoint.ch, .mx.mail.hostpoint.ch] }
  d.example: { provider: hostpoint, route: mx, match: [.hostpoint.ch], reason: "new names, ticket 12" }
"#,
    )
    .run();
}

#[test]
fn names_from_mx_records_can_be_forged() {
    fires(
        "verify-without-match",
        r#"
domains:
  a.example: { level: verify }
  b.example: { level: secure, match: [hostname] }
  c.example: { next_hop: "relay.example.net:587", level: verify }
next_hops:
  "other.example.net:587": { level: verify }
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    fallback_relay: ["other.example.net:587"]
"#,
        r#"
warning[verify-without-match]: `verify` without `match` trusts the MX records of `a.example`, which can be forged
 --> mxward.yaml:3:23
  |
3 |   a.example: { level: verify }
  |                       ^^^^^^
  |
  = help: write `level: secure` and `match: [NAME]`, the name in the certificate

warning[verify-without-match]: `hostname` in `match` trusts the MX records of `b.example`, which can be forged
 --> mxward.yaml:4:39
  |
4 |   b.example: { level: secure, match: [hostname] }
  |                                       ^^^^^^^^
  |
  = help: write `level: secure` and `match: [NAME]`, the name in the certificate

warning[verify-without-match]: `verify` without `match` trusts the MX records of `c.example`, which can be forged
 --> mxward.yaml:5:58
  |
5 |   c.example: { next_hop: "relay.example.net:587", level: verify }
  |                                                          ^^^^^^
  |
  = help: write `level: secure` and `match: [NAME]`, the name in the certificate

warning[verify-without-match]: `verify` without `match` trusts the MX records of `other.example.net:587`, which can be forged
 --> mxward.yaml:7:37
  |
7 |   "other.example.net:587": { level: verify }
  |                                     ^^^^^^
  |
  = help: write `level: secure` and `match: [NAME]`, the name in the certificate

3 domains, 1 target: 4 warnings
"#,
    )
    .run();
}

#[test]
fn names_that_are_written_down_are_silent() {
    silent(
        "verify-without-match",
        r#"
domains:
  a.example: { level: verify, match: [mx.a.example] }
  b.example: { next_hop: "[mx.b.example]", level: verify }
  c.example: { level: verify, reason: "their names change weekly" }
"#,
    )
    .run();
}
