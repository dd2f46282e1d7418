//! `mxward plan`, `apply` and `rollback`
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

mod cut;
mod documentation;
mod drift;
mod errors;
mod guards;
mod judge;
mod kills;
mod log;
mod lost;
mod mail;
mod scene;
mod schemas;
mod seen;
mod ssh;
mod strace;
mod table;

use crate::harness::Test;
use std::path::Path;

const OLD: &str = "# by hand\na.example may\nb.example secure match=mx.b.example\n";

/// A target whose folder holds main.cf, as that of a Postfix does.
fn repository(domains: &str, map_type: &str, more: &str) -> Test {
    let test = Test::new();
    let folder = test.path().join("deployed");
    let main_cf = format!(
        "compatibility_level = 3.6\ntransport_maps = {map_type}:{folder}/transport\n\
         smtp_tls_policy_maps = {map_type}:{folder}/tls_policy\n",
        folder = folder.display()
    );
    let test = test
        .file("deployed/tls_policy", OLD)
        .file("deployed/main.cf", main_cf)
        .file("deployed/master.cf", "smtp unix - - n - - smtp\n")
        .file(
            "mxward.yaml",
            format!(
                "version: 1\ndomains:\n{domains}targets:\n  mx: {{ postfix: \"3.7\", security_level: may, \
                 map_type: {map_type}, deployed: \"file:deployed\"{more} }}\n"
            ),
        );
    age(&folder);
    test
}

/// Scripts in a folder, which is `DIR` in them, with the `PATH` in which they are found first.
fn programs(list: &[(&str, &str)]) -> (tempfile::TempDir, String) {
    let folder = tempfile::Builder::new().prefix("mxward-bin-").tempdir().unwrap();
    let dir = folder.path().display().to_string();
    for (name, script) in list {
        let file = folder.path().join(name);
        std::fs::write(&file, format!("#!/bin/sh\n{}", script.replace("DIR", &dir))).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&file, mode).unwrap();
    }
    (folder, format!("{dir}:{}", crate::harness::path()))
}

/// Makes a main.cf look old: the commands of Postfix wait for one that changed a moment ago.
fn age(folder: &Path) {
    let main_cf = std::fs::File::options().append(true).open(folder.join("main.cf")).unwrap();
    main_cf.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1 << 30)).unwrap();
}

const STRONGER: &str = "  a.example: { next_hop: \"[mx.a.example]\", level: secure, match: [mx.a.example] }\n  \
                          b.example: { level: secure, match: [mx.b.example] }\n";

#[test]
fn after_an_apply_nothing_is_left_to_do_and_a_rollback_goes_back() {
    for map_type in ["lmdb", "hash", "cdb", "texthash"] {
        let ran = repository(STRONGER, map_type, "")
            .args(["apply"])
            .stdout_has("steps:\n  1. tls_policy: the policies of before and after (3 entries)\n  2. transport: the new transports (1 entry)\n\n")
            .stdout_has("mx  1 stronger\n")
            .any_stderr()
            .run();
        assert!(ran.read("deployed/transport").ends_with("\na.example smtp:[mx.a.example]\n"));
        let ran = ran.then().args(["plan"]).any_stderr().stdout("mx  no changes\n").run();
        let ran = ran.then().args(["diff"]).stdout_has("mx  no changes").run();
        let ran = ran
            .then()
            .args(["rollback"])
            .any_stderr()
            .stdout_has("refused: target mx: 1 domain would be less safe than now: a.example\n         if that is meant: --allow weaker=1\n")
            .status(5)
            .run();
        // The transport map was empty before, which is a guard of its own.
        let ran = ran
            .then()
            .args(["rollback", "--allow", "weaker=1", "--allow", "empty"])
            .any_stderr()
            .any_stdout()
            .run();
        assert!(
            ran.read("deployed/tls_policy")
                .ends_with("\na.example may\nb.example secure match=mx.b.example\n")
        );
        ran.then().args(["plan"]).any_stderr().stdout_has("mx  1 stronger\n").run();
    }
}

#[test]
fn what_is_weaker_is_refused_until_it_is_allowed() {
    let weaker = "  a.example: { level: may }\n  b.example: { level: may }\n";
    let ran = repository(weaker, "lmdb", "")
        .args(["apply"])
        .any_stderr()
        .stdout_has("refused: target mx: 1 domain would be less safe than now: b.example\n         if that is meant: --allow weaker=1\n")
        .status(5)
        .expect_file("deployed/tls_policy", OLD)
        .expect_no_file("deployed/tls_policy.lmdb")
        .run();
    ran.then().args(["apply", "--allow", "weaker=0"]).any_stderr().any_stdout().status(5).run();
    let ran = ran.then().args(["apply", "--allow", "weaker=1"]).any_stderr().any_stdout().run();
    assert!(ran.read("deployed/tls_policy").contains("\nb.example may\n"));
}

#[test]
fn platforms_see_what_changes_and_what_is_against_it() {
    let weaker = "  a.example: { level: may }\n  b.example: { level: may }\n";
    repository(weaker, "lmdb", "")
        .args(["plan", "--report", "rdjsonl"])
        .any_stderr()
        .stdout_has("\"message\":\"weaker for `b.example`: ")
        .stdout_has(
            "\"message\":\"target `mx` is refused: 1 domain would be less safe than now: b.example",
        )
        .status(5)
        .run();
}

#[test]
fn only_some_effects_may_be_let_through() {
    repository(STRONGER, "lmdb", "")
        .args(["apply", "--only", "neutral"])
        .any_stderr()
        .stdout_has(
            "refused: target mx: 1 domain would be stronger, and --only does not name that\n",
        )
        .status(5)
        .expect_file("deployed/tls_policy", OLD)
        .run();
}

#[test]
fn protect_yaml_cannot_be_overruled() {
    let weaker = "  a.example: { level: may }\n  b.example: { level: encrypt }\n";
    repository(weaker, "lmdb", "")
        .file("protect.yaml", "version: 1\ndomains:\n  b.example: secure\n")
        .args(["apply", "--allow", "weaker", "--allow", "different"])
        .any_stderr()
        .stdout_has("refused: target mx: protect.yaml wants at least secure for b.example, which would have less\n")
        .status(5)
        .expect_file("deployed/tls_policy", OLD)
        .run();
}

#[test]
fn a_plan_that_was_reviewed_is_applied_exactly_or_not_at_all() {
    let ran = repository(STRONGER, "lmdb", "").args(["plan", "--out", "plan.json", "--exit-code"]);
    let ran = ran.any_stderr().any_stdout().status(2).expect_no_file("deployed/.mxward").run();
    let plan = ran.read("plan.json");
    let stale = |why: &str| {
        format!("error: the plan is stale: {why}\nmake a new one with `mxward plan --out FILE`\n")
    };
    let apply = || ran.then().args(["apply", "plan.json"]);
    apply()
        .file("plan.json", plan.replace("\"stronger\"", "\"neutral\""))
        .stderr_has(&stale(
            "what it says of target `mx` is not what the repository gives: was it edited?",
        ))
        .status(6)
        .run();
    apply()
        .file("plan.json", &plan)
        .file("deployed/tls_policy", "a.example may\n")
        .stderr_has(&stale("the deployed tls_policy of target `mx` has changed since"))
        .status(6)
        .run();
    apply()
        .file("plan.json", "{}")
        .stderr_has("error: the plan is stale: it is no plan: ")
        .status(6)
        .run();
    apply()
        .file("plan.json", &plan)
        .file("deployed/tls_policy", OLD)
        .any_stderr()
        .any_stdout()
        .run();
}

#[test]
fn entries_that_are_not_ours_stay_through_every_apply() {
    let ran = repository("  a.example: { level: encrypt }\n", "lmdb", "").args(["apply"]);
    let ran = ran.any_stderr().any_stdout().run();
    assert!(ran.read("deployed/tls_policy").contains("\nb.example secure match=mx.b.example\n"));
    // What was adopted is ours from then on, and goes with its declaration.
    let text = ran.read("mxward.yaml").replace("  a.example: { level: encrypt }\n", "");
    let ran = ran
        .then()
        .file("mxward.yaml", text.replace("domains:\n", "domains: {}\n"))
        .args(["apply", "--allow", "weaker=1"])
        .any_stderr()
        .any_stdout()
        .run();
    assert!(ran.read("deployed/tls_policy").ends_with("\nb.example secure match=mx.b.example\n"));
}

#[test]
fn a_second_apply_at_the_same_time_is_refused() {
    let test = repository(STRONGER, "lmdb", "").file("deployed/.mxward/lock", "");
    let lock = std::fs::File::open(test.path().join("deployed/.mxward/lock")).unwrap();
    lock.lock().unwrap();
    test.args(["apply"])
        .stderr_has("error: target `mx`: cannot lock `./deployed`: another apply is at work\n")
        .status(1)
        .expect_file("deployed/tls_policy", OLD)
        .run();
}

#[test]
fn a_map_that_postmap_refuses_changes_nothing() {
    repository(STRONGER, "lmdb", "")
        .file("deployed/main.cf", "compatibility_level = 3.6\nnosuchparameter\n")
        .args(["apply"])
        .any_stdout()
        .stderr_has("nothing was changed\n")
        .status(1)
        .expect_file("deployed/tls_policy", OLD)
        .expect_no_file("deployed/tls_policy.lmdb")
        .run();
}

/// One pinned domain, as the lock of this day knows it.
fn pinned(checked: &str, stale: &str) -> Test {
    let domains = "  a.example: { provider: mailer, route: pin }\n";
    let test = repository(domains, "lmdb", "");
    let yaml = std::fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    test.file("mxward.yaml", format!("{yaml}lock: {{ max_age: 14 }}\n"))
        .file(
            "providers/mailer.yaml",
            "name: mailer\ntitle: Mailer\nmx_patterns: 'mx\\.mailer\\.example'\nhosts: [{ preference: 10, host: mx.mailer.example }]\n\
             policy: { level: secure, match: [mx.mailer.example] }\n",
        )
        .file(
            "mxward.lock",
            format!(
                "version: 1\n{checked}hosts:\n  mx.mailer.example: {{ dnssec: insecure, {stale}addresses: [9.9.9.9 since 2020-01-01] }}\n\
                 domains:\n  a.example: {{ dnssec: insecure, since: 2020-01-01, mx: [10 mx.mailer.example] }}\n"
            ),
        )
}

#[test]
fn pins_that_nobody_confirmed_for_long_are_refused() {
    pinned("checked: 2020-01-01\n", "")
        .args(["apply"])
        .any_stderr()
        .stdout_has("refused: target mx: addresses that mail is pinned to were last confirmed 2")
        .stdout_has(" days ago, more than")
        .status(5)
        .expect_file("deployed/tls_policy", OLD)
        .run();
    pinned("", "")
        .args(["plan"])
        .any_stderr()
        .stdout_has("addresses that mail is pinned to were never confirmed: run")
        .status(5)
        .run();
    let today = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date();
    let today = format!("checked: {today}\n");
    pinned(&today, "").args(["plan"]).any_stderr().any_stdout().run();
    pinned("checked: 2222-01-01\n", "")
        .args(["plan"])
        .any_stderr()
        .stdout_has("were confirmed on 2222-01-01, a day that is")
        .status(5)
        .run();
    // The file was looked at, and this address was not among the answers.
    pinned(&today, "stale: SERVFAIL since 2020-01-02, ")
        .args(["plan"])
        .any_stderr()
        .stdout_has(" days ago, more than")
        .status(5)
        .run();
}

#[test]
fn an_old_lock_matters_only_to_what_is_pinned_by_us() {
    let domains = "  a.example: { level: may }\n";
    repository(domains, "texthash", "")
        .file("deployed/transport", "c.example smtp:[9.9.9.9],c.example\n")
        .file("deployed/tls_policy", "a.example may\n")
        .file("mxward.lock", "version: 1\nchecked: 2020-01-01\n")
        .args(["plan"])
        .any_stderr()
        .stdout("mx  no changes\n")
        .run();
}

#[test]
fn what_a_lint_denies_is_not_applied() {
    let domains = "  a.example: { level: none }\n";
    let ran = repository(domains, "lmdb", "").args(["apply", "--allow", "weaker"]);
    let ran = ran
        .stderr_has("error[level-none]: ")
        .status(3)
        .expect_file("deployed/tls_policy", OLD)
        .run();
    ran.then().args(["plan"]).stderr_has("error[level-none]: ").status(3).run();
    let yaml = ran.read("mxward.yaml");
    ran.then()
        .file("mxward.yaml", format!("{yaml}lints: {{ level-none: warn }}\n"))
        .args(["plan", "--allow", "weaker"])
        .any_stderr()
        .any_stdout()
        .run();
}

/// To Postfix a lookup in a table that is not there is an error, and all mail is deferred.
#[test]
fn every_map_is_there_after_an_apply() {
    let same =
        "  a.example: { level: may }\n  b.example: { level: secure, match: [mx.b.example] }\n";
    for (map_type, suffix) in
        [("lmdb", ".lmdb"), ("hash", ".db"), ("cdb", ".cdb"), ("texthash", "")]
    {
        let ran = repository(same, map_type, "");
        let folder = ran.path().join("deployed");
        let answer = |map: &str, key: &str| {
            crate::harness::postmap::lookup(map_type, &folder.join(map), key)
        };
        let (index, number) = match map_type {
            "texthash" => ("", 1),
            _ => ("  1. tls_policy: the map as it is, since its index is missing (2 entries)\n", 2),
        };
        let steps = format!(
            "steps:\n{index}  {number}. transport: an empty map, since there is none (0 entries)\n\n"
        );
        let ran = ran
            .args(["plan", "--exit-code"])
            .any_stderr()
            .stdout_has(&steps)
            .stdout_has("mx  no entries change; missing maps are made\n")
            .status(2)
            .expect_no_file("deployed/transport")
            .run();
        let ran = ran.then().args(["apply"]).any_stderr().stdout_has(&steps).run();
        assert!(folder.join(format!("transport{suffix}")).exists(), "{map_type}");
        assert!(folder.join("transport").exists(), "{map_type}");
        assert_eq!(answer("transport", "a.example"), None);
        assert_eq!(answer("tls_policy", "a.example").as_deref(), Some("may"));
        let ran =
            ran.then().args(["plan", "--exit-code"]).any_stderr().stdout("mx  no changes\n").run();
        // A rollback leaves no table out either.
        let ran = ran.then().args(["rollback"]).any_stderr().any_stdout().run();
        assert!(folder.join(format!("transport{suffix}")).exists(), "{map_type}");
        // Whoever removes one finds it made again.
        std::fs::remove_file(folder.join(format!("transport{suffix}"))).unwrap();
        ran.then().args(["apply"]).any_stderr().stdout_has("  1. transport: an empty map, ").run();
        assert_eq!(answer("transport", "a.example"), None);
    }
}

/// A main.cf that names a map which is not there is told of, until an apply makes the map.
#[test]
fn what_a_main_cf_misses_is_made_by_an_apply() {
    let test = repository("  a.example: { level: encrypt }\n", "lmdb", "");
    let folder = test.path().join("deployed").display().to_string();
    let ran = test
        .args(["diff"])
        .stdout_has("main.cf, breaks: `transport_maps` is ")
        .stdout_has(&format!(
            "        touch {folder}/transport && postmap -c {folder} lmdb:{folder}/transport\n"
        ))
        .stdout_has("main.cf, breaks: `smtp_tls_policy_maps` is ")
        .stdout_has("mx  1 stronger; main.cf: 2 breaks")
        .run();
    let ran = ran.then().args(["apply"]).any_stderr().any_stdout().run();
    let ran = ran.then().args(["diff"]).any_stdout().run();
    assert!(!ran.stdout.contains("main.cf, breaks: "), "{}", ran.stdout);
}
