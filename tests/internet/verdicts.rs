//! What becomes of mail, for each way that a domain can be protected or broken.

use super::site::{FIRST, Maps, Site};
use crate::postfix::instance::Logged;
use crate::sql::place::Place;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What must become of mail for a domain.
enum Wanted {
    /// A server of these took it, after its certificate was verified.
    Verified(&'static [&'static str]),
    /// This server took it in plain text.
    Plain(&'static str),
    /// Nobody took it. The end of the log's line, and what stands somewhere before.
    Deferred(&'static str, &'static str),
}

use Wanted::{Deferred, Plain, Verified};

const NOT_VERIFIED: &str = "Server certificate not verified";

const WANTED: &[(&str, Wanted)] = &[
    // The first of its hosts is dead.
    ("gmail.com", Verified(&["142.250.1.26"])),
    ("studio.example", Verified(&["142.250.10.26", "142.250.11.26"])),
    ("verein.example", Verified(&["142.250.10.26", "142.250.11.26"])),
    ("schule.example", Verified(&["142.250.11.26"])),
    ("kanzlei.example", Verified(&["52.101.1.1"])),
    ("amt.example", Verified(&["52.101.2.1"])),
    ("kunde.example", Verified(&["217.26.49.1", "217.26.49.2"])),
    ("firma.example", Verified(&["217.26.49.1", "217.26.49.2"])),
    ("dane.example", Verified(&["185.200.1.1"])),
    ("partner.example", Verified(&["185.200.2.1"])),
    ("half-dead.example", Verified(&["185.200.3.1"])),
    ("undeclared.example", Plain("185.200.4.1")),
    ("broken.dane.example", Deferred(NOT_VERIFIED, "num=65:no matching DANE TLSA records")),
    ("none.dane.example", Deferred("no TLSA records found", "")),
    (
        "bogus.example",
        Deferred("Host or domain name not found. Name service error for name=bogus.example", ""),
    ),
    ("wrong-name.example", Deferred(NOT_VERIFIED, "num=62:hostname mismatch")),
    ("expired.example", Deferred(NOT_VERIFIED, "certificate has expired")),
    ("self-signed.example", Deferred(NOT_VERIFIED, "self-signed certificate")),
    ("stranger-ca.example", Deferred(NOT_VERIFIED, "untrusted issuer")),
    (
        "no-starttls.example",
        Deferred(
            "TLS is required, but was not offered by host mx.no-starttls.example[185.200.5.5]",
            "",
        ),
    ),
    (
        "refused.example",
        Deferred("connect to mx.refused.example[185.200.5.9]:25: Connection refused", ""),
    ),
];

/// Two recipients of each domain, always in one mail.
const LOCAL: [&str; 2] = ["u", "v"];

/// So many domains are in one mail.
const DOMAINS: usize = 10;

/// Delivers mail for every domain of the table, and judges what became of it.
#[track_caller]
fn deliver(site: &mut Site) -> BTreeMap<String, Logged> {
    let before = site.internet.taken().len();
    let mut logged: BTreeMap<String, Logged> = BTreeMap::new();
    for domains in WANTED.chunks(DOMAINS) {
        let recipients: Vec<String> = domains
            .iter()
            .flat_map(|(domain, _)| LOCAL.map(|local| format!("{local}@{domain}")))
            .collect();
        let list: Vec<&str> = recipients.iter().map(String::as_str).collect();
        let found = site.deliver(&list);
        logged.extend(recipients.into_iter().zip(found));
    }
    let taken = &site.internet.taken()[before..];
    for mail in taken {
        let domains: BTreeSet<&str> =
            mail.to.iter().map(|it| it.split_once('@').unwrap().1).collect();
        assert_eq!(domains.len(), 1, "domains shared a transaction: {mail:?}");
    }
    for (domain, wanted) in WANTED {
        let addresses = LOCAL.map(|local| format!("{local}@{domain}"));
        let mails: Vec<_> = taken.iter().filter(|it| it.to.contains(&addresses[0])).collect();
        let all = || format!("{domain}: {mails:?}\n{:#?}", logged[&addresses[0]]);
        let one = || {
            assert_eq!(mails.len(), 1, "{}", all());
            // The next hop lets recipients share a transaction, but not domains.
            assert_eq!(mails[0].to.len(), LOCAL.len(), "{}", all());
            mails[0]
        };
        match wanted {
            Verified(servers) => {
                let mail = one();
                assert!(servers.contains(&mail.address.as_str()) && mail.tls, "{}", all());
                for logged in addresses.iter().map(|it| &logged[it]) {
                    let verified = format!("[{}]:", mail.address);
                    let last = logged.lines.iter().rfind(|it| it.contains(" TLS connection "));
                    let last = last.unwrap_or_else(|| panic!("{}", all()));
                    assert!(last.starts_with("Verified ") && last.contains(&verified), "{}", all());
                    assert!(logged.says("status=sent (250 taken)"), "{}", all());
                }
            }
            Plain(server) => {
                let mail = one();
                assert!(mail.address == *server && !mail.tls, "{}", all());
            }
            Deferred(end, before) => {
                assert!(mails.is_empty(), "{}", all());
                for logged in addresses.iter().map(|it| &logged[it]) {
                    assert!(logged.end.starts_with(end) && logged.says(before), "{}", all());
                    assert!(logged.says("status=deferred"), "{}", all());
                }
            }
        }
    }
    logged
}

#[track_caller]
fn delivers(maps: Maps) {
    let mut site = Site::start(maps);
    site.roll_out(FIRST);
    deliver(&mut site);
}

/// The probe and the explanation tell what Postfix does.
#[test]
fn a_policy_is_verified_or_the_mail_waits_by_hash_maps_and_mxward_foretells_it() {
    let mut site = Site::start(Maps::Files("hash"));
    site.roll_out(FIRST);
    let logged = deliver(&mut site);
    let first = "connect to 142.250.0.26[142.250.0.26]:25: Connection refused";
    assert!(logged["u@gmail.com"].says(first), "{:#?}", logged["u@gmail.com"]);

    let probe = site.mxward("probe --helo client.example --timeout 30 --report json", 3);
    let report: Value = serde_json::from_str(&probe.stdout).unwrap();
    let hops = report["targets"][0]["next_hops"].as_array().unwrap();
    let does = |domain: &str| -> BTreeSet<&str> {
        let mine =
            hops.iter().filter(|it| it["recipients"].as_array().unwrap().contains(&json!(domain)));
        mine.map(|it| it["does"].as_str().unwrap()).collect()
    };
    for (domain, wanted) in WANTED {
        let found = does(domain);
        match wanted {
            Verified(_) => assert!(found.contains("delivers"), "{domain}: {found:?}"),
            Deferred(..) => assert_eq!(found, BTreeSet::from(["defers"]), "{domain}"),
            // Nobody has declared it.
            Plain(_) => assert!(found.is_empty(), "{domain}: {found:?}"),
        }
    }

    let explained = site.mxward("explain u@gmail.com", 0).stdout;
    let transport = site.map("transport");
    let line = transport.lines().find_map(|it| it.strip_prefix("gmail.com smtp:")).unwrap();
    for hop in line.split(',') {
        assert!(explained.contains(hop), "{hop}\n{explained}");
    }
    assert!(explained.contains("secure match=mx.google.com"), "{explained}");
}

#[test]
fn a_policy_is_verified_or_the_mail_waits_by_lmdb_maps() {
    delivers(Maps::Files("lmdb"));
}

#[test]
fn a_policy_is_verified_or_the_mail_waits_by_cdb_maps() {
    delivers(Maps::Files("cdb"));
}

#[test]
fn a_policy_is_verified_or_the_mail_waits_by_a_table_of_sqlite() {
    let place = Place::sqlite();
    place.with_table();
    delivers(Maps::Table(place));
}

#[test]
fn a_policy_is_verified_or_the_mail_waits_by_a_table_of_mariadb() {
    let place = Place::mariadb();
    place.with_table();
    delivers(Maps::Table(place));
}

#[test]
fn a_policy_is_verified_or_the_mail_waits_by_a_table_of_postgresql() {
    let place = Place::postgres();
    place.with_table();
    delivers(Maps::Table(place));
}
