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

/// [postconf(5) `smtp_tls_CAfile`]: a folder there turns TLS off.
#[test]
fn a_folder_of_cas_is_never_named_as_a_file() {
    for (ca, line) in [
        ("/etc/ssl/certs", "\nsmtp_tls_CApath = /etc/ssl/certs/\n"),
        ("/etc/ssl/certs/", "\nsmtp_tls_CApath = /etc/ssl/certs/\n"),
        ("/etc/ssl/cert.pem", "\nsmtp_tls_CAfile = /etc/ssl/cert.pem\n"),
    ] {
        let text = format!(
            "version: 1\n\
             domains:\n  \
               a.example: {{ level: secure, match: [mx.a.example] }}\n\
             targets:\n  \
               mx: {{ postfix: \"3.7\", security_level: may, map_type: lmdb, ca: {ca} }}\n"
        );
        Test::new().file("mxward.yaml", text).args(["compile"]).stdout_has(line).run();
    }
}

#[test]
fn a_list_of_next_hops_is_refused_for_the_target_that_does_not_take_it() {
    let text = "version: 1\n\
        domains:\n  \
          a.example: { provider: hostpoint, route: host }\n\
        targets:\n  \
          new: { postfix: \"3.5\", security_level: may, map_type: lmdb, ca: /etc/ssl/cert.pem }\n  \
          old: { postfix: \"3.4\", security_level: may, map_type: lmdb, ca: /etc/ssl/cert.pem }\n";
    Test::new()
        .file("mxward.yaml", text)
        .args(["compile"])
        .stderr(
            "\
error[postfix-version]: target `old` runs Postfix 3.4: a list of next hops needs Postfix 3.5
 --> mxward.yaml:3:44
  |
3 |   a.example: { provider: hostpoint, route: host }
  |                                            ^^^^
  |
  = help: write `route: mx`, or one next hop

1 error
",
        )
        .status(3)
        .run();
}
