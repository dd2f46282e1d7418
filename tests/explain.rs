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

/// The next hop `[shared.example.net]` goes from b.example to a.example, so a.example goes by its MX records
/// in between.
fn timeline(address: &str) -> Test {
    Test::new()
        .file(
            "mxward.yaml",
            "version: 1\ndomains:\n  \
               a.example: { next_hop: \"[shared.example.net]\", level: secure, match: [mx.a.example] }\n  \
               b.example: { next_hop: \"[new.example.net]\", level: secure, match: [mx.b.example] }\n  \
               c.example: { level: encrypt }\n\
             targets:\n  \
               mx: { postfix: \"3.7\", security_level: may, map_type: texthash, deployed: \"file:deployed\" }\n",
        )
        .file(
            "deployed/transport",
            "a.example smtp:[old.example.net]\nb.example smtp:[shared.example.net]\n",
        )
        .file(
            "deployed/tls_policy",
            "[old.example.net] secure match=mx.a.example\n\
             [shared.example.net] secure match=mx.b.example\n\
             a.example secure match=mx.a.example\n\
             b.example secure match=mx.b.example\n",
        )
        .args(["explain", address, "--timeline"])
}

#[test]
fn each_phase_of_an_apply_is_shown_with_what_it_does_to_a_recipient() {
    timeline("b.example").golden("explain-timeline-text").run();
    timeline("b.example").args(["--report", "json"]).golden("explain-timeline-json").run();
}

#[test]
fn no_phase_is_weaker_than_both_now_and_after() {
    for address in ["a.example", "b.example", "c.example", "any@d.example"] {
        let ran = timeline(address).args(["--report", "json"]).any_stdout().run();
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let phases = report["targets"][0]["phases"].as_array().unwrap();
        assert!(phases.len() > 3, "{address}");
        for phase in phases {
            assert!(!matches!(phase["effect"].as_str(), Some("weaker" | "breaks")), "{phase:#}");
        }
        let [first, .., step, after] = phases.as_slice() else { panic!("{address}") };
        assert_eq!((&first["phase"], &after["phase"]), (&"now".into(), &"after".into()));
        // The last step gives what is wanted.
        for part in ["summary", "effect", "transport_lookups", "next_hops"] {
            assert_eq!(step[part], after[part], "{address}");
        }
    }
}

#[test]
fn whom_nothing_happens_to_is_told_so() {
    timeline("d.example")
        .stdout_has("target mx: mail for d.example\n\nnow\n    d.example, by its MX records\n")
        .stdout_has("\nafter\n    as now: by MX: may (default)\n")
        .run();
}

#[test]
fn without_changes_there_is_no_step() {
    Test::new()
        .file(
            "mxward.yaml",
            "version: 1\ntargets:\n  mx: { postfix: \"3.7\", security_level: dane, map_type: texthash, \
             deployed: \"file:deployed\" }\n",
        )
        .file("deployed/transport", "")
        .file("deployed/tls_policy", "a.example encrypt\n")
        .args(["explain", "a.example", "--timeline"])
        .stdout(
            "target mx: mail for a.example\n\nnow\n    a.example, by its MX records\n      a.example: encrypt\n          \
             from deployed/tls_policy:1\n      => TLS with any certificate, or the mail waits\n\nafter\n    as now\n",
        )
        .run();
}

#[test]
fn a_change_without_a_safe_order_says_so() {
    // Two domains swap their next hops while their own policies say something else.
    Test::new()
        .file(
            "mxward.yaml",
            "version: 1\ndomains:\n  \
               a.example: { next_hop: \"[y.example.net]\", level: secure, match: [mx.a.example] }\n  \
               b.example: { next_hop: \"[x.example.net]\", level: secure, match: [mx.b.example] }\n\
             targets:\n  \
               mx: { postfix: \"3.7\", security_level: may, map_type: texthash, deployed: \"file:deployed\" }\n",
        )
        .file("deployed/transport", "a.example smtp:[x.example.net]\nb.example smtp:[y.example.net]\n")
        .file(
            "deployed/tls_policy",
            "[x.example.net] secure match=mx.a.example\n[y.example.net] secure match=mx.b.example\n",
        )
        .args(["explain", "a.example", "--timeline"])
        .stdout_has("\nafter, if there were a safe order of steps: there is none for 2 domains, so apply is refused\n")
        .run();
}

#[test]
fn a_timeline_is_of_what_is_deployed_and_compiled_alike() {
    explain("a.example")
        .args(["--timeline", "--deployed"])
        .stderr_has("cannot be used with")
        .status(64)
        .run();
}
