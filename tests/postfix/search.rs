//! Both search orders, with relays: where mail goes, and by the policy under which key.

use super::instance::{Instance, Logged, Setup};
use super::tools::version;
use mxward::formats::postmap_text::{MapText, read};
use mxward::postfix::{Delivery, HopPolicy, NextHop, Outcome, SecurityLevel, Settings, deliver};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::fmt::Write as _;

/// What mxward says: for each next hop, in order, the connection that is tried, or the invalid policy.
fn ours(delivery: &Delivery) -> Vec<String> {
    let Outcome::Smtp { hops, .. } = &delivery.outcome else {
        return vec!["not by smtp".to_owned()];
    };
    let tried = hops.iter().map(|hop| match (&hop.policy, &hop.policy_key) {
        (HopPolicy::Invalid(error), Some(key)) => format!("under {key}: {error}"),
        (HopPolicy::Valid(_), _) | (HopPolicy::Invalid(_), None) => {
            let rest = hop.next_hop.as_str().trim_start_matches('[').replace(']', "");
            let rest = rest.replace(":smtp", ":25");
            format!("connect to {}", if rest.contains(':') { rest } else { rest + ":25" })
        }
    });
    tried.collect()
}

/// The same, from the log of smtp(8). The value of every invalid entry names its key in an attribute that
/// nobody knows.
fn theirs(logged: &Logged, keys: &[String]) -> Vec<String> {
    let mut tried = Vec::new();
    for line in &logged.lines {
        // What is called the destination here is the key that was found.
        if let Some((found, name)) = line
            .strip_prefix("warning: smtp_tls_policy_maps, next-hop destination \"")
            .and_then(|it| it.split_once("\": invalid attribute name: \"k"))
        {
            let number = name.trim_end_matches('"');
            let key = &keys[number.parse::<usize>().unwrap()];
            assert_eq!(found.to_lowercase(), *key);
            tried.push(format!("under {key}: `k{number}` is no attribute of a policy"));
        } else if let Some(rest) = line.strip_prefix("connect to ") {
            let (host, rest) = rest.split_once('[').unwrap();
            let port = rest.split_once("]:").unwrap().1.trim_end_matches(": Connection refused");
            tried.push(format!("connect to {}:{port}", host.to_lowercase()));
        }
    }
    if tried.is_empty() { vec!["not by smtp".to_owned()] } else { tried }
}

/// Maps with the entries of many cases, each below a top-level domain of its own.
struct Maps {
    transport: String,
    tls_policy: String,
    /// The keys of invalid policies, by the number in the attribute.
    keys: Vec<String>,
    recipients: Vec<String>,
}

/// Keys and values of one case; `%` stands for its top-level domain.
const TRANSPORT_KEYS: &[&str] = &[
    "a.b.c.%", ".a.b.c.%", "b.c.%", ".b.c.%", ".c.%", "c.%", "%", ".%", "A.B.C.%", "x.c.%",
    "@a.b.c.%", "*.c.%",
];
const RESULTS: &[&str] = &[
    "smtp:",
    ":",
    "relay:",
    "smtp:[h.%]",
    ":[h.%]",
    "smtp:[h.%]:2525",
    "relay:h.%",
    "smtp:h.%:25",
    "smtp:[127.0.9.1]",
    "smtp:[127.0.9.1],c.%",
    "smtp:[127.0.9.1], [127.0.9.2]:2525, a.b.c.%",
    "smtp:H.C.%,[H.C.%]",
    "smtp:[h.c.%]:smtp",
    "error:no mail",
    "discard:",
    ":b.c.%",
    "smtp:127.0.9.1,x.b.c.%",
    "smtp:c.%:2525,[x.c.%]",
];
const POLICY_KEYS: &[&str] = &[
    "a.b.c.%",
    ".a.b.c.%",
    "b.c.%",
    ".b.c.%",
    ".c.%",
    "c.%",
    "%",
    ".%",
    "h.%",
    "[h.%]",
    "[h.%]:2525",
    "[h.%]:25",
    "h.%:25",
    "h.c.%",
    ".h.c.%",
    "[h.c.%]",
    "[h.c.%]:25",
    "[h.c.%]:smtp",
    "c.%:2525",
    "[x.c.%]",
    ".[x.c.%]",
    "x.b.c.%",
    "mx.%",
    "[mx.%]",
    "A.B.C.%",
];

/// Shared by all cases: next hops without a name of the case, and keys that stand for nothing.
const COMMON_POLICIES: &[(&str, &str)] = &[
    ("[127.0.9.1]", "encrypt"),
    ("[127.0.9.2]:2525", "encrypt k0=x"),
    (".9.1", "encrypt k1=x"),
    ("*", "encrypt k2=x"),
    ("_default", "encrypt k3=x"),
    ("127.0.9.9", "encrypt k4=x"),
];

fn maps(count: usize) -> Maps {
    let some = |keys: &'static [&'static str], most| prop::sample::subsequence(keys, 0..=most);
    let results = prop::collection::vec(prop::sample::select(RESULTS), TRANSPORT_KEYS.len());
    let valid = prop::collection::vec(prop::bool::weighted(0.3), POLICY_KEYS.len());
    let recipient =
        prop::sample::select(vec!["a.b.c.%", "a.b.c.%", "A.b.c.%", "b.c.%", "d.a.b.c.%"]);
    let case = (some(TRANSPORT_KEYS, 4), results, some(POLICY_KEYS, 12), valid, recipient);
    let mut runner = TestRunner::deterministic();
    let mut maps = Maps {
        transport: String::new(),
        tls_policy: String::new(),
        keys: COMMON_POLICIES[1..].iter().map(|it| it.0.to_owned()).collect(),
        recipients: Vec::new(),
    };
    for (key, value) in COMMON_POLICIES {
        writeln!(maps.tls_policy, "{key} {value}").unwrap();
    }
    for at in 0..count {
        let (transport, results, policies, valid, recipient) =
            case.new_tree(&mut runner).unwrap().current();
        let own = |text: &str| text.replace('%', &format!("t{at}"));
        for (key, result) in transport.iter().zip(&results) {
            // Folding makes two keys one.
            if *key != "A.B.C.%" || !transport.contains(&"a.b.c.%") {
                writeln!(maps.transport, "{} {}", own(key), own(result)).unwrap();
            }
        }
        for (key, valid) in policies.iter().zip(valid) {
            if *key == "A.B.C.%" && policies.contains(&"a.b.c.%") {
                continue;
            }
            let value = if valid {
                "encrypt".to_owned()
            } else {
                format!("encrypt k{}=x", maps.keys.len())
            };
            writeln!(maps.tls_policy, "{} {value}", own(key)).unwrap();
            if !valid {
                maps.keys.push(own(key).to_lowercase());
            }
        }
        maps.recipients.push(format!("u@{}", own(recipient)));
    }
    maps
}

fn find<'m>(map: &'m MapText<'_>, key: &str) -> Option<&'m str> {
    let at = map.entries.binary_search_by(|it| it.key.as_ref().cmp(key)).ok()?;
    Some(&map.entries[at].value)
}

/// Sends mail for every case; the settings are those of the instance.
#[track_caller]
fn agree(maps: &Maps, mut postfix: Instance, settings: &Settings) {
    let (transport, tls_policy) =
        (read(maps.transport.as_bytes()), read(maps.tls_policy.as_bytes()));
    assert!(transport.ignored.is_empty() && tls_policy.ignored.is_empty());
    let mut wrong = Vec::new();
    for (recipient, logged) in maps.recipients.iter().zip(postfix.deliver(&maps.recipients)) {
        let domain = recipient.split_once('@').unwrap().1.to_lowercase();
        let delivery =
            deliver(&domain, &|key| find(&transport, key), &|key| find(&tls_policy, key), settings);
        let (ours, theirs) = (ours(&delivery), theirs(&logged, &maps.keys));
        if ours != theirs {
            wrong.push(format!(
                "{recipient}: mxward says {ours:#?} ({:?}), Postfix {theirs:#?}",
                delivery.transport_key
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        maps.recipients.len(),
        wrong.join("\n")
    );
}

fn settings() -> Settings {
    Settings::new(version(), SecurityLevel::May)
}

fn instance(maps: &Maps, more: &str) -> Setup {
    Setup::new()
        .dns(&[])
        .parameter("smtp_tls_security_level", "may")
        .file("transport", format!("{}{more}", maps.transport))
        .file("tls_policy", &maps.tls_policy)
}

fn next_hop(text: &str) -> NextHop {
    NextHop::parse(text).unwrap()
}

/// [transport(5), postconf(5) `smtp_tls_policy_maps`; Postfix `mail_addr_find.c`, `smtp_tls_policy.c`]
#[test]
fn mail_goes_where_mxward_says_under_the_keys_that_it_names() {
    let maps = maps(100);
    agree(&maps, instance(&maps, "").start(), &settings());
}

/// [postconf(5) `relayhost`, `smtp_fallback_relay`]
#[test]
fn relays_are_followed_as_smtp_follows_them() {
    let mut maps = maps(75);
    writeln!(maps.tls_policy, "[relay.r] encrypt k{}=x", maps.keys.len()).unwrap();
    maps.keys.push("[relay.r]".to_owned());
    writeln!(maps.tls_policy, ".fallback.r encrypt k{}=x", maps.keys.len()).unwrap();
    maps.keys.push(".fallback.r".to_owned());
    let setup = instance(&maps, "")
        .parameter("relayhost", "[Relay.r]")
        .parameter("smtp_fallback_relay", "[f.r]:2525, x.fallback.r");
    let settings = Settings {
        relayhost: Some(next_hop("[relay.r]")),
        fallback_relay: vec![next_hop("[f.r]:2525"), next_hop("x.fallback.r")],
        ..settings()
    };
    agree(&maps, setup.start(), &settings);
}

/// [postconf(5) `parent_domain_matches_subdomains`; transport(5)]
#[test]
fn parents_without_a_dot_and_the_star_are_found_where_main_cf_says_so() {
    let mut maps = maps(75);
    maps.transport.push_str("* smtp:[star.r],x.star.r\n");
    writeln!(maps.tls_policy, ".star.r encrypt k{}=x", maps.keys.len()).unwrap();
    maps.keys.push(".star.r".to_owned());
    let setup = instance(&maps, "").parameter("parent_domain_matches_subdomains", "transport_maps");
    agree(&maps, setup.start(), &Settings { parents_match: true, ..settings() });
}

/// The policy is that of the next hop: neither the MX host nor the address is ever a key.
/// [postconf(5) `smtp_tls_policy_maps`]
#[test]
fn the_names_of_mx_hosts_are_no_keys() {
    let setup =
        Setup::new().dns(&["d0.example. 60 IN MX 10 mx.example."]).file("transport", "").file(
            "tls_policy",
            "mx.example encrypt k=x\n[mx.example] encrypt k=x\n[127.0.9.9] encrypt k=x\n",
        );
    let logged = setup.start().deliver(&["u@d0.example".to_owned()]).remove(0);
    assert_eq!(logged.end, "connect to mx.example[127.0.9.9]:25: Connection refused");
}
