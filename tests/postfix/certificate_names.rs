//! `match=`: which certificates satisfy which patterns.

use super::certificates::Authority;
use super::instance::{Logged, Setup};
use mxward::postfix::{NextHop, Promises, TlsPolicy, Version};
use std::fmt::Write as _;

/// The alternative names of each server's certificate.
const CERTIFICATES: &[&str] = &[
    "DNS:mx.example.com",
    "DNS:*.example.com",
    "DNS:*.mail.example.com",
    "DNS:example.com",
    "DNS:a.b.example.com",
    "DNS:mx*.example.com",
    "DNS:mx.example.net,DNS:*.mx.example.com",
    "DNS:mx.example.com,IP:192.0.2.1",
    "DNS:127.0.9.9",
];

/// Servers with these certificates, from port 2600 on; all of them refuse every recipient.
fn servers() -> Setup {
    let mut setup = Setup::new()
        .parameter("smtp_tls_CAfile", "/etc/postfix/ca.pem")
        .parameter("smtp_tls_security_level", "may");
    let authority = Authority::new(&setup.path(""), "ca");
    for (at, names) in CERTIFICATES.iter().enumerate() {
        authority.issue(&format!("server{at}"), names);
        setup = setup.service(&format!(
            "{} inet n - n - - smtpd -o myhostname=sink.example -o smtpd_recipient_restrictions=reject \
             -o smtpd_tls_security_level=may -o smtpd_tls_chain_files=/etc/postfix/server{at}.pem \
             -o smtpd_client_connection_count_limit=0",
            2600 + at
        ));
    }
    setup
}

/// Whether smtp(8) verified the server; otherwise the mail waits.
#[track_caller]
fn verified(logged: &Logged) -> bool {
    let verified = logged.says("Verified TLS connection established to ");
    let waits = logged.end == "Server certificate not verified";
    assert_ne!(verified, waits, "{logged:#?}");
    verified
}

/// [postconf(5) `smtp_tls_secure_cert_match`; Postfix `tls_client.c` `add_namechecks`; OpenSSL
/// `X509_check_host(3)`]
#[test]
fn patterns_match_certificates_as_mxward_says() {
    let patterns = [
        "mx.example.com",
        "MX.Example.COM",
        "example.com",
        ".example.com",
        "*.example.com",
        ".mail.example.com",
        "*.mail.example.com",
        "mx1.mail.example.com",
        "a.mx1.mail.example.com",
        "mail.example.com",
        "a.b.example.com",
        ".b.example.com",
        "b.example.com",
        "mx1.example.com",
        "mx*.example.com",
        ".com",
        "com",
        "mx.example.net",
        "a.mx.example.com",
        "mx.example.com.",
        "192.0.2.1",
        "192.0.2.1:mx.example.com",
        "192.0.2.1:nothing.example",
        "nothing.example:mx.example.com",
        "nothing.example",
        "127.0.9.9",
        "*.com",
        ".",
        "*",
        "[mx.example.com]",
    ];
    let mut cases = Vec::new();
    for (at, names) in CERTIFICATES.iter().enumerate() {
        let host = |number: usize| format!("[127.2.{at}.{}]:{}", number + 1, 2600 + at);
        cases.extend(patterns.iter().enumerate().map(|(number, it)| (host(number), *names, *it)));
    }
    let (mut transport, mut tls_policy, mut recipients) =
        (String::new(), String::new(), Vec::new());
    for (at, (next_hop, _, pattern)) in cases.iter().enumerate() {
        writeln!(transport, "d{at}.example smtp:{next_hop}").unwrap();
        writeln!(tls_policy, "{next_hop} secure match={pattern}").unwrap();
        recipients.push(format!("u@d{at}.example"));
    }
    let setup = servers().file("transport", transport).file("tls_policy", tls_policy);
    let mut wrong = Vec::new();
    for ((next_hop, server, pattern), logged) in
        cases.iter().zip(setup.start().deliver(&recipients))
    {
        let (policy, _) =
            TlsPolicy::parse_as_postfix(&format!("secure match={pattern}"), Version::NEWEST)
                .unwrap();
        // An address in the list is asked for beside the names, and the certificates of mail servers have none.
        let possible = Promises::of(&policy, &NextHop::parse(next_hop).unwrap()).is_some();
        let names: Vec<&str> = server.split(',').filter_map(|it| it.strip_prefix("DNS:")).collect();
        let named = policy
            .matches
            .iter()
            .any(|it| names.iter().any(|san| it.matches_certificate_name(san)));
        // Nobody issues these: a name with a star inside of a label, and a mail server's address.
        let odd = names.contains(pattern) && pattern.starts_with("mx*");
        let address = *server == CERTIFICATES[7] && pattern.starts_with("192.0.2.1");
        if (possible && named) != verified(&logged) && !odd && !address {
            wrong.push(format!("{pattern} and {names:?}: {logged:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// [postconf(5) `smtp_tls_verify_cert_match`, `smtp_tls_secure_cert_match`]
#[test]
fn strategies_stand_for_the_next_hop_and_for_the_mx_host() {
    // The certificate is that for mx.example.com, and in the second group that for example.com.
    let cases = [
        ("[mx.example.com]:2600", "verify", true),
        ("[mx.example.com]:2600", "secure", true),
        ("mx.example.com:2600", "secure", true),
        ("example.com:2600", "verify", true),
        ("example.com:2600", "secure", true),
        ("example.com:2600", "secure match=nexthop", false),
        ("example.com:2600", "secure match=dot-nexthop", true),
        ("example.com:2600", "secure match=hostname", true),
        ("example.net:2600", "verify", true),
        ("example.net:2600", "secure", false),
        ("example.net:2600", "secure match=nexthop:hostname", true),
        ("[127.0.9.9]:2600", "verify", false),
        ("[127.0.9.9]:2600", "secure", false),
        ("[127.0.9.9]:2600", "secure match=nexthop:mx.example.com", false),
        ("[127.0.9.9]:2600", "secure match=dot-nexthop:mx.example.com", true),
        ("[127.0.9.9]:2600", "secure match=dot-nexthop", false),
        ("example.com:2603", "secure match=nexthop", true),
        ("example.com:2603", "secure match=dot-nexthop", false),
        ("example.com:2603", "verify", false),
    ];
    let mx = [
        "example.com. 60 IN MX 10 mx.example.com.",
        "example.net. 60 IN MX 10 mx.example.com.",
        "mx.example.com. 60 IN A 127.0.9.9",
    ];
    let (mut services, mut transport, mut recipients) =
        (servers().dns(&mx), String::new(), Vec::new());
    for (at, (next_hop, policy, _)) in cases.iter().enumerate() {
        services = services
            .service(&format!(
                "p{at} unix - - n - 1 smtp -o max_use=1 -o smtp_tls_policy_maps=hash:/etc/postfix/policy{at}"
            ))
            .file(&format!("policy{at}"), format!("{next_hop} {policy}\n"))
            .command(&format!("postmap hash:/etc/postfix/policy{at}"));
        writeln!(transport, "d{at}.example p{at}:{next_hop}").unwrap();
        recipients.push(format!("u@d{at}.example"));
    }
    let mut postfix = services.file("transport", transport).file("tls_policy", "").start();
    for ((next_hop, policy, expected), logged) in cases.iter().zip(postfix.deliver(&recipients)) {
        assert_eq!(verified(&logged), *expected, "{policy} for {next_hop}: {logged:#?}");
        // Where mxward says that nothing can be delivered, nothing is.
        let (policy, _) = TlsPolicy::parse_as_postfix(policy, Version::NEWEST).unwrap();
        let possible = Promises::of(&policy, &NextHop::parse(next_hop).unwrap()).is_some();
        assert!(possible || !expected, "{policy} for {next_hop}");
    }
}
