//! Which name servers may be asked, how, and what is said when they may not.

use super::{LOCKED, lab, mailer, repository};
use crate::harness::Test;
use crate::lab::{Act, Fake, Lab, Zone, fresh_address, trusts};
use std::fmt::Write as _;

fn lock(arguments: &[&str]) -> Test {
    repository(&["kunde.example: mailer"])
        .args(["lock", "--today", "2026-03-01"])
        .args(arguments.iter().copied())
}

#[test]
fn a_local_resolver_that_validates_may_be_trusted() {
    let lab = lab();
    let arguments = trusts(lab.validating());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    lock(&arguments).any_stderr().expect_file("mxward.lock", LOCKED).run();
}

/// Anybody on the way could set the bit. [RFC 4035 §4.9.3]
#[test]
fn a_far_resolver_may_not_be_trusted() {
    for (server, shown) in
        [("192.0.2.53", "192.0.2.53:53"), ("[2001:db8::53]:5353", "[2001:db8::53]:5353")]
    {
        lock(&["--dns-validation", "resolver", "--dns-server", server])
            .stderr(format!(
                "error: cannot ask DNS: the resolver {shown} may not be trusted to validate: it is not \
                 on a loopback address\n"
            ))
            .status(1)
            .expect_no_file("mxward.lock")
            .run();
    }
    let near = "127.0.0.1";
    lock(&["--dns-validation", "resolver", "--dns-server", near, "--dns-server", "192.0.2.53"])
        .stderr_has("the resolver 192.0.2.53:53 may not be trusted to validate")
        .status(1)
        .run();
    lock(&["--dns-validation", "resolver", "--dns-server", "tls://127.0.0.1#resolver.example"])
        .stderr("error: cannot ask DNS: `validation: resolver` asks a resolver on this host, without TLS: not 127.0.0.1:853\n")
        .status(1)
        .run();
}

#[test]
fn a_local_resolver_that_does_not_validate_may_not_be_trusted() {
    let lab = lab();
    let server = lab.plain();
    let arguments = trusts(server);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    lock(&arguments)
        .stderr(format!(
            "error: cannot ask DNS: the resolver {server} does not validate DNSSEC: it answers for the \
             keys of the root without the AD bit\n"
        ))
        .status(1)
        .expect_no_file("mxward.lock")
        .run();
}

/// One that is not trusted is not asked for anything else, either.
#[test]
fn a_resolver_that_fails_the_self_test_is_not_asked() {
    let lab = lab();
    let server = lab.plain();
    let fake = Fake::new(move |_| Act::Forward(server));
    let arguments = trusts(fake.address());
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    lock(&arguments).any_stderr().status(1).run();
    assert_eq!(fake.asked().len(), 1);
}

#[test]
fn a_resolver_that_is_not_there_is_named() {
    let nobody = fresh_address();
    let arguments = trusts(nobody);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    lock(&arguments)
        .stderr(format!(
            "error: cannot ask DNS: the resolver {nobody} cannot be asked: no connection to the \
             name server\n"
        ))
        .status(1)
        .run();
}

#[test]
fn servers_that_are_none_are_refused() {
    for (server, message) in [
        (
            "resolver.example",
            "`resolver.example` is no name server: write an address, such as `127.0.0.1:53` or \
             `tls://9.9.9.9#dns.quad9.net`",
        ),
        (
            "tls://192.0.2.53",
            "`tls://192.0.2.53` needs the name in the server's certificate: `tls://192.0.2.53#NAME`",
        ),
    ] {
        lock(&["--dns-server", server]).stderr(format!("error: {message}\n")).status(64).run();
    }
}

#[test]
fn trust_anchors_that_cannot_be_read_are_named() {
    let anchor = |text: Option<&str>| {
        let test = lock(&["--dns-server", "127.0.0.1:9", "--dns-trust-anchor", "root.key"]);
        match text {
            Some(text) => test.file("root.key", text),
            None => test,
        }
    };
    for (text, message) in [
        (None, "No such file or directory (os error 2)"),
        (Some(""), "no DNSKEY record in it"),
        (Some("; only a comment\n"), "no DNSKEY record in it"),
    ] {
        anchor(text)
            .stderr(format!("error: cannot ask DNS: trust anchor `root.key`: {message}\n"))
            .status(1)
            .expect_no_file("mxward.lock")
            .run();
    }
    for text in ["not a record\n", ". IN DS 1 13 2 aa\n"] {
        anchor(Some(text))
            .stderr_has("error: cannot ask DNS: trust anchor `root.key`: ")
            .status(1)
            .run();
    }
}

/// With the keys of the real root the private one validates nothing.
#[test]
fn the_keys_of_the_root_are_built_in() {
    let lab = lab();
    lock(&["--dns-server", &lab.plain().to_string()])
        .stderr_has("error[dns-silent]: the only question got no usable answer: the signatures do not validate\n")
        .status(1)
        .run();
}

#[test]
fn servers_can_be_asked_by_tls_and_by_https() {
    let lab = lab();
    let (anchor, authority) = (lab.anchor(), lab.authority());
    for server in lab.by_tls_and_https("resolver.example") {
        let test = lock(&["--dns-server", &server])
            .args(["--dns-trust-anchor", &anchor.display().to_string()])
            .variable("SSL_CERT_FILE", &authority.display().to_string());
        test.any_stderr().expect_file("mxward.lock", LOCKED).run();
    }
}

#[test]
fn the_certificate_of_a_server_must_be_for_its_name_and_by_a_known_authority() {
    let lab = lab();
    let (anchor, authority) = (lab.anchor(), lab.authority());
    let system = "/etc/ssl/certs/ca-certificates.crt";
    for (name, authority) in
        [("other.example", authority.to_str().unwrap()), ("resolver.example", system)]
    {
        for server in lab.by_tls_and_https(name) {
            lock(&["--dns-server", &server])
                .args(["--dns-trust-anchor", &anchor.display().to_string()])
                .variable("SSL_CERT_FILE", authority)
                .stderr_has(
                    "error[dns-silent]: the only question got no usable answer: no connection to the \
                     name server, or none with a certificate for its name by a known authority\n",
                )
                .status(1)
                .expect_no_file("mxward.lock")
                .run();
        }
    }
}

#[test]
fn without_root_certificates_no_tls_is_spoken() {
    lock(&["--dns-server", "tls://127.0.0.1:9#resolver.example"])
        .variable("SSL_CERT_FILE", "/nonexistent/ca.pem")
        .stderr_has("error: cannot ask DNS: no root certificates to check the name server's certificate with")
        .status(1)
        .run();
}

/// With a deadline that also a slow machine keeps.
fn patient(test: Test) -> Test {
    let root = std::fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    test.file("mxward.yaml", format!("{root}dns: {{ timeout: 30 }}\n"))
}

/// All questions share one connection, which takes only so many at once.
#[test]
fn many_questions_fit_through_one_tls_connection() {
    let mut lines = String::new();
    let (mut zones, mut domains) = (Vec::new(), Vec::new());
    for n in 0..300 {
        writeln!(lines, "d{n} MX 10 mx1.mailer.example.").unwrap();
        domains.push(format!("d{n}.kunde.example: mailer"));
    }
    zones.push(Zone::signed("kunde.example", &lines));
    zones.push(mailer("mx1 A 192.0.2.1"));
    let lab = Lab::new(zones);
    let (anchor, authority) = (lab.anchor(), lab.authority());
    let [tls, _] = lab.by_tls_and_https("resolver.example");
    let domains: Vec<&str> = domains.iter().map(String::as_str).collect();
    patient(repository(&domains))
        .args(["lock", "--dns-server", &tls])
        .args(["--dns-trust-anchor", &anchor.display().to_string()])
        .variable("SSL_CERT_FILE", &authority.display().to_string())
        .stderr_has("\n   Locked 1 host, 300 domains\n")
        .run();
}

#[test]
fn servers_and_keys_can_be_written_in_the_repository() {
    let lab = lab();
    let test = repository(&["kunde.example: mailer"]);
    let root = std::fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    let dns = format!("dns: {{ servers: [\"{}\"], trust_anchor: keys/root.key }}\n", lab.plain());
    let key = std::fs::read_to_string(lab.anchor()).unwrap();
    let ran = test
        .file("mxward.yaml", format!("{root}{dns}"))
        .file("keys/root.key", key)
        .args(["lock", "--today", "2026-03-01"])
        .any_stderr()
        .expect_file("mxward.lock", LOCKED)
        .run();
    let trusting =
        format!("dns: {{ servers: [\"{}\"], validation: resolver }}\n", lab.validating());
    ran.then()
        .file("mxward.yaml", format!("{root}{trusting}"))
        .args(["update", "--today", "2026-03-01"])
        .stderr("Unchanged 2 hosts, 1 domain\n")
        .expect_file("mxward.lock", LOCKED)
        .run();
}
