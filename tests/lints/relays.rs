//! Lints about next hops and relays.

use super::{fires, silent};

#[test]
fn a_fallback_relay_must_be_as_strict_as_the_strictest_entry() {
    fires(
        "fallback-relay-weaker",
        r#"
domains:
  a.example: { level: secure, match: [mx.a.example] }
next_hops:
  "[b.example.net]": { level: encrypt }
targets:
  mx:
    postfix: "3.10"
    security_level: may
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    fallback_relay: ["[a.example.net]", "[b.example.net]"]
"#,
        r#"
error[fallback-relay-weaker]: `[a.example.net]` takes at `may` what could not be delivered at `secure`
  --> mxward.yaml:12:22
   |
12 |     fallback_relay: ["[a.example.net]", "[b.example.net]"]
   |                      ^^^^^^^^^^^^^^^^^
   |
  ::: mxward.yaml:3:3
   |
 3 |   a.example: { level: secure, match: [mx.a.example] }
   |   --------- by this entry
   |
   = help: give it a policy of that strength under `next_hops`

error[fallback-relay-weaker]: `[b.example.net]` takes at `encrypt` what could not be delivered at `secure`
  --> mxward.yaml:12:41
   |
12 |     fallback_relay: ["[a.example.net]", "[b.example.net]"]
   |                                         ^^^^^^^^^^^^^^^^^
   |
  ::: mxward.yaml:3:3
   |
 3 |   a.example: { level: secure, match: [mx.a.example] }
   |   --------- by this entry
   |
   = help: give it a policy of that strength under `next_hops`

1 domain, 1 target: 2 errors
"#,
    )
    .run();
}

#[test]
fn strict_and_inner_fallback_relays_are_silent() {
    silent(
        "fallback-relay-weaker",
        r#"
domains:
  a.example: { level: secure, match: [mx.a.example] }
next_hops:
  "[b.example.net]": { level: dane-only }
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    fallback_relay: ["[b.example.net]", "[127.0.0.1]:10025", "[10.1.2.3]"]
"#,
    )
    .run();
}

#[test]
fn without_strict_entries_a_fallback_relay_may_be_as_the_rest() {
    silent(
        "fallback-relay-weaker",
        r#"
domains:
  a.example: { level: may }
targets:
  mx:
    postfix: "3.10"
    security_level: may
    map_type: lmdb
    fallback_relay: ["[a.example.net]"]
"#,
    )
    .run();
}

#[test]
fn a_next_hop_of_another_spelling_is_not_asked_for() {
    fires(
        "next-hop-unused",
        r#"
next_hops:
  "[relay.example.net]": { level: dane-only }
  "[other.example.net]": { level: dane-only }
  example.com: { level: dane-only }
targets:
  mta:
    postfix: "3.10"
    security_level: dane-only
    map_type: lmdb
    relayhost: "[relay.example.net]:587"
"#,
        r#"
warning[next-hop-unused]: no mail is sent to `[relay.example.net]`
  --> mxward.yaml:3:3
   |
 3 |   "[relay.example.net]": { level: dane-only }
   |   ^^^^^^^^^^^^^^^^^^^^^
   |
  ::: mxward.yaml:11:16
   |
11 |     relayhost: "[relay.example.net]:587"
   |                ------------------------- sent to this one
   |
   = help: Postfix compares the text: write `[relay.example.net]:587`

warning[next-hop-unused]: no mail is sent to `[other.example.net]`
 --> mxward.yaml:4:3
  |
4 |   "[other.example.net]": { level: dane-only }
  |   ^^^^^^^^^^^^^^^^^^^^^
  |
  = help: name it as `relayhost` or `fallback_relay`, or remove it

warning[next-hop-unused]: no mail is sent to `example.com`
 --> mxward.yaml:5:3
  |
5 |   example.com: { level: dane-only }
  |   ^^^^^^^^^^^
  |
  = help: a recipient domain belongs under `domains`

0 domains, 1 target: 3 warnings
"#,
    )
    .run();
}

#[test]
fn next_hops_of_targets_and_domains_are_asked_for() {
    silent(
        "next-hop-unused",
        r#"
domains:
  a.example: { next_hop: "[mx.a.example]:25" }
next_hops:
  "[relay.example.net]:587": { level: dane-only }
  "[fallback.example.net]": { level: dane-only }
  "[mx.a.example]:25": { level: dane-only }
targets:
  mta:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    relayhost: "[relay.example.net]:587"
    fallback_relay: "[fallback.example.net]"
"#,
    )
    .run();
}

#[test]
fn a_next_hop_without_policy_gets_the_level_of_each_target() {
    fires(
        "next-hop-without-policy",
        r#"
domains:
  a.example: { next_hop: "[tls.example.com]" }
  b.example: { next_hop: "[tls.example.com]" }
  c.example: { transport: "relay:[gw.example.com],[gw2.example.com]" }
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
  other:
    postfix: "3.10"
    security_level: may
    map_type: lmdb
    domains: ["[ab].*"]
"#,
        r#"
warning[next-hop-without-policy]: the next hop of `a.example` and 1 more has no policy: `[tls.example.com]` gets `dane` on `mx`, `may` on `other`
 --> mxward.yaml:3:26
  |
3 |   a.example: { next_hop: "[tls.example.com]" }
  |                          ^^^^^^^^^^^^^^^^^^^
  |
  = help: write a `level` beside the next hop

warning[next-hop-without-policy]: the next hop of `c.example` has no policy: `[gw.example.com]` gets `dane` on `mx`
 --> mxward.yaml:5:27
  |
5 |   c.example: { transport: "relay:[gw.example.com],[gw2.example.com]" }
  |                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write a `level` beside the next hop

3 domains, 2 targets: 2 warnings
"#,
    )
    .run();
}

#[test]
fn next_hops_with_a_policy_or_inside_are_silent() {
    silent(
        "next-hop-without-policy",
        r#"
domains:
  a.example: { next_hop: "[tls.example.com]", level: secure, match: [tls.example.com] }
  b.example: { next_hop: "[tls.example.com]" }
  c.example: { next_hop: "[10.1.2.3]" }
  d.example: { next_hop: "[tls.example.org]", reason: "a test system" }
  e.example: { transport: "error:no mail here" }
  f.example: { transport: ":" }
  g.example: { next_hop: "[relay.example.net]:587" }
next_hops:
  "[relay.example.net]:587": { level: dane-only }
"#,
    )
    .run();
}

#[test]
fn a_next_hop_gets_a_strict_level_of_the_target() {
    silent(
        "next-hop-without-policy",
        r#"
domains:
  a.example: { next_hop: "[tls.example.com]" }
targets:
  mx:
    postfix: "3.10"
    security_level: dane-only
    map_type: lmdb
"#,
    )
    .run();
}

#[test]
fn pins_and_hosts_go_past_the_relayhost() {
    fires(
        "relayhost-bypassed",
        r#"
domains:
  kunde.example: { provider: hostpoint, route: pin }
  firma.example: { provider: hostpoint, route: host }
next_hops:
  "[relay.example.net]:587": { level: dane-only }
targets:
  mta:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    relayhost: "[relay.example.net]:587"
"#,
        r#"
warning[relayhost-bypassed]: mail for `kunde.example` and 1 more goes straight to MX hosts, and not to the relayhost
  --> mxward.yaml:13:16
   |
13 |     relayhost: "[relay.example.net]:587"
   |                ^^^^^^^^^^^^^^^^^^^^^^^^^
   |
  ::: mxward.yaml:3:3
   |
 3 |   kunde.example: { provider: hostpoint, route: pin }
   |   ------------- routed here
   |
   = help: write `domains: none` for this target, or name the domains it sends itself

2 domains, 1 target: 1 warning
"#,
    )
    .run();
}

#[test]
fn next_hops_that_are_written_go_past_the_relayhost_in_silence() {
    silent(
        "relayhost-bypassed",
        r#"
domains:
  kunde.example: { provider: hostpoint, route: pin }
  a.example: { next_hop: "[mx.a.example]", level: dane-only }
next_hops:
  "[relay.example.net]:587": { level: dane-only }
targets:
  mta:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    relayhost: "[relay.example.net]:587"
    domains: [a.example]
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
"#,
    )
    .run();
}

#[test]
fn a_relayhost_is_no_stranger() {
    fires(
        "relayhost-without-policy",
        r#"
targets:
  mta:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    relayhost: "[relay.example.net]:587"
"#,
        r#"
warning[relayhost-without-policy]: the relayhost has no policy: `dane` of target `mta` takes whoever answers
 --> mxward.yaml:7:16
  |
7 |     relayhost: "[relay.example.net]:587"
  |                ^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: write `level: secure` and `match: [NAME]` for it under `next_hops`

0 domains, 1 target: 1 warning
"#,
    )
    .run();
}

#[test]
fn a_relayhost_with_a_policy_a_strict_level_or_inside_is_silent() {
    silent(
        "relayhost-without-policy",
        r#"
next_hops:
  "[a.example.net]": { level: dane-only }
targets:
  a:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    relayhost: "[a.example.net]"
  b:
    postfix: "3.10"
    security_level: dane-only
    map_type: lmdb
    relayhost: "[b.example.net]"
  c:
    postfix: "3.10"
    security_level: may
    map_type: lmdb
    relayhost: "[127.0.0.1]:10025"
"#,
    )
    .run();
}
