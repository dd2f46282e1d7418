//! What holds for every command.

#![expect(clippy::disallowed_methods, reason = "one run has a terminal")]

use crate::harness::{Test, root};
use std::collections::BTreeSet;

const REPOSITORY: &str = "\
version: 1
domains:
  a.example: { level: encrypt }
targets:
  mx: { postfix: \"3.7\", security_level: dane, map_type: lmdb }
  relay: { postfix: \"3.7\", security_level: dane, map_type: lmdb }
";

fn test() -> Test {
    Test::new().file("mxward.yaml", REPOSITORY)
}

#[test]
fn global_flags_work_on_both_sides_of_the_command() {
    for args in [["--target", "mx", "diff"], ["diff", "--target", "mx"]] {
        test().args(args).stdout_has("mx  not compared").run();
    }
}

#[test]
fn a_target_that_is_not_there_is_named_with_the_nearest() {
    test()
        .args(["diff", "--target", "rely"])
        .stderr("error: no target named `rely`; did you mean `relay`?\n")
        .status(64)
        .run();
}

#[test]
fn a_wrong_command_line_is_64_and_help_is_0() {
    test().args(["dif"]).stderr_has("error: unrecognized subcommand 'dif'").status(64).run();
    test().args(["--help"]).stdout_has("Usage: mxward").run();
    test().args(["--version"]).stdout(format!("mxward {}\n", env!("CARGO_PKG_VERSION"))).run();
}

#[test]
fn a_folder_without_a_repository_says_how_to_name_one() {
    Test::new()
        .args(["check"])
        .stdout_has("there is no `mxward.yaml` here")
        .stdout_has("name the repository's folder with `-C DIR`")
        .status(3)
        .run();
    Test::new()
        .args(["-C", "nowhere", "diff"])
        .stderr_has("error: cannot read `nowhere`")
        .status(1)
        .run();
}

#[test]
fn reports_go_where_they_are_sent() {
    let ran = test()
        .args(["check", "--report", "json=out/report.json", "--report", "text"])
        .any_stdout()
        .run();
    assert!(ran.read("out/report.json").contains("\"reason\": \"done\""));
    test()
        .args(["check", "--report", "html"])
        .stderr_has("error: no report format `html`")
        .status(64)
        .run();
}

#[test]
fn colours_are_for_terminals_and_on_request() {
    let broken =
        || Test::new().file("mxward.yaml", "version: 1\ndomain: {}\n").args(["check"]).status(3);
    let plain = broken().any_stdout().run();
    assert!(!plain.stdout.contains('\u{1b}'));
    broken().args(["--color", "always"]).stdout_has("\u{1b}[").run();
}

#[test]
fn completions_and_manual_pages_cover_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        Test::new().args(["completions", shell]).stdout_has("explain").run();
    }
    let ran =
        Test::new().args(["man", "--out", "man"]).variable("SOURCE_DATE_EPOCH", "1796000000").run();
    let top = ran.read("man/mxward.1");
    for command in ["diff", "providers", "man"] {
        assert!(top.contains(&format!("mxward\\-{command}(1)")), "{top}");
    }
    let page = ran.read("man/mxward-providers-show.1");
    let title = ".TH MXWARD-PROVIDERS-SHOW 1 2026-11-30 \"mxward 0.1.0\" \"User Commands\"";
    assert!(page.contains(title), "{page}");
    assert!(page.contains("\n\\fBmxward providers show\\fR [OPTIONS] <NAME>\n"), "{page}");
    assert!(page.contains("\\fBmxward\\-providers\\fR(1), "), "{page}");
    assert!(page.lines().all(|line| line.len() <= 80 || !line.contains(' ')), "{page}");
    for wrong in ["", "tomorrow", "99999999999999"] {
        Test::new()
            .args(["man", "--out", "man"])
            .variable("SOURCE_DATE_EPOCH", wrong)
            .stderr_has("which is no number of seconds since 1970")
            .status(64)
            .run();
    }
}

#[test]
fn the_readme_names_only_commands_that_are_there() {
    #[expect(clippy::disallowed_methods, reason = "reads a file of the project")]
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let named: BTreeSet<&str> = readme
        .split("`mxward ")
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_lowercase()).next())
        .filter(|word| !word.is_empty() && *word != "help")
        .collect();
    assert!(named.len() >= 6, "{named:?}");
    let help = Test::new().args(["--help"]).any_stdout().run().stdout;
    for name in named {
        assert!(help.contains(&format!("\n  {name} ")), "{name} is no command");
    }
}

/// script(1) gives the program a terminal.
#[test]
fn text_is_as_wide_as_the_terminal() {
    let test = Test::example("handwritten");
    let widest = |columns: u32| {
        let program = env!("CARGO_BIN_EXE_mxward");
        let line = format!(
            "stty rows 40 cols {columns} && {program} --color never explain a@gmail.com --target mx"
        );
        let output = std::process::Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .current_dir(test.path())
            .env_remove("COLUMNS")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success());
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| line.trim_end().chars().count()).max().unwrap()
    };
    let (narrow, wide) = (widest(70), widest(110));
    assert!(narrow <= 70 && wide <= 110 && wide > narrow, "{narrow} {wide}");
}
