//! Whether a domain is reached by DANE, and what that does to its policy.

use super::{kunde, mailer, on, repository, then};
use crate::harness::{Ran, Test};
use crate::lab::{Act, Fake, Lab, Zone};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RecordType;

const HOSTS: &str = "mx1 A 192.0.2.1\nmx2 A 192.0.2.2\n";
const DIGEST: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The host records with TLSA records of these usages, `-` for none.
fn hosts(mx1: &str, mx2: &str) -> String {
    let record = |host: &str, usage: &str| match usage {
        "-" => String::new(),
        _ => format!("_25._tcp.{host} TLSA {usage} 1 1 {DIGEST}\n"),
    };
    format!("{HOSTS}{}{}", record("mx1", mx1), record("mx2", mx2))
}

fn locked(lab: &Lab) -> Ran {
    on("2026-03-01", lab, repository(&["kunde.example: dane-mailer"]).args(["lock"]))
        .any_stderr()
        .run()
}

/// The policies of the domain and of its pins.
fn policies(ran: &Ran) -> Vec<String> {
    let compiled = ran.then().args(["compile", "--frozen"]).any_stdout().run();
    let (_, policies) = compiled.stdout.split_once("/tls_policy <==\n").unwrap();
    let lines = policies.lines().take_while(|line| !line.starts_with("# ==>"));
    lines.filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

const PINNED: [&str; 3] = [
    "[192.0.2.1] secure match=.mailer.example",
    "[192.0.2.2] secure match=.mailer.example",
    "kunde.example secure match=.mailer.example",
];

#[test]
fn a_domain_whose_hosts_all_have_usable_tlsa_records_is_reached_by_dane() {
    for usage in ["2", "3"] {
        let lab = Lab::new([kunde(), mailer(&hosts(usage, "3"))]);
        let ran = locked(&lab);
        let lock = ran.read("mxward.lock");
        assert_eq!(lock.matches("    dnssec: secure\n    dane: true\n").count(), 2, "{lock}");
        assert_eq!(policies(&ran), ["kunde.example dane-only"]);
    }
}

/// [RFC 7672 §3.1.3]
#[test]
fn records_for_other_uses_than_mail_count_as_none() {
    for usage in ["0", "1", "-"] {
        let lab = Lab::new([kunde(), mailer(&hosts("3", usage))]);
        let ran = locked(&lab);
        let lock = ran.read("mxward.lock");
        assert!(
            lock.contains("  mx1.mailer.example:\n    dnssec: secure\n    dane: true\n"),
            "{lock}"
        );
        assert!(
            lock.contains("  mx2.mailer.example:\n    dnssec: secure\n    dane: false\n"),
            "{lock}"
        );
        assert_eq!(policies(&ran), PINNED, "usage {usage}");
    }
}

/// [RFC 7672 §2.2.2]
#[test]
fn records_in_an_unsigned_zone_count_as_none() {
    let lab = Lab::new([kunde(), Zone::unsigned("mailer.example", &hosts("3", "3"))]);
    let ran = locked(&lab);
    assert_eq!(
        ran.read("mxward.lock").matches("    dnssec: insecure\n    dane: false\n").count(),
        2
    );
    assert_eq!(policies(&ran), PINNED);
}

/// Then the hosts' records make no difference, and are not asked for. [RFC 7672 §2.2.1]
#[test]
fn an_unsigned_mx_set_makes_no_dane() {
    let mx = "@ MX 20 mx2.mailer.example.\n@ MX 10 mx1.mailer.example.";
    let lab = Lab::new([Zone::unsigned("kunde.example", mx), mailer(&hosts("3", "3"))]);
    let server = lab.plain();
    let fake = Fake::new(move |_| Act::Forward(server));
    let arguments = lab.validates_itself(fake.address());
    let ran = repository(&["kunde.example: dane-mailer"])
        .args(["lock", "--quiet"])
        .args(arguments.iter().map(String::as_str))
        .run();
    assert!(!ran.read("mxward.lock").contains("dane:"));
    assert_eq!(policies(&ran), PINNED);
    assert!(fake.asked().iter().all(|asked| asked.kind != RecordType::TLSA));
}

#[test]
fn the_loss_of_dane_waits_until_the_host_is_named() {
    let mut lab = Lab::new([kunde(), mailer(&hosts("3", "3"))]);
    let ran = locked(&lab);
    for gone in ["-", "1"] {
        lab.change([mailer(&hosts("3", gone))]);
        then(&ran, "2026-03-02", &lab, &["update"])
            .stderr_has(
                "\
error[dane-lost]: `mx2.mailer.example` had usable TLSA records, and has none any more
 --> mxward.yaml:4:3
  |
4 |   kunde.example: dane-mailer
  |   ^^^^^^^^^^^^^
  |
  = help: if that is right, accept the weaker state: `mxward update mx2.mailer.example`
",
            )
            .status(3)
            .run();
        let lock = ran.read("mxward.lock");
        let kept = "    dane: true\n    stale: dane-lost since 2026-03-02\n";
        assert!(lock.contains(kept), "{lock}");
        assert_eq!(policies(&ran), ["kunde.example dane-only"]);
    }
    then(&ran, "2026-03-02", &lab, &["update", "mx2.mailer.example"])
        .stderr(
            " Changing mx2.mailer.example has no usable TLSA records\n   \
               Locked 2 hosts, 1 domain\n",
        )
        .run();
    assert_eq!(policies(&ran), PINNED);
    lab.change([mailer(&hosts("3", "3"))]);
    then(&ran, "2026-03-03", &lab, &["update"])
        .stderr(
            " Changing mx2.mailer.example has usable TLSA records\n   Locked 2 hosts, 1 domain\n",
        )
        .run();
    assert_eq!(policies(&ran), ["kunde.example dane-only"]);
}

#[test]
fn tlsa_records_that_cannot_be_looked_up_change_nothing() {
    let lab = Lab::new([kunde(), mailer(&hosts("3", "3"))]);
    let ran = locked(&lab);
    let before = ran.read("mxward.lock");
    let server = lab.plain();
    let fake = Fake::new(move |asked| {
        let fails = asked.kind == RecordType::TLSA;
        if fails { Act::Code(ResponseCode::ServFail) } else { Act::Forward(server) }
    });
    let arguments = lab.validates_itself(fake.address());
    let arguments = || arguments.iter().map(String::as_str);
    ran.then()
        .args(["update", "--today", "2026-03-02"])
        .args(arguments())
        .stderr_has("warning[lock-stale]: the TLSA records of `mx1.mailer.example` could not be confirmed: SERVFAIL\n")
        .run();
    let stale = "    dane: true\n    stale: SERVFAIL since 2026-03-02\n";
    let kept = before
        .replace("checked: 2026-03-01", "checked: 2026-03-02")
        .replace("    dane: true\n", stale);
    assert_eq!(ran.read("mxward.lock"), kept);
    assert_eq!(policies(&ran), ["kunde.example dane-only"]);
    // A lock that does not know yet keeps the addresses that it has, and goes on lacking.
    let without = before.replace("    dane: true\n", "");
    ran.then()
        .file("mxward.lock", &without)
        .args(["lock", "--today", "2026-03-02"])
        .args(arguments())
        .stderr_has("error[unresolved]: the TLSA records of `mx1.mailer.example` could not be looked up: SERVFAIL\n")
        .status(1)
        .run();
    let lock = ran.read("mxward.lock");
    assert!(
        lock.contains("      - 192.0.2.1 since 2026-03-01\n") && !lock.contains("dane"),
        "{lock}"
    );
}

/// A template that got a policy for DANE needs to know more of a host than the lock does.
#[test]
fn lock_adds_what_is_missing_about_a_host_and_touches_nothing_else() {
    let mut lab = Lab::new([kunde(), mailer(&hosts("3", "3"))]);
    let ran = on("2026-03-01", &lab, repository(&["kunde.example: mailer"]).args(["lock"]))
        .any_stderr()
        .run();
    let before = ran.read("mxward.lock");
    assert!(!before.contains("dane"), "{before}");
    let moved = hosts("3", "-").replace("mx1 A 192.0.2.1", "mx1 A 192.0.2.7");
    lab.change([mailer(&moved)]);
    let root =
        ran.read("mxward.yaml").replace("kunde.example: mailer", "kunde.example: dane-mailer");
    then(&ran, "2026-03-02", &lab, &["lock"])
        .file("mxward.yaml", root)
        .stderr(
            " Changing mx1.mailer.example has usable TLSA records\n \
              Changing mx2.mailer.example has no usable TLSA records\n   \
                Locked 2 hosts, 1 domain\n",
        )
        .run();
    let mut flags = ["true", "false"].into_iter();
    let expected = before.split("    dnssec: secure\n").collect::<Vec<_>>();
    let expected = expected.iter().skip(1).fold(expected[0].to_owned(), |text, part| {
        format!("{text}    dnssec: secure\n    dane: {}\n{part}", flags.next().unwrap())
    });
    assert_eq!(ran.read("mxward.lock"), expected);
}

/// Microsoft's hosts cannot be computed from the domain.
#[test]
fn hosts_of_microsoft_come_from_the_domains_own_mx_set() {
    let lab = Lab::new([
        Zone::signed("one.example", "@ MX 0 one-example.mail.protection.outlook.com."),
        Zone::signed("two.example", "@ MX 0 two-example.p-v1.mx.microsoft."),
        Zone::signed("three.example", "@ MX 0 three-example.p-v1.mx.microsoft."),
        Zone::unsigned("mail.protection.outlook.com", "one-example A 192.0.2.1"),
        Zone::signed(
            "mx.microsoft",
            &format!(
                "two-example.p-v1 A 192.0.2.2\nthree-example.p-v1 A 192.0.2.3\n\
                 _25._tcp.two-example.p-v1 TLSA 3 1 1 {DIGEST}"
            ),
        ),
    ]);
    let test = Test::new().file(
        "mxward.yaml",
        "version: 1\n\
         defaults: { route: mx }\n\
         domains: { one.example: microsoft, two.example: microsoft, three.example: microsoft }\n\
         targets:\n  \
           mx: { postfix: \"3.7\", security_level: may, map_type: lmdb }\n",
    );
    let ran = on("2026-03-01", &lab, test.args(["lock"]))
        .any_stderr()
        .expect_file(
            "mxward.lock",
            "\
# @generated by mxward: what DNS said. `mxward update` refreshes it; do not edit.
version: 1
checked: 2026-03-01
hosts:
  one-example.mail.protection.outlook.com:
    dnssec: insecure
    dane: false
  three-example.p-v1.mx.microsoft:
    dnssec: secure
    dane: false
  two-example.p-v1.mx.microsoft:
    dnssec: secure
    dane: true
domains:
  one.example: { dnssec: secure, since: 2026-03-01, mx: [0 one-example.mail.protection.outlook.com] }
  three.example: { dnssec: secure, since: 2026-03-01, mx: [0 three-example.p-v1.mx.microsoft] }
  two.example: { dnssec: secure, since: 2026-03-01, mx: [0 two-example.p-v1.mx.microsoft] }
",
        )
        .run();
    let policies = policies(&ran);
    assert!(
        policies[0].starts_with("one.example secure match=.protection.outlook.com:"),
        "{policies:?}"
    );
    assert!(policies[1].starts_with("three.example secure match="), "{policies:?}");
    assert_eq!(policies[2..], ["two.example dane-only"]);
}
