//! Addresses that mail must not be pinned to.

use super::{LOCKED, kunde, lab, mailer, on, repository, then};
use crate::lab::Lab;

const HOST: &str = "error[address-refused]: `mx1.mailer.example` has the address";

#[test]
fn private_addresses_are_refused_also_when_they_are_wrapped() {
    let lab = Lab::new([kunde(), mailer("mx1 A 10.1.2.3\nmx2 A 192.0.2.2")]);
    for (records, address, why) in [
        ("mx1 A 10.1.2.3", "10.1.2.3", "private [RFC 1918 §3]"),
        ("mx1 A 127.0.0.1\nmx1 A 192.0.2.1", "127.0.0.1", "loopback [RFC 1122 §3.2.1.3]"),
        ("mx1 A 169.254.1.1", "169.254.1.1", "link-local [RFC 3927 §2.1]"),
        ("mx1 A 198.51.100.1", "198.51.100.1", "for documentation [RFC 5737 §3]"),
        ("mx1 AAAA ::ffff:10.1.2.3", "::ffff:10.1.2.3", "private [RFC 1918 §3]"),
        ("mx1 AAAA 64:ff9b::a01:203", "64:ff9b::a01:203", "private [RFC 1918 §3]"),
        ("mx1 AAAA 2002:a01:203::1", "2002:a01:203::1", "private [RFC 1918 §3]"),
        ("mx1 AAAA fd00::1", "fd00::1", "private [RFC 4193 §3]"),
    ] {
        let mut lab = Lab::new([kunde()]);
        lab.change([mailer(&format!("{records}\nmx2 A 192.0.2.2"))]);
        let ran = on("2026-03-01", &lab, repository(&["kunde.example: mailer"]).args(["lock"]))
            .stderr_has(&format!("{HOST} {address}, which is {why}: mail would stay inside\n"))
            .stderr_has("help: if that is meant, name the network in `lock.allow_addresses`\n")
            .status(3)
            .run();
        let lock = ran.read("mxward.lock");
        assert!(!lock.contains(address) && !lock.contains("mx1.mailer.example:"), "{lock}");
    }
    drop(lab);
}

#[test]
fn networks_that_are_allowed_pass() {
    let lab =
        Lab::new([kunde(), mailer("mx1 A 10.1.2.3\nmx1 AAAA ::ffff:10.1.2.4\nmx2 A 192.0.2.2")]);
    let test = repository(&["kunde.example: mailer"]);
    let root = std::fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    let ran = on("2026-03-01", &lab, test.args(["lock"]))
        .file("mxward.yaml", root.replace("192.0.2.0/24", "192.0.2.0/24, 10.1.0.0/16"))
        .any_stderr()
        .run();
    assert!(ran.read("mxward.lock").contains("      - 10.1.2.3 since 2026-03-01\n"));
}

/// A host that turns to the inside keeps the addresses it had, and is reported every time.
#[test]
fn a_host_that_turns_private_keeps_its_addresses() {
    let mut lab = lab();
    let ran = on("2026-03-01", &lab, repository(&["kunde.example: mailer"]).args(["lock"]))
        .any_stderr()
        .run();
    lab.change([mailer("mx1 A 10.1.2.3\nmx1 AAAA 2001:db8::1\nmx2 A 192.0.2.2")]);
    let kept = LOCKED.replace("checked: 2026-03-01", "checked: 2026-03-02").replace(
        "    dnssec: secure\n    addresses:\n      - 192.0.2.1",
        "    dnssec: secure\n    stale: address-refused since 2026-03-02\n    addresses:\n      - 192.0.2.1",
    );
    for _ in 0..2 {
        then(&ran, "2026-03-02", &lab, &["update"])
            .stderr_has(&format!("{HOST} 10.1.2.3, which is private"))
            .status(3)
            .expect_file("mxward.lock", &kept)
            .run();
    }
}

/// The lock lies in version control, where anybody may write into it.
#[test]
fn private_addresses_in_the_lock_are_refused_when_mail_is_pinned() {
    repository(&["kunde.example: mailer"])
        .file("mxward.lock", LOCKED.replace("192.0.2.1 ", "10.1.2.3 "))
        .args(["compile", "--frozen"])
        .stderr_has("error[address-refused]: `10.1.2.3` of `mx1.mailer.example` is private")
        .status(3)
        .run();
}
