//! Answers that must not become facts before somebody has looked.

use super::{LOCKED, kunde, lab, on, repository, then};
use crate::harness::Ran;
use crate::lab::{Lab, Zone};

fn locked(lab: &Lab) -> Ran {
    on("2026-03-01", lab, repository(&["kunde.example: mailer"]).args(["lock"]))
        .any_stderr()
        .expect_file("mxward.lock", LOCKED)
        .run()
}

fn compiled(ran: &Ran) -> String {
    ran.then().args(["compile", "--frozen"]).any_stdout().run().stdout
}

/// The lock of the day before with a mark on the domain.
fn domain_is(reason: &str, since: &str, checked: &str) -> String {
    LOCKED.replace("checked: 2026-03-01", &format!("checked: {checked}")).replace(
        "since: 2026-03-01, mx:",
        &format!("since: 2026-03-01, stale: {reason} since {since}, mx:"),
    )
}

/// The status of `update` for a domain that changed, after which the lock and what is compiled are the
/// same but for a mark.
#[track_caller]
fn kept(zone: Zone, reason: &str, message: &str) {
    let mut lab = lab();
    let ran = locked(&lab);
    let before = compiled(&ran);
    lab.change([zone]);
    then(&ran, "2026-03-02", &lab, &["update"])
        .stderr_has(message)
        .stderr_has("   Locked 2 hosts, 1 domain, 1 of them stale\n")
        .status(3)
        .expect_file("mxward.lock", domain_is(reason, "2026-03-02", "2026-03-02"))
        .run();
    // The day of the first failure stays.
    then(&ran, "2026-03-05", &lab, &["update"])
        .any_stderr()
        .status(3)
        .expect_file("mxward.lock", domain_is(reason, "2026-03-02", "2026-03-05"))
        .run();
    // To be named does not make it right.
    then(&ran, "2026-03-05", &lab, &["update", "kunde.example"])
        .any_stderr()
        .status(3)
        .expect_file("mxward.lock", domain_is(reason, "2026-03-02", "2026-03-05"))
        .run();
    assert_eq!(compiled(&ran), before);
    // And when all is as it was, so is the lock.
    lab.change([kunde()]);
    then(&ran, "2026-03-06", &lab, &["update"])
        .stderr("   Locked 2 hosts, 1 domain\n")
        .expect_file("mxward.lock", LOCKED.replace("checked: 2026-03-01", "checked: 2026-03-06"))
        .run();
}

#[test]
fn a_domain_that_left_its_provider_is_an_error_and_stays_locked() {
    kept(
        Zone::signed("kunde.example", "@ MX 10 mx1.mailer.example.\n@ MX 20 mx.other.example."),
        "provider-left",
        "\
error[provider-left]: `kunde.example` has the MX host `mx.other.example`, which is not one of `mailer`
 --> mxward.yaml:4:3
  |
4 |   kunde.example: mailer
  |   ^^^^^^^^^^^^^
  |
  = help: find out where its mail goes now, then change the provider: `mxward providers detect`
  = help: until then `route: mx` delivers by the MX records
",
    );
}

/// Hosts whose names only look like the provider's are not its hosts.
#[test]
fn a_host_with_the_providers_name_in_another_domain_is_a_stranger() {
    kept(
        Zone::signed("kunde.example", "@ MX 10 mx1.mailer.example.evil.example."),
        "provider-left",
        "has the MX host `mx1.mailer.example.evil.example`, which is not one of `mailer`",
    );
}

/// [RFC 7505 §3]
#[test]
fn a_domain_that_takes_no_mail_is_an_error_and_stays_locked() {
    kept(
        Zone::signed("kunde.example", "@ MX 0 ."),
        "null-mx",
        "error[no-mail]: `kunde.example` takes no mail: it has a null MX [RFC 7505 §3]\n",
    );
}

#[test]
fn a_domain_without_mx_records_is_an_error_and_stays_locked() {
    kept(
        Zone::signed("kunde.example", "@ A 192.0.2.80"),
        "no-mx",
        "error[no-mx]: `kunde.example` has no MX records any more\n",
    );
}

/// [RFC 7505 §3]
#[test]
fn domains_without_mail_are_errors_from_the_start() {
    for (records, message) in [
        ("@ MX 0 .", "error[no-mail]: `kunde.example` takes no mail"),
        ("@ A 192.0.2.80", "error[no-mx]: `kunde.example` has no MX records, which"),
        ("@ MX 10 mx.other.example.", "error[provider-left]: `kunde.example` has the MX host"),
    ] {
        for zone in
            [Zone::signed("kunde.example", records), Zone::unsigned("kunde.example", records)]
        {
            let lab = Lab::new([zone]);
            on("2026-03-01", &lab, repository(&["kunde.example: mailer"]).args(["lock"]))
                .stderr_has(message)
                .status(3)
                .run();
        }
    }
}

#[test]
fn another_mx_set_of_the_same_provider_is_a_change_like_others() {
    let mut lab = lab();
    let ran = locked(&lab);
    lab.change([Zone::signed("kunde.example", "@ MX 10 mx2.mailer.example.")]);
    then(&ran, "2026-03-02", &lab, &["update"])
        .stderr(
            " Changing kunde.example MX mx1.mailer.example, mx2.mailer.example -> mx2.mailer.example\n \
             Removing mx1.mailer.example\n   \
               Locked 1 host, 1 domain\n",
        )
        .run();
    let line =
        "  kunde.example: { dnssec: secure, since: 2026-03-02, mx: [10 mx2.mailer.example] }\n";
    assert!(ran.read("mxward.lock").ends_with(line));
}

/// The proof that a zone is not signed any more is signed by the zone above: so it is true, and yet
/// somebody should know.
#[test]
fn the_loss_of_dnssec_waits_until_the_name_is_named() {
    let mut lab = lab();
    let ran = locked(&lab);
    let before = compiled(&ran);
    let records = "@ MX 20 mx2.mailer.example.\n@ MX 10 mx1.mailer.example.";
    lab.change([Zone::unsigned("kunde.example", records)]);
    then(&ran, "2026-03-02", &lab, &["update"])
        .stderr_has(
            "\
error[dnssec-lost]: the MX set of `kunde.example` was secured by DNSSEC, and is not any more
 --> mxward.yaml:4:3
  |
4 |   kunde.example: mailer
  |   ^^^^^^^^^^^^^
  |
  = help: if that is right, accept the weaker state: `mxward update kunde.example`
",
        )
        .status(3)
        .expect_file("mxward.lock", domain_is("dnssec-lost", "2026-03-02", "2026-03-02"))
        .run();
    assert_eq!(compiled(&ran), before);
    then(&ran, "2026-03-03", &lab, &["update", "kunde.example"])
        .stderr(" Changing kunde.example is insecure now\n   Locked 2 hosts, 1 domain\n")
        .run();
    let lock = ran.read("mxward.lock");
    assert!(
        lock.contains("  kunde.example: { dnssec: insecure, since: 2026-03-01, mx: ["),
        "{lock}"
    );
    // The other way needs nobody.
    lab.change([kunde()]);
    then(&ran, "2026-03-04", &lab, &["update"])
        .stderr(" Changing kunde.example is secure now\n   Locked 2 hosts, 1 domain\n")
        .run();
}

#[test]
fn the_loss_of_dnssec_of_a_host_waits_until_the_host_is_named() {
    let mut lab = lab();
    let ran = locked(&lab);
    let records = "mx1 A 192.0.2.7\nmx2 A 192.0.2.2";
    lab.change([Zone::unsigned("mailer.example", records)]);
    then(&ran, "2026-03-02", &lab, &["update"])
        .stderr_has("error[dnssec-lost]: the address of `mx1.mailer.example` was secured by DNSSEC")
        .stderr_has("error[dnssec-lost]: the address of `mx2.mailer.example` was secured by DNSSEC")
        .status(3)
        .run();
    let lock = ran.read("mxward.lock");
    assert!(lock.contains("      - 192.0.2.1 since 2026-03-01\n") && !lock.contains("192.0.2.7"));
    // To name the domain asks for its hosts, and accepts nothing for them.
    then(&ran, "2026-03-02", &lab, &["update", "kunde.example"]).any_stderr().status(3).run();
    then(&ran, "2026-03-02", &lab, &["update", "mx1.mailer.example", "mx2.mailer.example"])
        .stderr_has(" Changing mx1.mailer.example is insecure now\n")
        .stderr_has("      New mx1.mailer.example 192.0.2.7\n")
        .run();
}

/// A provider without signatures may drop IPv6: that, too, must be said by somebody.
#[test]
fn an_unsigned_denial_of_a_family_waits_until_the_host_is_named() {
    let unsigned = |records: &str| Zone::unsigned("mailer.example", records);
    let both = "mx1 A 192.0.2.1\nmx1 AAAA 2001:db8::1\nmx2 A 192.0.2.2";
    let mut lab = Lab::new([kunde(), unsigned(both)]);
    let ran = on("2026-03-01", &lab, repository(&["kunde.example: mailer"]).args(["lock"]))
        .any_stderr()
        .run();
    lab.change([unsigned("mx1 A 192.0.2.1\nmx2 A 192.0.2.2")]);
    then(&ran, "2026-03-02", &lab, &["update"])
        .stderr_has(
            "warning[lock-stale]: the IPv6 addresses of `mx1.mailer.example` could not be confirmed: \
             an unsigned answer denies what the lock knows\n",
        )
        .stderr_has("help: if they are gone, say so: `mxward update mx1.mailer.example`\n")
        .run();
    assert!(ran.read("mxward.lock").contains("\"2001:db8::1 since 2026-03-01\"\n"));
    then(&ran, "2026-03-02", &lab, &["update", "mx1.mailer.example"])
        .stderr("     Gone mx1.mailer.example 2001:db8::1\n   Locked 2 hosts, 1 domain\n")
        .run();
    // Not so the last family.
    lab.change([unsigned("mx2 A 192.0.2.2")]);
    then(&ran, "2026-03-02", &lab, &["update", "mx1.mailer.example"]).any_stderr().status(1).run();
    assert!(ran.read("mxward.lock").contains("      - 192.0.2.1 since 2026-03-01\n"));
}
