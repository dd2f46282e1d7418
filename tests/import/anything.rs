//! Maps of every attribute and form: what is imported compiles to the same effect.

use crate::fuzzing::checks::{Ran, import};
use mxward::formats::{MapText, postmap_text};
use mxward::import::{NoneMeans, Options, Placed, Source, Templates};
use mxward::model::MapType;
use mxward::plan::Which;
use mxward::postfix::{Delivery, HopPolicy, NextHop, Outcome, SecurityLevel, Version, deliver};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How many maps are tried.
const CASES: u32 = 10_000;

/// Keys, in every form that people write and some that nobody should.
const KEYS: &[&str] = &[
    "gmail.com",
    "a.example",
    "b.example",
    "c.example",
    "d.example",
    "e.example",
    "sub.a.example",
    "x.sub.a.example",
    ".a.example",
    ".sub.a.example",
    ".example",
    "B.Example",
    "xn--mnchen-3ya.example",
    "m\u{fc}nchen.example",
    "[192.0.2.1]",
    "[64.233.166.26]",
    "[173.194.221.26]",
    "[217.26.49.138]",
    "[IPv6:2001:db8::1]",
    "[2001:db8::1]",
    "[mx.a.example]",
    "[mx.a.example]:587",
    "b.example:25",
    "192.0.2.1",
    "_default",
    "*",
    "user@a.example",
    "a.example.",
    "a.example:",
    "\"quoted key\"",
    "localhost",
];

/// Right-hand sides of policies.
const LEVELS: &[&str] = &[
    "none",
    "may",
    "encrypt",
    "dane",
    "dane-only",
    "secure",
    "verify",
    "fingerprint",
    "SECURE",
    "half-dane",
];

const ATTRIBUTES: &[&str] = &[
    "match=mx.google.com",
    "match=.mail.hostpoint.ch",
    "match=*.mail.hostpoint.ch",
    "match=nexthop:dot-nexthop",
    "match=hostname",
    "match=a.example:.b.example",
    "MATCH=mx.own.example",
    "match=192.0.2.1",
    "match=:",
    "match=00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff",
    "tafile=/etc/postfix/ta.pem",
    "protocols=>=TLSv1.2",
    "protocols=!SSLv2:!SSLv3",
    "protocols=TLS1.2",
    "protocols=",
    "ciphers=high",
    "ciphers=strong",
    "exclude=RC4:3DES",
    "servername=hostname",
    "servername=mx.a.example",
    "connection_reuse=yes",
    "connection_reuse=no",
    "enable_rpk=yes",
    "policy_type=sts",
    "policy_domain=a.example",
    "policy_string=version:STSv1",
    "mx_host_pattern=mx.a.example",
    "policy_ttl=86400",
    "policy_failure=validation-failure",
    "{ policy_string = mode: enforce }",
    "unknown=yes",
    "# a note",
];

/// Right-hand sides of transports.
const TRANSPORTS: &[&str] = &[
    "smtp:[64.233.166.26]",
    "smtp:[64.233.166.26],[173.194.221.26],gmail.com",
    "smtp:[192.0.2.1]",
    "smtp:[192.0.2.1], [mx.a.example]",
    "smtp:[IPv6:2001:db8::1]",
    "smtp:[2001:DB8::1]:25",
    "smtp:b.example",
    "smtp:b.example:25",
    "smtp:[mx.a.example]:587",
    "smtp:",
    ":",
    "smtp",
    ":[mx.a.example]",
    "relay:",
    "relay:[mx.a.example]",
    "error:no mail here",
    "discard:",
    "lmtp:unix:/run/lmtp",
    "[mx.a.example]",
    "SMTP:[mx.a.example]",
    "smtp:192.0.2.1",
    "smtp:[mx.a.example.]",
    "smtp:[192.0.2.1] # Google",
    "slow:",
    "slow:[mx.a.example]",
    "smtp:m\u{fc}nchen.example",
    "smtp:[192.0.2.1],smtp:[192.0.2.2]",
];

/// A pair of maps as text, with how they are read.
#[derive(Clone, Debug)]
struct Case {
    transport: String,
    tls_policy: String,
    version: Version,
    level: SecurityLevel,
    none: NoneMeans,
}

fn case() -> impl Strategy<Value = Case> {
    let policy = (select(LEVELS), proptest::collection::vec(select(ATTRIBUTES), 0..3));
    let policies = proptest::collection::vec((select(KEYS), policy, any::<u8>()), 0..9);
    let transports =
        proptest::collection::vec((select(KEYS), select(TRANSPORTS), any::<u8>()), 0..6);
    let versions = [(3, 4), (3, 5), (3, 7), (3, 10), (3, 11)].map(|(a, b)| Version::series(a, b));
    let levels = [SecurityLevel::May, SecurityLevel::Dane, SecurityLevel::Encrypt];
    (policies, transports, any::<Index>(), any::<Index>(), any::<bool>()).prop_map(
        move |(policies, transports, version, level, absent)| {
            let mut tls_policy = String::new();
            for (key, (right, attributes), form) in policies {
                comment(&mut tls_policy, form);
                write!(tls_policy, "{key}").unwrap();
                if form % 31 != 0 {
                    // A line may be continued on the next one.
                    let blank = if form % 7 == 0 { "\n   " } else { " " };
                    write!(tls_policy, "{blank}{right}").unwrap();
                    for it in attributes {
                        write!(tls_policy, "{blank}{it}").unwrap();
                    }
                }
                tls_policy.push('\n');
            }
            let mut transport = String::new();
            for (key, right, form) in transports {
                comment(&mut transport, form);
                writeln!(transport, "{key}\t{right}").unwrap();
            }
            let (version, level) = (*version.get(&versions), *level.get(&levels));
            let none = if absent { NoneMeans::Absent } else { NoneMeans::Keep };
            Case { transport, tls_policy, version, level, none }
        },
    )
}

/// Sometimes a comment above, which may name a host.
fn comment(text: &mut String, form: u8) {
    match form % 5 {
        0 => text.push_str("# gmail-smtp-in.l.google.com.\n"),
        1 => text.push_str("\n# mx1.mail.hostpoint.ch\n"),
        2 => text.push_str("# \u{7}strange: \"{[\n\n"),
        _ => {}
    }
}

/// `None` when nothing would be written.
fn run(case: &Case, templates: &Templates) -> Option<Ran> {
    let options = Options {
        version: case.version,
        version_given: true,
        security_level: Some(case.level),
        map_type: MapType::Hash,
        map_type_given: true,
        relayhost: None,
        none: Some(case.none),
        keep_foreign: true,
        unicode: true,
        placed: Placed::default(),
        today: jiff::civil::date(2026, 11, 29),
    };
    let transport = Source::of_map("transport", Which::Transport, case.transport.as_bytes(), true);
    let tls_policy =
        Source::of_map("tls_policy", Which::TlsPolicy, case.tls_policy.as_bytes(), true);
    import([Some(transport), Some(tls_policy)], &options, templates)
}

fn shown(case: &Case) -> String {
    format!("{}\n== transport\n{}== tls_policy\n{}", case.version, case.transport, case.tls_policy)
}

/// What happens with mail, without the spelling of next hops, names in another order and addresses in
/// another order.
fn effect(delivery: &Delivery) -> String {
    let Outcome::Smtp { service, hops } = &delivery.outcome else {
        return format!("{:?}", delivery.outcome);
    };
    let hop = |next_hop: &NextHop, policy: &HopPolicy| {
        let spelt = NextHop::parse(next_hop.as_str()).unwrap_or_else(|_| next_hop.clone());
        match policy {
            HopPolicy::Invalid(error) => format!("{spelt}: {error}"),
            HopPolicy::Valid(policy) => {
                let mut policy = policy.clone();
                policy.matches.sort();
                format!("{spelt}: {policy}")
            }
        }
    };
    let hops: BTreeSet<String> = hops.iter().map(|it| hop(&it.next_hop, &it.policy)).collect();
    format!("{service}: {hops:?}")
}

/// Follows mail to every domain of either map, below it, and to nobody's domain.
fn check(case: &Case, ran: &Ran) -> Result<(), TestCaseError> {
    prop_assert_eq!(&ran.proof.differences, &vec![], "{:#?}\n{}", ran.imported.files, shown(case));
    // What was meant otherwise is compared by the proof alone: of several next hops one may change without
    // effect.
    let codes = ["trailing-comment", "plain-text"];
    if ran.imported.findings.iter().any(|it| codes.contains(&it.code)) {
        return Ok(());
    }
    let maps = [&case.transport, &case.tls_policy].map(|it| postmap_text::read(it.as_bytes()));
    let [transport, tls_policy] = &maps;
    let mut after: [BTreeMap<String, String>; 2] = [BTreeMap::new(), BTreeMap::new()];
    for entry in ran.tables.transport.entries() {
        after[0].insert(entry.key.to_string(), entry.value.to_string());
    }
    for entry in ran.tables.tls_policy.entries() {
        after[1].insert(entry.key.to_string(), entry.value.to_string());
    }
    // What stays in the maps.
    for finding in ran.imported.findings.iter().filter(|it| it.code == "foreign") {
        let at = usize::from(finding.map == Which::TlsPolicy);
        if let Some(entry) = maps[at].get(&finding.key) {
            after[at].entry(finding.key.clone()).or_insert_with(|| entry.value.to_string());
        }
    }
    let asked_for: BTreeSet<&String> =
        ran.proof.meant.iter().flat_map(|group| &group.recipients).collect();
    let mut recipients: BTreeSet<String> = BTreeSet::from(["other.invalid".to_owned()]);
    for key in KEYS.iter().filter(|it| {
        !it.starts_with(['[', '*', '"', '_', '1']) && !it.ends_with('.') && !it.contains([':', '@'])
    }) {
        let domain = key.to_lowercase();
        let below = format!("any--subdomain.{}", domain.trim_start_matches('.'));
        recipients.extend([domain.trim_start_matches('.').to_owned(), below]);
    }
    // One form of an international name is written under both, which may be told as no change at all.
    let one_form = [transport, tls_policy].iter().any(|map| {
        map.get("xn--mnchen-3ya.example").is_some() != map.get("m\u{fc}nchen.example").is_some()
    });
    for domain in recipients.iter().filter(|it| !(one_form && it.contains("nchen"))) {
        let get = |map: &MapText<'_>, key: &str| map.get(key).map(|it| it.value.to_string());
        let (old_transport, old_policy) =
            (|key: &str| get(transport, key), |key: &str| get(tls_policy, key));
        let follow = |transport: &dyn Fn(&str) -> Option<String>,
                      policy: &dyn Fn(&str) -> Option<String>| {
            // Answers have to live as long as the question.
            let leak = |text: Option<String>| text.map(|it| -> &'static str { it.leak() });
            deliver(domain, &|key| leak(transport(key)), &|key| leak(policy(key)), &ran.settings)
        };
        let before = follow(&old_transport, &old_policy);
        let new = follow(&|key| after[0].get(key).cloned(), &|key| after[1].get(key).cloned());
        let (before, new) = (effect(&before), effect(&new));
        if before != new {
            // Then somebody was told.
            let told = asked_for.iter().any(|it| domain == *it || domain.ends_with(it.as_str()))
                || asked_for.iter().any(|it| it.starts_with('('));
            prop_assert!(
                told,
                "{domain}: {before} → {new}\n{:#?}\n{}",
                ran.imported.files,
                shown(case)
            );
        }
    }
    Ok(())
}

#[test]
fn what_is_imported_compiles_to_the_same_effect() {
    let templates = Templates::builtin();
    let config = Config {
        cases: CASES,
        max_global_rejects: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    runner
        .run(&case(), |case| match run(&case, &templates) {
            Some(ran) => check(&case, &ran),
            None => Err(TestCaseError::reject("two spellings of one key contradict each other")),
        })
        .unwrap();
}

/// A policy that goes with a transport that stays must stay too: under another spelling nothing asks for it.
#[test]
fn a_policy_stays_with_the_transport_that_asks_for_its_spelling() {
    let case = Case {
        transport: "*\tsmtp:[IPv6:2001:db8::1]\n".to_owned(),
        tls_policy: "[IPv6:2001:db8::1] secure match=mx.a.example\n".to_owned(),
        version: Version::series(3, 4),
        level: SecurityLevel::May,
        none: NoneMeans::Keep,
    };
    let ran = run(&case, &Templates::builtin()).unwrap();
    check(&case, &ran).unwrap();
    let foreign = ran.imported.findings.iter().filter(|it| it.code == "foreign");
    assert_eq!(foreign.map(|it| it.key.as_str()).collect::<Vec<_>>(), ["*", "[ipv6:2001:db8::1]"]);
}
