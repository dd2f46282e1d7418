//! What `mxward logs` says of mail that a real Postfix has sent.

use super::certificates::Authority;
use super::instance::Setup;
use crate::harness::Test;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// How a server protects connections, with what the client asks for and what that comes to.
const SERVERS: [(&str, &str, &str); 5] = [
    ("-o smtpd_tls_security_level=none", "may", "none"),
    (
        "-o smtpd_tls_security_level=may -o smtpd_tls_chain_files= -o smtpd_tls_cert_file=none",
        "may",
        "anonymous",
    ),
    (
        "-o smtpd_tls_security_level=may -o smtpd_tls_chain_files=/etc/postfix/stranger.pem",
        "may",
        "untrusted",
    ),
    (
        "-o smtpd_tls_security_level=may -o smtpd_tls_chain_files=/etc/postfix/provider.pem",
        "may",
        "trusted",
    ),
    (
        "-o smtpd_tls_security_level=may -o smtpd_tls_chain_files=/etc/postfix/provider.pem",
        "secure match=mx.provider.example",
        "verified",
    ),
];

/// What a server does with mail, and what that comes to.
const ANSWERS: [(&str, Option<&str>); 3] = [
    ("permit", None),
    ("defer", Some("deferred: the server answered 450")),
    ("reject", Some("bounced: the server answered 554")),
];

/// What the policy refuses: the server, the policy, and what that comes to.
const REFUSED: [(usize, &str, &str); 4] = [
    (0, "encrypt", "deferred: STARTTLS was not offered"),
    (
        2,
        "secure match=mx.provider.example",
        "deferred: the certificate was not verified: its issuer is not known",
    ),
    (
        3,
        "secure match=mx.other.example",
        "deferred: the certificate was not verified: another name",
    ),
    (
        3,
        "secure matches=mx.provider.example",
        "deferred: the policy is invalid or cannot be looked up",
    ),
];

fn address(server: usize, answer: usize) -> String {
    format!("127.0.9.{}", 10 * (server + 1) + answer)
}

/// What came of each domain: how many were taken at which level, and what failed how often.
fn came_of(report: &Value) -> BTreeMap<String, Value> {
    let domain = |it: &Value| {
        let levels = it["levels"].as_object().unwrap();
        let sent: BTreeMap<_, _> = levels.iter().filter(|(_, count)| **count != json!(0)).collect();
        let failure = |it: &Value| {
            let text = |name: &str| it[name].as_str().unwrap().to_owned();
            (format!("{}: {}", text("failed"), text("reason")), it["count"].clone())
        };
        let failures: BTreeMap<_, _> =
            it["failures"].as_array().unwrap().iter().map(failure).collect();
        (it["domain"].as_str().unwrap().to_owned(), json!({ "sent": sent, "failed": failures }))
    };
    report["domains"].as_array().unwrap().iter().map(domain).collect()
}

#[test]
fn logs_tells_exactly_the_deliveries_that_were_made() {
    let mut setup = Setup::new()
        .parameter("smtp_tls_CAfile", "/etc/postfix/ca.pem")
        .parameter("smtp_tls_security_level", "may")
        .service("discard unix - - n - - discard");
    Authority::new(&setup.path(""), "ca").issue("provider", "DNS:mx.provider.example");
    Authority::new(&setup.path(""), "unknown").issue("stranger", "DNS:mx.provider.example");
    let (mut transport, mut tls_policy) = (String::new(), String::new());
    let (mut recipients, mut expected) = (Vec::new(), BTreeMap::new());
    let mut next_hops = Vec::new();
    for (server, (tls, policy, level)) in SERVERS.iter().enumerate() {
        for (answer, (restriction, failure)) in ANSWERS.iter().enumerate() {
            let address = address(server, answer);
            setup = setup.service(&format!(
                "{address}:25 inet n - n - - smtpd -o myhostname=sink.example {tls} \
                 -o smtpd_recipient_restrictions={restriction} -o content_filter=discard:taken"
            ));
            next_hops.push((
                format!("[{address}]"),
                *policy,
                match failure {
                    None => json!({ "sent": { *level: 2 }, "failed": {} }),
                    Some(failure) => json!({ "sent": {}, "failed": { *failure: 2 } }),
                },
            ));
        }
    }
    for (server, policy, failure) in REFUSED {
        // Another spelling is another key.
        let next_hop = format!("[{}]:{}", address(server, 0), 25);
        let next_hop = if next_hops.iter().any(|it| it.0 == next_hop) {
            next_hop.replace(":25", ":smtp")
        } else {
            next_hop
        };
        next_hops.push((next_hop, policy, json!({ "sent": {}, "failed": { failure: 2 } })));
    }
    for (at, (next_hop, policy, outcome)) in next_hops.into_iter().enumerate() {
        writeln!(transport, "d{at}.example smtp:{next_hop}").unwrap();
        writeln!(tls_policy, "{next_hop} {policy}").unwrap();
        recipients.extend(["u", "v"].map(|local| format!("{local}@d{at}.example")));
        expected.insert(format!("d{at}.example"), outcome);
    }
    let mut instance = setup.file("transport", transport).file("tls_policy", tls_policy).start();
    let logged = instance.deliver(&recipients);
    assert_eq!(logged.len(), recipients.len());
    let ran = Test::new()
        .file("log", instance.log_bytes())
        .args(["logs", "log", "--report", "json"])
        .any_stdout()
        .any_stderr()
        .run();
    let found = came_of(&serde_json::from_str(&ran.stdout).unwrap());
    for (domain, outcome) in &expected {
        assert_eq!(found.get(domain), Some(outcome), "{domain}\n{logged:#?}");
    }
    assert_eq!(found.len(), expected.len());
}
