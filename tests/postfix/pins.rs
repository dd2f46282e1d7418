//! The rules of `route: pin`.

use crate::harness::Test;
use std::fmt::Write as _;

const PROVIDER: &str = "name: shared
title: Shared
mx_patterns: 'mx[0-9]*\\.shared\\.example'
hosts:
  - { preference: 10, host: mx1.shared.example }
  - { preference: 10, host: mx2.shared.example }
  - { preference: 20, host: mx3.shared.example }
policy: { level: secure, match: .shared.example }
";

const LOCK: &str = "version: 1
checked: 2026-11-24
hosts:
  mx1.shared.example: { dnssec: insecure, addresses: [192.0.2.1 since 2026-11-01] }
  mx2.shared.example: { dnssec: insecure, addresses: [192.0.2.2 since 2026-11-01, \"2001:db8::2 since 2026-11-01\"] }
  mx3.shared.example: { dnssec: insecure, addresses: [192.0.2.3 since 2026-11-01] }
domains:
  kunde.example: { dnssec: insecure, since: 2026-11-01, mx: [10 mx1.shared.example, 10 mx2.shared.example] }
  firma.example: { dnssec: insecure, since: 2026-11-01, mx: [10 mx1.shared.example] }
";

const TARGET: &str = "{ postfix: \"3.7\", security_level: may, map_type: lmdb, ca: /ca.pem, deployed: \"file:maps\" }";

/// A repository in which `domains` are declared, for one target.
fn pinned_for(domains: &str, target: &str) -> Test {
    Test::new()
        .file(
            "mxward.yaml",
            format!(
                "version: 1\nlock: {{ allow_addresses: [192.0.2.0/24, \"2001:db8::/32\"] }}\n\
                 targets: {{ mx: {target} }}\n{domains}"
            ),
        )
        .file("mxward.lock", LOCK)
        .file("providers/shared.yaml", PROVIDER)
        .args(["compile", "--frozen", "--out", "out"])
}

fn pinned(domains: &str) -> Test {
    pinned_for(domains, TARGET)
}

const KUNDE: &str = "domains:\n  kunde.example: { provider: shared, route: pin }\n";

/// The entries of a map that was written.
#[track_caller]
fn entries(test: Test, map: &str) -> Vec<String> {
    let ran = test.any_stderr().run();
    let text = ran.read(&format!("out/mx/{map}"));
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[track_caller]
fn refused(test: Test, message: &str, place: &str) {
    let message = format!("error[{message}\n --> {place}\n");
    test.status(3).stderr_has(&message).expect_no_file("out/mx/transport").run();
}

/// A pin falls through to the domain's own MX, under an equally strict policy.
#[test]
fn a_list_of_pins_ends_in_the_domain_and_every_next_hop_has_the_policy() {
    let ran = pinned(KUNDE).any_stderr().run();
    let transport = ran.read("out/mx/transport");
    let line = transport.lines().find(|line| line.starts_with("kunde.example ")).unwrap();
    let hops: Vec<&str> = line.strip_prefix("kunde.example smtp:").unwrap().split(',').collect();
    assert_eq!(hops.last(), Some(&"kunde.example"));
    assert_eq!(hops.len(), 4);
    let policies = ran.read("out/mx/tls_policy");
    for hop in hops {
        assert!(policies.contains(&format!("\n{hop} secure match=.shared.example\n")), "{hop}");
    }
}

/// Anything less hands the mail to whoever gets the address next.
#[test]
fn only_a_policy_that_names_the_certificate_can_be_pinned() {
    for (words, policy) in [
        ("level: encrypt", "encrypt"),
        ("level: may", "may"),
        ("level: none", "none"),
        ("match: nexthop", "secure match=nexthop"),
        ("match: [hostname, .shared.example]", "secure match=hostname:.shared.example"),
        ("level: verify, match: dot-nexthop", "verify match=dot-nexthop"),
    ] {
        let domains =
            format!("domains:\n  kunde.example: {{ route: pin, provider: shared, {words} }}\n");
        let message = format!("pin-policy]: `{policy}` cannot be pinned to addresses");
        refused(pinned(&domains), &message, "mxward.yaml:5:27");
    }
    for words in ["level: verify", "match: mx1.shared.example", &fingerprint()] {
        let domains =
            format!("domains:\n  kunde.example: {{ route: pin, provider: shared, {words} }}\n");
        assert_eq!(entries(pinned(&domains), "transport").len(), 1, "{words}");
    }
}

fn fingerprint() -> String {
    format!("level: fingerprint, match: \"{}\"", ["ab"; 32].join(":"))
}

/// The list of pins ends in a domain, and `.example.com` is none: it would end smtp(8).
#[test]
fn a_pin_for_subdomains_is_refused() {
    let domains = "domains:\n  .kunde.example: { provider: shared, route: pin }\n";
    let message =
        "route-of-subdomains]: `.kunde.example` stands for many domains: `route: pin` needs one";
    refused(pinned(domains), message, "mxward.yaml:5:3");
}

/// [Postfix `smtp_addr.c`: an address literal has no DNSSEC status]
#[test]
fn a_pin_with_dane_is_refused() {
    for level in ["dane", "dane-only"] {
        let domains = format!(
            "domains:\n  kunde.example: {{ route: pin, provider: shared, level: {level} }}\n"
        );
        let message = format!("pin-policy]: `{level}` cannot be pinned to addresses");
        refused(pinned(&domains), &message, "mxward.yaml:5:27");
    }
}

#[test]
fn a_pin_of_a_dane_secured_domain_is_refused_and_one_from_the_defaults_goes_by_mx() {
    let provider = format!("{PROVIDER}policy_when: {{ dane: {{ level: dane-only }} }}\n");
    let lock = LOCK
        .replace("dnssec: insecure, since", "dnssec: secure, since")
        .replace("dnssec: insecure, addresses", "dnssec: secure, dane: true, addresses");
    let test = |domains: &str| {
        pinned(domains).file("providers/shared.yaml", &provider).file("mxward.lock", &lock)
    };
    let message =
        "pin-policy]: a DANE-secured domain cannot be pinned: DANE does not work on addresses";
    refused(test(KUNDE), message, "mxward.yaml:5:45");
    let domains = "defaults: { route: pin }\ndomains: { kunde.example: shared }\n";
    assert_eq!(entries(test(domains), "transport"), [""; 0]);
    assert_eq!(entries(test(domains), "tls_policy"), ["kunde.example dane-only"]);
}

#[test]
fn what_cannot_be_pinned_does_not_inherit_a_pin() {
    let domains = "defaults: { route: pin }\ndomains:\n  \
                   .kunde.example: shared\n  \
                   a.example: { provider: shared, level: dane-only }\n  \
                   b.example: { level: encrypt }\n  \
                   c.example: { leave_to: mta-sts }\n  \
                   d.example: { provider: shared, next_hop: \"[relay.example]\" }\n";
    assert_eq!(entries(pinned(domains), "transport"), ["d.example smtp:[relay.example]"]);
    let policies = entries(pinned(domains), "tls_policy");
    assert_eq!(
        policies,
        [
            ".kunde.example secure match=.shared.example",
            "[relay.example] secure match=.shared.example",
            "a.example dane-only",
            "b.example encrypt",
        ]
    );
}

/// [RELEASE_NOTES-3.5]
#[test]
fn a_pin_needs_postfix_3_5() {
    let target = TARGET.replace("3.7", "3.4");
    let message = "postfix-version]: a pin needs Postfix 3.5, and target `mx` runs 3.4: older ones take no list \
                   of next hops";
    refused(pinned_for(KUNDE, &target), message, "mxward.yaml:5:45");
    assert_eq!(entries(pinned_for(KUNDE, &TARGET.replace("3.7", "3.5")), "transport").len(), 1);
}

#[test]
fn a_pin_without_the_domain_at_its_end_is_refused() {
    let target = TARGET.replace("postfix:", "pin_fallback: none, postfix:");
    let message = "pin-fallback]: a pin without the domain at its end strands mail when the addresses change, and \
                   target `mx` says `pin_fallback: none`";
    refused(pinned_for(KUNDE, &target), message, "mxward.yaml:5:45");
}

/// [postconf(5) `parent_domain_matches_subdomains`]
#[test]
fn a_pin_that_takes_subdomains_along_is_refused() {
    let target =
        TARGET.replace("postfix:", "parent_domain_matches_subdomains: transport_maps, postfix:");
    let message = "pin-subdomains]: on target `mx` a pin would take the mail of all subdomains along, because \
                   `parent_domain_matches_subdomains` has `transport_maps`";
    refused(pinned_for(KUNDE, &target), message, "mxward.yaml:5:45");
}

#[test]
fn a_pin_for_a_target_without_a_transport_map_is_refused() {
    let target = TARGET.replace("deployed: \"file:maps\"", "tls_policy: \"file:tls_policy\"");
    let message = "transport-unmanaged]: a pin needs an entry in the transport map, and target `mx` has none that is \
                   managed";
    refused(pinned_for(KUNDE, &target), message, "mxward.yaml:5:45");
}

/// A pin that answers 5xx bounces at once, and the MX is never tried.
/// [Postfix `smtp_connect.c` `smtp_connect_inet`]
#[test]
fn a_domain_that_left_its_provider_is_refused() {
    let moved = LOCK.replace("mx: [10 mx1.shared.example]", "mx: [10 mx.elsewhere.example]");
    let domains = "domains:\n  firma.example: { provider: shared, route: pin }\n";
    let message = "provider-left]: `firma.example` has the MX host `mx.elsewhere.example`, which is not one of `shared`";
    refused(pinned(domains).file("mxward.lock", moved), message, "mxward.yaml:5:3");
}

#[test]
fn a_pin_needs_the_domains_own_mx_set_in_the_lock() {
    let domains = "domains:\n  other.example: { provider: shared, route: pin }\n";
    pinned(domains)
        .status(4)
        .stderr_has(
            "error[lock-incomplete]: the MX set of `other.example` is not in `mxward.lock`\n",
        )
        .run();
}

/// Postfix looks policies up by next hop, and one next hop has one.
#[test]
fn two_policies_for_one_address_are_an_error_that_names_both_places() {
    let domains = "domains:\n  kunde.example: { provider: shared, route: pin }\n  \
                   firma.example: { provider: shared, route: pin, match: mx.shared.example }\n";
    let test = pinned(domains).status(3).stderr_has(
        "error[next-hop-conflict]: the next hop `[192.0.2.1]` would need two policies: `secure \
         match=.shared.example` and `secure match=mx.shared.example`\n --> mxward.yaml:5:45\n",
    );
    test.stderr_has(" ::: mxward.yaml:6:45\n").stderr_has("the other one is asked for here").run();
}

/// Each silent address costs 30 s, a vanished one is the likeliest to be silent, and with
/// `inet_protocols = ipv4` an IPv6 address at the end bounces the mail.
#[test]
fn pins_are_tried_by_preference_current_ones_first_and_at_most_eight() {
    let many: Vec<String> = (1..=7).map(|at| format!("192.0.2.1{at} since 2026-11-01")).collect();
    let lock = LOCK
        .replace(
            "192.0.2.1 since 2026-11-01",
            "192.0.2.1 since 2026-11-01 gone 2026-11-20, 192.0.2.9 since 2026-11-20",
        )
        .replace("192.0.2.3 since 2026-11-01", &many.join(", "));
    let transport = entries(pinned(KUNDE).file("mxward.lock", &lock), "transport").remove(0);
    let hops: Vec<&str> = transport.split([':', ',']).skip(1).collect();
    assert_eq!(hops.len(), 9, "{transport}");
    let first: std::collections::BTreeSet<_> = hops[..2].iter().copied().collect();
    assert_eq!(first, ["[192.0.2.2]", "[192.0.2.9]"].into());
    assert!(
        hops[2..8].iter().all(|hop| hop.starts_with("[192.0.2.1") && hop.len() == 12),
        "{transport}"
    );
    // The others can still be asked for: a delivery under way may hold them.
    let policies = entries(pinned(KUNDE).file("mxward.lock", &lock), "tls_policy");
    assert!(policies.iter().any(|line| line.starts_with("[192.0.2.1] ")), "{policies:?}");
}

#[test]
fn equal_preferences_take_turns_from_domain_to_domain() {
    let names: Vec<String> = (0..12).map(|at| format!("d{at}.example")).collect();
    let (mut declared, mut known) = (String::new(), String::new());
    for name in &names {
        writeln!(declared, "  {name}: {{ provider: shared, route: pin }}").unwrap();
        writeln!(
            known,
            "  {name}: {{ dnssec: insecure, since: 2026-11-01, mx: [10 mx1.shared.example] }}"
        )
        .unwrap();
    }
    let lock = format!("{}{known}", LOCK.split_inclusive("domains:\n").next().unwrap());
    let transport =
        entries(pinned(&format!("domains:\n{declared}")).file("mxward.lock", lock), "transport");
    let first: std::collections::BTreeSet<_> =
        transport.iter().map(|line| line.split([':', ',']).nth(1).unwrap()).collect();
    assert_eq!(first, ["[192.0.2.1]", "[192.0.2.2]"].into());
    assert!(transport.iter().all(|line| line.contains(",[192.0.2.3],d")), "{transport:?}");
}

/// [postconf(5) `inet_protocols`]
#[test]
fn ipv6_pins_need_a_target_that_has_ipv6_and_are_never_the_last() {
    let has = |list: &[String]| list.iter().any(|line| line.contains("2001:db8"));
    assert!(
        !has(&entries(pinned(KUNDE), "transport")) && !has(&entries(pinned(KUNDE), "tls_policy"))
    );
    let target = TARGET.replace("postfix:", "address_families: [ipv4, ipv6], postfix:");
    let transport = entries(pinned_for(KUNDE, &target), "transport");
    assert!(
        has(&transport) && !transport[0].contains("[2001:db8::2],kunde.example"),
        "{transport:?}"
    );
    let lock = LOCK
        .replace("192.0.2.", "2001:db8::")
        .replace("\"2001:db8::2 since 2026-11-01\"", "2001:db8::9 since 2026-11-01");
    let message = "pin-addresses]: target `mx` reaches no IPv4 address of mx1.shared.example, mx2.shared.example, \
                   mx3.shared.example: a pin of IPv6 addresses alone bounces where IPv6 is off";
    refused(pinned_for(KUNDE, &target).file("mxward.lock", lock), message, "mxward.yaml:5:45");
}

/// Mail would stay inside, past its filters.
#[test]
fn a_pin_to_an_address_that_is_not_public_is_refused() {
    let test = pinned("domains:\n  kunde.example: { provider: shared, route: pin }\n");
    let lock = LOCK.replace("192.0.2.3", "10.1.2.3");
    let message = "address-refused]: `10.1.2.3` of `mx3.shared.example` is private [RFC 1918 §3]: mail would stay inside";
    refused(test.file("mxward.lock", lock), message, "mxward.yaml:5:45");
}
