//! Internationalised names: accepted in both forms, stored as A-labels, emitted in both.

use crate::harness::Test;

const TARGETS: &str = "\
targets:
  mx: { postfix: \"3.7\", security_level: may, map_type: lmdb }
";

/// The policy map of a repository with these lines under `domains:`.
fn policies(domains: &str) -> Vec<String> {
    let ran = Test::new()
        .file("mxward.yaml", format!("version: 1\ndomains:\n{domains}{TARGETS}"))
        .args(["compile", "--out", "out", "--frozen", "--quiet"])
        .run();
    let map = ran.read("out/mx/tls_policy");
    map.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn both_forms_of_an_internationalised_domain_become_keys() {
    let expected = ["münchen.example encrypt", "xn--mnchen-3ya.example encrypt"];
    for written in ["münchen.example", "MÜNCHEN.Example.", "xn--mnchen-3ya.example"] {
        let mut found = policies(&format!("  {written}: {{ level: encrypt }}\n"));
        found.sort();
        assert_eq!(found, expected, "{written}");
    }
}

#[test]
fn both_forms_of_all_subdomains_become_keys() {
    let mut found = policies("  .münchen.example: { level: encrypt }\n");
    found.sort();
    assert_eq!(found, [".münchen.example encrypt", ".xn--mnchen-3ya.example encrypt"]);
}

#[test]
fn a_decomposed_name_is_the_composed_one() {
    let mut found = policies("  mu\u{308}nchen.example: { level: encrypt }\n");
    found.sort();
    assert_eq!(found, ["münchen.example encrypt", "xn--mnchen-3ya.example encrypt"]);
}

#[test]
fn letter_case_and_the_final_dot_make_no_difference() {
    assert_eq!(policies("  GMail.COM.: { level: encrypt }\n"), ["gmail.com encrypt"]);
}
