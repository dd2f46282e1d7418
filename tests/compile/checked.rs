//! `check` says what `compile` would stop at.

#![expect(clippy::disallowed_methods, reason = "one run has a full disk as its standard output")]

use crate::harness::Test;

const TARGET: &str = "version: 1\n\
    domains:\n  \
      a.example: { level: encrypt }\n\
    targets:\n  \
      mx: { postfix: \"3.7\", security_level: may, map_type: lmdb }\n";

/// Both commands say the same and exit alike; `compile` says it to standard error.
fn both(make: impl Fn() -> Test, expected: &str) {
    make().args(["check", "--frozen"]).stdout_has(expected).status(3).run();
    make().args(["compile", "--frozen"]).stderr_has(expected).status(3).run();
}

#[test]
fn a_template_that_fails_is_found_by_check() {
    both(
        || Test::new().file("mxward.yaml", TARGET).file("templates/x.txt.j2", "{{ policies }}"),
        "\
error[template]: undefined value: `policies` is undefined
 --> templates/x.txt.j2:1:4
  |
1 | {{ policies }}
  |    ^^^^^^^^
  |
  = help: a template may use `target`, `security_level`, `digest`, and the lists `transport` and
          `tls_policy`, whose lines have `key`, `value`, `level` and `template`
",
    );
}

#[test]
fn a_template_with_the_name_of_a_map_is_found_by_check() {
    both(
        || Test::new().file("mxward.yaml", TARGET).file("templates/transport.j2", "x"),
        "error[template-name]: `transport` is a file that mxward writes itself\n",
    );
}

#[test]
fn a_row_that_is_too_long_is_found_by_check() {
    let names =
        (0..30).map(|n| format!("host-number-{n}.mail.example")).collect::<Vec<_>>().join(", ");
    let text = format!(
        "version: 1\n\
         domains:\n  \
           a.example: {{ level: secure, match: [{names}] }}\n\
         targets:\n  \
           db: {{ postfix: \"3.10\", security_level: may, ca: /etc/ssl/cert.pem, tls_policy: \"mysql://u@127.0.0.1/x\" }}\n"
    );
    both(
        || Test::new().file("mxward.yaml", &text),
        "error[row-too-long]: the row of `a.example` needs ",
    );
}

#[test]
fn what_holds_for_both_maps_is_said_once() {
    let text = "version: 1\n\
        domains:\n  \
          bücher.example: { next_hop: \"[mx.example]\", level: encrypt }\n  \
          zürich.example: { level: encrypt }\n\
        targets:\n  \
          db:\n    \
            postfix: \"3.10\"\n    \
            security_level: may\n    \
            tls_policy: \"mysql://u@127.0.0.1/x\"\n    \
            transport: \"mysql://u@127.0.0.1/x\"\n";
    let ran = Test::new().file("mxward.yaml", text).args(["check"]).any_stdout().run();
    assert_eq!(ran.stdout.matches("= help: ").count(), 1, "{}", ran.stdout);
}

#[test]
fn a_standard_output_that_is_full_is_an_error_that_is_said_once() {
    let test = Test::new().file("mxward.yaml", TARGET);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_mxward"))
        .current_dir(test.path())
        .args(["compile", "--frozen"])
        .stdout(full)
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let expected =
        "error: cannot write to standard output: No space left on device (os error 28)\n";
    assert_eq!((stderr.as_str(), output.status.code()), (expected, Some(1)));
}
