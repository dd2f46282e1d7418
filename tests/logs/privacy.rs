//! Addresses of people are neither kept nor shown.

use super::{deferred, lines, sent, summary};
use crate::harness::Test;

#[test]
fn no_report_shows_the_address_of_a_person() {
    let log = lines(&[
        summary("Verified"),
        sent("0A1B2C"),
        sent("0A1B2C").replace(", relay=", ", orig_to=<bertha@b.example>, relay="),
        deferred("0A1B2D", "host mx.a.example[192.0.2.1] said: 450 4.2.2 <anna@a.example> is full"),
        deferred("0A1B2E", "anna@a.example"),
        "warning: transport_maps lookup error for \"anna@a.example\"".to_owned(),
        sent("0A1B2F").replace("anna@a.example", "anna@[192.0.2.1]"),
        sent("0A1B20").replace("anna@a.example", "anna"),
        sent("0A1B21").replace("anna@a.example", "a\"@anna@b_ertha@@example"),
    ]);
    for format in ["text", "json", "markdown"] {
        let ran = Test::new()
            .file("log", &log)
            .args(["logs", "log", "-v", "--mx", "any", "--min-messages", "1", "--min-days", "0"])
            .args(["--report", format, "--write", "out.yaml"])
            .any_stdout()
            .any_stderr()
            .run();
        for text in [&ran.stdout, &ran.stderr, &ran.read("out.yaml")] {
            assert!(!text.contains("anna") && !text.contains("ertha"), "{text}");
        }
    }
}
