//! Mail for pinned domains, sent by what `mxward compile` wrote.

use super::certificates::Authority;
use super::instance::{Logged, Setup};
use crate::harness::Test;

const YAML: &str = "version: 1
defaults: { route: pin }
lock: { allow_addresses: [127.0.0.0/8] }
domains:
  live.example: { provider: shared, params: { host: live } }
  live2.example: { provider: shared, params: { host: live } }
  dead.example: { provider: shared, params: { host: dead } }
  taken.example: { provider: shared, params: { host: taken } }
  forged.example: { provider: shared, params: { host: dead } }
targets:
  mx: { postfix: \"3.7\", security_level: may, map_type: hash, ca: /etc/postfix/ca.pem }
";

const PROVIDER: &str = "name: shared
title: Shared
mx_patterns: '[a-z]*\\.shared\\.example'
params: { host: ~ }
hosts: [{ preference: 10, host: '{{ params.host }}.shared.example' }]
policy: { level: secure, match: .shared.example }
";

/// Nobody listens at 127.0.9.1, the provider at .2 and .3, a stranger at .4.
const LOCK: &str = "version: 1
checked: 2026-11-24
hosts:
  dead.shared.example: { dnssec: insecure, addresses: [127.0.9.1 since 2026-11-01] }
  live.shared.example: { dnssec: insecure, addresses: [127.0.9.2 since 2026-11-01] }
  taken.shared.example: { dnssec: insecure, addresses: [127.0.9.4 since 2026-11-01] }
domains:
  dead.example: { dnssec: insecure, since: 2026-11-01, mx: [10 mx.shared.example] }
  forged.example: { dnssec: insecure, since: 2026-11-01, mx: [10 mx.shared.example] }
  live.example: { dnssec: insecure, since: 2026-11-01, mx: [10 mx.shared.example] }
  live2.example: { dnssec: insecure, since: 2026-11-01, mx: [10 mx.shared.example] }
  taken.example: { dnssec: insecure, since: 2026-11-01, mx: [10 mx.shared.example] }
";

const DNS: &[&str] = &[
    "dead.example. 60 IN MX 10 mx.shared.example.",
    "taken.example. 60 IN MX 10 mx.shared.example.",
    "forged.example. 60 IN MX 10 mx.stranger.example.",
    "mx.shared.example. 60 IN A 127.0.9.3",
    "mx.stranger.example. 60 IN A 127.0.9.4",
];

/// Mail for every domain, in the order of [`YAML`].
fn deliver() -> Vec<Logged> {
    let ran = Test::new()
        .file("mxward.yaml", YAML)
        .file("mxward.lock", LOCK)
        .file("providers/shared.yaml", PROVIDER)
        .args(["compile", "--frozen", "--out", "out"])
        .any_stderr()
        .run();
    let mut setup = Setup::new()
        .dns(DNS)
        .parameter("smtp_tls_CAfile", "/etc/postfix/ca.pem")
        .parameter("smtp_tls_security_level", "may")
        .file("transport", ran.read("out/mx/transport"))
        .file("tls_policy", ran.read("out/mx/tls_policy"));
    let authority = Authority::new(&setup.path(""), "ca");
    authority.issue("provider", "DNS:mx.shared.example");
    authority.issue("stranger", "DNS:mx.stranger.example");
    for (address, server) in
        [("127.0.9.2", "provider"), ("127.0.9.3", "provider"), ("127.0.9.4", "stranger")]
    {
        setup = setup.service(&format!(
            "{address}:25 inet n - n - - smtpd -o myhostname=sink.example -o smtpd_recipient_restrictions=reject \
             -o smtpd_tls_security_level=may -o smtpd_tls_chain_files=/etc/postfix/{server}.pem"
        ));
    }
    let names = ["live", "live2", "dead", "taken", "forged"];
    let recipients = names.map(|name| format!("u@{name}.example"));
    setup.start().deliver(&recipients)
}

/// The servers that smtp(8) verified before the mail went there.
fn verified(logged: &Logged) -> Vec<&str> {
    let start = "Verified TLS connection established to ";
    let lines = logged.lines.iter().filter_map(|line| line.strip_prefix(start));
    lines.map(|rest| rest.split(':').next().unwrap()).collect()
}

/// [Postfix `smtp_connect.c` `smtp_connect_inet`, `qmgr_message.c` `qmgr_message_assign`]
#[test]
fn pins_fall_through_to_the_mx_and_nobody_but_the_provider_gets_the_mail() {
    let logged = deliver();
    let [live, live2, dead, taken, forged] = logged.as_slice() else { panic!("{logged:#?}") };
    // A live pin takes the mail. Domains with the same pins share no delivery.
    assert_eq!(verified(live), ["127.0.9.2[127.0.9.2]"]);
    assert_eq!(verified(live2), ["127.0.9.2[127.0.9.2]"]);
    assert!(!live.says("u@live2.example") && !live2.says("u@live.example"));
    // A dead pin falls through to the domain's own MX.
    assert!(dead.says("connect to 127.0.9.1[127.0.9.1]:25: Connection refused"));
    assert_eq!(verified(dead), ["mx.shared.example[127.0.9.3]"]);
    // So does one whose address is somebody else's by now.
    assert!(taken.says("Untrusted TLS connection established to 127.0.9.4"), "{taken:#?}");
    assert_eq!(verified(taken), ["mx.shared.example[127.0.9.3]"]);
    // Forged DNS gets nothing.
    assert_eq!(verified(forged), [""; 0]);
    assert_eq!(forged.end, "Server certificate not verified");
}
