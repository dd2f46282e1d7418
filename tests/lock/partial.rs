//! Some names cannot be looked up, others can.

use super::{LOCKED, impatient, kunde, lab, lines, mailer, on, repository, then};
use crate::harness::{Ran, Test};
use crate::lab::{Act, Asked, Fake, Lab, Zone};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RecordType;

fn locked(lab: &Lab) -> Ran {
    on("2026-03-01", lab, repository(&["kunde.example: mailer"]).args(["lock"]))
        .any_stderr()
        .expect_file("mxward.lock", LOCKED)
        .run()
}

/// A server that does this with some questions and passes the others on.
fn broken(lab: &Lab, when: fn(&Asked) -> bool, act: Act) -> Fake {
    let server = lab.plain();
    Fake::new(move |asked| if when(asked) { act.clone() } else { Act::Forward(server) })
}

fn update(ran: &Ran, day: &str, lab: &Lab, server: &Fake) -> Test {
    let arguments = lab.validates_itself(server.address());
    ran.then().args(["update", "--today", day]).args(arguments.iter().map(String::as_str))
}

fn marked(host: &str, mark: &str, checked: &str) -> String {
    let before = format!("  {host}:\n    dnssec: secure\n");
    LOCKED
        .replace("checked: 2026-03-01", &format!("checked: {checked}"))
        .replace(&before, &format!("{before}    stale: {mark}\n"))
}

#[test]
fn a_host_that_cannot_be_confirmed_keeps_its_facts_with_a_mark() {
    let lab = lab();
    let ran = locked(&lab);
    let compiled = || ran.then().args(["compile", "--frozen"]).any_stdout().run().stdout;
    let before = compiled();
    let of_mx2 = |asked: &Asked| asked.name == "mx2.mailer.example";
    let servfail = broken(&lab, of_mx2, Act::Code(ResponseCode::ServFail));
    update(&ran, "2026-03-02", &lab, &servfail)
        .stderr(
            "\
warning[lock-stale]: the addresses of `mx2.mailer.example` could not be confirmed: SERVFAIL
 --> mxward.yaml:4:3
  |
4 |   kunde.example: mailer
  |   ^^^^^^^^^^^^^

1 warning
   Locked 2 hosts, 1 domain, 1 of them stale
",
        )
        .expect_file(
            "mxward.lock",
            marked("mx2.mailer.example", "SERVFAIL since 2026-03-02", "2026-03-02"),
        )
        .run();
    assert_eq!(compiled(), before);
    // The day of the first failure stays, also when another one follows.
    let silent = broken(&lab, of_mx2, Act::Silence);
    impatient(update(&ran, "2026-03-05", &lab, &silent))
        .stderr_has("could not be confirmed: no answer in time\n")
        .expect_file(
            "mxward.lock",
            marked("mx2.mailer.example", "timeout since 2026-03-02", "2026-03-05"),
        )
        .run();
    then(&ran, "2026-03-06", &lab, &["update"])
        .stderr("   Locked 2 hosts, 1 domain\n")
        .expect_file("mxward.lock", LOCKED.replace("checked: 2026-03-01", "checked: 2026-03-06"))
        .run();
}

#[test]
fn one_family_that_cannot_be_confirmed_stays_beside_the_other() {
    let mut lab = lab();
    let ran = locked(&lab);
    lab.change([mailer("mx1 A 192.0.2.7\nmx1 AAAA 2001:db8::7\nmx2 A 192.0.2.2")]);
    let no_ipv6 = broken(
        &lab,
        |asked| asked.name == "mx1.mailer.example" && asked.kind == RecordType::AAAA,
        Act::Code(ResponseCode::ServFail),
    );
    update(&ran, "2026-03-02", &lab, &no_ipv6)
        .stderr_has("warning[lock-stale]: the IPv6 addresses of `mx1.mailer.example` could not be confirmed: SERVFAIL\n")
        .run();
    let lock = ran.read("mxward.lock");
    let expected = "    stale: SERVFAIL since 2026-03-02
    addresses:
      - 192.0.2.1 since 2026-03-01 gone 2026-03-02
      - 192.0.2.7 since 2026-03-02
      - \"2001:db8::1 since 2026-03-01\"
";
    assert!(lock.contains(expected), "{lock}");
}

#[test]
fn signatures_that_turn_wrong_keep_the_facts_with_a_mark() {
    let records = "mx1 A 192.0.2.66\nmx2 A 192.0.2.66";
    for zone in [Zone::bogus("mailer.example", records), Zone::expired("mailer.example", records)] {
        let mut lab = lab();
        let ran = locked(&lab);
        lab.change([zone]);
        then(&ran, "2026-03-02", &lab, &["update"])
            .stderr_has("warning[lock-stale]: the addresses of `mx1.mailer.example` could not be confirmed: the signatures do not validate\n")
            .stderr_has("   Locked 2 hosts, 1 domain, 2 of them stale\n")
            .run();
        let lock = ran.read("mxward.lock");
        assert!(!lock.contains("192.0.2.66"), "{lock}");
        assert_eq!(lock.matches("    stale: bogus since 2026-03-02\n").count(), 2, "{lock}");
    }
}

/// Somebody on the way denies a name, without a signature.
#[test]
fn a_spoofed_denial_of_one_host_keeps_its_facts_with_a_mark() {
    let unsigned = Zone::unsigned("mailer.example", "mx1 A 192.0.2.1\nmx2 A 192.0.2.2");
    let lab = Lab::new([kunde(), unsigned]);
    let ran = on("2026-03-01", &lab, repository(&["kunde.example: mailer"]).args(["lock"]))
        .any_stderr()
        .run();
    for code in [ResponseCode::NXDomain, ResponseCode::NoError] {
        let spoofed = broken(&lab, |asked| asked.name == "mx1.mailer.example", Act::Code(code));
        update(&ran, "2026-03-02", &lab, &spoofed)
            .stderr_has("warning[lock-stale]: the IPv4 addresses of `mx1.mailer.example` could not be confirmed: an unsigned answer denies what the lock knows\n")
            .run();
        let lock = ran.read("mxward.lock");
        let expected = "    stale: unsigned-denial since 2026-03-02
    addresses:
      - 192.0.2.1 since 2026-03-01
";
        assert!(lock.contains(expected), "{lock}");
    }
}

#[test]
fn what_could_be_looked_up_is_locked_beside_what_could_not() {
    let lab = Lab::new([
        kunde(),
        Zone::signed("other.example", "@ MX 10 mx1.mailer.example."),
        mailer("mx1 A 192.0.2.1\nmx2 A 192.0.2.2"),
    ]);
    let of_other = broken(
        &lab,
        |asked| asked.name == "other.example" && asked.kind == RecordType::MX,
        Act::Code(ResponseCode::ServFail),
    );
    let arguments = lab.validates_itself(of_other.address());
    let ran = repository(&["kunde.example: mailer", "other.example: mailer"])
        .args(["lock", "--today", "2026-03-01"])
        .args(arguments.iter().map(String::as_str))
        .stderr_has(
            "\
error[unresolved]: the MX set of `other.example` could not be looked up: SERVFAIL
 --> mxward.yaml:5:3
  |
5 |   other.example: mailer
  |   ^^^^^^^^^^^^^
  |
  = help: try again later, or ask another server with `--dns-server`

1 error
   Locked 2 hosts, 1 domain
",
        )
        .status(1)
        .run();
    assert!(ran.read("mxward.lock").contains("checked: 2026-03-01\n"));
    // A compilation needs all facts: it stops, and leaves the lock alone.
    let lock = ran.read("mxward.lock");
    ran.then()
        .args(["compile"])
        .args(arguments.iter().map(String::as_str))
        .any_stderr()
        .status(1)
        .expect_file("mxward.lock", &lock)
        .run();
    // The next run asks for what is missing, and nothing else.
    then(&ran, "2026-03-09", &lab, &["lock"])
        .stderr("   Adding other.example (MX mx1.mailer.example)\n   Locked 2 hosts, 2 domains\n")
        .run();
    assert!(ran.read("mxward.lock").contains("checked: 2026-03-01\n"));
}

/// Names may hold any bytes; what comes of them must not reach the terminal or the lock.
#[test]
fn odd_bytes_in_answers_are_refused_and_shown_as_numbers() {
    let mut lab = lab();
    let ran = locked(&lab);
    lab.change([Zone::signed(
        "kunde.example",
        "@ MX 10 \\027[31mred.mailer.example.\n@ MX 20 mx1.mailer.example.",
    )]);
    let message = "the MX host `\\027[31mred.mailer.example.` is no host name\n";
    let ran = then(&ran, "2026-03-02", &lab, &["update"])
        .stderr_has(&format!("the MX set of `kunde.example` could not be confirmed: {message}"))
        .run();
    assert!(!ran.stderr.contains('\u{1b}'));
    let lock = ran.read("mxward.lock");
    assert!(lock.contains("stale: malformed since 2026-03-02, mx: [10 mx1"), "{lock}");
    let without = repository(&["kunde.example: mailer"]);
    on("2026-03-02", &lab, without.args(["lock"]))
        .stderr_has(&format!(
            "error[unresolved]: the MX set of `kunde.example` could not be looked up: {message}"
        ))
        .status(1)
        .run();
}

#[test]
fn more_records_than_a_mail_server_has_do_not_fill_the_lock() {
    let mut lab = lab();
    let ran = locked(&lab);
    let many = lines((1..=65).map(|n| format!("@ MX {n} mx1.mailer.example.")));
    lab.change([Zone::signed("kunde.example", &many)]);
    then(&ran, "2026-03-02", &lab, &["update"])
        .stderr_has("the MX set of `kunde.example` could not be confirmed: more than 64 records\n")
        .run();
    assert!(
        ran.read("mxward.lock").contains("stale: too-many-records since 2026-03-02, mx: [10 mx1")
    );
}
