//! Maps that are read where they are: as indexes, and on other hosts.

use crate::harness::{Test, postmap};
use crate::host::Sshd;

const TLS_POLICY: &str = "gmail.com secure match=mx.google.com\n[mx.a.example] encrypt\n";
const TRANSPORT: &str = "a.example smtp:[mx.a.example]\n";

fn maps() -> Test {
    Test::new().file("tls_policy", TLS_POLICY).file("transport", TRANSPORT)
}

fn import(test: Test, prefix: &str) -> Test {
    let [policies, transports] = ["tls_policy", "transport"].map(|it| format!("{prefix}{it}"));
    test.args(["import", "--tls-policy", &policies, "--transport", &transports, "--out", "out"])
        .args(["--security-level", "may"])
        .stdout_has("2 domains, google for 1, default `may`\nequal: 3 keys\n")
        .any_stderr()
}

/// The index counts, not the text beside it.
#[test]
fn an_index_is_read_as_postfix_reads_it() {
    for map_type in ["hash", "lmdb", "cdb"] {
        let test = maps();
        postmap::write_main_cf(test.path(), "compatibility_level = 3.6\n");
        for name in ["tls_policy", "transport"] {
            let made = postmap::postmap(map_type, &test.path().join(name));
            assert!(made.status.success(), "{made:?}");
        }
        let test = test.file("tls_policy", "").file("transport", "");
        let ran = import(test, &format!("{map_type}:")).run();
        let yaml = ran.read("out/mxward.yaml");
        assert!(yaml.contains(&format!("    map_type: {map_type}\n")), "{yaml}");
        assert!(yaml.contains("  gmail.com: google\n"), "{yaml}");
        let own = "  a.example: { next_hop: \"[mx.a.example]\", level: encrypt }\n";
        assert!(yaml.contains(own), "{yaml}");
        let ending = if map_type == "hash" { "db" } else { map_type };
        let index = format!("tls_policy.{ending}");
        let message =
            format!("error: `{index}` is an index, not a text: write `{map_type}:tls_policy`\n");
        let wrong = ran.then().args(["import", "--tls-policy", &index, "--out", "other"]);
        wrong.stderr(&message).status(64).expect_no_file("other/mxward.yaml").run();
    }
}

#[test]
fn maps_of_another_host_become_its_target() {
    let sshd = Sshd::start();
    let test = maps().variable("MXWARD_SSH", &sshd.command);
    let prefix = format!("ssh://mx1{}/", test.path().canonicalize().unwrap().display());
    let ran = import(test, &prefix).run();
    let yaml = ran.read("out/mxward.yaml");
    assert!(yaml.contains(&format!("    tls_policy: \"{prefix}tls_policy\"\n")), "{yaml}");
    let diff = ran.then().variable("MXWARD_SSH", &sshd.command).args(["-C", "out", "diff"]);
    diff.stdout("mx  no changes\n").any_stderr().run();
}

/// What Postfix passes over is named all the same.
#[test]
fn a_map_without_an_entry_becomes_no_repository() {
    Test::new()
        .file("tls_policy", "gmail.com\n")
        .args(["import", "--tls-policy", "tls_policy", "--out", "out"])
        .stdout_has("tls_policy:1: warning[no-value]: `gmail.com` has no right-hand side")
        .stderr("error: there is no entry to import\n")
        .status(3)
        .expect_no_file("out/mxward.yaml")
        .run();
}

#[test]
fn a_map_that_is_not_there_is_told_in_every_form() {
    for (source, message) in [
        ("none", "error: cannot read `none`: "),
        ("hash:none", "error: a map that is not there cannot be imported\n"),
        ("sqlite:/none", "error: cannot read `sqlite:/none tlspolicies`: "),
        ("ssh://", "error: `ssh://` names no host and path: write `ssh://HOST/PATH`\n"),
    ] {
        let test = Test::new().args(["import", "--tls-policy", source, "--out", "out"]);
        let status = if source == "ssh://" { 64 } else { 1 };
        test.stderr_has(message).status(status).expect_no_file("out/mxward.yaml").run();
    }
}
