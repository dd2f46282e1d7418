//! Targets behind a real sshd(8).

use super::{OLD, STRONGER, age, programs, repository};
use crate::harness::{Ran, Test};
use crate::host::Sshd;
use std::fs;
use std::path::{Path, PathBuf};

/// The repository with its target behind ssh.
pub(super) fn remote(sshd: &Sshd, domains: &str, map_type: &str) -> Test {
    let test = repository(domains, map_type, "");
    let yaml = fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    let folder = deployed(test.path());
    let yaml = yaml.replace("file:deployed", &format!("ssh://mx1{}", folder.display()));
    test.file("mxward.yaml", yaml).variable("MXWARD_SSH", &sshd.command)
}

pub(super) fn deployed(folder: &Path) -> PathBuf {
    fs::canonicalize(folder).unwrap().join("deployed")
}

/// Another run, over the same ssh.
fn then(ran: &Ran, sshd: &Sshd) -> Test {
    ran.then().variable("MXWARD_SSH", &sshd.command)
}

/// A host on which some programs are scripts.
fn with_programs(list: &[(&str, &str)]) -> (Sshd, tempfile::TempDir) {
    let (folder, path) = programs(list);
    (Sshd::configured(&format!("SetEnv PATH={path}")), folder)
}

#[test]
fn after_an_apply_nothing_is_left_to_do_and_a_rollback_goes_back() {
    let sshd = Sshd::start();
    for map_type in ["lmdb", "hash", "cdb", "texthash"] {
        let ran = remote(&sshd, STRONGER, map_type).args(["apply"]);
        let ran = ran.any_stderr().stdout_has("mx  1 stronger\n").run();
        let place = format!("the Postfix of ssh://mx1{}", deployed(ran.path()).display());
        for what in ["transport: ", "tls_policy: "] {
            assert!(
                ran.stderr.contains(&format!(" Verified {what}{place} answers ")),
                "{}",
                ran.stderr
            );
        }
        assert!(ran.read("deployed/transport").ends_with("\na.example smtp:[mx.a.example]\n"));
        let ran = then(&ran, &sshd).args(["plan"]).stdout("mx  no changes\n").run();
        let rollback = ["rollback", "--allow", "weaker=1", "--allow", "empty"];
        let ran = then(&ran, &sshd).args(rollback).any_stdout().any_stderr().run();
        let policies = ran.read("deployed/tls_policy");
        assert!(policies.ends_with("\na.example may\nb.example secure match=mx.b.example\n"));
        then(&ran, &sshd).args(["plan"]).any_stderr().stdout_has("mx  1 stronger\n").run();
    }
}

#[test]
fn one_connection_serves_a_whole_apply() {
    let sshd = Sshd::start();
    let (command, log) = sshd.counted();
    let test = remote(&sshd, STRONGER, "lmdb").variable("MXWARD_SSH", &command);
    test.args(["apply"]).any_stdout().any_stderr().run();
    assert_eq!(fs::read_to_string(log).unwrap().lines().count(), 1);
}

#[test]
fn a_second_apply_at_the_same_time_is_refused() {
    let sshd = Sshd::start();
    let test = remote(&sshd, STRONGER, "lmdb").file("deployed/.mxward/lock", "");
    let lock = fs::File::open(test.path().join("deployed/.mxward/lock")).unwrap();
    lock.lock().unwrap();
    let folder = deployed(test.path());
    test.args(["apply"])
        .stderr(format!(
            "error: target `mx`: cannot lock `{}`: another apply is at work\n",
            folder.display()
        ))
        .status(1)
        .expect_file("deployed/tls_policy", OLD)
        .run();
}

#[test]
fn a_stale_plan_is_refused() {
    let sshd = Sshd::start();
    let ran = remote(&sshd, STRONGER, "texthash").args(["plan", "--out", "plan.json"]);
    let ran = ran.any_stderr().any_stdout().run();
    let moved = "a.example may\n";
    then(&ran, &sshd)
        .file("deployed/tls_policy", moved)
        .args(["apply", "plan.json"])
        .stderr_has(
            "error: the plan is stale: the deployed tls_policy of target `mx` has changed since\n",
        )
        .status(6)
        .expect_file("deployed/tls_policy", moved)
        .run();
    let ran = then(&ran, &sshd).file("deployed/tls_policy", OLD).args(["apply", "plan.json"]);
    let ran = ran.any_stderr().any_stdout().run();
    then(&ran, &sshd).args(["plan"]).stdout("mx  no changes\n").run();
}

#[test]
fn a_postfix_that_cannot_be_reloaded_is_an_error_of_its_own() {
    let (sshd, _programs) = with_programs(&[(
        "postfix",
        "case $* in *status) exit 0;; esac\necho 'postfix: fatal: chdir(/var/spool/x): No such file' >&2; exit 1\n",
    )]);
    let ran = remote(&sshd, STRONGER, "lmdb").args(["apply"]);
    let folder = deployed(ran.path());
    let ran = ran
        .any_stdout()
        .stderr_has(&format!(
            "error: target `mx`: postfix of {} was not reloaded: postfix: fatal: chdir(/var/spool/x): No such file; ",
            folder.display()
        ))
        .status(7)
        .run();
    // Whatever is there, the next apply does the rest.
    let healed = Sshd::start();
    let ran = then(&ran, &healed).args(["apply"]).any_stdout().any_stderr().run();
    then(&ran, &healed).args(["plan"]).stdout("mx  no changes\n").run();
}

#[test]
fn what_is_read_back_otherwise_than_written_returns_the_old_generation() {
    // Once, when it lists the new map in its place, postmap gives something else.
    let (sshd, programs) = with_programs(&[(
        "postmap",
        "for map; do :; done\n\
         case \"$* \" in *' -s '*/tls_policy' ')\n\
             if grep -q mx.a.example \"${map#*:}\" && rm DIR/lie 2>/dev/null; then printf 'a.example\\tmay\\n'; exit 0; fi;;\n\
         esac\n\
         exec /usr/sbin/postmap \"$@\"\n",
    )]);
    fs::write(programs.path().join("lie"), "").unwrap();
    let ran = remote(&sshd, STRONGER, "lmdb").args(["apply"]).any_stdout();
    let ran = ran
        .stderr_has(" Returned to what was before\n")
        .stderr_has("error: target `mx`: tls_policy is not what was written; everything is as it was before\n")
        .status(1)
        .run();
    assert!(!programs.path().join("lie").exists(), "it was not asked");
    let policies = ran.read("deployed/tls_policy");
    assert!(
        policies.ends_with("\na.example may\nb.example secure match=mx.b.example\n"),
        "{policies}"
    );
    then(&ran, &sshd).args(["plan"]).any_stderr().stdout_has("mx  1 stronger\n").run();
}

/// Two targets, here and there, of which the second one by name fails while it is made ready.
#[test]
fn all_targets_are_made_ready_before_the_first_is_switched() {
    let (sshd, programs) = with_programs(&[(
        "postmap",
        "case $* in *.mxward-*) test ! -e DIR/full || { echo 'postmap: fatal: No space left on device' >&2; exit 1; };; esac\n\
         exec /usr/sbin/postmap \"$@\"\n",
    )]);
    fs::write(programs.path().join("full"), "").unwrap();
    let test = repository(STRONGER, "lmdb", "");
    let yaml = fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    let folder = fs::canonicalize(test.path()).unwrap().join("other");
    let main_cf = fs::read_to_string(test.path().join("deployed/main.cf")).unwrap();
    let other = format!(
        "{yaml}  other: {{ postfix: \"3.7\", security_level: may, map_type: lmdb, deployed: \"ssh://mx1{}\" }}\n",
        folder.display()
    );
    let test = test
        .file("mxward.yaml", other)
        .file("other/tls_policy", OLD)
        .file("other/main.cf", main_cf.replace("/deployed/", "/other/"))
        .file("other/master.cf", "smtp unix - - n - - smtp\n");
    age(&folder);
    let ran = test
        .variable("MXWARD_SSH", &sshd.command)
        .args(["apply"])
        .any_stdout()
        .stderr_has(
            "error: target `other`: postmap: fatal: No space left on device; nothing was changed\n",
        )
        .status(1)
        .expect_file("deployed/tls_policy", OLD)
        .expect_no_file("deployed/tls_policy.lmdb")
        .expect_file("other/tls_policy", OLD)
        .expect_no_file("other/tls_policy.lmdb")
        .run();
    fs::remove_file(programs.path().join("full")).unwrap();
    let ran = then(&ran, &sshd).args(["apply"]).any_stdout().any_stderr().run();
    then(&ran, &sshd).args(["plan"]).stdout("mx     no changes\nother  no changes\n").run();
}

#[test]
fn a_host_that_cannot_be_reached_stops_before_anything_is_done() {
    let test = repository(STRONGER, "lmdb", "");
    let yaml = fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    let more = "  other: { postfix: \"3.7\", security_level: may, map_type: lmdb, deployed: \"ssh://mx1/etc/postfix\" }\n";
    test.file("mxward.yaml", format!("{yaml}{more}"))
        .file("ssh", "echo 'ssh: no route' >&2; exit 255\n")
        .variable("MXWARD_SSH", "sh ssh")
        .args(["apply"])
        .any_stdout()
        .stderr_has("error: target `other`: cannot connect to `mx1`: ssh: no route\n")
        .status(1)
        .expect_file("deployed/tls_policy", OLD)
        .run();
}
