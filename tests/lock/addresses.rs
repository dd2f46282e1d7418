//! Addresses come and go.

use super::{LOCKED, lab, mailer, on, repository, then};
use crate::harness::Ran;
use crate::lab::Lab;

fn locked(lab: &Lab) -> Ran {
    on("2026-03-01", lab, repository(&["kunde.example: mailer"]).args(["lock"]))
        .any_stderr()
        .expect_file("mxward.lock", LOCKED)
        .run()
}

/// The transport line of the domain.
fn pins(ran: &Ran) -> String {
    let compiled = ran.then().args(["compile", "--frozen"]).any_stdout().run();
    let line = compiled.stdout.lines().find(|line| line.starts_with("kunde.example smtp:"));
    line.unwrap().to_owned()
}

#[test]
fn an_address_that_vanished_stays_for_retain_days_behind_the_current_ones() {
    let mut lab = lab();
    let ran = locked(&lab);
    lab.change([mailer("mx1 A 192.0.2.7\nmx1 AAAA 2001:db8::1\nmx2 A 192.0.2.2")]);
    let gone = LOCKED.replace("checked: 2026-03-01", "checked: 2026-03-02").replace(
        "      - 192.0.2.1 since 2026-03-01\n",
        "      - 192.0.2.1 since 2026-03-01 gone 2026-03-02\n      - 192.0.2.7 since 2026-03-02\n",
    );
    then(&ran, "2026-03-02", &lab, &["update"])
        .stderr(
            "      New mx1.mailer.example 192.0.2.7\n     \
                  Gone mx1.mailer.example 192.0.2.1\n   \
                Locked 2 hosts, 1 domain\n",
        )
        .expect_file("mxward.lock", &gone)
        .run();
    assert_eq!(pins(&ran), "kunde.example smtp:[192.0.2.7],[192.0.2.2],[192.0.2.1],kunde.example");
    then(&ran, "2026-03-08", &lab, &["update"])
        .stderr("   Locked 2 hosts, 1 domain\n")
        .expect_file("mxward.lock", gone.replace("checked: 2026-03-02", "checked: 2026-03-08"))
        .run();
    then(&ran, "2026-03-09", &lab, &["update"])
        .stderr(" Dropping mx1.mailer.example 192.0.2.1\n   Locked 2 hosts, 1 domain\n")
        .run();
    assert_eq!(pins(&ran), "kunde.example smtp:[192.0.2.7],[192.0.2.2],kunde.example");
}

#[test]
fn an_address_that_is_back_is_as_if_it_had_never_been_gone() {
    let mut lab = lab();
    let ran = locked(&lab);
    lab.change([mailer("mx1 A 192.0.2.7\nmx1 AAAA 2001:db8::1\nmx2 A 192.0.2.2")]);
    then(&ran, "2026-03-02", &lab, &["update"]).any_stderr().run();
    lab.change([mailer("mx1 A 192.0.2.1\nmx1 A 192.0.2.7\nmx1 AAAA 2001:db8::1\nmx2 A 192.0.2.2")]);
    then(&ran, "2026-03-03", &lab, &["update"])
        .stderr("     Back mx1.mailer.example 192.0.2.1\n   Locked 2 hosts, 1 domain\n")
        .run();
    let lock = ran.read("mxward.lock");
    assert!(lock.contains("      - 192.0.2.1 since 2026-03-01\n"), "{lock}");
}

/// Only an update of everything, or of the name, judges how long an address is gone.
#[test]
fn lock_and_compile_drop_no_address() {
    let lab = lab();
    let lock = LOCKED.replace(
        "      - 192.0.2.1 since",
        "      - 192.0.2.0 since 2020-01-01 gone 2020-01-02\n      - 192.0.2.1 since",
    );
    let ran = on("2026-03-01", &lab, repository(&["kunde.example: mailer"]).args(["lock"]))
        .file("mxward.lock", &lock)
        .stderr("Unchanged 2 hosts, 1 domain\n")
        .expect_file("mxward.lock", &lock)
        .run();
    assert_eq!(pins(&ran), "kunde.example smtp:[192.0.2.1],[192.0.2.2],[192.0.2.0],kunde.example");
    ran.then().args(["compile", "--offline"]).any_stdout().expect_file("mxward.lock", &lock).run();
}

/// One family that is denied with a signature is gone like any address.
#[test]
fn a_signed_denial_of_one_family_lets_it_go() {
    let mut lab = lab();
    let ran = locked(&lab);
    lab.change([mailer("mx1 A 192.0.2.1\nmx2 A 192.0.2.2")]);
    then(&ran, "2026-03-02", &lab, &["update"])
        .stderr("     Gone mx1.mailer.example 2001:db8::1\n   Locked 2 hosts, 1 domain\n")
        .run();
}

#[test]
fn the_last_addresses_of_a_host_are_never_given_up() {
    let mut lab = lab();
    let ran = locked(&lab);
    lab.change([mailer("mx1 TXT nothing\nmx2 A 192.0.2.2")]);
    for day in ["2026-03-02", "2026-04-02"] {
        then(&ran, day, &lab, &["update"])
            .stderr_has(
                "error[no-address]: the MX host `mx1.mailer.example` has no address any more\n",
            )
            .status(3)
            .run();
        let expected = LOCKED.replace("checked: 2026-03-01", &format!("checked: {day}")).replace(
            "    dnssec: secure\n    addresses:\n      - 192.0.2.1",
            "    dnssec: secure\n    stale: no-address since 2026-03-02\n    addresses:\n      - 192.0.2.1",
        );
        assert_eq!(ran.read("mxward.lock"), expected);
    }
    assert_eq!(pins(&ran), "kunde.example smtp:[192.0.2.1],[192.0.2.2],kunde.example");
}

#[test]
fn a_host_that_never_had_an_address_is_a_mistake_in_the_repository() {
    let lab = Lab::new([super::kunde(), mailer("mx1 A 192.0.2.1")]);
    on("2026-03-01", &lab, repository(&["kunde.example: mailer"]).args(["lock"]))
        .stderr_has(
            "error[no-address]: the MX host `mx2.mailer.example` has no address: it does not exist, \
             or its name is wrong\n --> mxward.yaml:4:3\n",
        )
        .stderr_has("   Locked 1 host, 1 domain\n")
        .status(3)
        .run();
}

/// An alias as MX host is not allowed, and works. [RFC 2181 §10.3]
#[test]
fn an_mx_host_that_is_an_alias_gives_the_addresses_of_its_target() {
    let lab = Lab::new([
        super::kunde(),
        mailer(
            "mx1 CNAME host\nhost A 192.0.2.1\nmx2 CNAME host2\nhost2 A 192.0.2.2\nhost2 AAAA 2001:db8::2",
        ),
    ]);
    let ran = on("2026-03-01", &lab, repository(&["kunde.example: mailer"]).args(["lock"]))
        .any_stderr()
        .run();
    let lock = ran.read("mxward.lock");
    let expected = "\
  mx1.mailer.example:
    dnssec: secure
    addresses:
      - 192.0.2.1 since 2026-03-01
  mx2.mailer.example:
    dnssec: secure
    addresses:
      - 192.0.2.2 since 2026-03-01
      - \"2001:db8::2 since 2026-03-01\"
";
    assert!(lock.contains(expected), "{lock}");
}
