//! What Postfix answers at the end of an apply.

use super::{STRONGER, age, programs, repository};
use crate::harness::{Ran, Test};
use std::fs;

/// A run about a folder whose main.cf has this for `smtp_tls_policy_maps`; `DIR` is the folder.
fn with_maps(tables: &str, more: &str) -> Test {
    let test = repository(STRONGER, "lmdb", "");
    let folder = test.path().join("deployed");
    let text = format!(
        "compatibility_level = 3.6\ntransport_maps = lmdb:{folder}/transport\nsmtp_tls_policy_maps = {}\n{more}",
        tables.replace("DIR", &folder.display().to_string()),
        folder = folder.display(),
    );
    let test = test.file("deployed/main.cf", text.replace("DIR", &folder.display().to_string()));
    age(&folder);
    test
}

/// What is said, with the name of the folder left out.
fn said(ran: &Ran) -> String {
    let folder = fs::canonicalize(ran.path()).unwrap();
    ran.stderr.replace(&folder.display().to_string(), "")
}

fn apply(test: Test, status: i32) -> String {
    let ran = test.args(["apply"]).any_stdout().any_stderr().status(status).run();
    // What is written stays, whatever Postfix makes of it.
    assert!(
        ran.read("deployed/tls_policy").contains("\n[mx.a.example] secure match=mx.a.example\n")
    );
    said(&ran)
}

#[test]
fn postfix_answers_every_entry_as_it_was_written() {
    let said = apply(with_maps("lmdb:DIR/tls_policy", ""), 0);
    assert!(
        said.ends_with(
            " Verified transport: the Postfix of /deployed answers 1 entry as written\n \
             Verified tls_policy: the Postfix of /deployed answers 2 entries as written\n"
        ),
        "{said}"
    );
}

/// proxymap(8) lets only Postfix itself in, and gives what the table says.
#[test]
fn a_map_behind_proxymap_is_asked_directly() {
    let said = apply(with_maps("proxy:lmdb:DIR/tls_policy", ""), 0);
    assert!(said.contains(" Verified tls_policy: "), "{said}");
}

#[test]
fn a_parent_that_another_table_answers_for_below_is_an_error() {
    let test = with_maps("lmdb:DIR/tls_policy, static:may", "");
    let yaml = fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    let yaml = yaml.replace("targets:", "  .sub.example: { level: encrypt }\ntargets:");
    let said = apply(test.file("mxward.yaml", yaml), 8);
    assert!(
        said.contains("otherwise for 1 of its 3 entries: `.sub.example` is `may` by `static:may`, not `encrypt`\n"),
        "{said}"
    );
}

#[test]
fn a_table_that_is_asked_first_and_says_otherwise_is_an_error() {
    let test = with_maps("inline:{b.example=may} lmdb:DIR/tls_policy", "");
    let found = apply(test, 8);
    assert!(
        found.contains(
            "error: target `mx`: tls_policy is written, but the Postfix of /deployed answers otherwise for 1 of \
             its 2 entries: `b.example` is `may` by `inline:{b.example=may}`, not `secure match=mx.b.example`\n\
             the map must come first in `smtp_tls_policy_maps`; `mxward diff` shows the command for that\n"
        ),
        "{found}"
    );
    // A table that says the same is no trouble, and neither is one behind.
    let test = with_maps(
        "inline:{{b.example=secure match=mx.b.example}} lmdb:DIR/tls_policy static:may",
        "",
    );
    assert!(apply(test, 0).contains(" Verified tls_policy"));
}

#[test]
fn a_resolver_that_is_asked_first_is_an_error_and_one_behind_the_map_is_not() {
    let resolver = "socketmap:inet:127.0.0.1:1:postfix";
    let said = apply(with_maps(&format!("{resolver}, lmdb:DIR/tls_policy"), ""), 8);
    assert!(
        said.contains(&format!(
            "error: target `mx`: tls_policy is written, but the Postfix of /deployed asks `{resolver}` first for \
             all its 2 entries: what that program knows wins\n"
        )),
        "{said}"
    );
    apply(with_maps(&format!("lmdb:DIR/tls_policy, {resolver}"), ""), 0);
}

#[test]
fn a_map_that_main_cf_does_not_name_is_an_error() {
    let said = apply(with_maps("", ""), 8);
    assert!(
        said.contains(
            "error: target `mx`: tls_policy is written, but the Postfix of /deployed does not ask it: its \
             `smtp_tls_policy_maps` is empty\n"
        ),
        "{said}"
    );
    let said = apply(with_maps("hash:DIR/tls_policy", ""), 8);
    assert!(
        said.contains("could not be asked for all its 2 entries, which stand behind `hash:"),
        "{said}"
    );
}

#[test]
fn what_master_cf_sets_for_the_service_counts() {
    let test = with_maps("lmdb:DIR/tls_policy", "").file(
        "deployed/master.cf",
        "smtp unix - - n - - smtp\n  -o { smtp_tls_policy_maps = static:may }\n",
    );
    let said = apply(test, 8);
    assert!(said.contains("`[mx.a.example]` is `may` by `static:may`, not"), "{said}");
    assert!(said.contains("must come first in `smtp/unix/smtp_tls_policy_maps`"), "{said}");
}

/// [transport(5): the whole address is asked for first, of all tables]
#[test]
fn a_pattern_that_takes_the_addresses_of_a_domain_is_an_error() {
    let test = with_maps("lmdb:DIR/tls_policy", "");
    let path = test.path().join("deployed");
    let text = fs::read_to_string(path.join("main.cf")).unwrap();
    let patterns = format!("/transport, regexp:{}/patterns\nsmtp_tls", path.display());
    let test = test
        .file("deployed/patterns", "/@a\\.example$/ smtp:[mx.other.example]\n")
        .file("deployed/main.cf", text.replace("/transport\nsmtp_tls", &patterns));
    age(&path);
    let said = apply(test, 8);
    assert!(
        said.contains(
            "transport is written, but the Postfix of /deployed answers otherwise for its only entry: \
             `a.example` is `smtp:[mx.other.example]` by `regexp:/deployed/patterns`, not `smtp:[mx.a.example]`\n"
        ),
        "{said}"
    );
}

#[test]
fn without_a_main_cf_it_is_said_that_nothing_was_looked_at() {
    let test = repository(STRONGER, "texthash", "").without("deployed/main.cf");
    let said = apply(test, 0);
    for map in ["transport", "tls_policy"] {
        assert!(
            said.contains(&format!(
                "note: target `mx`: what Postfix answers for {map} was not looked at: no main.cf lies beside \
                 the map, and `reload` names no Postfix that reads it\n"
            )),
            "{said}"
        );
    }
}

#[test]
fn a_postfix_that_is_told_of_changes_is_asked_too() {
    let test = repository(STRONGER, "texthash", ", reload: \"file:etc\"")
        .without("deployed/main.cf")
        .file("etc/master.cf", "smtp unix - - n - - smtp\n");
    let main_cf = format!(
        "compatibility_level = 3.6\ntransport_maps = texthash:{folder}/transport\n\
         smtp_tls_policy_maps = static:none texthash:{folder}/tls_policy\n",
        folder = test.path().join("deployed").display()
    );
    let test = test.file("etc/main.cf", main_cf);
    age(&test.path().join("etc"));
    let said = apply(test, 8);
    assert!(
        said.contains(" Verified transport: the Postfix of /etc answers 1 entry as written\n"),
        "{said}"
    );
    assert!(
        said.contains("the Postfix of /etc answers otherwise for all its 2 entries: "),
        "{said}"
    );
}

#[test]
fn a_report_repeats_that_it_is_not_in_force() {
    let test = with_maps("", "").args(["apply", "--report", "json"]);
    let ran = test.any_stdout().any_stderr().status(8).run();
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["exit"], serde_json::json!({ "status": 8, "reason": "not-in-force" }));
}

#[test]
fn a_postfix_beside_the_maps_that_reload_names_too_is_told_once() {
    let told = |more: &str| {
        let (folder, path) = programs(&[("postfix", "echo \"$3\" >>DIR/told\n"), ("sleep", "")]);
        let test = repository(STRONGER, "texthash", more);
        test.args(["apply"]).variable("PATH", &path).any_stdout().any_stderr().run();
        fs::read_to_string(folder.path().join("told")).unwrap()
    };
    let once = told("");
    assert!(once.contains("reload\n"), "{once}");
    for more in ["file:deployed", "file:./deployed/"] {
        assert_eq!(told(&format!(", reload: \"{more}\"")), once);
    }
}
