//! How a change is judged and shown.

use super::repository;
use crate::harness::Test;

/// A test with deployed maps and a repository with one target.
fn diff(deployed: [&str; 2], domains: &str, target: &str) -> Test {
    Test::new()
        .file("deployed/transport", deployed[0])
        .file("deployed/tls_policy", deployed[1])
        .file("mxward.yaml", repository(domains, target))
        .args(["diff"])
}

#[test]
fn a_stronger_level_is_stronger() {
    diff(
        ["# none\n", "a.example may\n"],
        "  a.example: { level: secure, match: [mx.a.example] }\n",
        "",
    )
    .stdout(
        "target mx\n\
         \n\
         stronger: 1 domain, mxward.yaml:3:3\n    \
             a.example\n  \
           - by MX: may\n  \
           + by MX: secure match=mx.a.example\n\
         \n\
         transport: no entries\n\
         tls_policy: 1 changed; 1 deployed entry adopted\n\
         \n\
         mx  1 stronger\n",
    )
    .run();
}

#[test]
fn an_entry_that_is_not_declared_any_more_stays_when_it_may_be_foreign() {
    diff(
        ["# none\n", "a.example encrypt\nold.example secure\n"],
        "  a.example: { level: encrypt }\n",
        "",
    )
    .stdout(
        "target mx\n\
             \n\
             transport: no entries\n\
             tls_policy: 1 unchanged; 1 deployed entry adopted\n  \
               foreign entries in deployed/tls_policy, which stay as they are:\n    \
                 line 2: old.example secure\n\
             \n\
             mx  no changes\n",
    )
    .run();
}

#[test]
fn foreign_entries_go_only_on_request() {
    diff(
        ["# none\n", "a.example encrypt\nold.example secure\n"],
        "  a.example: { level: encrypt }\n",
        "unmanaged: remove",
    )
    .stdout_has(
        "weaker: 1 domain, not declared any more (deployed/tls_policy:2)\n    \
           old.example\n  \
         - by MX: secure\n  \
         + by MX: may (default)\n",
    )
    .stdout_has("mx  1 weaker\n")
    .run();
}

/// [postconf(5) `smtp_tls_policy_maps`: the key is the next hop]
#[test]
fn a_policy_under_the_wrong_key_protects_nobody() {
    diff(
        ["a.example smtp:[mx.a.example]\n", "a.example secure match=mx.a.example\n"],
        "  a.example: { next_hop: \"[mx.a.example]\", level: secure, match: [mx.a.example] }\n",
        "",
    )
    .stdout_has(
        "  - to [mx.a.example]: may (default)\n  + to [mx.a.example]: secure match=mx.a.example\n",
    )
    .stdout_has(
        "dead entries in deployed/tls_policy, which no lookup asks for:\n    \
         line 1: a.example secure match=mx.a.example\n",
    )
    .stdout_has("mx  1 stronger\n")
    .run();
}

#[test]
fn what_postfix_would_refuse_breaks() {
    diff(
        ["# none\n", "a.example encrypt\n"],
        "  a.example: { next_hop: \"[192.0.2.1]\", level: secure }\n",
        "",
    )
    .stdout_has("breaks: 1 domain, mxward.yaml:3:3\n")
    .stdout_has("  + to [192.0.2.1] alone: secure, which no server can satisfy here\n")
    .run();
}

#[test]
fn a_deployed_entry_that_stalls_all_mail_is_named() {
    diff(
        ["a.example smtp:[192.0.2.300]\n", "# none\n"],
        "  a.example: { level: encrypt, transport: \"smtp:\" }\n",
        "",
    )
    .stdout_has("different: 1 domain, mxward.yaml:3:3\n")
    .stdout_has("  - stalls all mail: `192.0.2.300` is not an address\n")
    .run();
}

#[test]
fn subdomains_and_domains_below_a_parent_are_judged() {
    diff(
        ["# none\n", ".a.example secure match=mx.a.example\n"],
        "  .a.example: { level: encrypt }\n  b.a.example: { level: secure, match: [mx.a.example] }\n",
        "",
    )
    .stdout_has("weaker: 1 domain, mxward.yaml:3:3\n    .a.example\n")
    .stdout_has("mx  1 weaker\n")
    .run();
}

#[test]
fn a_policy_of_the_relay_concerns_every_other_domain() {
    let repository = repository("", "relayhost: \"[relay.example.net]:587\"")
        .replace("domains:\n", "next_hops:\n  \"[relay.example.net]:587\": { level: dane-only }\n");
    Test::new()
        .file("deployed/tls_policy", "[relay.example.net]:587 encrypt\n")
        .file("mxward.yaml", repository)
        .args(["diff", "--exit-code"])
        .stdout_has("stronger: 1 domain, mxward.yaml:3:3\n    (every other domain)\n")
        .stdout_has(
            "  - to [relay.example.net]:587: encrypt\n  + to [relay.example.net]:587: dane-only\n",
        )
        .status(2)
        .run();
}

#[test]
fn names_with_u_labels_count_once() {
    diff(["# none\n", "# none\n"], "  münchen.example: { level: encrypt }\n", "")
        .stdout_has("stronger: 1 domain, mxward.yaml:3:3\n    xn--mnchen-3ya.example\n")
        .stdout_has("tls_policy: 2 added\n")
        .run();
}

#[test]
fn lines_are_shown_on_request() {
    diff(["# none\n", "a.example may\n"], "  a.example: { level: encrypt }\n", "")
        .args(["--text"])
        .stdout(
            "# target mx\n\
             --- deployed/transport\n\
             +++ deployed/transport (compiled)\n\
             @@ -1 +1 @@\n\
             -# none\n\
             +# @generated by mxward: transport_maps of target mx. Edit the repository, not this file.\n\
             --- deployed/tls_policy\n\
             +++ deployed/tls_policy (compiled)\n\
             @@ -1 +1,2 @@\n\
             -a.example may\n\
             +# @generated by mxward: smtp_tls_policy_maps of target mx. Edit the repository, not this file.\n\
             +a.example encrypt\n",
        )
        .run();
}

#[test]
fn programs_get_an_object_with_the_status() {
    let ran =
        diff(["# none\n", "a.example may\nb.example\n"], "  a.example: { level: none }\n", "")
            .args(["--exit-code", "--report", "json"])
            .any_stdout()
            .status(2)
            .run();
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["effects"]["weaker"], 1);
    assert_eq!(report["targets"][0]["changes"][0]["domains"], serde_json::json!(["a.example"]));
    assert_eq!(report["targets"][0]["changes"][0]["line"], 3);
    assert_eq!(report["targets"][0]["tls_policy"]["ignored"][0]["kind"], "no-value");
    assert_eq!(report["exit"], serde_json::json!({ "status": 2, "reason": "changes" }));
}

#[test]
fn nothing_of_a_deployed_map_is_markup_or_an_order_to_the_terminal() {
    let ran = diff(
        ["# none\n", "a.example may\n<b>x</b>|`\u{1b}[31m encrypt\n"],
        "  a.example: { level: may }\n",
        "",
    )
    .args(["--report", "markdown", "--report", "text=out.txt"])
    .any_stdout()
    .run();
    assert!(!ran.stdout.contains("<b>") && !ran.stdout.contains('\u{1b}'), "{}", ran.stdout);
    assert!(!ran.read("out.txt").contains('\u{1b}'));
}

#[test]
fn the_difference_of_each_example_is_shown_as_in_its_golden_text() {
    for (example, target) in
        [("handwritten", "mx"), ("hosting", "mx"), ("hosting", "relay"), ("lists", "mx")]
    {
        for format in ["text", "markdown", "json"] {
            Test::example(example)
                .args(["diff", "--frozen", "--target", target, "--report", format])
                .golden(&format!("diff-{example}-{target}-{format}"))
                .run();
        }
    }
}

#[test]
fn the_lines_of_the_handwritten_example_are_shown_as_in_their_golden_text() {
    Test::example("handwritten")
        .args(["diff", "--frozen", "--target", "mx", "--text"])
        .golden("diff-handwritten-lines")
        .run();
}
