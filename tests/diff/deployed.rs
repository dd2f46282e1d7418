//! Where deployed maps are read from.

use super::repository;
use crate::harness::{Ran, Test, path};
use std::path::Path;
use std::process::Command;

const DOMAINS: &str = "  a.example: { level: encrypt }\n";

/// A folder for `MAIL_CONFIG`, without which the commands of Postfix do nothing where it is not set up.
fn mail_config(folder: &Path) -> String {
    let config = folder.join("postfix");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("main.cf"), "compatibility_level = 3.6\n").unwrap();
    // The commands wait for a file that changed a moment ago.
    let main_cf = std::fs::File::options().append(true).open(config.join("main.cf")).unwrap();
    main_cf.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1 << 30)).unwrap();
    config.to_str().unwrap().to_owned()
}

fn postmap(config: &str, map: &str) {
    let status = Command::new("postmap").env("PATH", path()).args(["-c", config, map]).status();
    assert!(status.unwrap().success(), "postmap {map}");
}

/// A run that compiled to `out/`, from where the maps were deployed.
fn compiled() -> Ran {
    let ran = Test::new()
        .file("mxward.yaml", repository(DOMAINS, ""))
        .args(["compile", "--out", "out", "-q"])
        .run();
    let deployed = ran.path().join("deployed");
    std::fs::create_dir(&deployed).unwrap();
    for name in ["transport", "tls_policy"] {
        std::fs::copy(ran.path().join("out/mx").join(name), deployed.join(name)).unwrap();
    }
    ran
}

#[test]
fn what_was_compiled_and_copied_is_no_change() {
    compiled().then().args(["diff", "--exit-code"]).stdout("mx  no changes\n").run();
}

#[test]
fn an_entry_of_a_map_that_mxward_wrote_goes_with_its_declaration() {
    let other = repository("  b.example: { level: encrypt }\n", "");
    compiled()
        .then()
        .file("mxward.yaml", other)
        .args(["diff"])
        .stdout_has(
            "weaker: 1 domain, not declared any more (deployed/tls_policy:4)\n    a.example\n",
        )
        .stdout_has("tls_policy: 1 added, 1 removed\n")
        .run();
}

#[test]
fn a_line_that_somebody_added_to_a_generated_map_is_foreign() {
    let ran = compiled();
    let text = ran.read("deployed/tls_policy") + "c.example encrypt\n";
    ran.then()
        .file("deployed/tls_policy", text)
        .args(["diff"])
        .stdout_has("foreign entries in deployed/tls_policy, which stay as they are:\n    line 5: c.example encrypt\n")
        .stdout_has("mx  no changes\n")
        .run();
}

#[test]
fn a_map_that_is_not_there_is_empty() {
    Test::new()
        .file("mxward.yaml", repository(DOMAINS, ""))
        .args(["diff"])
        .stdout_has("  note: `deployed/transport` does not exist: as if it were empty\n")
        .stdout_has("  note: `deployed/tls_policy` does not exist: as if it were empty\n")
        .stdout_has("mx  1 stronger\n")
        .run();
}

/// [postmap(1): daemons read the index]
#[test]
fn the_index_counts_where_it_differs_from_the_text() {
    for (kind, suffix) in [("lmdb", "lmdb"), ("hash", "db")] {
        let test = Test::new().file("deployed/tls_policy", "a.example may\n").file(
            "mxward.yaml",
            repository(DOMAINS, "").replace("map_type: lmdb", &format!("map_type: {kind}")),
        );
        let config = mail_config(test.path());
        postmap(&config, &format!("{kind}:{}", test.path().join("deployed/tls_policy").display()));
        test.file("deployed/tls_policy", "a.example encrypt\n")
            .variable("MAIL_CONFIG", &config)
            .args(["diff"])
            .stdout_has(&format!(
                "`deployed/tls_policy.{suffix}` differs from `deployed/tls_policy`"
            ))
            .stdout_has("  - by MX: may\n  + by MX: encrypt\n")
            .run();
    }
}

#[test]
fn an_index_without_its_text_is_read() {
    let test = Test::new()
        .file("deployed/tls_policy", "a.example encrypt\n")
        .file("mxward.yaml", repository(DOMAINS, ""));
    let config = mail_config(test.path());
    postmap(&config, &format!("lmdb:{}", test.path().join("deployed/tls_policy").display()));
    test.without("deployed/tls_policy")
        .variable("MAIL_CONFIG", &config)
        .args(["diff"])
        .stdout_has("mx  no changes\n")
        .run();
}

/// [Postfix `dict_surrogate.c`: each lookup in it fails]
#[test]
fn an_index_that_cannot_be_read_is_told_with_what_it_does() {
    let ran = compiled();
    let config = mail_config(ran.path());
    ran.then()
        .file("deployed/tls_policy.lmdb", "")
        .variable("MAIL_CONFIG", &config)
        .args(["diff"])
        .stdout_has(
            "`deployed/tls_policy` is read as text: its index was not read (postmap: fatal: ",
        )
        .stdout_has("if Postfix cannot read it either, every")
        .stdout_has("mx  no changes\n")
        .run();
}

#[test]
fn an_index_that_cannot_be_read_without_its_text_is_an_error() {
    Test::new()
        .file("deployed/tls_policy.lmdb", "not lmdb")
        .file("mxward.yaml", repository(DOMAINS, ""))
        .variable("MAIL_CONFIG", "/nowhere")
        .args(["diff"])
        .stdout_has("mx  not compared: cannot read `deployed/tls_policy.lmdb`: ")
        .status(1)
        .run();
}

#[test]
fn a_target_without_a_place_is_not_compared() {
    let text = repository(DOMAINS, "").replace(", deployed: \"file:deployed\"", "");
    Test::new()
        .file("mxward.yaml", text)
        .args(["diff"])
        .stdout("mx  not compared: the target does not say where its maps are `deployed`\n")
        .run();
}

#[test]
fn entries_that_stay_and_overrule_a_declaration_are_named() {
    let note =
        "foreign entries, which stay, decide otherwise than declared about 1 domain: b.example\n";
    let ran = Test::new()
        .file(
            "mxward.yaml",
            "version: 1\ndomains:\n  a.example: { level: secure, match: [mx.a.example] }\n  b.example: { level: secure, match: [mx.b.example] }\n\
             targets:\n  mx: { postfix: \"3.7\", security_level: may, map_type: texthash, deployed: \"file:deployed\" }\n",
        )
        .file("deployed/transport", "b.example smtp:[mx.b.example]\nc.example smtp:[mx.c.example]\n")
        .file(
            "deployed/tls_policy",
            "a.example secure match=mx.a.example\nb.example secure match=mx.b.example\n",
        )
        .args(["diff"])
        .stdout_has(&format!("  note: {note}"))
        .stdout_has("\nmx  no changes\n")
        .run();
    let plan = || ran.then().any_stderr();
    plan()
        .args(["plan"])
        .stdout(format!("note: target mx: {}\nmx  no changes\n", note.replace(": b", ":\n      b")))
        .run();
    plan().args(["plan", "--report", "json"]).stdout_has("\"note\": \"foreign entries").run();
}
