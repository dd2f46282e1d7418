//! The maps that an administrator wrote by hand, imported.

use super::data;
use std::process::Command;

/// What must be said, by line.
const DEFECTS: &[&str] = &[
    "transport:1: note[single-address]",
    "transport:2: warning[duplicate]",
    "transport:3: warning[duplicate]",
    "transport:4: warning[duplicate]",
    "transport:5: warning[duplicate]",
    "transport:9: warning[next-hop-without-policy]",
    "transport:9: note[shared-next-hop]",
    "transport:10: warning[next-hop-without-policy]",
    "tls_policy:1: warning[never-looked-up]",
    "tls_policy:2: warning[never-looked-up]",
    "tls_policy:9: warning[never-looked-up]",
    "tls_policy:24: warning[duplicate]",
    "tls_policy:33: warning[duplicate]",
    "tls_policy:36: note[literal-wildcard]",
    "tls_policy:36: warning[never-looked-up]",
    "tls_policy:39: note[literal-wildcard]",
    "tls_policy:39: warning[never-looked-up]",
    "tls_policy:42: warning[no-value]",
    "tls_policy:45: warning[no-value]",
];

#[test]
#[expect(clippy::disallowed_methods, reason = "runs the program and looks at what it writes")]
fn hand_written_maps_become_templates_with_every_defect_at_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let output = Command::new(env!("CARGO_BIN_EXE_mxward"))
        .arg("import")
        .args(
            [data("data/seed/tls_policy"), data("data/seed/transport")]
                .iter()
                .zip(["--tls-policy", "--transport"])
                .flat_map(|(file, flag)| [flag.as_ref(), file.as_os_str()]),
        )
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    for defect in DEFECTS {
        assert!(report.contains(defect), "{defect} is missing:\n{report}");
    }
    assert!(report.ends_with("\nequal: 16 keys\n"), "{report}");
    let written = std::fs::read_to_string(out.join("mxward.yaml")).unwrap();
    for part in [
        "gmail.com: { provider: google, next_hop: \"[64.233.166.26]\" }",
        "veloplus.ch: { provider: google, next_hop: \"[66.102.1.27]\" }",
        "Addresses of the template `hostpoint`",
        "[217.26.49.138] secure match=*.mail.hostpoint.ch",
    ] {
        assert!(written.contains(part), "{part} is missing:\n{written}");
    }
}
