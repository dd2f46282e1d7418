//! Policies: valid where smtp(8) takes them, and invalid where it defers the mail.

use super::certificates::Authority;
use super::instance::{Logged, Setup};
use super::tools::version;
use mxward::postfix::{NextHop, PolicyError, Promises, SecurityLevel, TlsPolicy};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::fmt::Write as _;

/// What comes of a policy when the server offers TLS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    /// No connection: `client TLS configuration problem`.
    Invalid,
    /// `Cannot start TLS: handshake failure`.
    Handshake,
    /// Mail in plain text.
    Plain,
    /// TLS, with whatever certificate.
    Tls,
}

/// What mxward says of a policy.
fn ours(text: &str) -> Verdict {
    let Ok((policy, warnings)) = TlsPolicy::parse_as_postfix(text, version()) else {
        return Verdict::Invalid;
    };
    let address = NextHop::parse("[192.0.2.1]").unwrap();
    match policy.level {
        SecurityLevel::None => Verdict::Plain,
        // Without fingerprints there is nothing to compare with.
        SecurityLevel::Fingerprint if policy.matches.is_empty() => Verdict::Invalid,
        // An address has no DNSSEC status: no TLSA records, nothing to verify by.
        SecurityLevel::DaneOnly => {
            assert_eq!(Promises::of(&policy, &address), None);
            Verdict::Invalid
        }
        _ if policy.fails_handshake => {
            assert!(warnings.iter().any(|it| matches!(it, PolicyError::Handshake(..))));
            Verdict::Handshake
        }
        SecurityLevel::May
        | SecurityLevel::Encrypt
        | SecurityLevel::Dane
        | SecurityLevel::Fingerprint
        | SecurityLevel::Verify
        | SecurityLevel::Secure => Verdict::Tls,
    }
}

/// What smtp(8) did.
fn theirs(logged: &Logged) -> Verdict {
    let tls = logged.says(" TLS connection established to ");
    match logged.end.as_str() {
        "client TLS configuration problem" | "no TLSA records found" => Verdict::Invalid,
        "Cannot start TLS: handshake failure" => Verdict::Handshake,
        // `fingerprint match=:` ends smtp(8); mxward calls it invalid all the same.
        end if end.ends_with("socket: malformed response") => Verdict::Invalid,
        "Server certificate not verified" if tls => Verdict::Tls,
        end if end.contains("said: 554 5.7.1") && tls => Verdict::Tls,
        end if end.contains("said: 554 5.7.1") => Verdict::Plain,
        end => panic!("{end}: {logged:#?}"),
    }
}

/// Delivers one mail by each policy to a server that offers TLS and refuses all recipients.
fn deliver(policies: &[String]) -> Vec<Logged> {
    let next_hop = |at: usize| format!("[127.1.{}.{}]:2525", at / 250, at % 250 + 1);
    let (mut transport, mut tls_policy, mut recipients) =
        (String::new(), String::new(), Vec::new());
    for (at, policy) in policies.iter().enumerate() {
        writeln!(transport, "d{at}.example p{at}:{}", next_hop(at)).unwrap();
        writeln!(tls_policy, "{} {policy}", next_hop(at)).unwrap();
        recipients.push(format!("u@d{at}.example"));
    }
    // A service for each: one that dies is not started again for a minute.
    let services = (0..policies.len()).map(|at| format!("p{at} unix - - n - 1 smtp -o max_use=1"));
    let setup = services
        .fold(Setup::new(), |setup, line| setup.service(&line))
        .file("transport", transport)
        .file("tls_policy", tls_policy)
        .parameter("smtp_tls_CAfile", "/etc/postfix/ca.pem")
        .parameter("smtp_dns_support_level", "dnssec")
        .service(
            "2525 inet n - n - - smtpd -o myhostname=sink.example -o smtpd_recipient_restrictions=reject \
             -o smtpd_tls_security_level=may -o smtpd_tls_chain_files=/etc/postfix/sink.pem \
             -o smtpd_client_connection_count_limit=0",
        );
    Authority::new(setup.path("").as_path(), "ca").issue("sink", "DNS:sink.example");
    setup.start().deliver(&recipients)
}

#[track_caller]
fn agree(policies: &[String]) {
    let logged = deliver(policies);
    let mut wrong = Vec::new();
    for (policy, logged) in policies.iter().zip(logged) {
        if ours(policy) != theirs(&logged) {
            wrong.push(format!("{policy:?}: mxward says {:?}, Postfix {logged:#?}", ours(policy)));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), policies.len(), wrong.join("\n"));
}

/// [postconf(5) `smtp_tls_policy_maps`; Postfix `smtp_tls_policy.c` `tls_policy_lookup_one`]
#[test]
fn every_kind_of_policy_is_judged_as_smtp_judges_it() {
    let sha256 = ["ab"; 32].join(":");
    let mut policies: Vec<String> = [
        // Levels.
        "none",
        "may",
        "encrypt",
        "dane",
        "dane-only",
        "fingerprint",
        "verify",
        "secure",
        "MAY",
        "Dane-Only",
        "half-dane",
        "halfdane",
        "dane_only",
        "secur",
        "encrypt:",
        "OK",
        "#",
        ",",
        ", ,",
        "none,",
        ",encrypt",
        "en crypt",
        // Separators.
        "encrypt\tciphers=high",
        "encrypt,ciphers=high",
        "encrypt, ciphers=high ,,protocols=TLSv1.2",
        "encrypt\rciphers=high",
        "encrypt\x0bciphers=high",
        "encrypt\x0cciphers=high",
        "encrypt;ciphers=high",
        "encrypt ciphers =high",
        "encrypt ciphers= high",
        "encrypt ciphers = high",
        // Comments and other words.
        "encrypt # self-signed",
        "encrypt #",
        "encrypt ciphers",
        "encrypt =high",
        "encrypt =",
        "encrypt high",
        // Attributes by name.
        "encrypt CIPHERS=HIGH",
        "encrypt cipher=high",
        "encrypt bogus=1",
        "encrypt matches=a.example",
        // Attributes by level.
        "may match=a.example",
        "encrypt match=a.example",
        "dane match=a.example",
        "dane-only match=a.example",
        "verify match=a.example",
        "secure match=a.example",
        "none match=a.example",
        "none bogus",
        "none =",
        "may tafile=/etc/postfix/ca.pem",
        "dane tafile=/etc/postfix/ca.pem",
        "verify tafile=/etc/postfix/ca.pem",
        "secure tafile=/etc/postfix/ca.pem tafile=/etc/postfix/ca.pem",
        "may ciphers=high protocols=>=TLSv1.2 exclude=RC4 servername=a.example connection_reuse=no",
        // How often.
        "encrypt ciphers=high ciphers=high",
        "encrypt protocols=TLSv1.2 protocols=TLSv1.2",
        "encrypt exclude=RC4 exclude=RC4",
        "encrypt servername=a.example servername=a.example",
        "encrypt connection_reuse=no connection_reuse=no",
        "secure match=a.example match=sink.example",
        "encrypt ciphers=high CIPHERS=high",
        // Empty values.
        "secure match=",
        "secure match=:",
        "secure match=::",
        "secure match=:sink.example",
        "encrypt ciphers=",
        "encrypt protocols=",
        "may protocols=",
        "encrypt exclude=",
        "encrypt servername=",
        "secure tafile=",
        "encrypt connection_reuse=",
        // Protocols.
        "encrypt protocols=TLSv1.2",
        "encrypt protocols=tlsv1.2",
        "encrypt protocols=!SSLv2:!SSLv3",
        "encrypt protocols=!SSLv2:!SSLv3:!TLSv1:!TLSv1.1",
        "encrypt protocols=>=TLSv1.2",
        "encrypt protocols=>=TLSv1.2:<=TLSv1.3",
        "encrypt protocols=>=0303",
        "encrypt protocols=>=0x0303",
        "encrypt protocols=>=771",
        "encrypt protocols=>=TLS1.2",
        "encrypt protocols=TLS1.2",
        "encrypt protocols=TLSv1.4",
        "may protocols=bogus",
        "encrypt protocols=SSLv3",
        "encrypt protocols=!bogus",
        "encrypt protocols=>=bogus",
        "encrypt protocols=>=",
        "encrypt protocols=!",
        "encrypt protocols=:",
        "encrypt protocols=TLSv1.2:TLSv1.3",
        "encrypt protocols=TLSv1.2:",
        "encrypt protocols=>TLSv1.2",
        "encrypt protocols=TLSv1.2;TLSv1.3",
        "encrypt protocols=>=SSLv3",
        "encrypt protocols=>=0",
        "encrypt protocols=>=0x",
        "encrypt protocols=0x0303",
        "encrypt protocols=!0x0301",
        // Grades.
        "encrypt ciphers=high",
        "encrypt ciphers=medium",
        "encrypt ciphers=strong",
        "may ciphers=strong",
        "encrypt ciphers=High",
        "encrypt ciphers=high:medium",
        "encrypt ciphers=low",
        "encrypt ciphers=export",
        "encrypt ciphers=null",
        // Exclusions.
        "encrypt exclude=RC4:3DES",
        "encrypt exclude=bogus",
        "encrypt exclude=!RC4",
        // Names.
        "encrypt servername=hostname",
        "encrypt servername=nexthop",
        "encrypt servername=HostName",
        "encrypt servername=a.example",
        "encrypt servername=192.0.2.1",
        "encrypt servername=[192.0.2.1]",
        "encrypt servername=mx.ö",
        "encrypt servername=a.example.",
        "encrypt servername=.a.example",
        "encrypt servername=*.a.example",
        "encrypt servername=-a.example",
        "encrypt servername=a_b.example",
        "encrypt servername=a..example",
        "encrypt servername=123",
        "encrypt servername=2001:db8::1",
        "encrypt servername=a",
        "encrypt servername=a.example:25",
        "encrypt servername=1.2.3",
        "encrypt servername=xn--mnchen-3ya.example",
        "encrypt servername=xn--a.example",
        "encrypt servername=A.Example",
        // Switches.
        "encrypt connection_reuse=no",
        "encrypt connection_reuse=NO",
        "encrypt connection_reuse=true",
        "encrypt connection_reuse=1",
        "encrypt connection_reuse=no connection_reuse=maybe",
        // Patterns.
        "secure match=192.0.2.1",
        "secure match=192.0.2.1:192.0.2.2",
        "secure match=192.0.2.1:sink.example",
        "secure match=sink.example.",
        "secure match=*.example",
        "secure match=a b",
        "secure match=mx.*.example",
        "secure match=hostname:nexthop:dot-nexthop",
        "secure match=HOSTNAME",
        "secure match=ö.example",
        "secure match=-",
        "secure match=.",
        "secure match=a=b",
        "secure match=a|b",
        "secure match=[::1]",
        // Fingerprints.
        "fingerprint match=aa:bb",
        "fingerprint match=zz",
        "fingerprint match=|",
        "fingerprint match=a:b",
        "fingerprint match=aabb",
        "fingerprint match=aab",
        "fingerprint match=aa::bb",
        "fingerprint match=",
        "fingerprint match=zz|aa:bb",
        "fingerprint match=:",
        "fingerprint match=aa:bb:",
        "fingerprint match=:aa",
        "fingerprint match=aa-bb",
        "fingerprint tafile=/etc/postfix/ca.pem",
        "fingerprint match=sink.example",
        // What later versions brought.
        "encrypt enable_rpk=yes",
        "encrypt enable_rpk=maybe",
        "encrypt { ciphers = high }",
        "encrypt {ciphers=high}",
        "encrypt policy_type=sts policy_domain=a.example",
        "encrypt policy_ttl=1",
        "encrypt policy_type=bogus",
        "encrypt mx_host_pattern=a",
        "encrypt {",
        "encrypt }",
        "encrypt { }",
        // Long ones.
    ]
    .iter()
    .map(|it| (*it).to_owned())
    .collect();
    policies.push(format!("fingerprint match={sha256}"));
    policies.push(format!("fingerprint match={sha256}|{sha256}"));
    policies.push(format!("fingerprint match={}", sha256.replace(':', "")));
    policies.push(format!("fingerprint match={}", sha256.to_uppercase()));
    policies.push(format!("fingerprint match={sha256} match={sha256}"));
    policies.push(format!("secure match={}", vec!["mx.sink.example"; 400].join(":")));
    policies.push(format!("encrypt servername={}.example", "a".repeat(64)));
    policies.push(format!("encrypt servername={}example", "a.".repeat(130)));
    agree(&policies);
}

/// [postconf(5) `smtp_tls_policy_maps`; Postfix `smtp_tls_policy.c`]
#[test]
fn any_policy_is_judged_as_smtp_judges_it() {
    let level = prop::sample::select(vec![
        "none",
        "may",
        "encrypt",
        "dane",
        "dane-only",
        "fingerprint",
        "verify",
        "secure",
        "Secure",
        "secur",
    ]);
    let separator = prop::sample::select(vec![" ", " ", "  ", "\t", ",", ", ", "\r"]);
    let word = prop::sample::select(vec![
        "match=sink.example",
        "match=a.example:b.example",
        "Match=.example",
        "match=",
        "match=:",
        "match",
        "match=hostname",
        "match=aa:bb",
        "tafile=/etc/postfix/ca.pem",
        "protocols=>=TLSv1.2",
        "protocols=bogus",
        "protocols=",
        "ciphers=high",
        "ciphers=Medium",
        "ciphers=bogus",
        "exclude=RC4",
        "exclude=RC4:3DES",
        "servername=hostname",
        "servername=a.example",
        "servername=192.0.2.1",
        "connection_reuse=no",
        "connection_reuse=bogus",
        "enable_rpk=yes",
        "policy_type=sts",
        "#",
        "=",
        "bogus=x",
        "bogus",
    ]);
    let words = prop::collection::vec((separator, word), 0..4);
    let policy = (level, words).prop_map(|(level, words)| {
        words.iter().fold(level.to_owned(), |text, (separator, word)| text + separator + word)
    });
    let mut runner = TestRunner::deterministic();
    let policies: Vec<String> =
        (0..250).map(|_| policy.new_tree(&mut runner).unwrap().current()).collect();
    agree(&policies);
}
