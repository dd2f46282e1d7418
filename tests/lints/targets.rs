//! Lints about targets.

use super::{fires, silent};

#[test]
fn names_are_checked_against_cas_that_somebody_named() {
    fires(
        "ca-missing",
        r#"
domains:
  a.example: { level: dane-only }
  b.example: { level: secure, match: [mx.b.example] }
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
  other:
    postfix: "3.10"
    security_level: secure
    map_type: lmdb
    domains: none
"#,
        r"
warning[ca-missing]: target `mx` names no `ca`: without CAs Postfix defers all mail that needs `secure`
 --> mxward.yaml:6:3
  |
6 |   mx:
  |   ^^
  |
 ::: mxward.yaml:4:3
  |
4 |   b.example: { level: secure, match: [mx.b.example] }
  |   --------- needed here
  |
  = help: set `smtp_tls_CAfile` in main.cf, and write the same path here as `ca`

warning[ca-missing]: target `other` names no `ca`: without CAs Postfix defers all mail that needs `secure`
  --> mxward.yaml:10:3
   |
10 |   other:
   |   ^^^^^
   |
  ::: mxward.yaml:12:21
   |
12 |     security_level: secure
   |                     ------ needed here
   |
   = help: set `smtp_tls_CAfile` in main.cf, and write the same path here as `ca`

2 domains, 2 targets: 2 warnings
",
    )
    .run();
}

#[test]
fn trust_anchors_of_its_own_need_no_cas() {
    silent(
        "ca-missing",
        r#"
domains:
  a.example: { level: dane-only }
  b.example: { level: secure, match: [mx.b.example], tafile: /etc/postfix/b.pem }
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
"#,
    )
    .run();
}

#[test]
fn maps_that_are_written_in_place_are_a_note() {
    fires(
        "map-type-hash",
        r#"
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: hash
    ca: /etc/ssl/certs/ca-certificates.crt
  other:
    postfix: "3.10"
    security_level: dane
    map_type: btree
    ca: /etc/ssl/certs/ca-certificates.crt
"#,
        r"
note[map-type-hash]: a `postmap` that is killed leaves a `hash` map empty
 --> mxward.yaml:6:15
  |
6 |     map_type: hash
  |               ^^^^
  |
  = help: `lmdb` and `cdb` keep the old map until the new one is complete

note[map-type-hash]: a `postmap` that is killed leaves a `btree` map empty
  --> mxward.yaml:11:15
   |
11 |     map_type: btree
   |               ^^^^^
   |
   = help: `lmdb` and `cdb` keep the old map until the new one is complete

0 domains, 2 targets: 2 notes
",
    )
    .run();
}

#[test]
fn maps_that_are_replaced_or_rows_are_silent() {
    silent(
        "map-type-hash",
        r#"
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: lmdb
    ca: /etc/ssl/certs/ca-certificates.crt
  b:
    postfix: "3.10"
    security_level: dane
    map_type: cdb
    ca: /etc/ssl/certs/ca-certificates.crt
  c:
    postfix: "3.10"
    security_level: dane
    map_type: hash
    ca: /etc/ssl/certs/ca-certificates.crt
    tls_policy: "mysql://mail@db.example.net/mail?table=tlspolicies"
"#,
    )
    .run();
}

#[test]
fn maps_that_are_read_once_are_reported() {
    fires(
        "map-type-texthash",
        r#"
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: texthash
    ca: /etc/ssl/certs/ca-certificates.crt
"#,
        r"
warning[map-type-texthash]: `texthash` is read when a daemon starts, and never again
 --> mxward.yaml:6:15
  |
6 |     map_type: texthash
  |               ^^^^^^^^
  |
  = help: write `lmdb` or `cdb`, or run `postfix reload` after every change

0 domains, 1 target: 1 warning
",
    )
    .run();
}

#[test]
fn indexed_maps_are_silent() {
    silent(
        "map-type-texthash",
        r#"
targets:
  mx:
    postfix: "3.10"
    security_level: dane
    map_type: cdb
    ca: /etc/ssl/certs/ca-certificates.crt
"#,
    )
    .run();
}
