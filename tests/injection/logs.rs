//! Lines of logs: senders choose addresses, and servers choose names and replies.

use super::{FORMS, TEXTS, is_harmless, is_plain, reported};
use crate::harness::Test;
use std::fmt::Write as _;

/// Every text in every place of a line.
fn log() -> String {
    let mut log = String::new();
    for (number, text) in TEXTS.iter().enumerate() {
        // A log has no other line breaks.
        let text = text.replace('\n', " ");
        let head = format!("Nov 24 15:24:31 mx1 postfix/smtp[{number}]:");
        let odd = format!("Nov 24 15:24:31 {text} {text}/smtp[{number}]:");
        for head in [head, odd] {
            for (relay, protocol, cipher) in [
                ("mx.a.example", "TLSv1.3", text.as_str()),
                ("mx.a.example", text.as_str(), "AES"),
                (text.as_str(), "TLSv1.3", "AES"),
            ] {
                writeln!(
                    log,
                    "{head} Verified TLS connection established to {relay}[192.0.2.1]:25: {protocol} with cipher \
                     {cipher} (256/256 bits)\n\
                     {head} 0A1B2C: to=<{text}@a.example>, relay={relay}[192.0.2.1]:25, delay=1, \
                     delays=0.1/0/0.5/0.4, dsn=2.0.0, status=sent (250 2.0.0 {text})\n\
                     {head} 0A1B2D: to=<x@{text}>, relay={relay}[192.0.2.1]:25, delay=1, delays=0.1/0/0.5/0.4, \
                     dsn=4.7.5, status=deferred ({text})"
                )
                .unwrap();
            }
            writeln!(
                log,
                "{head} certificate verification failed for {text}[192.0.2.1]:25: num=62:{text}\n\
                 {head} warning: {text}: invalid security level \"{text}\"\n\
                 {head} warning: table {text} lookup problem {text}\n\
                 {head} TLSRPT: status=failure, domain={text}, receiving_mx={text}, failure_type={text}, \
                 failure_reason={text}"
            )
            .unwrap();
        }
    }
    log
}

const REPOSITORY: &str = "\
version: 1
domains:
  a.example: { level: may, until: 2027-01-01, reason: \"why\" }
targets:
  mx: { postfix: \"3.7\", security_level: may, map_type: texthash, ca: /etc/ssl/ca.pem }
";

#[test]
fn what_stands_in_logs_is_counted_and_not_obeyed() {
    let test = Test::new().file("mxward.yaml", REPOSITORY).file("log", log());
    let args = ["logs", "log", "--today", "2026-11-24", "--min-messages", "1", "--min-days", "0"];
    let ran = reported(test.args(args), &FORMS).run();
    is_harmless(&ran, &FORMS);
    assert!(ran.stdout.contains("a.example"), "{}", ran.stdout);
    // Of addresses only domains are kept, and of replies only what they mean.
    for text in ["evil", "DROP", "pwned"] {
        assert!(!ran.stdout.contains(text), "{}", ran.stdout);
    }
}

#[test]
fn what_stands_in_logs_is_no_markup_of_the_page() {
    let test = Test::new().file("mxward.yaml", REPOSITORY).file("log", log());
    let ran = test
        .args(["report", "--out", "page.html", "--logs", "log", "--today", "2026-11-24"])
        .any_stdout()
        .any_stderr()
        .run();
    is_harmless(&ran, &[]);
    let page = ran.read("page.html");
    is_plain(&page);
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (2, 2));
    assert!(!page.contains("<img") && !page.contains("<!--"));
}
