//! Where mail goes while an exception holds.

use super::{CONFIG, INSIDE, LIST, args, refused, repository};
use crate::harness::{Ran, Test};

const HOST: &str = "  a.inside.example: { provider: inside, route: host }\n";

fn inside(entries: &str, setting: &str) -> Test {
    // Some settings make keys of parents useless, which a lint denies.
    let config = CONFIG.replace(".below.example:", "below.example:");
    let config = config.replace("deployed:", &format!("{setting}deployed:"));
    repository(entries).file("mxward.yaml", config).file("providers/inside.yaml", INSIDE)
}

/// Mail goes by MX from the hosts of a template, and by nothing less than was asked for.
#[track_caller]
fn goes_by_mx(ran: &Ran, domain: &str, file: &str) {
    let entry = format!("  {domain}: {{ transport: \"smtp:\", level: encrypt, reason: ");
    assert!(ran.read(file).contains(&entry), "{}", ran.read(file));
    assert!(ran.stdout.contains("  + by MX: encrypt\n"), "{}", ran.stdout);
    let ran = ran.then().args(["explain", domain]).any_stdout().run();
    assert!(ran.stdout.contains(&format!("\n      {domain}: encrypt\n")), "{}", ran.stdout);
}

/// What kept mail from a relay, or from where that of a parent goes, was the entry with the hosts.
#[test]
fn a_route_to_hosts_does_not_become_one_to_a_relay_or_a_parent() {
    let parent = "  .inside.example: { next_hop: \"[relay.inside.example]\", level: secure, match: [relay.inside.example] }\n";
    let bare = "  inside.example: { next_hop: \"[relay.inside.example]\", level: may }\n";
    for (entries, setting) in [
        (HOST.to_owned(), "relayhost: \"[relay.example]\", "),
        (format!("{HOST}{parent}"), ""),
        (format!("{HOST}{bare}"), "parent_domain_matches_subdomains: [transport_maps], "),
    ] {
        let test = inside(&entries, setting).args(args("a.inside.example"));
        let ran = test.any_stdout().any_stderr().run();
        goes_by_mx(&ran, "a.inside.example", "domains/a.yaml");
        let end = ran.then().args(["breakglass", "a.inside.example", "--end"]);
        let ran = end.any_stdout().any_stderr().run();
        assert!(ran.read("domains/a.yaml").contains(HOST));
    }
    // Where nothing else would take the mail, no entry is needed.
    let ran = inside(HOST, "").args(args("a.inside.example")).any_stdout().run();
    assert!(ran.read("domains/a.yaml").contains("  a.inside.example: { level: encrypt, reason"));
}

#[test]
fn a_pin_does_not_become_a_route_to_a_relay() {
    let ran = Test::example("handwritten").args(["check"]).any_stdout().any_stderr().run();
    let config = ran.read("mxward.yaml");
    let relayed = config.replacen(
        "    security_level:",
        "    relayhost: \"[relay.example]\"\n    security_level:",
        1,
    );
    assert_ne!(config, relayed);
    let test = ran.then().file("mxward.yaml", relayed).args(args("gmail.com"));
    let ran = test.any_stdout().any_stderr().run();
    assert!(ran.stdout.contains("  + by MX: encrypt\n"), "{}", ran.stdout);
}

#[test]
fn attributes_stay_where_the_level_takes_them() {
    let all = "protocols: \">=TLSv1.2\", ciphers: high, exclude: [aNULL, MD5], servername: mx.attr.example, connection_reuse: yes, ";
    let entry = format!(
        "  attr.example: {{ {all}level: secure, match: [mx.attr.example] }}\n  other.example: {{ level: encrypt, ciphers: high }}\n"
    );
    let demands = "protocols: \">=TLSv1.2\", ciphers: high, exclude: [aNULL, \"MD5\"], ";
    // A demand that is not met ends in plain text where that is allowed.
    for (level, demands) in
        [("may", ""), ("dane", ""), ("encrypt", demands), ("dane-only", demands)]
    {
        let words = format!("attr.example --level {level}");
        let ran = repository(&entry).args(args(&words)).any_stdout().run();
        let line = "servername: mx.attr.example, connection_reuse: yes, reason: ";
        let text = ran.read("domains/a.yaml");
        let line = format!("  attr.example: {{ level: {level}, {demands}{line}");
        assert!(text.contains(&line), "{text}");
    }
    let ran = repository(&entry).args(args("attr.example --level none")).any_stdout().run();
    assert!(ran.read("domains/a.yaml").contains("  attr.example: { level: none, reason: "));
    // What was left out comes back with the next level, and all of it with the end.
    let ran = ran.then().args(args("attr.example")).any_stdout().run();
    let text = ran.read("domains/a.yaml");
    assert!(
        text.contains("  attr.example: { level: encrypt, protocols: \">=TLSv1.2\", "),
        "{text}"
    );
    ran.then().args(["breakglass", "attr.example", "--end"]).any_stdout().run();
    assert!(ran.read("domains/a.yaml").ends_with(&entry));
    // The same promises by other words are no exception.
    let message = "`encrypt` would change nothing for `other.example`";
    refused(repository(&entry), "other.example", 3, message);
}

#[test]
fn targets_on_which_it_changes_nothing_are_told() {
    let target = "{ postfix: \"3.7\", security_level: secure, map_type: lmdb, ca: /etc/ssl/certs/ca-certificates.crt, ";
    let config = format!(
        "{CONFIG}  relayed: {target}relayhost: \"[relay.example]\", deployed: \"file:relayed\" }}\n  \
         strict: {target}domains: [\"partner.example\"], deployed: \"file:strict\" }}\n"
    );
    let test = repository("").file("mxward.yaml", config);
    let ran =
        test.args(args("kunde.example two.example")).args(["--report", "json"]).any_stdout().run();
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let expected = serde_json::json!([
        "on target relayed it changes nothing for kunde.example, two.example: mail goes out so: to [relay.example]: secure (default)",
        "on target strict it changes nothing for kunde.example, two.example: mail goes out so: by MX: secure (default)",
    ]);
    assert_eq!(json["notes"], expected);
    assert!(ran.read("domains/list.txt").contains(LIST.lines().next().unwrap()));
}
