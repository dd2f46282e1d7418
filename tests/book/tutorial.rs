//! `docs/tutorial.md`, an hour with a Postfix of its own, and other pages that need one.

use super::page::{Page, Shell};
use crate::lab::{Lab, Zone};
use crate::postfix::certificates::Authority;
use crate::postfix::instance::Setup;

/// The servers that the page names: the last number of their addresses, and the name in the certificate.
const SERVERS: [(u8, &str, &str); 3] = [
    (1, "partner", "mx.partner.example"),
    (2, "bigmail", "mx.bigmail.example"),
    (3, "other", "mx.other.example"),
];

/// A shell beside a Postfix with nothing configured, and an Internet that ends with it.
fn world() -> (Lab, Shell) {
    let lab = Lab::new([
        Zone::unsigned("partner.example", "@ MX 10 mx\nmx A 127.0.9.1"),
        Zone::unsigned("moved.example", "@ MX 10 mx\nmx A 127.0.9.3"),
        Zone::unsigned("bigmail.example", "mx A 127.0.9.2"),
        Zone::unsigned("customer.example", "@ MX 10 mx.bigmail.example."),
    ]);
    let setup = Setup::new();
    let authority = Authority::new(&setup.path(""), "ca");
    let log = setup.path("../log");
    let log = log.display();
    let mut setup = setup
        .file("resolv.conf", "nameserver 127.0.0.1\n")
        .file("transport", "")
        .file("tls_policy", "")
        .parameter("smtp_tls_CAfile", "/etc/postfix/ca.pem")
        .parameter("smtp_tls_security_level", "may")
        .parameter("transport_maps", "")
        .parameter("smtp_tls_policy_maps", "")
        .command("mount --bind /etc/postfix/resolv.conf /etc/resolv.conf")
        .command(&lab.elsewhere("127.0.0.1:53".parse().unwrap()))
        .command(&format!(
            ": >{log}; chmod 666 {log}; mount -t tmpfs tmpfs /var/log; : >/var/log/mail.log; \
             mount --bind {log} /var/log/mail.log"
        ));
    for (last, name, host) in SERVERS {
        authority.issue(name, &format!("DNS:{host}"));
        setup = setup.sink(last, name, host);
    }
    let mut instance = setup.start();
    instance.run("rm -f /etc/postfix/transport* /etc/postfix/tls_policy*");
    let shell = Shell::inside(instance);
    // The root of this Internet has another key.
    shell.program(
        "mxward",
        &format!(
            "#!/bin/sh\nexec {} --dns-trust-anchor {} \"$@\"\n",
            env!("CARGO_BIN_EXE_mxward"),
            lab.anchor().display()
        ),
    );
    (lab, shell)
}

#[test]
fn an_hour_from_nothing_to_an_applied_policy() {
    let (_lab, mut shell) = world();
    Page::read("docs/tutorial.md").run(&mut shell);
}

#[test]
fn how_to_pin_a_provider() {
    let (_lab, mut shell) = world();
    Page::read("docs/how-to/pin.md").run(&mut shell);
}

#[test]
fn how_to_roll_out_by_a_canary() {
    let (_lab, mut shell) = world();
    Page::read("docs/how-to/canary.md").run(&mut shell);
}
