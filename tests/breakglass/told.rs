//! What is said of an exception, and of what is wrong.

use super::{CONFIG, DOMAINS, LIST, args, refused, repository};
use crate::harness::{Test, valid};

#[test]
fn the_report_says_what_it_does_and_its_commands_put_it_in_force() {
    // postmap(1) wants a main.cf, which is of no concern here.
    let config = CONFIG.replace("lmdb", "texthash");
    let test = repository("").file("mxward.yaml", config);
    let ran = test.args(["apply", "-q"]).any_stdout().any_stderr().run();
    let ran = ran
        .then()
        .args(args("kunde.example"))
        .stdout_has("kunde.example: encrypt until 20")
        .stdout_has("weaker: 1 domain, domains/a.yaml:5:3\n    kunde.example\n  - by MX: secure match=mx.kunde.example\n  + by MX: encrypt\n")
        .stdout_has("    mxward breakglass kunde.example --end\n")
        .run();
    let commands: Vec<&str> =
        ran.stdout.lines().filter_map(|it| it.trim().strip_prefix("mxward ")).collect();
    let [plan, apply, end] = commands.as_slice() else { panic!("{commands:?}") };
    for command in [plan, apply] {
        ran.then().args(command.split(' ')).any_stdout().any_stderr().run();
    }
    assert!(ran.read("deployed/tls_policy").contains("\nkunde.example encrypt\n"));
    ran.then().args(end.split(' ')).any_stdout().run();
    ran.then().args(["apply"]).any_stdout().any_stderr().run();
    assert!(
        ran.read("deployed/tls_policy").contains("\nkunde.example secure match=mx.kunde.example\n")
    );
}

#[test]
fn where_it_asks_for_more_than_the_maps_that_is_said() {
    let ran = repository("").args(args("left.example")).any_stdout().run();
    let joined = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        joined.contains(
            "note: on target mx this asks for more than the maps do now, about left.example"
        ),
        "{joined}"
    );
}

#[test]
fn expectations_that_fail_are_told() {
    let tests = "version: 1\nexpect:\n  kunde.example: secure\n";
    let ran =
        repository("").file("tests/a.yaml", tests).args(args("kunde.example")).any_stdout().run();
    let joined = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        joined.contains(
            "note: `mxward test` fails from now on, and pipelines that run it: tests/a.yaml:3:18:"
        ),
        "{joined}"
    );
    ran.then().args(["test"]).any_stdout().any_stderr().status(3).run();
}

#[test]
fn a_dry_run_writes_nothing() {
    let ran = refused(
        repository(""),
        "kunde.example --dry-run",
        0,
        "nothing was written; it would be: kunde.example: encrypt until",
    );
    assert!(ran.stdout.contains("how it ends"));
    refused(
        repository(""),
        "two.example --dry-run",
        0,
        "nothing was written; it would be: two.example",
    );
}

#[test]
fn a_denied_lint_leaves_nothing_to_do() {
    let config = format!("{CONFIG}lints: {{ exception-expiring: deny }}\n");
    let message = "nothing was written: `plan` and `apply` would refuse it";
    let ran = refused(repository("").file("mxward.yaml", config), "kunde.example", 3, message);
    for heading in ["in force with", "how it ends"] {
        assert!(!ran.stdout.contains(heading), "{}", ran.stdout);
    }
}

/// What keeps it from being written is named, and not something else.
#[test]
fn the_cause_is_told() {
    let broken = repository("").file("tests/a.yaml", "version: 1\nexpect: [\n");
    refused(broken, "kunde.example", 3, "nothing was written: put right first what was so before");
    let config = format!(
        "{CONFIG}next_hops: {{ \"[r.example]\": {{ level: secure, match: [r.example] }} }}\n"
    );
    let ran =
        repository("  k.example: { next_hop: \"[r.example]\" }\n").file("mxward.yaml", config);
    let message = "nothing was written: the policy of `[r.example]` stands in `next_hops:`";
    refused(ran, "k.example", 3, message);
}

#[test]
fn a_wrong_command_line_is_told_at_once() {
    repository("")
        .args([
            "breakglass",
            "a b",
            "\u{1b}[2J",
            "--until",
            "2020-01-01",
            "--reason",
            " ",
            "--file",
            "../x.yaml",
        ])
        .stderr_has("error: `a b` is no domain: ")
        .stderr_has("error: `\\u{1b}[2J` is no domain: ")
        .stderr_has("error: `--file`: name a file of the repository")
        .stderr_has(
            "error: `--reason`: write one line of at most 200 characters, all of them to be seen\n",
        )
        .stderr_has("error: `--until 2020-01-01`: 2020-01-01 has passed, today is ")
        .status(64)
        .run();
    for missing in [
        &["breakglass"][..],
        &["breakglass", "a.example"],
        &["breakglass", "a.example", "--until", "3d"],
        &["breakglass", "a.example", "--end", "--until", "3d", "--reason", "x"],
        &["breakglass", "a.example", "--until", "3d", "--reason", "x", "--level", "secure"],
        &["breakglass", "a.example", "--until", "3d", "--reason", "x", "--allow", "all"],
    ] {
        repository("").args(missing.iter().copied()).any_stderr().status(64).run();
    }
    for reason in ["x\ny", "x\u{202e}y", "x\u{2066}y", "x\u{200b}y", "x\u{fffe}y", "x\u{ffff}y"] {
        repository("")
            .args(["breakglass", "kunde.example", "--until", "3d", "--reason", reason])
            .stderr_has("`--reason`: write one line")
            .status(64)
            .run();
    }
    for (words, why) in [
        ("--allow share=3", "`--allow share=3`: use breaks, weaker, different"),
        ("--target mx", "`--target`: an exception stands in the repository"),
    ] {
        refused(repository(""), &format!("kunde.example {words}"), 64, why);
    }
}

#[test]
fn an_invalid_repository_is_told_first() {
    let text = format!("{DOMAINS}  kunde.example: x\n");
    refused(repository("").file("domains/a.yaml", text), "kunde.example", 3, "error[duplicate-");
}

#[test]
fn reasons_are_words_in_yaml_whatever_they_are() {
    let reason = "a: b # \"c\" {d}, 'e' \\ \u{e9}f";
    let ran = repository("")
        .args(["breakglass", "kunde.example", "--until", "3d", "--reason", reason])
        .any_stdout()
        .run();
    let read = crate::harness::python(
        "import sys, yaml\nprint(yaml.safe_load(sys.stdin)['domains']['kunde.example']['reason'], end='')",
        &[],
        &ran.read("domains/a.yaml"),
    );
    assert_eq!(read, reason);
}

#[test]
fn programs_and_platforms_read_it_too() {
    let ran = repository("")
        .args(args("kunde.example"))
        .args(["--report", "json", "--report", "sarif=a.sarif", "--report", "markdown=a.md"])
        .any_stdout()
        .run();
    valid("breakglass-report", &ran.stdout);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["written"], true);
    assert_eq!(json["domains"][0]["file"], "domains/a.yaml");
    assert_eq!(json["exception"]["level"], "encrypt");
    assert_eq!(json["targets"][0]["changes"][0]["effect"], "weaker");
    assert!(ran.read("a.sarif").contains("change/weaker"));
    assert!(ran.read("a.md").contains("| **weaker** | 1 domain: kunde.example |"));
    let end = ["breakglass", "kunde.example", "--end", "--report", "json"];
    valid("breakglass-report", &ran.then().args(end).any_stdout().run().stdout);
}

#[test]
fn commands_name_the_folder_and_comments_do_not() {
    for (folder, shown) in [("mail", "mail"), ("my mail", "'my mail'")] {
        let at = |path: &str| format!("{folder}/{path}");
        let ran = Test::new()
            .file(&at("mxward.yaml"), CONFIG)
            .file(&at("domains/a.yaml"), DOMAINS)
            .file(&at("domains/list.txt"), LIST)
            .args(["-C", folder])
            .args(args("two.example"))
            .stdout_has(&format!("    mxward -C {shown} breakglass two.example --end\n"))
            .run();
        let entry = ran.read(&at("domains/breakglass.yaml"));
        assert!(
            entry.contains(
                "`mxward breakglass two.example --end` takes it back to domains/list.txt\n"
            ),
            "{entry}"
        );
    }
}

/// The repository is compiled before and after, and each target of it.
#[test]
fn what_compiling_says_is_said_once() {
    let tables =
        "transport: \"file:deployed/transport\", tls_policy: \"mysql://mail@localhost/mail\"";
    let config = CONFIG.replace("deployed: \"file:deployed\"", tables);
    let ran = repository("")
        .file("mxward.yaml", config)
        .args(args("kunde.example"))
        .any_stdout()
        .any_stderr()
        .run();
    assert_eq!(ran.stderr.matches("warning[no-unicode-key]").count(), 1, "{}", ran.stderr);
}
