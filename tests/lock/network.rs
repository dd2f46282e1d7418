//! Commands that must not use the network open no socket of it.

use crate::harness::{Test, path};
use std::process::Command;

/// The system calls about the network that mxward does in a copy of an example.
fn network_calls(args: &[&str]) -> (String, String) {
    let test = Test::example("handwritten");
    let output = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=network", "-o", "calls", env!("CARGO_BIN_EXE_mxward")])
        .args(args)
        .current_dir(test.path())
        .env_clear()
        .env("PATH", path())
        .output()
        .unwrap_or_else(|error| panic!("strace: {error}"));
    let calls = std::fs::read_to_string(test.path().join("calls")).unwrap();
    let shown = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    (calls, shown)
}

#[test]
fn check_compile_and_diff_offline_open_no_socket() {
    for (args, part) in [
        (&["check"][..], " domains, "),
        (&["compile", "--frozen"], "gmail.com smtp:["),
        (&["compile", "--offline"], "gmail.com smtp:["),
        (&["diff", "--target", "mx"], "gmail.com"),
        (&["diff", "--offline"], "was not asked"),
        (&["lock", "--offline"], "Unchanged"),
        (&["lock"], "Unchanged"),
    ] {
        let (calls, shown) = network_calls(args);
        assert!(shown.contains(part), "`mxward {}` lacks {part}:\n{shown}", args.join(" "));
        assert!(!calls.contains("AF_INET"), "`mxward {}`:\n{calls}", args.join(" "));
    }
}

/// The test above would see a socket.
#[test]
fn update_opens_a_socket() {
    let (calls, shown) = network_calls(&["update", "--dns-server", "127.0.0.1:9"]);
    assert!(calls.contains("socket(AF_INET"), "{calls}{shown}");
}
