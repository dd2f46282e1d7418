//! What smtp(8) says, from Postfix 2.3 to 3.11, and which lines belong together.

use super::{deferred, evidence, line, lines, proved, sent, summary};
use mxward::logs::Trouble;

const AES: &str = "TLSv1.3 TLS_AES_256_GCM_SHA384";

/// [Postfix `tls_misc.c` `tls_log_summary`]
#[test]
fn each_word_of_the_summary_is_a_level() {
    for (word, level) in [
        ("Anonymous", "anonymous"),
        ("Untrusted", "untrusted"),
        ("Trusted", "trusted"),
        ("Verified", "verified"),
    ] {
        let log = lines(&[summary(word), sent("0A1B2C")]);
        assert_eq!(proved(log), format!("a.example: 1 {level} {AES};\n"));
    }
}

/// [Postfix 2.3 `tls_client.c`]
#[test]
fn the_summary_of_postfix_2_3_has_neither_level_nor_address() {
    let summary =
        "TLS connection established to mx.a.example: TLSv1 with cipher AES256-SHA (256/256 bits)";
    let sent =
        "0A1B2C: to=<anna@a.example>, relay=mx.a.example[192.0.2.1], delay=1, status=sent (250 ok)";
    let log = lines(&[summary.to_owned(), sent.to_owned()]);
    assert_eq!(proved(log), "a.example: 1 untrusted TLSv1 AES256-SHA;\n");
}

#[test]
fn a_connection_that_the_policy_refuses_is_no_delivery() {
    let log = lines(&[summary("Untrusted"), deferred("0A1B2C", "Server certificate not verified")]);
    assert_eq!(proved(log), "a.example: 1 deferred: the certificate was not verified;\n");
}

/// [Postfix `tls_verify.c` `tls_log_verify_error`]
#[test]
fn a_deferral_names_what_was_wrong_with_the_certificate() {
    for (text, why) in [
        (
            "certificate verification failed for P: untrusted issuer /CN=x",
            "its issuer is not known",
        ),
        ("certificate verification failed for P: self-signed certificate", "it is self-signed"),
        ("server certificate verification failed for P: certificate has expired", "it has expired"),
        ("server certificate verification failed for P: num=62:hostname mismatch", "another name"),
        (
            "server certificate verification failed for P: num=65:no matching DANE TLSA records",
            "it matches no TLSA record",
        ),
    ] {
        let text = text.replace('P', "mx.a.example[192.0.2.1]:25");
        let failed = deferred("0A1B2C", "Server certificate not verified");
        let log = lines(&[text, summary("Untrusted"), failed.clone(), sent("0A1B2D"), failed]);
        let expected = format!(
            "a.example: 1 none; 1 deferred: the certificate was not verified; \
             1 deferred: the certificate was not verified: {why};\n"
        );
        assert_eq!(proved(log), expected, "the reason is that of its own connection");
    }
}

#[test]
fn a_failed_handshake_is_a_failure() {
    let log = lines(&[
        "SSL_connect error to mx.a.example[192.0.2.1]:25: -1".to_owned(),
        "warning: TLS library problem: error:0A000102:SSL routines::unsupported protocol:x.c:1:"
            .to_owned(),
        deferred("0A1B2C", "Cannot start TLS: handshake failure"),
    ]);
    assert_eq!(proved(log), "a.example: 1 deferred: the handshake failed;\n");
}

/// [Postfix `smtp_proto.c`, `smtp_tls_policy.c`]
#[test]
fn every_reason_of_tls_is_known_by_its_text() {
    for (text, reason) in [
        (
            "TLS is required, but was not offered by host mx.a.example[192.0.2.1]",
            "STARTTLS was not offered",
        ),
        (
            "TLS is required, but host mx.a.example[192.0.2.1] refused to start TLS: 454 no",
            "STARTTLS was refused",
        ),
        ("TLS is required, but our TLS engine is unavailable", "TLS does not work on this host"),
        ("Cannot start TLS: handshake failure", "the handshake failed"),
        ("Server certificate not trusted", "the certificate is not trusted"),
        ("Server certificate not verified", "the certificate was not verified"),
        ("client TLS configuration problem", "the policy is invalid or cannot be looked up"),
        ("TLSA lookup error for mx.a.example:25", "TLSA records could not be looked up"),
        ("no TLSA records found", "there are no TLSA records"),
        ("TLSA records unusable", "no TLSA record can be used"),
        ("non DNSSEC destination", "the destination is not signed"),
        (
            "delivery temporarily suspended: Server certificate not verified",
            "no attempt, after failures of TLS",
        ),
        (
            "delivery temporarily suspended: connect to mx.a.example[192.0.2.1]:25: Connection refused",
            "no attempt, after other failures",
        ),
        ("unknown mail transport error", "smtp(8) ended, or the transport is unknown"),
    ] {
        let log = lines(&[deferred("0A1B2C", text)]);
        assert_eq!(proved(log), format!("a.example: 1 deferred: {reason};\n"));
    }
}

/// [Postfix `smtp_trouble.c` `smtp_bulk_fail`]
#[test]
fn a_host_that_is_passed_over_is_no_deferral() {
    let other = summary("Untrusted").replace("mx.a.example[192.0.2.1]", "mx2.a.example[192.0.2.2]");
    let log = lines(&[
        other,
        "0A1B2C: Server certificate not verified".to_owned(),
        summary("Verified"),
        sent("0A1B2C"),
    ]);
    let expected =
        format!("a.example: 1 verified {AES}; 1 passed over: the certificate was not verified;\n");
    assert_eq!(proved(log), expected);
}

#[test]
fn lines_of_processes_that_interleave_are_told_apart() {
    let log = [
        line(1, &summary("Verified")),
        line(2, &summary("Trusted")),
        line(2, &sent("0A1B2C")),
        line(3, &sent("0A1B2D")),
        line(1, &sent("0A1B2E")),
    ];
    let expected = format!("a.example: 1 none; 1 trusted {AES}; 1 verified {AES};\n");
    assert_eq!(proved(log.concat()), expected);
}

#[test]
fn a_connection_serves_all_recipients_of_its_message_and_no_other_message() {
    let log = lines(&[summary("Verified"), sent("0A1B2C"), sent("0A1B2C"), sent("0A1B2D")]);
    let evidence = evidence(&log);
    let domain = evidence.domains().next().unwrap();
    assert_eq!((domain.sent(), domain.messages()), (3, 2));
    assert_eq!(super::shown(&evidence), format!("a.example: 1 none; 2 verified {AES};\n"));
}

/// [RFC 5321 §2.3.5; Postfix `smtp_proto.c`]
#[test]
fn the_host_of_a_delivery_is_compared_without_case() {
    let log = lines(&[summary("Verified"), sent("0A1B2C").replace("relay=mx.a", "relay=MX.A")]);
    assert_eq!(proved(log), format!("a.example: 1 verified {AES};\n"));
}

#[test]
fn lines_of_tlsproxy_are_not_counted() {
    let reused = summary("Verified").replace("established", "reused");
    let proxy = |text: &str| line(9, text).replace("/smtp[", "/tlsproxy[");
    let log = [
        proxy("CONNECT to [192.0.2.1]:25"),
        proxy(&summary("Verified")),
        line(1, &summary("Verified")),
        line(1, &sent("0A1B2C")),
        line(1, &reused),
        line(1, &sent("0A1B2D").replace(", delay=", ", conn_use=2, delay=")),
        proxy("DISCONNECT [192.0.2.1]:25"),
        line(9, &sent("0A1B2E")),
    ];
    assert_eq!(proved(log.concat()), format!("a.example: 1 none; 2 verified {AES};\n"));
}

/// [Postfix 3.11 `log_adhoc.c`, `pol_stats.c`]
#[test]
fn the_field_tls_says_more_than_the_lines_before() {
    let with = |field: &str| sent("0A1B2C").replace(", dsn=", &format!(", tls={field}, dsn="));
    for (field, level) in [
        ("may:none", "none".to_owned()),
        ("none", "none".to_owned()),
        ("may", format!("trusted {AES}")),
        ("encrypt", format!("trusted {AES}")),
        ("dane:encrypt", format!("trusted {AES}")),
        ("dane:halfdane", format!("trusted {AES}")),
        ("dane", format!("verified {AES}")),
        ("secure/requiretls", format!("verified {AES}")),
    ] {
        let log = lines(&[summary("Trusted"), with(field)]);
        assert_eq!(proved(log), format!("a.example: 1 {level};\n"), "{field}");
    }
    // At loglevel 0 there is no other line.
    assert_eq!(proved(lines(&[with("may")])), "a.example: 1 untrusted;\n");
    assert_eq!(proved(lines(&[with("secure")])), "a.example: 1 verified;\n");
}

#[test]
fn where_nothing_is_said_of_tls_nobody_knows() {
    let other = |it: &str| line(7, it).replace(" postfix/", " postfix-out/");
    let log = line(1, &sent("0A1B2C")) + &other(&summary("Verified")) + &other(&sent("0A1B2D"));
    let evidence = evidence(&log);
    assert_eq!(evidence.silent, 1);
    assert_eq!(super::shown(&evidence), format!("a.example: 1 unknown; 1 verified {AES};\n"));
}

#[test]
fn a_delivery_that_began_before_the_log_is_not_taken_for_plain_text() {
    let slow = sent("0A1B2C").replace("0.5/0.4", "20/10").replace("delay=1", "delay=30");
    let log = lines(&[slow.clone(), summary("Verified")]);
    assert_eq!(proved(log), "a.example: 1 unknown;\n");
    let later = lines(&[summary("Verified")]) + &line(7, &slow).replace("15:24:31", "15:25:31");
    assert_eq!(proved(later), "a.example: 1 none;\n");
}

/// [`TLSRPT_README`; RFC 8460 §4.3]
#[test]
fn failures_that_tlsrpt_counts_are_counted() {
    let log = lines(&[
        "TLSRPT: status=success, domain=a.example, receiving_mx=mx.a.example[192.0.2.1]".to_owned(),
        "TLSRPT: status=failure, domain=a.example, receiving_mx=mx.a.example[192.0.2.1], \
         failure_type=certificate-host-mismatch"
            .to_owned(),
        "TLSRPT: status=failure, domain=a.example, receiving_mx=(null)[(null)], \
         failure_type=validation-failure, failure_reason=anna@a.example"
            .to_owned(),
    ]);
    let expected = "a.example: 1 reported: TLSRPT: certificate-host-mismatch; \
                    1 reported: TLSRPT: validation-failure;\n";
    assert_eq!(proved(log), expected);
}

#[test]
fn a_queue_that_is_given_a_rest_is_told_by_error() {
    let text =
        deferred("0A1B2C", "delivery temporarily suspended: Server certificate not verified");
    let log = line(5, &text.replace("relay=mx.a.example[192.0.2.1]:25", "relay=none"));
    let expected = "a.example: 1 deferred: no attempt, after failures of TLS;\n";
    assert_eq!(proved(log.replace("/smtp[", "/error[")), expected);
    // What error(8) returns for a transport of that name was never tried.
    let text =
        deferred("0A1B2C", "mail for a.example is not wanted").replace("deferred", "bounced");
    assert_eq!(proved(line(5, &text).replace("/smtp[", "/error[")), "");
}

/// [Postfix `maps.c`, `smtp_tls_policy.c`, `host_port.c`, `qmgr_transport.c`]
#[test]
fn tables_and_policies_that_do_not_work_are_counted() {
    let texts = [
        "warning: transport_maps lookup error for \"anna@a.example\"",
        "warning: smtp_tls_policy_maps, next-hop destination \"a.example\": policy table lookup error",
        "warning: smtp_tls_policy_maps, next-hop destination \"a.example\": invalid security level \"x\"",
        "warning: smtp_tls_policy_maps, next-hop destination \"a.example\": malformed attribute/value pair \"#\"",
        "warning: smtp_tls_policy_maps, next-hop destination \"a.example\": invalid attribute name: \"x\"",
        "warning: smtp_tls_policy_maps, next-hop destination \"a.example\": attribute \"match\" invalid at security level \"may\"",
        "error: hash:/etc/postfix/t is unavailable. open database /etc/postfix/t.db: No such file",
        "fatal: garbage after \"]\" in server description: [a.example]x",
        "warning: transport smtp failure -- see a previous warning/fatal/panic logfile record",
    ];
    let log: String = texts.iter().map(|text| line(5, text)).collect();
    for log in [log.clone(), log.replace("/smtp[", "/trivial-rewrite[")] {
        let expected = [
            (Trouble::Lookup, 2),
            (Trouble::Policy, 4),
            (Trouble::Unavailable, 1),
            (Trouble::NextHop, 1),
            (Trouble::Transport, 1),
        ];
        assert_eq!(evidence(log).troubles, expected.into());
    }
}
