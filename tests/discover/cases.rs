//! One case after the other, all from one run.

use super::certificates::self_signed;
use super::https::policy;
use super::internet::{DIGEST, ENFORCE, Internet, broken_answers};
use super::smtp::Act;
use crate::harness::valid;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// The outcomes by domain, as JSON.
static OUTCOMES: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let mut internet = Internet::new();
    mail(&mut internet);
    dane(&mut internet);
    sts(&mut internet);
    providers(&mut internet);
    servers(&mut internet);
    internet.domains.extend(["bogus.example", "expired.example"].map(str::to_owned));
    let ran = internet.run(|test| {
        // Some domains cannot be judged.
        test.args(["--timeout", "2", "--report", "json"]).status(1).any_stdout().any_stderr()
    });
    valid("discover-report", &ran.stdout);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let domains = report["domains"].as_array().unwrap();
    domains.iter().map(|it| (it["domain"].as_str().unwrap().to_owned(), it.clone())).collect()
});

fn mail(internet: &mut Internet) {
    internet.domain("nothing", "signed", "");
    internet.domain("nothing", "unsigned", "");
    internet.domain("null", "signed", "null MX 0 .");
    internet.domain("null", "unsigned", "null MX 0 .");
    internet.domain(
        "implicit",
        "signed",
        &format!("implicit A 192.0.2.1\n_25._tcp.implicit TLSA 3 1 1 {DIGEST}"),
    );
    internet.server("implicit", "unsigned", |authority, name| {
        Act::Tls(BTreeMap::from([(String::new(), authority.identity(&[name]))]))
    });
    internet.domain("implicit", "unsigned", "");
    internet.domain("alias", "unsigned", "alias CNAME real\nreal MX 10 mx");
    internet.domain("literal", "signed", "literal MX 10 192.0.2.1.");
    internet.domain("literal", "unsigned", "literal MX 10 192.0.2.1.");
    internet.domain("loop", "signed", "loop CNAME loop2\nloop2 CNAME loop");
    internet.domain("dangling", "unsigned", "dangling MX 10 nowhere.unsigned.example.");
    internet.domain("private", "unsigned", "private MX 10 inside\ninside A 10.0.0.1");
}

fn dane(internet: &mut Internet) {
    let tlsa = |name: &str, fields: &str| format!("_25._tcp.{name} TLSA {fields}");
    let sha256 = format!("3 1 1 {DIGEST}");
    internet.records("signed", &format!("with A 192.0.2.1\n{}", tlsa("with", &sha256)));
    internet.records("signed", "without A 192.0.2.2");
    internet.domain("dane", "signed", "dane MX 10 with");
    internet.domain("dane-partly", "signed", "dane-partly MX 10 with\ndane-partly MX 20 without");
    internet.domain("dane", "unsigned", "dane MX 10 with.signed.example.");
    for (name, fields) in [
        ("pkix-ta", format!("0 1 1 {DIGEST}")),
        ("pkix-ee", format!("1 1 1 {DIGEST}")),
        ("unknown-usage", format!("4 1 1 {DIGEST}")),
        ("unknown-matching", format!("3 1 3 {DIGEST}")),
        ("short-digest", "3 1 1 aaaa".to_owned()),
    ] {
        let host = format!("mx-{name}");
        let records = format!("{name} MX 10 {host}\n{host} A 192.0.2.3\n{}", tlsa(&host, &fields));
        internet.domain(name, "signed", &records);
    }
    let mixed =
        format!("{}\n{}", tlsa("mx-mixed", &sha256), tlsa("mx-mixed", &format!("0 0 1 {DIGEST}")));
    internet.domain(
        "mixed-usages",
        "signed",
        &format!("mixed-usages MX 10 mx-mixed\nmx-mixed A 192.0.2.3\n{mixed}"),
    );
    internet.domain("host-alias", "signed", "host-alias MX 10 other-name\nother-name CNAME with");
    internet.domain(
        "alias-outside",
        "signed",
        &format!(
            "alias-outside MX 10 outside\noutside CNAME plain.unsigned.example.\n{}",
            tlsa("outside", &sha256)
        ),
    );
    internet.records("unsigned", "plain A 192.0.2.9");
    internet.domain(
        "tlsa-bogus",
        "signed",
        "tlsa-bogus MX 10 mx-bogus\nmx-bogus A 192.0.2.3\n_25._tcp.mx-bogus CNAME x.bogus.example.",
    );
    internet.domain(
        "ipv6",
        "signed",
        &format!("ipv6 MX 10 mx6\nmx6 AAAA 2001:db8::1\n{}", tlsa("mx6", &sha256)),
    );
    // Servers whose certificates the records hold for, and do not.
    let name = "holds.signed.example";
    let identity = internet.identity(&[name]);
    let digest = identity.digest.clone();
    for (host, data) in [("holds", digest.as_str()), ("mismatch", DIGEST)] {
        let identities = BTreeMap::from([(String::new(), identity.clone())]);
        internet.server(host, "signed", |_, _| Act::Tls(identities));
        let record = tlsa(host, &format!("3 0 1 {data}"));
        internet.domain(
            &format!("tlsa-{host}"),
            "signed",
            &format!("tlsa-{host} MX 10 {host}\n{record}"),
        );
    }
    internet.server("dane-plain", "signed", |_, _| Act::Plain);
    let record = tlsa("dane-plain", &sha256);
    internet.domain("tlsa-plain", "signed", &format!("tlsa-plain MX 10 dane-plain\n{record}"));
}

fn sts(internet: &mut Internet) {
    internet.sts("sts-enforce", policy(ENFORCE));
    internet.sts("sts-testing", policy(&ENFORCE.replace("enforce", "testing")));
    internet.sts("sts-none", policy("version: STSv1\nmode: none\nmax_age: 60\n"));
    internet.sts("sts-crlf", policy(&ENFORCE.replace('\n', "\r\n")));
    internet.sts("sts-other-mx", policy(&ENFORCE.replace("mx.uns", "*.mx.uns")));
    for (name, answer) in broken_answers() {
        internet.sts(name, answer);
    }
    internet.sts_with_certificates();
    let record = |name: &str, texts: &[&str]| {
        let records = texts.iter().map(|text| format!("_mta-sts.{name} TXT {text}\n"));
        format!("{name} MX 10 mx\n{}", records.collect::<String>())
    };
    for (name, texts) in [
        ("sts-two-records", &["\"v=STSv1; id=a;\"", "\"v=STSv1; id=b;\""][..]),
        ("sts-bad-id", &["\"v=STSv1; id=a-b;\""]),
        ("sts-no-host", &["\"v=STSv1; id=a;\""]),
        ("sts-inside", &["\"v=STSv1; id=a;\""]),
        ("sts-other-text", &["\"v=spf1 -all\""]),
        ("sts-parts", &["\"v=STSv1; i\" \"d=a;\"", "\"other\""]),
        ("sts-closed", &["\"v=STSv1; id=a;\""]),
        ("sts-bogus", &[]),
    ] {
        internet.domain(name, "unsigned", &record(name, texts));
    }
    internet.records(
        "unsigned",
        "mta-sts.sts-inside A 10.0.0.1\nmta-sts.sts-closed A 127.0.0.1\n_mta-sts.sts-bogus CNAME x.bogus.example.",
    );
    internet.site("mta-sts.sts-parts.unsigned.example", ENFORCE);
    // A policy host without a record.
    internet.domain("sts-unannounced", "unsigned", "sts-unannounced MX 10 mx");
    internet.site("mta-sts.sts-unannounced.unsigned.example", ENFORCE);
}

fn providers(internet: &mut Internet) {
    for (name, hosts) in [
        ("google", &["aspmx.l.google.com", "alt1.aspmx.l.google.com"][..]),
        ("google-both", &["aspmx.l.google.com", "gmail-smtp-in.l.google.com"]),
        ("google-and-own", &["aspmx.l.google.com", "mx.unsigned.example"]),
        ("google-typo", &["aspmx.1.google.com"]),
        ("mailbox-odd", &["mx1.mailbox.org", "mx-n.mailbox.org"]),
        ("hostpoint", &["mx1.mail.hostpoint.ch"]),
    ] {
        let records = hosts.iter().map(|host| format!("{name} MX 10 {host}.\n"));
        internet.domain(name, "unsigned", &records.collect::<String>());
    }
}

fn servers(internet: &mut Internet) {
    let of = |name: &str| format!("{name} MX 10 mx-{name}");
    let tls = |identity| Act::Tls(BTreeMap::from([(String::new(), identity)]));
    internet.server("mx-own", "unsigned", |authority, name| tls(authority.identity(&[name])));
    internet.server("mx-self-signed", "unsigned", |_, name| tls(self_signed(&[name])));
    internet.server("mx-expired", "unsigned", |authority, name| tls(authority.expired(&[name])));
    internet.server("mx-other-name", "unsigned", |authority, _| {
        tls(authority.identity(&["mail.hoster.example", "mail.other-name.unsigned.example"]))
    });
    internet.server("mx-hoster", "unsigned", |authority, _| {
        tls(authority.identity(&["*.hoster.example"]))
    });
    internet.server("mx-wildcard", "unsigned", |authority, _| {
        tls(authority.identity(&["*.unsigned.example"]))
    });
    internet.server("mx-by-name", "unsigned", |authority, name| {
        Act::Tls(BTreeMap::from([
            (name.to_owned(), authority.identity(&[name])),
            (String::new(), self_signed(&["default.example"])),
        ]))
    });
    internet.server("mx-plain", "unsigned", |_, _| Act::Plain);
    internet.server("mx-refused-4", "unsigned", |_, _| Act::Refuse("454 not now\r\n"));
    internet.server("mx-refused-5", "unsigned", |_, _| Act::Refuse("554 never\x1b[31m\r\n"));
    internet.server("mx-silent", "unsigned", |_, _| Act::Silence);
    internet.server("mx-chatter", "unsigned", |_, _| Act::Chatter);
    internet.server_on_ipv6("mx-six", "unsigned");
    internet.records("unsigned", "mx-closed A 127.0.0.1");
    for name in [
        "own",
        "self-signed",
        "expired",
        "other-name",
        "hoster",
        "wildcard",
        "by-name",
        "plain",
        "refused-4",
        "refused-5",
        "silent",
        "chatter",
        "six",
        "closed",
    ] {
        internet.domain(name, "unsigned", &of(name));
    }
    internet.domain(
        "one-of-two",
        "unsigned",
        "one-of-two MX 10 mx-own\none-of-two MX 20 mx-self-signed",
    );
    internet.domain("two", "unsigned", "two MX 10 mx-own\ntwo MX 20 mx-wildcard");
}

/// What is expected of a domain: verdict, entry, what it publishes, and codes of findings.
#[track_caller]
fn check(domain: &str, verdict: &str, entry: &str, published: &str, codes: &[&str]) {
    let outcome = OUTCOMES.get(domain).unwrap_or_else(|| panic!("{domain} was not looked at"));
    let found: BTreeSet<&str> = outcome["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    let list = outcome["published"].as_array().unwrap();
    let list: Vec<&str> = list.iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(outcome["verdict"], verdict, "{outcome:#}");
    assert_eq!(outcome["yaml"].as_str().unwrap_or_default(), entry, "{outcome:#}");
    assert_eq!(list.join(", "), published, "{outcome:#}");
    for code in codes {
        assert!(found.contains(code), "no finding {code}: {outcome:#}");
    }
    let text = outcome.to_string();
    assert!(!text.contains("\\u001b"), "a control character of a server: {text}");
}

macro_rules! cases {
    ($($name:ident: $domain:literal, $verdict:literal, $entry:expr, $published:literal, $codes:expr;)*) => {
        $(#[test]
        fn $name() {
            check($domain, $verdict, $entry, $published, &$codes);
        })*
    };
}

const MX: &str = "{ level: secure, match: [mx.unsigned.example] }";
const STS: &str = "{ leave_to: mta-sts }";
const DANE: &str = "{ level: dane-only }";
const ENCRYPT: &str = "{ level: encrypt }";

cases! {
    no_mx_and_no_address_takes_no_mail: "nothing.signed.example", "no-mail", "", "", ["no-mail"];
    no_mx_and_no_address_unsigned: "nothing.unsigned.example", "no-mail", "", "", ["no-mail"];
    null_mx_takes_no_mail: "null.signed.example", "no-mail", "", "", ["null-mx"];
    null_mx_unsigned: "null.unsigned.example", "no-mail", "", "", ["null-mx"];
    implicit_mx_with_tlsa: "implicit.signed.example", "proposed", DANE, "DANE", ["implicit-mx", "tlsa", "dane"];
    implicit_mx_unsigned: "implicit.unsigned.example", "proposed",
        "{ level: secure, match: [implicit.unsigned.example] }", "", ["implicit-mx", "certificate"];
    domain_that_is_an_alias: "alias.unsigned.example", "proposed", MX, "", ["domain-alias", "mx"];
    address_as_mx_host: "literal.signed.example", "unknown", "", "", ["mx-unknown"];
    address_as_mx_host_unsigned: "literal.unsigned.example", "unknown", "", "", ["mx-unknown"];
    loop_of_aliases: "loop.signed.example", "unknown", "", "", ["mx-unknown"];
    mx_host_without_address: "dangling.unsigned.example", "unknown", "", "", ["host-without-address", "server-unknown"];
    mx_host_inside: "private.unsigned.example", "unknown", "", "", ["address-refused", "server-unknown"];
    bogus_zone: "bogus.example", "unknown", "", "", ["mx-unknown"];
    expired_signatures: "expired.example", "unknown", "", "", ["mx-unknown"];

    dane_for_every_host: "dane.signed.example", "proposed", DANE, "DANE", ["tlsa", "dane"];
    dane_for_some_hosts: "dane-partly.signed.example", "unknown", "", "DANE (partly)", ["dane-partial"];
    dane_below_an_unsigned_mx: "dane.unsigned.example", "unknown", "", "DANE (unsigned MX)", ["tlsa", "dane-insecure-mx"];
    pkix_ta_alone_is_unusable: "pkix-ta.signed.example", "unknown", "", "DANE (unusable)", ["tlsa-unusable", "dane-unusable"];
    pkix_ee_alone_is_unusable: "pkix-ee.signed.example", "unknown", "", "DANE (unusable)", ["tlsa-unusable"];
    unknown_usage_is_unusable: "unknown-usage.signed.example", "unknown", "", "DANE (unusable)", ["tlsa-unusable"];
    unknown_matching_type_is_unusable: "unknown-matching.signed.example", "unknown", "", "DANE (unusable)", ["tlsa-unusable"];
    short_digest_is_unusable: "short-digest.signed.example", "unknown", "", "DANE (unusable)", ["tlsa-unusable"];
    one_usable_record_is_enough: "mixed-usages.signed.example", "proposed", DANE, "DANE", ["tlsa", "tlsa-unusable", "dane"];
    mx_host_that_is_an_alias_in_a_signed_zone: "host-alias.signed.example", "proposed", DANE, "DANE", ["host-alias", "tlsa"];
    mx_host_that_is_an_alias_to_an_unsigned_zone: "alias-outside.signed.example", "proposed", DANE, "DANE", ["host-alias", "tlsa"];
    tlsa_records_that_do_not_validate: "tlsa-bogus.signed.example", "unknown", "", "", ["tlsa-unknown", "dane-unknown"];
    dane_on_ipv6_alone: "ipv6.signed.example", "proposed", DANE, "DANE", ["host", "dane"];
    tlsa_that_holds: "tlsa-holds.signed.example", "proposed", DANE, "DANE", ["tlsa-holds"];
    tlsa_that_does_not_hold: "tlsa-mismatch.signed.example", "nothing", "", "DANE", ["tlsa-mismatch"];
    tlsa_without_starttls: "tlsa-plain.signed.example", "nothing", "", "DANE", ["no-starttls"];

    sts_enforce: "sts-enforce.unsigned.example", "proposed", STS, "MTA-STS", ["mta-sts-record", "mta-sts-policy"];
    sts_with_crlf: "sts-crlf.unsigned.example", "proposed", STS, "MTA-STS", ["mta-sts-policy"];
    sts_testing: "sts-testing.unsigned.example", "proposed", MX, "MTA-STS (testing)", ["mta-sts-policy"];
    sts_none: "sts-none.unsigned.example", "proposed", MX, "MTA-STS (none)", ["mta-sts-policy"];
    sts_for_other_hosts: "sts-other-mx.unsigned.example", "nothing", "", "MTA-STS", ["mta-sts-uncovered"];
    sts_redirect_is_not_followed: "sts-redirect.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_redirect_within_the_host: "sts-redirect-here.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_404: "sts-missing.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_500: "sts-failing.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_203: "sts-other-success.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_html: "sts-html.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_without_media_type: "sts-no-type.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_oversize: "sts-large.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_endless_body: "sts-endless.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_endless_head: "sts-endless-head.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_cut_off: "sts-cut.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_garbage: "sts-garbage.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_byte_by_byte: "sts-drip.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_silent_host: "sts-silent.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_expired_certificate: "sts-expired.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_certificate_for_another_name: "sts-other-name.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_self_signed_certificate: "sts-self-signed.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_wildcard_certificate: "sts-wildcard.unsigned.example", "proposed", STS, "MTA-STS", ["mta-sts-policy"];
    sts_empty_policy: "sts-no-policy.unsigned.example", "proposed", MX, "MTA-STS (invalid)", ["mta-sts-policy-invalid"];
    sts_policy_without_mx: "sts-no-mx.unsigned.example", "proposed", MX, "MTA-STS (invalid)", ["mta-sts-policy-invalid"];
    sts_max_age_beyond_a_year: "sts-too-long.unsigned.example", "proposed", MX, "MTA-STS (invalid)", ["mta-sts-policy-invalid"];
    sts_two_records: "sts-two-records.unsigned.example", "proposed", MX, "MTA-STS (invalid)", ["mta-sts-invalid"];
    sts_bad_id: "sts-bad-id.unsigned.example", "proposed", MX, "MTA-STS (invalid)", ["mta-sts-invalid"];
    sts_host_without_address: "sts-no-host.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_host_inside: "sts-inside.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_host_where_nobody_listens: "sts-closed.unsigned.example", "proposed", MX, "MTA-STS (unavailable)", ["mta-sts-unavailable"];
    sts_other_text_records: "sts-other-text.unsigned.example", "proposed", MX, "", ["mx"];
    sts_record_in_parts: "sts-parts.unsigned.example", "proposed", STS, "MTA-STS", ["mta-sts-policy"];
    sts_record_that_does_not_validate: "sts-bogus.unsigned.example", "unknown", "", "", ["mta-sts-unknown"];
    sts_policy_without_record: "sts-unannounced.unsigned.example", "proposed", MX, "", ["mx"];

    provider_of_all_hosts: "google.unsigned.example", "proposed",
        "{ provider: google-workspace, route: mx }", "", ["provider"];
    provider_with_two_families: "google-both.unsigned.example", "proposed",
        "{ provider: google, route: mx }", "", ["provider"];
    provider_and_own_host: "google-and-own.unsigned.example", "unknown", "", "", ["provider-mixed"];
    mistyped_host_of_a_provider: "google-typo.unsigned.example", "unknown", "", "", ["host-without-address"];
    odd_host_of_a_provider: "mailbox-odd.unsigned.example", "unknown", "", "", ["provider-odd", "provider-mixed"];
    provider_with_stable_addresses: "hostpoint.unsigned.example", "proposed",
        "{ provider: hostpoint, route: mx }", "", ["provider"];

    own_server: "own.unsigned.example", "proposed",
        "{ level: secure, match: [mx-own.unsigned.example] }", "", ["certificate", "provider-none"];
    self_signed_certificate: "self-signed.unsigned.example", "proposed", ENCRYPT, "", ["certificate-untrusted"];
    expired_certificate: "expired.unsigned.example", "proposed", ENCRYPT, "", ["certificate-untrusted"];
    certificate_for_a_name_of_the_domain: "other-name.unsigned.example", "proposed",
        "{ level: secure, match: [mail.other-name.unsigned.example] }", "", ["certificate-name"];
    wildcard_of_somebody_else: "hoster.unsigned.example", "proposed",
        "{ level: secure, match: [.hoster.example] }", "", ["certificate-name"];
    wildcard_that_covers_the_host: "wildcard.unsigned.example", "proposed",
        "{ level: secure, match: [mx-wildcard.unsigned.example] }", "", ["certificate"];
    certificate_by_server_name: "by-name.unsigned.example", "proposed",
        "{ level: secure, match: [mx-by-name.unsigned.example] }", "", ["certificate"];
    no_starttls: "plain.unsigned.example", "nothing", "", "", ["no-starttls"];
    starttls_refused_for_now: "refused-4.unsigned.example", "unknown", "", "", ["server-unknown"];
    starttls_refused_for_ever: "refused-5.unsigned.example", "unknown", "", "", ["server-unknown"];
    silent_server: "silent.unsigned.example", "unknown", "", "", ["server-unknown"];
    endless_greeting: "chatter.unsigned.example", "unknown", "", "", ["server-unknown"];
    server_on_ipv6_alone: "six.unsigned.example", "proposed",
        "{ level: secure, match: [mx-six.unsigned.example] }", "", ["certificate"];
    server_where_nobody_listens: "closed.unsigned.example", "unknown", "", "", ["server-unknown"];
    one_server_of_two_is_not_enough: "one-of-two.unsigned.example", "proposed", ENCRYPT, "", ["certificate-untrusted"];
    two_servers_two_names: "two.unsigned.example", "proposed",
        "{ level: secure, match: [mx-own.unsigned.example, mx-wildcard.unsigned.example] }", "", ["certificate"];
}
