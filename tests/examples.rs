//! The repositories in `examples/`.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

use crate::harness::Test;
use crate::harness::postmap::{lookup, postmap};

#[test]
fn a_written_key_is_found_by_postmap() {
    let test = Test::new().file("tls_policy", "gmail.com secure match=mx.google.com\n");
    let map = test.path().join("tls_policy");
    for map_type in ["hash", "lmdb", "cdb"] {
        let output = postmap(map_type, &map);
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let found = lookup(map_type, &map, "GMail.com");
        assert_eq!(found.as_deref(), Some("secure match=mx.google.com"), "{map_type}");
        assert_eq!(lookup(map_type, &map, "mail.gmail.com"), None);
    }
}

const EXAMPLES: [&str; 3] = ["handwritten", "hosting", "lists"];

#[test]
fn each_example_is_checked_as_in_its_golden_text() {
    for example in EXAMPLES {
        Test::example(example)
            .args(["check", "--today", "2026-11-25"])
            .golden(&format!("check-{example}"))
            .run();
    }
}

#[test]
fn each_example_compiles_without_network_to_its_golden_maps() {
    for example in EXAMPLES {
        let ran = Test::example(example)
            .args(["compile", "--frozen", "--out", "out"])
            .golden(&format!("compile-{example}"))
            .run();
        let again = ran.then().args(["compile", "--frozen", "--out", "out"]).any_stderr().run();
        assert!(!again.stderr.contains("Wrote"), "{}", again.stderr);
    }
}

/// [postmap(1): it exits with 0 although it left lines out, and warns]
#[test]
fn postmap_has_nothing_to_say_about_the_maps_of_the_examples() {
    for example in EXAMPLES {
        let ran = Test::example(example).args(["compile", "--frozen", "--out", "out", "-q"]).run();
        let mut maps = 0;
        for target in std::fs::read_dir(ran.path().join("out")).unwrap() {
            for name in ["transport", "tls_policy"] {
                let map = target.as_ref().unwrap().path().join(name);
                if !map.exists() {
                    continue;
                }
                maps += 1;
                for map_type in ["hash", "lmdb", "cdb"] {
                    let output = postmap(map_type, &map);
                    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
                }
            }
        }
        assert!(maps >= 2, "{example}");
    }
}
