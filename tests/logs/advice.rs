//! What may be raised, and what a policy would have deferred.

use crate::harness::{Ran, Test, valid};
use crate::lab::{Lab, Zone};

/// One delivery to `mxN.DOMAIN`, whose address ends in that number.
fn delivery(day: u32, domain: &str, mx: u32, level: Option<&str>) -> String {
    let head = format!("2026-11-{day:02}T10:00:00+00:00 mx1 postfix/smtp[{day}]:");
    let peer = format!("mx{mx}.{domain}[192.0.2.{mx}]:25");
    let summary = level.map_or_else(String::new, |level| {
        format!("{head} {level} TLS connection established to {peer}: TLSv1.3 with cipher A (1/1 bits)\n")
    });
    format!(
        "{summary}{head} {day:04}ABCDE{mx}: to=<u@{domain}>, relay={peer}, delay=1, delays=0/0/0.2/0.3, \
         dsn=2.0.0, status=sent (250 ok)\n"
    )
}

/// A delivery on each of these days, to both hosts in turns.
fn mail(days: std::ops::Range<u32>, domain: &str, level: Option<&str>) -> String {
    days.map(|day| delivery(day, domain, 1 + day % 2, level)).collect()
}

const LOCK: &str = "version: 1\nchecked: 2026-11-24\ndomains:\n  \
    good.example: { dnssec: insecure, since: 2026-11-01, mx: [10 mx1.good.example, 10 mx2.good.example] }\n  \
    wide.example: { dnssec: insecure, since: 2026-11-01, mx: [10 mx1.wide.example, 20 mx3.wide.example] }\n";

fn logs(level: &str, domains: &str, log: &str, args: &[&str]) -> Ran {
    let yaml = format!(
        "version: 1\ndomains:\n{domains}targets:\n  \
         mx: {{ postfix: \"3.7\", security_level: {level}, map_type: lmdb, ca: /etc/ssl/ca.pem }}\n"
    );
    let ran = Test::new()
        .file("mxward.yaml", yaml)
        .file("mxward.lock", LOCK)
        .file("log", log)
        .args(["logs", "log", "--report", "text", "--report", "json=report.json"])
        .args(args.iter().copied())
        .any_stdout()
        .any_stderr()
        .run();
    valid("logs-report", &ran.read("report.json"));
    ran
}

#[track_caller]
fn says(ran: &Ran, text: &str) {
    assert!(ran.stdout.contains(text), "{text:?} is not in:\n{}{}", ran.stdout, ran.stderr);
}

const OTHER: &str = "  other.example: { level: encrypt }\n";

#[test]
fn a_domain_is_raised_on_twenty_messages_over_seven_days_to_every_mx_host() {
    let log = mail(1..21, "good.example", Some("Untrusted"));
    let ran = logs("may", OTHER, &log, &[]);
    says(
        &ran,
        "may be raised:\n  good.example to encrypt: 20 messages over 19 days to 2 addresses\n",
    );
    // One message, six days, one host or one failure less is not enough.
    for (log, why) in [
        (mail(1..20, "good.example", Some("Trusted")), "only 19 messages"),
        (mail(10..13, "good.example", Some("Trusted")).repeat(7), "only 3 messages, only 2 days"),
        (mail(1..21, "wide.example", Some("Trusted")), "no mail to mx3.wide.example"),
        (mail(1..21, "other2.example", Some("Trusted")), "its MX hosts are not known"),
        (
            mail(1..21, "good.example", Some("Trusted")) + &delivery(22, "good.example", 1, None),
            "1 in plain text",
        ),
        (
            log.clone()
                + "2026-11-22T10:00:00Z mx1 postfix/smtp[9]: 0000AAAAA: Cannot start TLS: handshake failure\n"
                + &delivery(22, "good.example", 1, Some("Trusted"))
                    .replace("[22]", "[9]")
                    .replace("0022ABCDE1", "0000AAAAA"),
            "1 failure of TLS",
        ),
    ] {
        let ran = logs("may", OTHER, &log, &[]);
        says(&ran, "not yet:\n");
        says(&ran, &format!(" to encrypt: {why}\n"));
        assert!(!ran.stdout.contains("may be raised"), "{}", ran.stdout);
    }
}

#[test]
fn limits_can_be_set() {
    let log = mail(1..4, "other2.example", Some("Trusted"));
    let ran = logs("may", OTHER, &log, &["--min-messages", "3", "--min-days", "2", "--mx", "any"]);
    says(
        &ran,
        "may be raised:\n  other2.example to encrypt: 3 messages over 2 days to 2 addresses\n",
    );
}

#[test]
fn nothing_is_raised_that_would_be_weaker_or_the_same() {
    let log = mail(1..21, "good.example", Some("Verified"));
    for domains in [
        "  good.example: { level: encrypt }\n",
        "  good.example: { level: secure, match: [mx1.good.example, mx2.good.example] }\n",
        "  good.example: { leave_to: mta-sts }\n",
        "  good.example: { next_hop: \"[relay.example]\", level: may }\n",
    ] {
        let ran = logs("may", domains, &log, &["--mx", "any"]);
        assert!(!ran.stdout.contains("to encrypt"), "{domains}{}", ran.stdout);
    }
    // What is verified under dane has used its TLSA records each time.
    let ran = logs("dane", OTHER, &log, &[]);
    says(&ran, "may be raised:\n  good.example to dane-only: 20 messages");
    // Without them, encrypt is another thing than dane: shown, and not proposed as it stands.
    let log = mail(1..21, "good.example", Some("Trusted"));
    let ran = logs("dane", OTHER, &log, &["--write", "out.yaml"]);
    says(
        &ran,
        "  good.example to encrypt: 20 messages over 19 days to 2 addresses; but that gives up dane",
    );
    assert!(ran.read("out.yaml").contains("\ndomains: {}\n"));
}

#[test]
fn policies_are_told_what_they_would_have_deferred() {
    let log = mail(1..4, "good.example", None)
        + &mail(5..9, "good.example", Some("Untrusted"))
        + &mail(10..12, "good.example", Some("Trusted"));
    for (policy, says_so) in [
        ("encrypt", "good.example under `encrypt` on target mx: 3 of 9\n"),
        (
            "secure, match: [mx1.good.example]",
            // Some other certificate was trusted, so authorities are configured.
            "good.example under `secure match=mx1.good.example` on target mx: 7 of 9; of 2 the log does not\n    tell\n",
        ),
        (
            "dane-only",
            "good.example under `dane-only` on target mx: 3 of 9; of 6 the log does not tell\n",
        ),
    ] {
        let ran = logs("may", &format!("  good.example: {{ level: {policy} }}\n"), &log, &[]);
        says(&ran, &format!("would have waited:\n  {says_so}"));
    }
    let ran = logs("may", "  good.example: { level: dane }\n", &log, &[]);
    assert!(!ran.stdout.contains("would have waited"), "{}", ran.stdout);
}

#[test]
fn exceptions_that_are_no_longer_needed_are_named_with_their_place() {
    let domains = "  good.example: { level: may, reason: \"no STARTTLS\", until: 2099-01-01 }\n  \
                   plain.example: { level: may, reason: \"no STARTTLS\", until: 2099-01-01 }\n  \
                   quiet.example: { level: may, reason: \"no STARTTLS\", until: 2099-01-01 }\n  \
                   wide.example: { level: may, reason: \"no STARTTLS\", until: 2099-01-01 }\n";
    let log = mail(1..21, "good.example", Some("Untrusted"))
        + &mail(1..3, "plain.example", None)
        + &mail(1..3, "wide.example", Some("Trusted"));
    let ran = logs("may", domains, &log, &["--write", "out.yaml"]);
    says(
        &ran,
        "exceptions:\n  good.example (mxward.yaml:3:3): no longer needed: `encrypt` holds\n",
    );
    says(&ran, "  plain.example (mxward.yaml:4:3): needed: 2 in plain text\n");
    says(&ran, "  quiet.example (mxward.yaml:5:3): no mail in the logs\n");
    says(
        &ran,
        "  wide.example (mxward.yaml:6:3): perhaps not needed, but only 2 messages, only 1 day, ",
    );
    assert!(ran.read("out.yaml").ends_with(
        "domains: {}\n\n# Declared already; to be changed there:\n# mxward.yaml:3:3\n\
         #   good.example: { level: encrypt }  # 20 messages over 19 days to 2 addresses\n"
    ));
}

#[test]
fn check_accepts_what_is_written() {
    let log = mail(1..21, "good.example", Some("Untrusted"))
        + &mail(1..21, "0x1.example", Some("Trusted"));
    let ran = logs("may", OTHER, &log, &["--mx", "any", "--write", "domains/proposed.yaml"]);
    assert_eq!(
        ran.read("domains/proposed.yaml"),
        "# Proposed by `mxward logs`: look at each line before you keep it.\ndomains:\n  \
         \"0x1.example\": { level: encrypt }  # 20 messages over 19 days to 2 addresses\n  \
         good.example: { level: encrypt }  # 20 messages over 19 days to 2 addresses\n"
    );
    let root =
        ran.read("mxward.yaml").replace("domains:\n", "include: [domains/*.yaml]\ndomains:\n");
    let ran = ran
        .then()
        .file("mxward.yaml", root)
        .args(["check", "--today", "2026-11-24"])
        .any_stderr()
        .any_stdout()
        .run();
    // Then there is nothing left to raise.
    let ran = ran.then().args(["logs", "log", "--mx", "any"]).any_stdout().any_stderr().run();
    assert!(!ran.stdout.contains("may be raised"), "{}", ran.stdout);
    // To standard output nothing else goes.
    let ran = ran.then().args(["logs", "log", "--write", "-"]).any_stdout().any_stderr().run();
    assert!(ran.stdout.starts_with("# Proposed") && ran.stdout.ends_with("domains: {}\n"));
}

#[test]
fn a_template_is_named_where_all_hosts_are_its_own_and_trusted() {
    let log = mail(1..21, "customer.example", Some("Trusted"))
        .replace(".customer.example[", ".mail.hostpoint.ch[");
    let ran = logs("may", OTHER, &log, &["--mx", "any"]);
    says(&ran, "its hosts are those of the template hostpoint, and their certificates are trusted");
}

#[test]
fn dns_is_asked_only_when_that_is_wanted_and_allowed() {
    Test::new()
        .file("log", mail(1..3, "good.example", Some("Trusted")))
        .args(["logs", "log", "--mx", "dns", "--offline"])
        .stderr_has("error: `--mx dns` needs the network, and `--offline` forbids it\n")
        .status(64)
        .run();
}

#[test]
fn mx_hosts_that_the_lock_does_not_know_come_from_dns() {
    let zone = |name, records| Zone::signed(name, records);
    let lab = Lab::new([
        zone("both.example", "@ MX 10 mx1.both.example.\n@ MX 10 mx2.both.example."),
        zone("more.example", "@ MX 10 mx1.more.example.\n@ MX 20 mx3.more.example."),
        zone("bare.example", "@ A 192.0.2.1"),
    ]);
    let bare = mail(1..21, "bare.example", Some("Trusted"));
    let bare = bare
        .replace("mx1.bare.example", "bare.example")
        .replace("mx2.bare.example", "bare.example");
    let log = mail(1..21, "both.example", Some("Trusted"))
        + &mail(1..21, "more.example", Some("Trusted"))
        + &bare;
    let with = lab.validates_itself(lab.plain());
    let ran = Test::new()
        .file("log", log)
        .args(["logs", "log", "--mx", "dns"])
        .args(with.iter().map(String::as_str))
        .any_stdout()
        .any_stderr()
        .run();
    says(
        &ran,
        "may be raised:\n  bare.example to encrypt: 20 messages over 19 days to 2 addresses\n  both.example to encrypt: ",
    );
    says(&ran, "not yet:\n  more.example to encrypt: no mail to mx3.more.example\n");
}

#[test]
fn the_table_fits_the_terminal() {
    let name = "a-very-long-name-of-a-domain-that-nobody-would-type.example";
    let ran = Test::new()
        .file("log", mail(1..3, name, Some("Trusted")) + &mail(1..3, "b.example", None))
        .args(["logs", "log", "--mx", "any"])
        .any_stdout()
        .any_stderr()
        .run();
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 100), "{}", ran.stdout);
    says(
        &ran,
        "nobody-would-type.example     2     -          -          -        2         -       -  2026-11-02\n",
    );
}
