//! A name server that is of no use for any name: the lock and what is compiled stay, and the run says so.
//!
//! On a copy of an example whose lock is full.

use crate::harness::{Ran, Test};
use crate::lab::{Act, Asked, Fake, Lab, Zone, trusts};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RecordType;
use std::collections::BTreeMap;

/// The example, with a short deadline for questions.
fn example() -> Test {
    let test = Test::example("handwritten");
    let root = std::fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    test.file("mxward.yaml", format!("{root}\ndns: {{ timeout: 1 }}\n"))
}

/// Everything that is compiled, by file.
fn compiled(ran: &Ran, folder: &str) -> BTreeMap<String, String> {
    ran.then().args(["compile", "--frozen", "--quiet", "--out", folder]).any_stderr().run();
    let mut files = BTreeMap::new();
    for target in std::fs::read_dir(ran.path().join(folder)).unwrap() {
        for file in std::fs::read_dir(target.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.strip_prefix(ran.path().join(folder)).unwrap().display().to_string();
            files.insert(name, std::fs::read_to_string(path).unwrap());
        }
    }
    assert!(files.len() > 5, "{:?}", files.keys());
    files
}

/// Updates the example with a server, and checks that nothing changed.
#[track_caller]
fn nothing_changes(arguments: &[String], why: &str) {
    let ran = example().args(["providers", "list"]).any_stdout().run();
    let (lock, before) = (ran.read("mxward.lock"), compiled(&ran, "before"));
    ran.then()
        .args(["update"])
        .args(arguments.iter().map(String::as_str))
        .stderr_has("error[dns-silent]: none of ")
        .stderr_has(" questions got a usable answer: ")
        .stderr_has(&format!(" times {why}"))
        .stderr_has(
            "\n = help: nothing was changed: try again later, or ask another server with \
             `--dns-server`\n",
        )
        .stderr_has("\nUnchanged ")
        .status(1)
        .expect_file("mxward.lock", &lock)
        .run();
    assert_eq!(compiled(&ran, "after"), before);
    // What is there is not asked for.
    ran.then()
        .args(["lock"])
        .args(arguments.iter().map(String::as_str))
        .stderr_has("Unchanged ")
        .expect_file("mxward.lock", &lock)
        .run();
}

fn everything(act: Act) -> (Fake, Vec<String>) {
    let fake = Fake::new(move |_: &Asked| act.clone());
    let arguments = vec!["--dns-server".to_owned(), fake.address().to_string()];
    (fake, arguments)
}

/// A resolver that passes its self-test, and says this of every name.
fn trusted(act: Act) -> (Lab, Fake, Vec<String>) {
    let lab = Lab::new([Zone::signed("kunde.example", "@ MX 10 mx1.mailer.example.")]);
    let server = lab.validating();
    let fake = Fake::new(move |asked: &Asked| {
        if asked.kind == RecordType::DNSKEY { Act::Forward(server) } else { act.clone() }
    });
    let arguments = trusts(fake.address());
    (lab, fake, arguments)
}

#[test]
fn servfail_for_every_name_changes_nothing() {
    let (_fake, arguments) = everything(Act::Code(ResponseCode::ServFail));
    nothing_changes(&arguments, "SERVFAIL");
    let (_lab, _fake, arguments) = trusted(Act::Code(ResponseCode::ServFail));
    nothing_changes(&arguments, "SERVFAIL");
}

#[test]
fn silence_for_every_name_changes_nothing() {
    let (_fake, arguments) = everything(Act::Silence);
    nothing_changes(&arguments, "no answer in time");
    let (_lab, _fake, arguments) = trusted(Act::Silence);
    nothing_changes(&arguments, "no answer in time");
}

#[test]
fn a_spoofed_nxdomain_for_every_name_changes_nothing() {
    let (_fake, arguments) = everything(Act::Code(ResponseCode::NXDomain));
    nothing_changes(&arguments, "the signatures do not validate");
    let (_lab, _fake, arguments) = trusted(Act::Code(ResponseCode::NXDomain));
    nothing_changes(&arguments, "an unsigned denial");
}

#[test]
fn an_empty_answer_for_every_name_changes_nothing() {
    let (_fake, arguments) = everything(Act::Code(ResponseCode::NoError));
    nothing_changes(&arguments, "the signatures do not validate");
    let (_lab, _fake, arguments) = trusted(Act::Code(ResponseCode::NoError));
    nothing_changes(&arguments, "an unsigned denial");
}

#[test]
fn refusals_for_every_name_change_nothing() {
    let (_fake, arguments) = everything(Act::Code(ResponseCode::Refused));
    nothing_changes(&arguments, "REFUSED");
}

#[test]
fn garbage_for_every_name_changes_nothing() {
    let (_fake, arguments) = everything(Act::Garbage);
    nothing_changes(&arguments, "the answer is no DNS message: ");
}

#[test]
fn a_port_that_nobody_listens_on_changes_nothing() {
    let nobody = crate::lab::fresh_address();
    let arguments = ["--dns-server", &nobody.to_string()].map(str::to_owned);
    nothing_changes(&arguments, "no answer in time");
}

#[test]
fn a_failed_update_of_a_name_changes_nothing() {
    let (_fake, arguments) = everything(Act::Code(ResponseCode::ServFail));
    let ran = example().args(["providers", "list"]).any_stdout().run();
    let lock = ran.read("mxward.lock");
    ran.then()
        .args(["update", "gmail.com"])
        .args(arguments.iter().map(String::as_str))
        .stderr_has(
            "error[dns-silent]: none of 11 questions got a usable answer: 11 times SERVFAIL\n",
        )
        .status(1)
        .expect_file("mxward.lock", &lock)
        .run();
}

/// Where nothing is locked yet, nothing is locked afterwards.
#[test]
fn a_missing_lock_stays_missing() {
    let (_fake, arguments) = everything(Act::Code(ResponseCode::ServFail));
    for command in ["lock", "update", "compile"] {
        example()
            .without("mxward.lock")
            .args([command])
            .args(arguments.iter().map(String::as_str))
            .stderr_has(" times SERVFAIL\n")
            .status(1)
            .expect_no_file("mxward.lock")
            .run();
    }
}

/// A dead name server does not make a run of many names wait for each of them.
#[test]
fn a_dead_server_is_given_up_on() {
    let domains = super::lines(
        (0..2000).map(|n| format!("  d{n}.example: {{ provider: microsoft, route: pin }}")),
    );
    let fake = Fake::new(|_| Act::Silence);
    let test = Test::new().file(
        "mxward.yaml",
        format!(
            "version: 1\ndefaults: {{ route: pin }}\ndns: {{ timeout: 1 }}\ndomains:\n{domains}\
             targets:\n  mx: {{ postfix: \"3.7\", security_level: may, map_type: lmdb }}\n"
        ),
    );
    test.args(["lock", "--dns-server", &fake.address().to_string()])
        .stderr_has("error[dns-silent]: none of 2000 questions got a usable answer: 2000 times no answer in time\n")
        .status(1)
        .run();
    let asked: std::collections::BTreeSet<String> =
        fake.asked().into_iter().map(|asked| asked.name).collect();
    assert!(asked.len() < 1000, "{}", asked.len());
}
