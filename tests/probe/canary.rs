//! `mxward apply --canary`: one target first, the others once its servers take the mail.

use super::commands::{Servers, good, repository, self_signed};
use crate::harness::{Test, path, valid, wait_for};
use crate::host::Sshd;
use crate::sql::place::Place;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const OLD: &str = "foreign.example encrypt\n";

/// The repository of [`repository`] with a second target, both with an entry of somebody else.
fn two_targets(servers: &[Value]) -> (Test, Servers) {
    let (test, started) = repository(servers, "");
    let yaml = fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    let first = yaml.lines().find(|line| line.starts_with("  mx: ")).unwrap();
    let second = first.replace("  mx: ", "  mx2: ").replace("file:maps", "file:maps2");
    let yaml = yaml.replace(first, &format!("{second}\n{first}"));
    let test = test.file("mxward.yaml", yaml);
    (test.file("maps/tls_policy", OLD).file("maps2/tls_policy", OLD), started)
}

fn entries(folder: &Path, map: &str) -> Vec<String> {
    let text = fs::read_to_string(folder.join(map)).unwrap_or_default();
    text.lines().filter(|it| !it.starts_with('#')).map(str::to_owned).collect()
}

#[track_caller]
fn is_old(folder: &Path, target: &str) {
    assert_eq!(entries(folder, &format!("{target}/tls_policy")), ["foreign.example encrypt"]);
    assert_eq!(entries(folder, &format!("{target}/transport")), [""; 0]);
}

#[track_caller]
fn is_new(folder: &Path, target: &str, domains: usize) {
    assert_eq!(entries(folder, &format!("{target}/transport")).len(), domains);
    assert!(entries(folder, &format!("{target}/tls_policy")).len() > domains);
}

#[test]
fn the_others_follow_when_the_servers_take_the_mail() {
    let (test, _servers) = two_targets(&[good()]);
    let ran = test.args(["apply", "--canary", "mx"]).any_stdout().any_stderr().run();
    let first = ran.stderr.find(" Switched transport: ").unwrap();
    let probed = ran.stderr.find("   Probed canary mx: 1 next hop: 1 well\n").unwrap();
    let second = ran.stderr.rfind(" Switched transport: ").unwrap();
    assert!(first < probed && probed < second, "{}", ran.stderr);
    is_new(ran.path(), "maps", 1);
    is_new(ran.path(), "maps2", 1);
    // Where nothing changes there is nothing to try.
    let ran = ran.then().args(["apply", "--canary", "mx"]).any_stdout().any_stderr().run();
    assert!(!ran.stderr.contains("Probed"), "{}", ran.stderr);
}

#[test]
fn a_canary_whose_servers_refuse_is_taken_back_and_the_plan_stays_what_it_was() {
    let (test, _servers) = two_targets(&[good(), self_signed()]);
    let ran = test.args(["plan", "--out", "plan.json"]).any_stdout().any_stderr().run();
    let apply = ["apply", "plan.json", "--canary", "mx"];
    let json = apply.iter().copied().chain(["--report", "json"]);
    let refused = ran.then().args(json).any_stdout().any_stderr().status(5).run();
    let said = &refused.stderr;
    assert!(
        said.contains("error: canary mx: the servers of 1 next hop would not take mail: `[127."),
        "{said}"
    );
    assert!(said.contains(" of d1.example would defer: Server certificate not "), "{said}");
    assert!(said.contains("\nif that is meant: --allow probe=1\n"), "{said}");
    assert!(
        said.ends_with("error: canary mx: taken back; no other target was touched\n"),
        "{said}"
    );
    is_old(ran.path(), "maps");
    is_old(ran.path(), "maps2");
    assert!(!ran.path().join("maps/.mxward/tls_policy.applied").exists());
    valid("plan-report", &refused.stdout);
    let report: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!(report["exit"], json!({ "status": 5, "reason": "refused" }));
    assert_eq!(report["canary"]["targets"], json!(["mx"]));
    assert_eq!(report["canary"]["outcome"], "taken-back");
    let hops = report["canary"]["probe"]["targets"][0]["next_hops"].as_array().unwrap();
    assert_eq!(hops.len(), 2);
    let allowed = apply.iter().copied().chain(["--allow", "probe=1"]);
    ran.then().args(allowed).any_stdout().any_stderr().run();
    is_new(ran.path(), "maps", 2);
    is_new(ran.path(), "maps2", 2);
}

/// The same with something else in the place of a part of mxward.yaml, made of the folder that it is in.
fn elsewhere(servers: &[Value], from: &str, to: impl Fn(&Path) -> String) -> (Test, Servers) {
    let (test, started) = two_targets(servers);
    let yaml = fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    let yaml = yaml.replace(from, &to(&test.path().canonicalize().unwrap()));
    (test.file("mxward.yaml", yaml), started)
}

#[test]
fn a_canary_on_another_host_is_taken_back_and_followed_too() {
    let sshd = Sshd::start();
    for (server, status) in [(self_signed(), 5), (good(), 0)] {
        let place = |folder: &Path| format!("ssh://mx1{}/maps", folder.display());
        let (test, _servers) = elsewhere(&[server], "file:maps", place);
        let test = test.variable("MXWARD_SSH", &sshd.command);
        let ran = test.args(["apply", "--canary", "mx"]).any_stdout().any_stderr();
        let ran = ran.status(status).run();
        if status == 0 {
            is_new(ran.path(), "maps", 1);
            is_new(ran.path(), "maps2", 1);
        } else {
            assert!(ran.stderr.contains("error: canary mx: taken back;"), "{}", ran.stderr);
            is_old(ran.path(), "maps");
            is_old(ran.path(), "maps2");
        }
    }
}

#[test]
fn a_canary_with_its_policies_in_a_table_is_taken_back_and_followed_too() {
    for place in [Place::mariadb(), Place::postgres(), Place::sqlite()] {
        place.with_table();
        place.sql("INSERT INTO tlspolicies (domain, policy, params) VALUES ('foreign.example', 'encrypt', NULL)");
        let rows = || place.sql("SELECT domain, policy FROM tlspolicies ORDER BY domain");
        let before = rows();
        for (server, status) in [(self_signed(), 5), (good(), 0)] {
            let to = format!(
                "transport: \"file:maps/transport\", tls_policy: \"{}\", settle: 0s }}",
                place.url("")
            );
            let (test, _servers) =
                elsewhere(&[server], "deployed: \"file:maps\" }", |_| to.clone());
            let ran = test.args(["apply", "--canary", "mx"]).any_stdout().any_stderr();
            let ran = ran.status(status).run();
            if status == 0 {
                assert_eq!(rows().lines().count(), 3, "{}{}", rows(), ran.stderr);
                assert_eq!(entries(ran.path(), "maps/transport").len(), 1, "{}", ran.stderr);
                is_new(ran.path(), "maps2", 1);
            } else {
                assert!(ran.stderr.contains("error: canary mx: taken back;"), "{}", ran.stderr);
                // The new row stays as long as deliveries under way may ask for it.
                assert!(rows().contains(&before), "{}{}", rows(), ran.stderr);
                assert_eq!(entries(ran.path(), "maps/transport"), [""; 0], "{}", ran.stderr);
                is_old(ran.path(), "maps2");
            }
        }
    }
}

#[test]
fn what_a_run_before_has_changed_on_the_canary_is_probed_too() {
    let (test, _servers) = two_targets(&[good(), self_signed()]);
    let ran = test.args(["apply", "--target", "mx"]).any_stdout().any_stderr().run();
    is_new(ran.path(), "maps", 2);
    let refused =
        ran.then().args(["apply", "--canary", "mx"]).any_stdout().any_stderr().status(5).run();
    assert!(
        refused.stderr.ends_with(
            "error: canary mx: applied by a run before this one, and stays; no other target was touched\n"
        ),
        "{}",
        refused.stderr
    );
    is_new(ran.path(), "maps", 2);
    is_old(ran.path(), "maps2");
}

#[test]
fn protect_yaml_can_name_the_canary() {
    let (test, _servers) = two_targets(&[self_signed()]);
    let test = test.file("protect.yaml", "version: 1\ncanary: mx\n");
    let refused = test.args(["apply"]).any_stdout().any_stderr().status(5).run();
    assert!(refused.stderr.contains("error: canary mx: taken back;"), "{}", refused.stderr);
    is_old(refused.path(), "maps");
    is_old(refused.path(), "maps2");
    for verb in ["plan", "apply"] {
        let args = [verb, "--target", "mx2"];
        let left = refused.then().args(args).any_stdout().any_stderr().status(5).run();
        let joined = left.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        let message = "refused: target mx: protect.yaml wants it to go first, as the canary, and this run leaves it out";
        assert!(joined.contains(message), "{}", left.stdout);
    }
    is_old(refused.path(), "maps2");
}

#[test]
fn a_canary_that_cannot_be_one_is_an_error_before_anything_changes() {
    let (test, _servers) = two_targets(&[good()]);
    let ran = test
        .args(["apply", "--canary", "mx3"])
        .stderr_has("error: no target named `mx3`; did you mean `mx`?\n")
        .status(64)
        .run();
    ran.then()
        .args(["apply", "--canary", "mx", "--target", "mx2"])
        .stderr_has(
            "error: `--canary mx`: the target is no part of this run: `--target` leaves it out",
        )
        .status(64)
        .run();
    ran.then()
        .args(["apply", "--canary", "mx", "--offline"])
        .stderr_has("error: servers are connected to, which `--offline` and `--frozen` forbid\n")
        .status(64)
        .run();
    is_old(ran.path(), "maps");
    is_old(ran.path(), "maps2");
}

/// An apply of which the canary is changed, and whose probe waits for a server that says nothing.
fn probing(folder: &Path, more: &[&str]) -> Child {
    let child = Command::new(env!("CARGO_BIN_EXE_mxward"))
        .args(["apply", "--canary", "mx"])
        .args(more)
        .current_dir(folder)
        .env_clear()
        .env("PATH", path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    wait_for("the canary", || {
        let record = fs::read_to_string(folder.join("maps/.mxward/tls_policy.applied")).ok()?;
        (!record.contains("unfinished") && !entries(folder, "maps/transport").is_empty())
            .then_some(())
    });
    is_old(folder, "maps2");
    child
}

/// Whether a process catches `SIGINT`, the signal 2, which it does while it probes. [proc(5) `SigCgt`]
fn is_caught(process: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    u64::from_str_radix(caught.trim(), 16).unwrap() & 1 << (2 - 1) != 0
}

fn ended(child: Child, signal: &str) -> (Output, String) {
    wait_for("the handler", || is_caught(child.id()).then_some(()));
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, said)
}

#[test]
fn an_interrupted_probe_takes_the_canary_back() {
    let (test, _servers) = two_targets(&[json!({ "greeting": "hang" })]);
    let child = probing(test.path(), &["--allow", "probe"]);
    let (output, said) = ended(child, "-INT");
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.ends_with("canary mx: taken back; no other target was touched\n"), "{said}");
    is_old(test.path(), "maps");
    is_old(test.path(), "maps2");
}

#[test]
fn a_kill_between_the_canary_and_the_others_is_finished_by_the_next_apply() {
    let (test, _servers) = two_targets(&[json!({ "greeting": "hang" }), good()]);
    let child = probing(test.path(), &[]);
    let (output, said) = ended(child, "-KILL");
    assert_eq!(output.status.code(), None, "{said}");
    is_new(test.path(), "maps", 2);
    is_old(test.path(), "maps2");
    let ran = test
        .args(["apply", "--canary", "mx", "--allow", "probe=1"])
        .any_stdout()
        .any_stderr()
        .run();
    is_new(ran.path(), "maps2", 2);
    let names = fs::read_dir(ran.path().join("maps2")).unwrap();
    let litter = |name: &String| name.starts_with('.') && name != ".mxward";
    let names = names.map(|it| it.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(litter).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn what_somebody_else_changes_during_the_probe_is_not_overwritten() {
    let (test, _servers) = two_targets(&[json!({ "greeting": "hang" })]);
    let child = probing(test.path(), &["--allow", "probe=1"]);
    let other = format!("{OLD}late.example encrypt\n");
    fs::write(test.path().join("maps2/tls_policy"), &other).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(7), "{said}");
    assert!(
        said.ends_with(
            "error: target `mx2`: somebody else has changed its maps meanwhile; the next apply goes on from here\n"
        ),
        "{said}"
    );
    is_new(test.path(), "maps", 1);
    assert_eq!(fs::read_to_string(test.path().join("maps2/tls_policy")).unwrap(), other);
    let ran = test.args(["apply"]).any_stdout().any_stderr().run();
    is_new(ran.path(), "maps2", 1);
    assert!(entries(ran.path(), "maps2/tls_policy").contains(&"late.example encrypt".to_owned()));
}
