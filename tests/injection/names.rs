//! Names of files, and arguments: a pipeline may take them from a branch or from a merge request.

use super::{TEXTS, is_harmless, reported};
use crate::harness::Test;

const REPOSITORY: &str = "\
version: 1
domains:
  a.example: { level: encrypt }
targets:
  mx: { postfix: \"3.7\", security_level: dane, map_type: texthash, deployed: \"file:maps\" }
";

/// What every command says of a name that it cannot use.
#[test]
fn arguments_are_shown_and_not_obeyed() {
    for text in TEXTS {
        let text = format!("{text}\n::error::x\n##[add-mask]x");
        let test = Test::new().file("mxward.yaml", REPOSITORY);
        let ran = reported(test.args(["check", "--target", &text]), &[]).status(64).run();
        is_harmless(&ran, &[]);
        for (args, status) in [
            (["explain", "--", &text], 64),
            (["discover", "--", &text], 64),
            (["probe", "--domain", &format!("x{text}")], 64),
            (["providers", "show", &format!("x{text}")], 64),
            (["apply", "--", &text], 1),
            (["logs", "--", &text], 1),
            (["diff", "--from", &format!("x{text}")], 1),
            (["check", "-C", &format!("x{text}")], 1),
        ] {
            let test = ran.then().variable("GITHUB_ACTIONS", "true").args(args);
            let ran = test.any_stdout().any_stderr().status(status).run();
            is_harmless(&ran, &[]);
        }
    }
}

/// Names that are there are read as names of files, and shown as texts.
#[test]
fn names_of_files_are_shown_and_not_obeyed() {
    for text in TEXTS {
        let name = format!("x{}\n::error::x", text.replace('/', ""));
        let map = format!("::error::\u{1b}[2J {text}\n");
        let test = Test::new().file("mxward.yaml", REPOSITORY).file(&name, &map);
        let args = ["import", "--tls-policy", &name, "--security-level", "may", "--out", "new"];
        let test = reported(test.args(args).args(["--foreign", "keep"]), &[]);
        is_harmless(&test.run(), &[]);
        for (args, status) in [(["logs", name.as_str()], 0), (["apply", &name], 6)] {
            let test = Test::new().file("mxward.yaml", REPOSITORY).file(&name, &map);
            is_harmless(&reported(test.args(args), &[]).status(status).run(), &[]);
        }
    }
}
