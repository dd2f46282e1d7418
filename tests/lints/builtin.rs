//! What the program brings itself must not be complained about.

use super::check;
use crate::harness::Test;
use mxward::model::builtin::{names, text};
use std::fmt::Write as _;

#[test]
fn no_built_in_template_that_has_a_policy_is_complained_about() {
    let (mut yaml, mut lock) = (String::from("defaults: { route: mx }\ndomains:\n"), String::new());
    let mut used = 0;
    for name in names() {
        let template = text(name).unwrap();
        if !template.contains("\npolicy:") {
            continue;
        }
        used += 1;
        writeln!(yaml, "  {name}.example: {name}").unwrap();
        writeln!(
            lock,
            "  {name}.example: {{ dnssec: insecure, since: 2026-11-24, mx: [10 mx.example.net] }}"
        )
        .unwrap();
    }
    assert!(used > 10);
    let lock = format!(
        "version: 1\nchecked: 2026-11-24\nhosts:\n  mx.example.net:\n    dnssec: insecure\n    \
         dane: false\n    addresses: [203.0.113.25 since 2026-11-24]\ndomains:\n{lock}"
    );
    check(&yaml, &lock).stdout(format!("{used} domains, 1 target: no findings\n")).run();
}

#[test]
fn the_example_of_hand_written_maps_is_told_that_its_pins_are_against_advice() {
    Test::example("handwritten")
        .args(["check", "--today", "2026-11-24"])
        .golden("check-handwritten")
        .run();
}
