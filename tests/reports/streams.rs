//! Reports to what is no plain file: nothing takes its place.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

use super::json;
use crate::harness::Test;
use std::fs;
use std::process::Command;

const GOOD: &str = "version: 1\ndomains:\n  a.example: { level: encrypt }\n";

#[test]
fn a_pipe_gets_the_report_and_stays() {
    let test = Test::new().file("mxward.yaml", GOOD).args([
        "check",
        "--report",
        "json=pipe",
        "--report",
        "text=text",
    ]);
    let pipe = test.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    let _ran = test.any_stdout().run();
    let report = json(&reader.join().unwrap());
    assert_eq!(report["exit"]["reason"], "done");
    assert!(!fs::metadata(pipe).unwrap().is_file());
}

#[test]
fn a_device_that_never_ends_is_not_read() {
    // A name of its own, so that a failure does not harm the system.
    let test = Test::new().file("mxward.yaml", GOOD).args(["check", "--report", "json=full"]);
    let full = test.path().join("full");
    std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    test.any_stdout()
        .stderr("error: cannot write `full`: No space left on device (os error 28)\n")
        .status(1)
        .run();
    assert!(fs::symlink_metadata("/dev/full").is_ok_and(|it| !it.is_file()));
}

#[test]
fn a_symbolic_link_stays_and_what_it_leads_to_is_replaced() {
    let test = Test::new().file("mxward.yaml", GOOD).file("real/report.json", "old").args([
        "check",
        "--report",
        "json=report.json",
    ]);
    let link = test.path().join("report.json");
    std::os::unix::fs::symlink("real/report.json", &link).unwrap();
    let ran = test.any_stdout().run();
    assert!(fs::symlink_metadata(link).unwrap().is_symlink());
    assert_eq!(json(&ran.read("real/report.json"))["exit"]["reason"], "done");
}

#[test]
fn a_map_is_not_written_into_a_pipe() {
    let test = Test::new()
        .file(
            "mxward.yaml",
            "version: 1\ntargets:\n  mx: { postfix: \"3.7\", security_level: dane, map_type: lmdb }\n",
        )
        .file("out/mx/main.cf.required", "")
        .args(["compile", "--out", "out"]);
    let pipe = test.path().join("out/mx/transport");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let _ran =
        test.stderr("error: cannot write `out/mx/transport`: no regular file\n").status(1).run();
    assert!(!fs::metadata(pipe).unwrap().is_file());
}
