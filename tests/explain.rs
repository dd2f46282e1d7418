//! `mxward explain`

use crate::harness::Test;

const REPOSITORY: &str = "\
version: 1
domains:
  .sub.example: { level: encrypt }
  a.example: { level: secure, match: [mx.a.example] }
  relayed.example: { next_hop: \"[tls.example.net]:587\", level: dane-only }
  left.example: { leave_to: mta-sts }
targets:
  mx: { postfix: \"3.7\", security_level: dane, map_type: lmdb, deployed: \"file:deployed\" }
";

fn explain(address: &str) -> Test {
    Test::new().file("mxward.yaml", REPOSITORY).args(["explain", address])
}

#[test]
fn every_key_is_shown_up_to_the_one_that_decides() {
    explain("Anna+list@host.sub.example")
        .stdout(
            "target mx: mail for anna+list@host.sub.example\n\
             \n\
             transport_maps:\n    \
                 anna+list@host.sub.example: not found\n    \
                 anna@host.sub.example: not found\n    \
                 host.sub.example: not found\n    \
                 .sub.example: not found\n    \
                 .example: not found\n    \
                 *: not found\n    \
                 nothing, so by the MX records of the domain\n\
             \n\
             next hops by smtp(8), with smtp_tls_policy_maps:\n\
             \n  \
               host.sub.example, by its MX records\n      \
                   host.sub.example: not found\n      \
                   .sub.example: encrypt\n          \
                       from mxward.yaml:3:3\n      \
                   => TLS with any certificate, or the mail waits\n",
        )
        .run();
}

#[test]
fn a_next_hop_has_one_key_as_it_is_spelt() {
    explain("relayed.example")
        .stdout_has("    relayed.example: smtp:[tls.example.net]:587\n        from mxward.yaml:5:3\n")
        .stdout_has(
            "  [tls.example.net]:587\n      [tls.example.net]:587: dane-only\n          from mxward.yaml:5:32\n",
        )
        .stdout_has("      => only a server that matches its TLSA records, or the mail waits\n")
        .run();
}

#[test]
fn what_is_left_to_a_resolver_says_so() {
    explain("left.example")
        .stdout_has("  declared with leave_to: mta-sts, so mxward emits nothing;")
        .stdout_has("      nothing, so smtp_tls_security_level = dane\n")
        .run();
}

#[test]
fn deployed_maps_are_explained_by_their_lines() {
    explain("a.example")
        .file("deployed/transport", "a.example smtp:[192.0.2.1]\n")
        .file(
            "deployed/tls_policy",
            "# not under the next hop\na.example secure\n[192.0.2.1] may x=y\n",
        )
        .args(["--deployed"])
        .stdout_has("    a.example: smtp:[192.0.2.1]\n        from deployed/transport:1\n")
        .stdout_has("      [192.0.2.1]: may x=y\n          from deployed/tls_policy:3\n")
        .stdout_has("      => Postfix refuses the entry (")
        .run();
}

#[test]
fn programs_get_every_lookup() {
    let ran = explain("a.example").args(["--report", "json"]).any_stdout().run();
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let hop = &report["targets"][0]["next_hops"][0];
    assert_eq!(hop["policy"], "secure match=mx.a.example");
    assert_eq!(hop["policy_lookups"][0]["place"], "mxward.yaml:4:3");
}

#[test]
fn what_is_no_address_is_a_usage_error() {
    explain("anna@[192.0.2.1]")
        .stderr(
            "error: `anna@[192.0.2.1]` is no mail address or domain: `[` cannot stand in a name\n",
        )
        .status(64)
        .run();
}
