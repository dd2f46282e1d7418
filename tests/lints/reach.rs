//! Lints about keys that are not asked for.

use super::{fires, silent};

#[test]
fn a_resolver_decides_only_where_no_parent_of_ours_does() {
    fires(
        "leave-to-covered",
        r#"
domains:
  a.example.org: { leave_to: mta-sts }
  b.example.org: { leave_to: mta-sts }
  a.example.net: { leave_to: mta-sts }
  .example.org: { level: dane-only }
  .example.net: { next_hop: "[gw.example.net]", level: dane-only }
"#,
        r#"
warning[leave-to-covered]: where `mta-sts` has no answer for `a.example.org` and 1 more, `.example.org` decides
 --> mxward.yaml:3:3
  |
3 |   a.example.org: { leave_to: mta-sts }
  |   ^^^^^^^^^^^^^
  |
 ::: mxward.yaml:6:3
  |
6 |   .example.org: { level: dane-only }
  |   ------------ the entry that decides

warning[leave-to-covered]: `mta-sts` is never asked about `a.example.net`: mail goes to `smtp:[gw.example.net]` by `.example.net`
 --> mxward.yaml:5:3
  |
5 |   a.example.net: { leave_to: mta-sts }
  |   ^^^^^^^^^^^^^
  |
 ::: mxward.yaml:7:3
  |
7 |   .example.net: { next_hop: "[gw.example.net]", level: dane-only }
  |   ------------ the entry that decides
  |
  = help: write `transport: smtp` instead, to send it by its own MX

5 domains, 1 target: 2 warnings
"#,
    )
    .run();
}

#[test]
fn a_resolver_that_is_not_covered_is_silent() {
    silent(
        "leave-to-covered",
        r"
domains:
  openwrt.org: { leave_to: mta-sts }
  a.example.org: { leave_to: mta-sts }
  example.org: { level: dane-only }
  .a.example.org: { level: dane-only }
",
    )
    .run();
}

#[test]
fn a_key_with_a_dot_is_ignored_where_parents_are_tried_without() {
    fires(
        "parent-key-ignored",
        r#"
domains:
  .example.com: { next_hop: "[gw.example.com]", level: dane-only }
  .example.net: { next_hop: "[gw.example.net]", level: dane-only }
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    parent_domain_matches_subdomains: [transport_maps, smtpd_access_maps]
"#,
        r#"
error[parent-key-ignored]: target `mx` never looks up `.example.com` and 1 more in transport_maps
 --> mxward.yaml:3:3
  |
3 |   .example.com: { next_hop: "[gw.example.com]", level: dane-only }
  |   ^^^^^^^^^^^^
  |
 ::: mxward.yaml:6:3
  |
6 |   mx:
  |   -- has `parent_domain_matches_subdomains`
  |
  = help: take `transport_maps` out of that parameter, or name each subdomain

2 domains, 1 target: 1 error
"#,
    )
    .run();
}

#[test]
fn keys_with_a_dot_and_no_next_hop_are_asked_for_everywhere() {
    silent(
        "parent-key-ignored",
        r#"
domains:
  .example.com: { level: dane-only }
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    parent_domain_matches_subdomains: transport_maps
"#,
    )
    .run();
}

#[test]
fn services_that_are_not_smtp_ask_for_no_policy() {
    fires(
        "policy-of-other-service",
        r#"
domains:
  a.example: { transport: "lmtp:[mail.a.example]", level: encrypt, reason: "inside" }
  b.example: { transport: "error:no mail here", level: dane-only }
"#,
        r#"
warning[policy-of-other-service]: `lmtp` never asks for the policy of `a.example`
 --> mxward.yaml:3:59
  |
3 |   a.example: { transport: "lmtp:[mail.a.example]", level: encrypt, reason: "inside" }
  |                                                           ^^^^^^^
  |
  = help: remove it, and set `lmtp_tls_security_level` in main.cf

warning[policy-of-other-service]: `error` never asks for the policy of `b.example`
 --> mxward.yaml:4:56
  |
4 |   b.example: { transport: "error:no mail here", level: dane-only }
  |                                                        ^^^^^^^^^
  |
  = help: remove it

2 domains, 1 target: 2 warnings
"#,
    )
    .run();
}

#[test]
fn other_smtp_services_ask_for_policies() {
    silent(
        "policy-of-other-service",
        r#"
domains:
  a.example: { transport: "smtp-slow:[mx.a.example]", level: dane-only }
  b.example: { transport: "relay:[mx.b.example]", level: dane-only }
"#,
    )
    .run();
}

#[test]
fn a_parent_that_catches_the_mail_makes_the_policy_dead() {
    fires(
        "policy-unreachable",
        r#"
domains:
  .example.com: { next_hop: "[gw.example.com]", level: dane-only }
  a.example.com: { level: secure, match: [mx.example.net] }
  b.a.example.com: { level: secure, match: [mx.example.net] }
  .sub.example.com: { level: dane }
"#,
        r#"
error[policy-unreachable]: mail for `a.example.com` and 2 more goes to `smtp:[gw.example.com]` by `.example.com`, whatever its policy
 --> mxward.yaml:4:3
  |
4 |   a.example.com: { level: secure, match: [mx.example.net] }
  |   ^^^^^^^^^^^^^
  |
 ::: mxward.yaml:3:3
  |
3 |   .example.com: { next_hop: "[gw.example.com]", level: dane-only }
  |   ------------ the entry that decides
  |
  = help: write `transport: smtp` instead of a route, to send it by its own MX

4 domains, 1 target: 1 error
"#,
    )
    .run();
}

#[test]
fn without_dots_a_domain_catches_the_mail_of_those_below() {
    fires(
        "policy-unreachable",
        r#"
lints: { subdomains-captured: allow }
domains:
  example.com: { next_hop: "[gw.example.com]", level: dane-only }
  a.example.com: { level: dane-only }
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    parent_domain_matches_subdomains: transport_maps
"#,
        r#"
error[policy-unreachable]: mail for `a.example.com` goes to `smtp:[gw.example.com]` by `example.com`, whatever its policy
 --> mxward.yaml:5:3
  |
5 |   a.example.com: { level: dane-only }
  |   ^^^^^^^^^^^^^
  |
 ::: mxward.yaml:4:3
  |
4 |   example.com: { next_hop: "[gw.example.com]", level: dane-only }
  |   ----------- the entry that decides
  |
  = help: write `transport: smtp` instead of a route, to send it by its own MX

2 domains, 1 target: 1 error
"#,
    )
    .run();
}

#[test]
fn a_transport_of_its_own_takes_a_domain_out() {
    silent(
        "policy-unreachable",
        r#"
domains:
  .example.com: { next_hop: "[gw.example.com]", level: dane-only }
  a.example.com: { transport: smtp, level: secure, match: [mx.example.net] }
  example.com: { level: dane-only }
  .example.net: { transport: smtp, level: dane-only }
  a.example.net: { level: dane-only }
"#,
    )
    .run();
}

#[test]
fn a_relayhost_hides_the_policies_of_domains() {
    fires(
        "relayhost-hides-policies",
        r#"
domains:
  a.example: { level: dane-only }
  b.example: { level: secure, match: [mx.b.example] }
  c.example: { next_hop: "[mx.c.example]", level: dane-only }
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
warning[relayhost-hides-policies]: Postfix never asks for the policy of `a.example` and 1 more: the relayhost gets the mail
  --> mxward.yaml:14:16
   |
14 |     relayhost: "[relay.example.net]:587"
   |                ^^^^^^^^^^^^^^^^^^^^^^^^^
   |
  ::: mxward.yaml:3:3
   |
 3 |   a.example: { level: dane-only }
   |   --------- has no effect there
   |
   = help: write `domains: none` for this target, and give the relay a policy

3 domains, 1 target: 1 warning
"#,
    )
    .run();
}

#[test]
fn the_policy_of_the_relayhost_itself_is_asked_for() {
    silent(
        "relayhost-hides-policies",
        r#"
domains:
  example.net: { level: dane-only }
  a.example: { leave_to: mta-sts }
targets:
  mta:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
    relayhost: example.net
"#,
    )
    .run();
}

#[test]
fn a_key_for_a_public_suffix_holds_for_strangers() {
    fires(
        "subdomains-of-public-suffix",
        r#"
domains:
  .ch: { level: dane-only }
  .co.uk: { level: dane-only, reason: "ministry circular 12" }
  .github.io: { level: dane-only }
"#,
        r"
warning[subdomains-of-public-suffix]: `.ch` and 1 more hold for domains of very many owners
 --> mxward.yaml:3:3
  |
3 |   .ch: { level: dane-only }
  |   ^^^
  |
  = help: name the domains, or write a `reason` beside it

3 domains, 1 target: 1 warning
",
    )
    .run();
}

#[test]
fn a_key_for_the_zone_of_an_owner_is_silent() {
    silent(
        "subdomains-of-public-suffix",
        r#"
domains:
  .admin.ch: { level: dane-only }
  .co.uk: { level: dane-only, reason: "ministry circular 12" }
  .internal: { level: dane-only }
"#,
    )
    .run();
}

#[test]
fn a_next_hop_takes_subdomains_along_where_parents_are_tried_without_dots() {
    fires(
        "subdomains-captured",
        r#"
domains:
  example.com: { next_hop: "[mx.example.com]", level: dane-only }
  example.net: { next_hop: "[mx.example.net]", level: dane-only }
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    parent_domain_matches_subdomains: transport_maps
"#,
        r#"
warning[subdomains-captured]: on target `mx` the next hop of `example.com` and 1 more takes the mail of all subdomains too
 --> mxward.yaml:3:3
  |
3 |   example.com: { next_hop: "[mx.example.com]", level: dane-only }
  |   ^^^^^^^^^^^
  |
 ::: mxward.yaml:6:3
  |
6 |   mx:
  |   -- has `parent_domain_matches_subdomains`
  |
  = help: take `transport_maps` out of that parameter, in main.cf and here

2 domains, 1 target: 1 warning
"#,
    )
    .run();
}

#[test]
fn a_next_hop_for_one_domain_is_silent() {
    silent(
        "subdomains-captured",
        r#"
domains:
  example.com: { next_hop: "[mx.example.com]", level: dane-only }
"#,
    )
    .run();
}
