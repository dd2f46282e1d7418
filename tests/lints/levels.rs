//! Lints about levels and the handshake.

use super::{fires, silent};

#[test]
fn dane_on_an_address_is_reported_for_domains_and_next_hops() {
    fires(
        "dane-on-address",
        r#"
domains:
  example.com: { next_hop: "[203.0.113.25]", level: dane }
  example.net: { next_hop: "[203.0.113.26]", level: dane-only }
next_hops:
  "[203.0.113.27]:587": { level: dane-only }
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    fallback_relay: ["[203.0.113.27]:587"]
"#,
        r#"
error[dane-on-address]: `dane` on `[203.0.113.25]` is only `may`: an address has no TLSA records
 --> mxward.yaml:3:53
  |
3 |   example.com: { next_hop: "[203.0.113.25]", level: dane }
  |                                                     ^^^^
  |
  = help: name the host, as in `[mx.example.com]`, or write `level: secure` with `match`

error[dane-on-address]: `dane-only` on `[203.0.113.26]` defers all mail: an address has no TLSA records
 --> mxward.yaml:4:53
  |
4 |   example.net: { next_hop: "[203.0.113.26]", level: dane-only }
  |                                                     ^^^^^^^^^
  |
  = help: name the host, as in `[mx.example.com]`, or write `level: secure` with `match`

error[dane-on-address]: `dane-only` on `[203.0.113.27]:587` defers all mail: an address has no TLSA records
 --> mxward.yaml:6:34
  |
6 |   "[203.0.113.27]:587": { level: dane-only }
  |                                  ^^^^^^^^^
  |
  = help: name the host, as in `[mx.example.com]`, or write `level: secure` with `match`

2 domains, 1 target: 3 errors
"#,
    )
    .run();
}

#[test]
fn a_next_hop_without_policy_gets_dane_only_of_the_target() {
    fires(
        "dane-on-address",
        r#"
domains:
  example.com: { next_hop: "[203.0.113.25]" }
targets:
  mx:
    postfix: "3.10"
    security_level: dane-only
    map_type: lmdb
"#,
        r#"
error[dane-on-address]: `[203.0.113.25]` has no policy, and `dane-only` of target `mx` defers all mail to an address
 --> mxward.yaml:3:28
  |
3 |   example.com: { next_hop: "[203.0.113.25]" }
  |                            ^^^^^^^^^^^^^^^^
  |
  = help: give it a policy under `next_hops`, or name the host instead

1 domain, 1 target: 1 error
"#,
    )
    .run();
}

#[test]
fn dane_for_named_hosts_is_silent() {
    silent(
        "dane-on-address",
        r#"
domains:
  example.com: { next_hop: "[mx.example.com]", level: dane }
  example.net: { next_hop: "mx.example.net:587", level: dane-only }
"#,
    )
    .run();
}

#[test]
fn a_target_that_sends_in_plain_text_is_reported() {
    fires(
        "default-none",
        r#"
targets:
  mx:
    postfix: "3.10"
    security_level: none
    map_type: lmdb
  other:
    postfix: "3.10"
    security_level: may
    map_type: lmdb
"#,
        r"
warning[default-none]: target `mx` sends in plain text to every domain without an entry
 --> mxward.yaml:5:21
  |
5 |     security_level: none
  |                     ^^^^
  |
  = help: set `smtp_tls_security_level` there, and here, to `may` or `dane`

0 domains, 2 targets: 1 warning
",
    )
    .run();
}

#[test]
fn a_target_that_may_encrypt_is_silent() {
    silent(
        "default-none",
        r#"
targets:
  mx:
    postfix: "3.10"
    security_level: may
    map_type: lmdb
"#,
    )
    .run();
}

#[test]
fn plain_text_by_order_is_an_error_even_where_it_is_the_default() {
    fires(
        "level-none",
        r#"
lints: { default-none: allow }
domains:
  example.com: { level: none }
  example.net: { level: none, reason: "STARTTLS hangs" }
next_hops:
  "[relay.example.net]": { level: none }
targets:
  mx:
    postfix: "3.10"
    security_level: none
    map_type: lmdb
    relayhost: "[relay.example.net]"
    domains: none
"#,
        r#"
error[level-none]: `none` sends mail for `example.com` in plain text, even where TLS is offered
 --> mxward.yaml:4:25
  |
4 |   example.com: { level: none }
  |                         ^^^^
  |
  = help: remove the entry: the level of the target holds then
  = help: if its TLS is broken, write `level: may`, or `reason` and `until` beside `none`

error[level-none]: `none` sends mail for `example.net` in plain text, even where TLS is offered
 --> mxward.yaml:5:25
  |
5 |   example.net: { level: none, reason: "STARTTLS hangs" }
  |                         ^^^^
  |
  = help: remove the entry: the level of the target holds then
  = help: if its TLS is broken, write `level: may`, or `reason` and `until` beside `none`

error[level-none]: `none` sends mail for `[relay.example.net]` in plain text, even where TLS is offered
 --> mxward.yaml:7:35
  |
7 |   "[relay.example.net]": { level: none }
  |                                   ^^^^
  |
  = help: remove the entry: the level of the target holds then
  = help: if its TLS is broken, write `level: may`, or `reason` and `until` beside `none`

2 domains, 1 target: 3 errors
"#,
    )
    .run();
}

#[test]
fn plain_text_with_a_reason_and_an_end_is_an_exception() {
    silent(
        "level-none",
        r#"
domains:
  broken.example: { level: none, reason: "STARTTLS hangs, ticket 4711", until: 2027-01-31 }
"#,
    )
    .run();
}

#[test]
fn higher_demands_at_opportunistic_levels_are_reported() {
    fires(
        "opportunistic-demands",
        r#"
domains:
  a.example: { level: dane, protocols: ">=TLSv1.3", ciphers: high }
  b.example: { level: may, exclude: [RC4, 3DES] }
targets:
  mx:
    postfix: "3.10"
    security_level: may
    map_type: lmdb
"#,
        r#"
warning[opportunistic-demands]: `protocols` at `dane` can end in plain text where there are no TLSA records
 --> mxward.yaml:3:29
  |
3 |   a.example: { level: dane, protocols: ">=TLSv1.3", ciphers: high }
  |                             ^^^^^^^^^
  |
  = help: leave `protocols` out, or write `level: dane-only`

warning[opportunistic-demands]: `ciphers` at `dane` can end in plain text where there are no TLSA records
 --> mxward.yaml:3:53
  |
3 |   a.example: { level: dane, protocols: ">=TLSv1.3", ciphers: high }
  |                                                     ^^^^^^^
  |
  = help: leave `ciphers` out, or write `level: dane-only`

warning[opportunistic-demands]: `exclude` at `may` can end in plain text
 --> mxward.yaml:4:28
  |
4 |   b.example: { level: may, exclude: [RC4, 3DES] }
  |                            ^^^^^^^
  |
  = help: leave `exclude` out, or write `level: encrypt`

2 domains, 1 target: 3 warnings
"#,
    )
    .run();
}

#[test]
fn demands_are_silent_where_they_defer_the_mail_or_ask_for_nothing_more() {
    silent(
        "opportunistic-demands",
        r#"
domains:
  a.example: { level: encrypt, protocols: ">=TLSv1.3", ciphers: high }
  b.example: { level: may, protocols: ">=TLSv1", ciphers: medium }
  c.example: { level: dane-only, exclude: [RC4] }
targets:
  mx:
    postfix: "3.10"
    security_level: may
    map_type: lmdb
"#,
    )
    .run();
}

#[test]
fn protocols_and_ciphers_below_the_defaults_are_reported() {
    fires(
        "weak-cryptography",
        r#"
domains:
  a.example: { level: encrypt, protocols: "!SSLv2", ciphers: export }
  b.example: { level: encrypt, protocols: [SSLv3, TLSv1] }
targets:
  mx:
    postfix: "3.7"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
  new:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
"#,
        r#"
warning[weak-cryptography]: `protocols` allows broken protocols, which Postfix refuses by default
 --> mxward.yaml:3:32
  |
3 |   a.example: { level: encrypt, protocols: "!SSLv2", ciphers: export }
  |                                ^^^^^^^^^
  |
  = help: write `protocols: ">=TLSv1"`, or before 3.6 `"!SSLv2:!SSLv3"`

warning[weak-cryptography]: `ciphers` allows weak ciphers, which Postfix refuses by default
 --> mxward.yaml:3:53
  |
3 |   a.example: { level: encrypt, protocols: "!SSLv2", ciphers: export }
  |                                                     ^^^^^^^
  |
  = help: write `ciphers: medium`

warning[weak-cryptography]: `protocols` allows broken protocols, which Postfix refuses by default
 --> mxward.yaml:4:32
  |
4 |   b.example: { level: encrypt, protocols: [SSLv3, TLSv1] }
  |                                ^^^^^^^^^
  |
  = help: write `protocols: ">=TLSv1"`, or before 3.6 `"!SSLv2:!SSLv3"`

2 domains, 2 targets: 3 warnings
"#,
    )
    .run();
}

#[test]
fn a_reason_excuses_weak_protocols() {
    silent(
        "weak-cryptography",
        r#"
domains:
  a.example: { level: encrypt, protocols: [SSLv3, TLSv1], reason: "a fax gateway of 2003" }
  b.example: { level: encrypt, protocols: "!SSLv2:!SSLv3" }
"#,
    )
    .run();
}

#[test]
fn an_entry_below_the_level_of_targets_names_them() {
    fires(
        "weaker-than-default",
        r#"
domains:
  a.example: { level: may }
  b.example: { level: may }
  c.example: { level: dane }
next_hops:
  "[relay.example.net]:587": { level: encrypt }
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
  mta:
    postfix: "3.10"
    security_level: dane-only
    map_type: lmdb
    fallback_relay: ["[relay.example.net]:587"]
"#,
        r#"
warning[weaker-than-default]: `may` for `a.example` and 1 more is weaker than `dane-only` on `mta`, `dane` on `mx`
 --> mxward.yaml:3:23
  |
3 |   a.example: { level: may }
  |                       ^^^
  |
  = help: raise the level, or write a `reason` beside the domain, best with `until`

warning[weaker-than-default]: `dane` for `c.example` is weaker than `dane-only` on `mta`
 --> mxward.yaml:5:23
  |
5 |   c.example: { level: dane }
  |                       ^^^^
  |
  = help: raise the level, or write a `reason` beside the domain, best with `until`

warning[weaker-than-default]: `encrypt` for `[relay.example.net]:587` is weaker than `dane-only` on `mta`
 --> mxward.yaml:7:39
  |
7 |   "[relay.example.net]:587": { level: encrypt }
  |                                       ^^^^^^^
  |
  = help: raise the level, or remove the entry

3 domains, 2 targets: 3 warnings
"#,
    )
    .run();
}

#[test]
fn other_trust_roots_and_explained_exceptions_are_not_weaker() {
    silent(
        "weaker-than-default",
        r#"
domains:
  a.example: { level: secure, match: [mx.a.example] }
  b.example: { level: fingerprint, match: ["94:3c:2a:f1:5e:1c:fc:7a:51:b0:3a:5d:64:57:f7:0c:5b:02:10:0f:8e:91:ab:7d:65:df:bb:a0:82:9f:0c:6d"] }
  c.example: { level: may, reason: "no STARTTLS, ticket 4711" }
  d.example: { level: dane-only }
  e.example: { leave_to: mta-sts }
next_hops:
  "[relay.example.net]": { level: dane }
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    relayhost: "[relay.example.net]"
    domains: none
  mta:
    postfix: "3.10"
    security_level: dane-only
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    domains: [d.*, e.*]
  out:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
"#,
    )
    .run();
}
