//! `templates/*.j2`: output of the user's own.

use crate::harness::Test;

fn template(name: &str, text: &str) -> Test {
    Test::new()
        .file(
            "mxward.yaml",
            "version: 1\ndomains:\n  a.example: { level: encrypt }\n  \
             b.example: { next_hop: \"[mx.example.net]\", level: secure, match: [mx.example.net] }\ntargets:\n  \
             mx: { postfix: \"3.7\", security_level: dane, map_type: lmdb, ca: /ca.pem }\n",
        )
        .file(&format!("templates/{name}"), text)
        .args(["compile", "--out", "out"])
}

#[test]
fn a_template_sees_both_tables_and_the_target() {
    template(
        "list.txt.j2",
        "{{ target }} {{ security_level }} {{ digest | length }}\n\
         {% for it in transport %}{{ it.key }} via {{ it.value }}\n{% endfor -%}\n\
         {% for it in tls_policy %}{{ it.key }}: {{ it.level }} ({{ it.value }})\n{% endfor %}",
    )
    .any_stderr()
    .expect_file(
        "out/mx/list.txt",
        "mx dane 64\nb.example via smtp:[mx.example.net]\n[mx.example.net]: secure (secure match=mx.example.net)\n\
         a.example: encrypt (encrypt)\n",
    )
    .run();
}

#[test]
fn an_undefined_name_is_an_error_with_its_place_and_nothing_is_written() {
    template("x.j2", "first\n{{ taget }}\n")
        .status(3)
        .stderr(
            "\
error[template]: undefined value: `taget` is undefined
 --> templates/x.j2:2:4
  |
2 | {{ taget }}
  |    ^^^^^
  |
  = help: a template may use `target`, `security_level`, `digest`, and the lists `transport` and
          `tls_policy`, whose lines have `key`, `value`, `level` and `template`

1 error
",
        )
        .expect_no_file("out/mx/tls_policy")
        .run();
}

#[test]
fn a_template_without_end_ends() {
    for text in [
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "{{ 'x' * 10000000000 }}",
    ] {
        template("x.j2", text)
            .status(3)
            .stderr_has("error[template]: engine ran out of fuel\n")
            .run();
    }
}

#[test]
fn a_template_reads_no_files() {
    for text in
        ["{% include '/etc/passwd' %}", "{% extends 'mxward.yaml' %}", "{% import 'x' as x %}"]
    {
        template("x.j2", text).status(3).stderr_has("error[template]: syntax error: ").run();
    }
}

/// What mxward writes is read back first; nothing else takes its place.
#[test]
fn a_template_does_not_replace_a_map() {
    for name in ["transport", "tls_policy", "main.cf.required", "tlspolicies.sql"] {
        template(&format!("{name}.j2"), "evil.example smtp:[192.0.2.1]\n")
            .status(3)
            .stderr_has(&format!(
                "error[template-name]: `{name}` is a file that mxward writes itself\n"
            ))
            .expect_no_file("out/mx/transport")
            .run();
    }
}
