//! What `compile --out` does to files.
#![expect(clippy::disallowed_methods, reason = "looks at what the program left behind")]

use crate::harness::Test;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

const TWO_TARGETS: &str = "version: 1\n\
    domains:\n  \
      a.example: { level: secure, match: [mx.a.example], enable_rpk: yes }\n\
    targets:\n  \
      new: { postfix: \"3.10\", security_level: may, map_type: lmdb }\n  \
      old: { postfix: \"3.7\", security_level: may, map_type: lmdb }\n";

const ONE_TARGET: &str = "version: 1\n\
    domains:\n  \
      a.example: { level: encrypt }\n\
    targets:\n  \
      mx: { postfix: \"3.7\", security_level: may, map_type: lmdb }\n";

/// Every path below a folder, sorted.
fn paths(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(paths(&path));
        }
        found.push(path.display().to_string());
    }
    found.sort();
    found
}

#[test]
fn an_error_in_one_target_leaves_nothing_of_the_other() {
    let ran = Test::new()
        .file("mxward.yaml", TWO_TARGETS)
        .args(["compile", "--out", "out"])
        .stderr_has("postfix-version")
        .status(3)
        .run();
    let file = ran.path().join("mxward.yaml");
    assert_eq!(paths(ran.path()), [file.display().to_string()]);
}

#[test]
fn files_that_say_the_same_already_are_left_alone() {
    let wrote = "    Wrote out/mx/transport (0 entries)\n    \
        Wrote out/mx/tls_policy (1 entry)\n    \
        Wrote out/mx/main.cf.required\n";
    let compile = ["compile", "--out", "out"];
    let ran = Test::new().file("mxward.yaml", ONE_TARGET).args(compile).stderr(wrote).run();
    let map = ran.path().join("out/mx/tls_policy");
    let before = std::fs::metadata(&map).unwrap();
    ran.then().args(compile).stderr(wrote.replace("    Wrote", "Unchanged")).run();
    let after = std::fs::metadata(&map).unwrap();
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
}

#[test]
fn files_that_differ_are_replaced_and_keep_their_permissions() {
    let compile = ["compile", "--quiet", "--out", "out"];
    let ran = Test::new().file("mxward.yaml", ONE_TARGET).args(compile).run();
    let map = ran.path().join("out/mx/tls_policy");
    let text = ran.read("out/mx/tls_policy");
    let mode = || std::fs::metadata(&map).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o644);
    // As long as before, and longer.
    for damaged in [text.replace("encrypt", "EncrypT"), format!("{text}b.example may\n")] {
        std::fs::write(&map, damaged).unwrap();
        std::fs::set_permissions(&map, std::fs::Permissions::from_mode(0o600)).unwrap();
        let ran = ran.then().args(compile).run();
        assert_eq!(ran.read("out/mx/tls_policy"), text);
        assert_eq!(mode(), 0o600);
    }
}
