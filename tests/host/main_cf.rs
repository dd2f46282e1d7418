//! The running parameters beside deployed maps, as a real postconf(1) says them.

use super::places::main_cf;
use super::{Sshd, folder, text};
use crate::harness::{Ran, Test, path, postmap};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Services without chroot, so that nothing has to be in one.
const MASTER_CF: &str = "\
smtp      inet  n       -       n       -       -       smtpd
rewrite   unix  -       -       n       -       -       trivial-rewrite
smtp      unix  -       -       n       -       -       smtp
relay     unix  -       -       n       -       -       smtp -o syslog_name=postfix/relay
";

/// The version that is installed.
fn version() -> String {
    let mut postconf = Command::new("postconf");
    let output = postconf.env("PATH", path()).args(["-dh", "mail_version"]).output().unwrap();
    let version = String::from_utf8(output.stdout).unwrap();
    version.trim().splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}

/// A repository whose target lies in the folder, with something of everything that main.cf matters for.
fn repository(folder: &Path, place: &str) -> String {
    let digest = ["ab"; 32].join(":");
    format!(
        "version: 1\ndomains:\n  \
         a.example: {{ level: secure, match: [mx.a.example] }}\n  \
         b.example: {{ next_hop: \"[mx.b.example]\", level: dane-only }}\n  \
         c.example: {{ level: fingerprint, match: [\"{digest}\"] }}\n  \
         d.example: {{ level: dane }}\n\
         targets:\n  mx: {{ postfix: \"{version}\", security_level: dane, map_type: lmdb, \
         ca: \"{ca}\", deployed: \"{place}\" }}\n",
        version = version(),
        ca = folder.join("ca.pem").display(),
    )
}

/// A run of `diff` about a folder of Postfix that is written first.
fn diff(folder: &Path, place: &str) -> Test {
    fs::write(folder.join("ca.pem"), "").unwrap();
    fs::write(folder.join("master.cf"), MASTER_CF).unwrap();
    Test::new().file("mxward.yaml", repository(folder, place))
}

/// Makes both maps, without entries.
fn maps(folder: &Path) {
    for name in ["transport", "tls_policy"] {
        fs::write(folder.join(name), "").unwrap();
        let built = postmap::postmap("lmdb", &folder.join(name));
        assert!(built.status.success(), "{built:?}");
    }
}

/// What `main.cf.required` asks for.
fn required(folder: &Path, place: &str) -> String {
    let ran = diff(folder, place).args(["compile", "--out", "out", "-q"]).run();
    let lines = ran.read("out/mx/main.cf.required");
    let lines = lines.lines().filter(|line| line.contains(" =") && !line.starts_with('#'));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The differences in the JSON report: severity, parameter and command of each.
fn differences(ran: &Ran) -> Vec<[String; 3]> {
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let list = report["targets"][0]["main_cf"].as_array().unwrap();
    let word =
        |it: &serde_json::Value, name: &str| it[name].as_str().unwrap_or_default().to_owned();
    list.iter().map(|it| ["severity", "parameter", "command"].map(|name| word(it, name))).collect()
}

/// The same without what is only good to know.
fn faults(folder: &Path) -> Vec<[String; 3]> {
    let place = format!("file://{}", folder.display());
    let ran = diff(folder, &place).args(["diff", "--report", "json"]).any_stdout().run();
    differences(&ran).into_iter().filter(|[severity, ..]| severity != "note").collect()
}

#[test]
fn a_main_cf_that_has_what_is_required_differs_in_nothing() {
    let folder = folder();
    let place = format!("file://{}", folder.path().display());
    let required = required(folder.path(), &place);
    assert!(required.contains("smtp_tls_policy_maps = lmdb:"), "{required}");
    main_cf(folder.path(), &format!("compatibility_level = 3.6\n{required}"));
    let missing = faults(folder.path());
    let missing: Vec<_> = missing.iter().map(|it| it.each_ref().map(String::as_str)).collect();
    assert_eq!(missing, [["breaks", "smtp_tls_policy_maps", ""], ["breaks", "transport_maps", ""]]);
    maps(folder.path());
    assert_eq!(faults(folder.path()), [[""; 3]; 0]);
}

#[test]
fn the_commands_put_a_bare_main_cf_right() {
    let folder = folder();
    let folder = folder.path();
    main_cf(folder, "compatibility_level = 3.6\nmydestination = localhost, b.example\n");
    maps(folder);
    let found = faults(folder);
    let parameters: Vec<&str> = found.iter().map(|[_, parameter, _]| parameter.as_str()).collect();
    assert_eq!(
        parameters,
        [
            "mydestination",
            "smtp_tls_CAfile",
            "smtp_dns_support_level",
            "smtp_tls_policy_maps",
            "smtp_tls_security_level",
            "transport_maps",
        ]
    );
    for [_, _, command] in &found {
        let status = Command::new("sh").env("PATH", path()).args(["-c", command]).status();
        assert!(status.unwrap().success(), "{command}");
        let changed = fs::read_to_string(folder.join("main.cf")).unwrap();
        main_cf(folder, &changed);
    }
    assert_eq!(faults(folder), [[""; 3]; 0]);
}

#[test]
fn what_master_cf_sets_is_seen() {
    let folder = folder();
    let folder = folder.path();
    let place = format!("file://{}", folder.display());
    let required = required(folder, &place);
    main_cf(folder, &format!("compatibility_level = 3.6\n{required}"));
    maps(folder);
    let test = diff(folder, &place);
    let own = "smtp      unix  -       -       n       -       -       smtp\n  -o smtp_tls_security_level=$x\n  \
               -o { smtp_tls_policy_maps = tcp:127.0.0.1:1 }\n";
    let services =
        MASTER_CF.replace("smtp      unix  -       -       n       -       -       smtp\n", own);
    fs::write(folder.join("master.cf"), services).unwrap();
    let text = fs::read_to_string(folder.join("main.cf")).unwrap();
    main_cf(folder, &format!("{text}x = may\n"));
    let ran = test.args(["diff", "--report", "json"]).any_stdout().run();
    let found = differences(&ran);
    let word = |it: &str| it.to_owned();
    let command =
        |equation: &str| format!("postconf -c {} -P 'smtp/unix/{equation}'", folder.display());
    assert_eq!(
        found.into_iter().filter(|[severity, ..]| severity != "note").collect::<Vec<_>>(),
        [
            [
                word("weaker"),
                word("smtp/unix/smtp_tls_policy_maps"),
                command(&format!(
                    "smtp_tls_policy_maps = lmdb:{}/tls_policy, tcp:127.0.0.1:1",
                    folder.display()
                )),
            ],
            [
                word("weaker"),
                word("smtp/unix/smtp_tls_security_level"),
                command("smtp_tls_security_level = dane"),
            ],
        ]
    );
}

#[test]
fn main_cf_reads_the_same_here_and_over_ssh() {
    let sshd = Sshd::start();
    let folder = folder();
    let folder = folder.path();
    main_cf(
        folder,
        &format!(
            "compatibility_level = 3.6\nrelayhost = [relay.example.net]\nsmtp_tls_levle = dane\n\
             transport_maps = lmdb:{}/transport\nsmtp_tls_CAfile = /etc/ssl\n",
            folder.display()
        ),
    );
    let places = [format!("file://{}", folder.display()), format!("ssh://mx1{}", folder.display())];
    let [here, there] = places.map(|place| {
        let test = diff(folder, &place).variable("MXWARD_SSH", &sshd.command);
        differences(&test.args(["diff", "--report", "json"]).any_stdout().run())
    });
    assert_eq!(here, there);
    let parameters: Vec<&str> = here.iter().map(|[_, parameter, _]| parameter.as_str()).collect();
    for parameter in ["relayhost", "smtp_tls_CAfile", "smtp_tls_levle", "transport_maps"] {
        assert!(parameters.contains(&parameter), "{here:?}");
    }
    // Nobody is told to take out the relay without which mail may be stranded.
    let commands = here.iter().filter(|[_, parameter, _]| parameter == "relayhost");
    assert_eq!(commands.map(|it| it[2].as_str()).collect::<Vec<_>>(), [""]);
}

#[test]
fn a_domain_that_is_left_to_a_resolver_needs_one_in_main_cf() {
    let folder = folder();
    let folder = folder.path();
    let place = format!("file://{}", folder.display());
    let required = required(folder, &place);
    maps(folder);
    let left = |more: &str| {
        let test = diff(folder, &place);
        let text = fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
        let domains = "domains:\n  left.example: { leave_to: mta-sts }\n";
        let maps = "smtp_tls_policy_maps = lmdb:";
        let list = format!("{maps}{}/tls_policy{more}\n", folder.display());
        let rest: String = required
            .lines()
            .filter(|line| !line.starts_with(maps))
            .flat_map(|line| [line, "\n"])
            .collect();
        main_cf(folder, &format!("compatibility_level = 3.6\n{rest}{list}"));
        let test = test.file("mxward.yaml", text.replace("domains:\n", domains));
        let ran = test.args(["diff", "--report", "json"]).any_stdout().run();
        let mut found = differences(&ran);
        found.retain(|[severity, ..]| severity != "note");
        found
    };
    let found = left("");
    let [found] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(found, &["weaker", "smtp_tls_policy_maps", ""]);
    assert_eq!(left(", socketmap:inet:127.0.0.1:8461:postfix"), [[""; 3]; 0]);
}

#[test]
fn differences_are_shown_with_their_command_in_one_line() {
    let folder = folder();
    let folder = folder.path();
    let place = format!("file://{}", folder.display());
    let required = required(folder, &place);
    main_cf(
        folder,
        &format!("compatibility_level = 3.6\n{required}smtp_tls_security_level = may\n"),
    );
    let command = format!("postconf -c {} -e 'smtp_tls_security_level = dane'", folder.display());
    diff(folder, &place)
        .args(["diff"])
        .stdout_has(&format!(
            "  main.cf, weaker: `smtp_tls_security_level` is `may`, not `dane`: mail without an entry is\n\
             \x20       sent as by `may` [postconf(5) smtp_tls_security_level]\n        {command}\n"
        ))
        .run();
    // What is only good to know is for those who ask.
    let ran = diff(folder, &place).args(["diff"]).any_stdout().run();
    assert!(!ran.stdout.contains("main.cf, note: "), "{}", ran.stdout);
    diff(folder, &place).args(["diff", "-v"]).stdout_has("  main.cf, note: ").any_stderr().run();
    diff(folder, &place)
        .args(["diff", "--report", "markdown"])
        .stdout_has("> main.cf, weaker\\: `smtp_tls_security_level` is `may`, not `dane`\\: ")
        .run();
    diff(folder, &place)
        .args(["diff", "--report", "jsonl"])
        .stdout_has(&format!("\"run `{command}`\""))
        .stdout_has("\"target/main-cf\"")
        .run();
}

#[test]
fn without_a_main_cf_nothing_is_said_of_it() {
    let folder = folder();
    fs::write(folder.path().join("tls_policy"), "").unwrap();
    assert_eq!(faults(folder.path()), [[""; 3]; 0]);
}

#[test]
fn a_main_cf_that_cannot_be_read_is_a_note() {
    let folder = folder();
    let folder = folder.path();
    main_cf(folder, "this is no main.cf\n");
    let place = format!("file://{}", folder.display());
    diff(folder, &place)
        .args(["diff"])
        .stdout_has(&format!(
            "  note: `{}/main.cf` was not compared: postconf: fatal:\n",
            text(folder)
        ))
        .run();
}
