//! What policies promise: the order of levels and attributes, and of whole deliveries.

use super::attacker::{attacks, wins, within};
use mxward::postfix::{
    Delivery, Effect, NextHop, Promises, SecurityLevel, Settings, TlsPolicy, Version, deliver,
};
use proptest::prelude::*;
use std::cmp::Ordering::{self, Equal, Greater, Less};

fn read(policy: &str) -> TlsPolicy {
    TlsPolicy::parse_as_postfix(policy, Version::NEWEST).unwrap().0
}

fn promises(policy: &str, next_hop: &str) -> Option<Promises> {
    Promises::of(&read(policy), &NextHop::parse(next_hop).unwrap())
}

/// The order of two policies for one next hop.
fn order(a: &str, b: &str, next_hop: &str) -> Option<Ordering> {
    promises(a, next_hop).unwrap().partial_cmp(&promises(b, next_hop).unwrap())
}

#[track_caller]
fn ordered(a: &str, b: &str, expected: Option<Ordering>) {
    assert_eq!(order(a, b, "example.com"), expected, "{a} and {b}");
    assert_eq!(order(b, a, "example.com"), expected.map(Ordering::reverse), "{b} and {a}");
}

#[test]
fn none_is_less_than_may_is_less_than_encrypt() {
    ordered("none", "may", Some(Less));
    ordered("may", "encrypt", Some(Less));
}

#[test]
fn encrypt_is_less_than_every_level_that_always_authenticates() {
    let fingerprint = format!("fingerprint match={}", ["a1"; 32].join(":"));
    for level in ["dane-only", "verify", "secure", "secure match=mx.example.net", &fingerprint] {
        ordered("encrypt", level, Some(Less));
    }
}

#[test]
fn dane_is_between_may_and_dane_only() {
    ordered("may", "dane", Some(Less));
    ordered("dane", "dane-only", Some(Less));
}

/// `encrypt` never sends in clear and never authenticates; `dane` does one or the other.
#[test]
fn encrypt_and_dane_cannot_be_compared() {
    ordered("encrypt", "dane", None);
}

#[test]
fn verify_and_secure_with_the_same_match_are_equal() {
    for names in
        ["mx.example.net", ".example.net", "hostname", "nexthop:dot-nexthop", "a.example:b.example"]
    {
        ordered(&format!("verify match={names}"), &format!("secure match={names}"), Some(Equal));
    }
}

/// [postconf(5) `smtp_tls_verify_cert_match`]: the name of the MX host comes from DNS that can be forged.
#[test]
fn verify_without_match_is_less_than_secure_with_names_of_its_own() {
    ordered("verify", "secure match=hostname", Some(Equal));
    for secure in
        ["secure", "secure match=mx.example.net", "secure match=.example.net:mx.example.org"]
    {
        ordered("verify", secure, Some(Less));
    }
    ordered("secure match=mx.example.net:hostname", "secure match=mx.example.net", Some(Less));
}

#[test]
fn different_roots_of_trust_cannot_be_compared() {
    let fingerprint = format!("fingerprint match={}", ["a1"; 32].join(":"));
    let roots = ["dane-only", "secure match=mx.example.net", &fingerprint];
    for a in roots {
        for b in roots {
            ordered(a, b, if a == b { Some(Equal) } else { None });
        }
    }
}

#[test]
fn an_added_name_or_a_wider_one_is_weaker() {
    ordered("secure match=a.example:b.example", "secure match=a.example", Some(Less));
    ordered("secure match=.example.net", "secure match=mx.example.net", Some(Less));
    ordered("secure match=.example.net", "secure match=.a.b.example.net", Some(Less));
    ordered("secure match=.example.net", "secure match=*.example.net", Some(Less));
    ordered("secure match=mx.example.net", "secure match=*.example.net", Some(Less));
    ordered("secure match=a.example", "secure match=b.example", None);
}

/// [postconf(5) `smtp_tls_secure_cert_match`]
#[test]
fn secure_without_match_takes_the_next_hop_and_what_lies_below() {
    ordered("secure", "secure match=nexthop:dot-nexthop", Some(Equal));
    ordered("secure", "secure match=example.com", Some(Less));
    ordered("secure", "secure match=.example.com", Some(Less));
    ordered("secure", "secure match=mx.example.net", None);
}

#[test]
fn a_tafile_is_stronger_than_the_cas_of_main_cf_and_another_one_is_another_root() {
    ordered("secure match=a.example tafile=/x", "secure match=a.example", Some(Greater));
    ordered("secure match=a.example tafile=/x", "secure match=a.example tafile=/y", None);
    ordered(
        "secure match=a.example tafile=/x tafile=/y",
        "secure match=a.example tafile=/x",
        Some(Less),
    );
}

#[test]
fn an_added_fingerprint_is_weaker() {
    let (a, b) = (["a1"; 32].join(":"), ["b2"; 32].join(":"));
    ordered(&format!("fingerprint match={a}|{b}"), &format!("fingerprint match={a}"), Some(Less));
    ordered(&format!("fingerprint match={b}"), &format!("fingerprint match={a}"), None);
}

#[test]
fn higher_demands_are_stronger_where_tls_is_mandatory() {
    ordered("encrypt protocols=>=TLSv1.2", "encrypt", Some(Greater));
    ordered("encrypt ciphers=high", "encrypt", Some(Greater));
    ordered("encrypt exclude=RC4:3DES", "encrypt exclude=RC4", Some(Greater));
    ordered("encrypt protocols=", "encrypt", Some(Less));
}

/// A handshake that fails ends in plain text there. [postconf(5) `smtp_tls_security_level`]
#[test]
fn higher_demands_are_weaker_where_plain_text_is_the_other_choice() {
    ordered("may protocols=>=TLSv1.2", "may", Some(Less));
    ordered("may ciphers=high", "may", Some(Less));
    ordered("may exclude=RC4:3DES", "may exclude=RC4", Some(Less));
    // Stronger with TLSA records, weaker without.
    ordered("dane protocols=>=TLSv1.2", "dane", None);
    ordered("dane ciphers=high", "dane", None);
}

#[test]
fn a_list_without_the_newest_protocol_is_no_gain() {
    ordered("encrypt protocols=TLSv1", "encrypt", None);
    ordered("encrypt protocols=<=TLSv1.2", "encrypt", None);
    ordered("may", "encrypt protocols=<=TLSv1.2", None);
    ordered("none", "encrypt protocols=<=TLSv1.2", Some(Less));
}

/// What main.cf excludes is not known here. [postconf(5) `smtp_tls_mandatory_exclude_ciphers`]
#[test]
fn excluding_in_place_of_main_cf_cannot_be_compared() {
    ordered("encrypt exclude=RC4", "encrypt", None);
}

#[test]
fn attributes_that_only_matter_for_reaching_the_server_change_nothing() {
    for attribute in ["servername=hostname", "connection_reuse=yes", "enable_rpk=yes"] {
        ordered(&format!("encrypt {attribute}"), "encrypt", Some(Equal));
    }
}

/// [Postfix `tls_misc.c`: `Invalid TLS protocol list`]
#[test]
fn where_no_handshake_can_start_may_is_plain_text_and_encrypt_delivers_nothing() {
    ordered("may protocols=bogus", "none", Some(Equal));
    ordered("dane ciphers=bogus", "may", None);
    for level in ["encrypt", "secure", "dane-only"] {
        assert_eq!(promises(&format!("{level} protocols=bogus"), "example.com"), None, "{level}");
    }
}

/// [Postfix `smtp_addr.c`: an address literal has no DNSSEC status]
#[test]
fn dane_on_an_address_is_may_and_dane_only_delivers_nothing() {
    assert_eq!(promises("dane", "[192.0.2.1]"), promises("may", "[192.0.2.1]"));
    assert_eq!(promises("dane-only", "[192.0.2.1]"), None);
    assert_ne!(promises("dane", "[mx.example.com]"), promises("may", "[mx.example.com]"));
}

/// [Postfix `tls_client.c` `add_namechecks`; OpenSSL `X509_VERIFY_PARAM_set1_ip_asc(3)`]
#[test]
fn names_that_come_from_an_address_deliver_nothing() {
    for policy in
        ["secure", "verify", "secure match=nexthop:mx.example.net", "secure match=dot-nexthop"]
    {
        assert_eq!(promises(policy, "[192.0.2.1]"), None, "{policy}");
    }
    assert!(promises("secure match=mx.example.net", "[192.0.2.1]").is_some());
    assert!(promises("secure match=dot-nexthop:mx.example.net", "[192.0.2.1]").is_some());
    assert_eq!(promises("secure match=192.0.2.1:mx.example.net", "example.com"), None);
    assert_eq!(promises("fingerprint", "example.com"), None);
}

const LEVELS: &[&str] = &[
    "none",
    "may",
    "encrypt",
    "dane",
    "dane-only",
    "verify",
    "secure",
    "secure match=mx.example.net",
    "secure match=.example.net",
    "secure match=.mx.example.net",
    "secure match=mx.example.net:mx.example.org",
    "verify match=mx.example.org",
    "secure match=nexthop",
    "secure match=dot-nexthop",
    "secure match=hostname",
    "secure match=*.example.net",
    "secure match=*.mx.example.net",
    "secure match=mx.example.net tafile=/x",
    "secure match=.example.net tafile=/x tafile=/y",
    "verify tafile=/y",
    "fingerprint match=A1",
    "fingerprint match=A1|B2",
];
const ATTRIBUTES: &[&str] = &[
    "",
    " protocols=",
    " protocols=>=TLSv1.2",
    " protocols=>=TLSv1.3",
    " protocols=!TLSv1",
    " protocols=TLSv1",
    " protocols=<=TLSv1.2",
    " protocols=TLSv1:TLSv1.3",
    " ciphers=high",
    " ciphers=high protocols=>=TLSv1.2",
];
const NEXT_HOPS: &[&str] = &["example.com", "[mx.example.com]", "[192.0.2.1]"];

fn policy(level: &str, attributes: &str) -> String {
    let level = ["A1", "B2"].iter().fold(level.to_owned(), |text, digest| {
        text.replace(digest, &vec![digest.to_ascii_lowercase(); 32].join(":"))
    });
    if level == "none" { level } else { level + attributes }
}

/// Greater exactly when every attack that succeeds against it succeeds against the other too.
#[test]
fn the_order_is_that_of_what_an_attacker_gets() {
    let attacks = attacks();
    for next_hop in NEXT_HOPS {
        let hop = NextHop::parse(next_hop).unwrap();
        let mut policies = Vec::new();
        for level in LEVELS {
            policies.extend(ATTRIBUTES.iter().map(|it| policy(level, it)));
        }
        policies.push("encrypt exclude=RC4".to_owned());
        policies.sort();
        policies.dedup();
        let known: Vec<_> = policies
            .iter()
            .filter_map(|text| Some((text, promises(text, next_hop)?)))
            .map(|(text, promises)| (text, promises, wins(&[(read(text), hop.clone())], &attacks)))
            .collect();
        for (a, promised_a, wins_a) in &known {
            for (b, promised_b, wins_b) in &known {
                if a.contains("exclude") != b.contains("exclude") {
                    continue;
                }
                let expected = match (within(wins_a, wins_b), within(wins_b, wins_a)) {
                    (true, true) => Some(Equal),
                    (true, false) => Some(Greater),
                    (false, true) => Some(Less),
                    (false, false) => None,
                };
                assert_eq!(
                    promised_a.partial_cmp(promised_b),
                    expected,
                    "{a} and {b} for {next_hop}"
                );
            }
        }
    }
}

fn any_hops() -> impl Strategy<Value = Vec<(String, &'static str)>> {
    let level = prop::sample::select(LEVELS);
    let attributes = prop::sample::select(ATTRIBUTES);
    let hop = (level, attributes, prop::sample::select(NEXT_HOPS));
    prop::collection::vec(
        hop.prop_map(|(level, attributes, hop)| (policy(level, attributes), hop)),
        1..4,
    )
    .prop_filter("some hop delivers", |hops| {
        hops.iter().any(|(text, hop)| promises(text, hop).is_some())
    })
}

fn weakest(hops: &[(String, &str)]) -> Promises {
    hops.iter().filter_map(|(text, hop)| promises(text, hop)).reduce(Promises::weakest).unwrap()
}

proptest! {
    #[test]
    fn the_order_is_a_partial_order(a in any_hops(), b in any_hops(), c in any_hops()) {
        let [a, b, c] = [weakest(&a), weakest(&b), weakest(&c)];
        prop_assert_eq!(a.partial_cmp(&a), Some(Equal));
        prop_assert_eq!(a.partial_cmp(&b), b.partial_cmp(&a).map(Ordering::reverse));
        prop_assert_eq!(a.partial_cmp(&b) == Some(Equal), a == b);
        for (a, b, c) in [(&a, &b, &c), (&b, &c, &a), (&c, &a, &b), (&a, &c, &b), (&b, &a, &c), (&c, &b, &a)] {
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
        }
    }

    #[test]
    fn several_next_hops_promise_no_more_than_any_of_them(a in any_hops(), b in any_hops()) {
        let both = weakest(&a).weakest(weakest(&b));
        prop_assert!(both <= weakest(&a) && both <= weakest(&b));
        prop_assert_eq!(&both, &weakest(&b).weakest(weakest(&a)));
    }

    #[test]
    fn lists_are_never_called_better_than_an_attacker_finds_them(a in any_hops(), b in any_hops()) {
        let attacks = attacks();
        let won = |hops: &[(String, &str)]| {
            let delivering = hops.iter().filter(|(text, hop)| promises(text, hop).is_some());
            let hops: Vec<_> = delivering.map(|(text, hop)| (read(text), NextHop::parse(hop).unwrap())).collect();
            wins(&hops, &attacks)
        };
        if weakest(&a) >= weakest(&b) {
            prop_assert!(within(&won(&a), &won(&b)));
        }
    }
}

fn settings() -> Settings {
    Settings::new(Version::series(3, 7), SecurityLevel::May)
}

/// A delivery to example.com by these two maps.
fn delivery(transport: Option<&str>, policies: &[(&str, &str)], settings: &Settings) -> Delivery {
    let policy = |key: &str| policies.iter().find(|it| it.0 == key).map(|it| it.1);
    deliver("example.com", &|key| transport.filter(|_| key == "example.com"), &policy, settings)
}

fn effect(
    before: (Option<&str>, &[(&str, &str)]),
    after: (Option<&str>, &[(&str, &str)]),
) -> Effect {
    let settings = settings();
    Effect::between(
        &delivery(before.0, before.1, &settings),
        &delivery(after.0, after.1, &settings),
    )
}

const SECURE: &str = "secure match=mx.example.net";

#[test]
fn the_weakest_next_hop_decides() {
    let all = [("[192.0.2.1]", SECURE), ("example.com", SECURE)];
    let pinned = (Some("smtp:[192.0.2.1],example.com"), all.as_slice());
    assert_eq!(effect((None, &[("example.com", SECURE)]), pinned), Effect::Neutral);
    // A next hop without an entry is at the default level.
    assert_eq!(effect(pinned, (pinned.0, &all[..1])), Effect::Weaker);
    assert_eq!(effect(pinned, (pinned.0, &all[1..])), Effect::Weaker);
    assert_eq!(effect((pinned.0, &all[..1]), pinned), Effect::Stronger);
}

#[test]
fn rotated_addresses_are_neutral_where_names_are_checked() {
    let before = [("[192.0.2.1]", SECURE), ("example.com", SECURE)];
    let after = [("[192.0.2.2]", SECURE), ("example.com", SECURE)];
    let effect = effect(
        (Some("smtp:[192.0.2.1],example.com"), &before),
        (Some("smtp:[192.0.2.2],example.com"), &after),
    );
    assert_eq!(effect, Effect::Neutral);
}

/// Nothing else says who gets the mail.
#[test]
fn another_way_is_different_where_anybody_may_answer() {
    let before = [("[192.0.2.1]", "encrypt")];
    let after = [("[192.0.2.2]", "encrypt")];
    assert_eq!(
        effect((Some("smtp:[192.0.2.1]"), &before), (Some("smtp:[192.0.2.2]"), &after)),
        Effect::Different
    );
    assert_eq!(effect((None, &[]), (Some("smtp:[mx.example.net]"), &[])), Effect::Different);
    assert_eq!(effect((None, &[]), (Some("smtp:"), &[("example.com", "may")])), Effect::Neutral);
    // TLSA records of another name are another root of trust.
    let (before, after) = ([("example.com", "dane-only")], [("[mx.example.net]", "dane-only")]);
    assert_eq!(effect((None, &before), (Some("smtp:[mx.example.net]"), &after)), Effect::Different);
}

/// [Postfix `smtp_connect.c`: the next hop is passed over, and the mail waits when none is left]
#[test]
fn an_invalid_policy_weakens_nothing_and_alone_it_breaks_delivery() {
    let list = Some("smtp:[192.0.2.1],example.com");
    let good = [("[192.0.2.1]", SECURE), ("example.com", SECURE)];
    let half = [("[192.0.2.1]", "secur"), ("example.com", SECURE)];
    let none = [("[192.0.2.1]", "secur"), ("example.com", "secure match")];
    assert_eq!(effect((list, &good), (list, &half)), Effect::Neutral);
    assert_eq!(effect((list, &good), (list, &none)), Effect::Breaks);
    assert_eq!(effect((list, &none), (list, &good)), Effect::Different);
    assert_eq!(effect((list, &none), (list, &none)), Effect::Neutral);
}

#[test]
fn a_result_that_ends_smtp_breaks_whatever_was_before() {
    let fatal = (Some("smtp:[mx.example.net"), [].as_slice());
    assert_eq!(effect((None, &[]), fatal), Effect::Breaks);
    assert_eq!(effect((Some("error:no mail"), &[]), fatal), Effect::Breaks);
    assert_eq!(effect((None, &[("example.com", "secur")]), fatal), Effect::Breaks);
    assert_eq!(effect(fatal, (Some("error:no mail"), &[])), Effect::Different);
    assert_eq!(effect(fatal, fatal), Effect::Neutral);
}

#[test]
fn mail_that_is_refused_from_now_on_breaks_and_another_service_is_different() {
    assert_eq!(effect((None, &[]), (Some("error:no mail"), &[])), Effect::Breaks);
    assert_eq!(effect((None, &[]), (Some("lmtp:inet:mx.example.net"), &[])), Effect::Different);
    assert_eq!(effect((Some("error:no mail"), &[]), (Some("discard:"), &[])), Effect::Different);
    assert_eq!(effect((Some("error:a"), &[]), (Some("error:a"), &[])), Effect::Neutral);
}

/// [postconf(5) `smtp_fallback_relay`]
#[test]
fn a_fallback_relay_without_a_policy_is_the_weakest_next_hop() {
    let policies = [("example.com", SECURE)];
    let alone = settings();
    let relay =
        Settings { fallback_relay: vec![NextHop::parse("[relay.example]").unwrap()], ..settings() };
    let change = |policies: &[(&str, &str)]| {
        Effect::between(&delivery(None, policies, &alone), &delivery(None, policies, &relay))
    };
    assert_eq!(change(&policies), Effect::Weaker);
    assert_eq!(change(&[policies[0], ("[relay.example]", SECURE)]), Effect::Neutral);
}

/// [postconf(5) `relayhost`]: the key is the relay then, and the entry of the domain is never read.
#[test]
fn a_relayhost_makes_the_entries_of_domains_dead() {
    let policies = [("example.com", SECURE)];
    let relay =
        Settings { relayhost: Some(NextHop::parse("[relay.example]").unwrap()), ..settings() };
    let effect = Effect::between(
        &delivery(None, &policies, &settings()),
        &delivery(None, &policies, &relay),
    );
    assert_eq!(effect, Effect::Weaker);
}

/// An entry that is removed leaves the mail to the parent, or to the default level.
#[test]
fn a_removed_entry_is_judged_by_what_holds_instead() {
    let own = [("example.com", SECURE)];
    assert_eq!(effect((None, &own), (None, &[])), Effect::Weaker);
    assert_eq!(effect((None, &own), (None, &[(".com", SECURE)])), Effect::Neutral);
    assert_eq!(effect((None, &[("example.com", "none")]), (None, &[])), Effect::Stronger);
}
