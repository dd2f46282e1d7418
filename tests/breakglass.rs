//! `mxward breakglass`: which exception is written, what it does, and how it ends.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

use crate::harness::{Ran, Test};
use std::process::Command;

const CONFIG: &str = "\
version: 1
include: [\"domains/*.yaml\", { list: \"domains/*.txt\", level: secure, match: [mx.list.example] }]
defaults: { route: mx }
domains:
  .below.example: { next_hop: \"[in.below.example]\", level: secure, match: [in.below.example] }
targets:
  mx: { postfix: \"3.7\", security_level: may, map_type: lmdb, ca: /etc/ssl/certs/ca-certificates.crt, deployed: \"file:deployed\" }
";

const DOMAINS: &str = "\
# ours
domains:
  kunde.example: { level: secure, match: [mx.kunde.example] }   # since 2024
  # by port 587
  partner.example:
    next_hop: \"[tls.partner.example]:587\"
    level: secure
    match: [tls.partner.example]
  m\u{fc}nchen.example: { level: dane-only }
  left.example: { leave_to: mta-sts }
";

const LIST: &str = "one.example\ntwo.example  # zwei\n";

fn repository(more: &str) -> Test {
    Test::new()
        .file("mxward.yaml", CONFIG)
        .file("domains/a.yaml", format!("{DOMAINS}{more}"))
        .file("domains/list.txt", LIST)
        .file("deployed/.keep", "")
}

/// The words of `breakglass DOMAIN…`, with an end and a reason.
fn args(words: &str) -> impl Iterator<Item = &str> {
    ["breakglass"].into_iter().chain(words.split_whitespace()).chain([
        "--until",
        "3d",
        "--reason",
        "ticket 4711",
    ])
}

/// Nothing is written, for this reason.
#[track_caller]
fn refused(test: Test, words: &str, status: i32, message: &str) -> Ran {
    let kept = std::fs::read_to_string(test.path().join("domains/a.yaml")).unwrap();
    let ran = test
        .args(args(words))
        .any_stdout()
        .any_stderr()
        .status(status)
        .expect_file("domains/a.yaml", kept)
        .expect_file("domains/list.txt", LIST)
        .expect_no_file("domains/breakglass.yaml")
        .run();
    let all = format!("{}{}", ran.stdout, ran.stderr);
    let joined = all.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(joined.contains(message), "{message}\n{all}");
    ran
}

/// The exception comes, and goes without a trace.
#[track_caller]
fn comes_and_goes(words: &str, domain: &str, written: &str) {
    let ran = repository("").args(args(words)).any_stdout().run();
    let all = ["domains/a.yaml", "domains/list.txt", "mxward.yaml", "domains/breakglass.yaml"];
    let all = all.map(|path| std::fs::read_to_string(ran.path().join(path)).unwrap_or_default());
    assert!(all.concat().contains(written), "{written}\n{}", all.concat());
    ran.then().args(["check"]).any_stdout().run();
    ran.then()
        .args(["breakglass", domain, "--end"])
        .any_stdout()
        .expect_file("domains/a.yaml", DOMAINS)
        .expect_file("domains/list.txt", LIST)
        .expect_file("mxward.yaml", CONFIG)
        .run();
    ran.then().args(["check"]).stdout_has(": no findings\n").run();
}

#[test]
fn an_exception_comes_and_goes_without_a_trace() {
    for (words, domain, written) in [
        (
            "kunde.example",
            "kunde.example",
            "  kunde.example: { level: encrypt, reason: \"ticket 4711\", until: 20",
        ),
        ("KUNDE.example. --level may", "kunde.example", "  kunde.example: { level: may, reason"),
        ("kunde.example --level none", "kunde.example", "  kunde.example: { level: none, reason"),
        (
            "kunde.example --level dane-only",
            "kunde.example",
            "  kunde.example: { level: dane-only, reason",
        ),
        (
            "partner.example",
            "partner.example",
            "  #| partner.example:\n  #|   next_hop: \"[tls.partner.example]:587\"\n  #|   level: secure\n  \
             #|   match: [tls.partner.example]\n  \
             partner.example: { next_hop: \"[tls.partner.example]:587\", level: encrypt, ",
        ),
        (
            "xn--mnchen-3ya.example",
            "m\u{fc}nchen.example",
            "  xn--mnchen-3ya.example: { level: encrypt",
        ),
        ("left.example", "left.example", "  left.example: { level: encrypt"),
        ("two.example", "two.example", "#| two.example  # zwei\n"),
        ("two.example --file mxward.yaml", "two.example", "  two.example: { level: encrypt"),
        ("new.example --level dane-only", "new.example", "  new.example: { level: dane-only"),
        (
            "a.below.example",
            "a.below.example",
            "  a.below.example: { next_hop: \"[in.below.example]\", level: encrypt",
        ),
    ] {
        if domain == "a.below.example" {
            // The next hop is that of all others below.
            refused(
                repository(""),
                words,
                3,
                "`mxward breakglass a.below.example .below.example …`",
            );
            continue;
        }
        comes_and_goes(words, domain, written);
    }
}

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
fn it_holds_until_it_is_taken_out_and_then_nothing_else_is_applied() {
    let ran = repository("").args(args("kunde.example")).any_stdout().run();
    let entry = ran.read("domains/a.yaml");
    let (_, day) = entry.split_once("until: ").unwrap();
    let day: jiff::civil::Date = day[..10].parse().unwrap();
    let check =
        |today: jiff::civil::Date| ran.then().args(["check", "--today", &today.to_string()]);
    check(day).stdout_has("note[exception-expiring]").run();
    check(day.tomorrow().unwrap()).stdout_has("error[exception-expired]").status(3).run();
    // The same as if somebody had been late by a year.
    let late = entry.replace(&day.to_string(), "2020-01-01");
    let late = ran.then().file("domains/a.yaml", late);
    let ran = late.args(["compile"]).stdout_has("\nkunde.example encrypt\n").run();
    for verb in ["plan", "apply"] {
        ran.then().args([verb]).stderr_has("error[exception-expired]").status(3).run();
    }
    // Nor does it keep another exception from being written.
    ran.then()
        .args(args("two.example"))
        .any_stdout()
        .stderr_has("error[exception-expired]")
        .stderr_has("`plan` and `apply` refuse every change until that is put right")
        .status(3)
        .run();
    assert!(ran.read("domains/breakglass.yaml").contains("  two.example: { level: encrypt"));
    ran.then().args(["breakglass", "kunde.example", "two.example", "--end"]).any_stdout().run();
}

#[test]
fn others_do_not_lose_unless_that_is_agreed_to() {
    let alias = "  alias.example: { transport: \"smtp:kunde.example\" }\n";
    let message = "refused: target mx: 1 domain would be less safe, too: alias.example \
                   if that is meant: --allow weaker=1";
    let ran = refused(repository(alias), "kunde.example", 5, message);
    ran.then()
        .args(args("kunde.example --allow weaker=1"))
        .stdout_has("alias.example, kunde.example")
        .stdout_has("mxward apply --allow weaker=2 breakglass.plan")
        .run();
}

#[test]
fn a_next_hop_of_several_domains_has_one_policy() {
    let sister = "  sister.example: { next_hop: \"[tls.partner.example]:587\", level: secure, match: [tls.partner.example] }\n";
    let all = "partner.example sister.example";
    let message = format!("`mxward breakglass {all} …`");
    let ran = refused(repository(sister), "partner.example", 3, &message);
    let ran = ran.then().args(args(all)).stdout_has("mx  2 weaker\n").run();
    ran.then()
        .args(["breakglass", "partner.example", "--end"])
        .stderr_has(&format!("`mxward breakglass {all} --end`"))
        .status(3)
        .run();
    let ended = ["breakglass", "partner.example", "sister.example", "--end"];
    ran.then()
        .args(ended)
        .any_stdout()
        .expect_file("domains/a.yaml", format!("{DOMAINS}{sister}"))
        .run();
}

#[test]
fn addresses_of_a_pin_keep_their_policies_for_everybody_else() {
    let ran =
        Test::example("handwritten").args(["compile", "--frozen", "--out", "out", "-q"]).run();
    let maps = |ran: &Ran| {
        let text = ran.read("out/mx/tls_policy");
        let lines = text.lines().filter(|it| !it.starts_with('#')).map(str::to_owned);
        lines.collect::<std::collections::BTreeSet<_>>()
    };
    let before = maps(&ran);
    ran.then().args(args("gmail.com")).any_stdout().any_stderr().run();
    ran.then().args(["compile", "--frozen", "--out", "out", "-q"]).run();
    let after = maps(&ran);
    let gone: Vec<&String> = before.difference(&after).collect();
    assert!(gone.iter().all(|it| it.starts_with("gmail.com ") || it.starts_with('[')), "{gone:?}");
    assert!(after.contains("gmail.com encrypt"), "{after:?}");
    ran.then().args(["diff", "--frozen", "--target", "mx"]).any_stdout().any_stderr().run();
    // What comes back needs what the lock still has.
    ran.then().args(["breakglass", "gmail.com", "--end"]).any_stdout().any_stderr().run();
    ran.then().args(["compile", "--frozen", "--out", "out", "-q"]).run();
    assert_eq!(maps(&ran), before);
}

#[test]
fn protect_yaml_has_the_last_word() {
    let protected = |text: &str| repository("").file("protect.yaml", format!("version: 1\n{text}"));
    let minimum = "domains: { kunde.example: secure }\n";
    let message = "refused: target mx: protect.yaml wants at least secure for kunde.example, which would have less";
    refused(protected(minimum), "kunde.example --allow weaker", 5, message);
    let limit = "limits: { weaker: 0 }\n";
    let message = "refused: target mx: 1 domain would be weaker, and protect.yaml allows 0";
    refused(protected(limit), "kunde.example --allow weaker", 5, message);
    let waiver =
        "waivers: [{ domain: kunde.example, allow: weaker, reason: x, until: 2999-01-01 }]\n";
    let waived = format!("{minimum}{limit}{waiver}");
    protected(&waived).args(args("kunde.example")).any_stdout().run();
    let outside = repository("").file("outside.yaml", "version: 1\nlimits: { weaker: 0 }\n");
    refused(outside, "kunde.example --protect outside.yaml", 5, "protect.yaml allows 0");
}

#[test]
fn what_would_help_nobody_is_refused() {
    let message = "`dane-only` would change nothing for `m\u{fc}nchen.example`, whose mail goes out so: mx: by MX: dane-only";
    let message = message.replace("m\u{fc}nchen", "xn--mnchen-3ya");
    refused(repository(""), "m\u{fc}nchen.example --level dane-only", 3, &message);
    let relay = CONFIG.replace("deployed:", "relayhost: \"[relay.example]\", deployed:");
    refused(
        repository("").file("mxward.yaml", relay),
        "kunde.example",
        3,
        "would change nothing for `kunde.example`",
    );
    let none = "version: 1\ninclude: [\"domains/*.yaml\"]\n";
    refused(repository("").file("mxward.yaml", none), "kunde.example", 3, "names no target");
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
fn entries_on_shared_lines_are_left_to_people() {
    let text = "domains: { kunde.example: { level: secure, match: [mx.kunde.example] } }\n";
    refused(
        repository("").file("domains/a.yaml", text),
        "kunde.example",
        3,
        "the entry is not written on lines of its own; write it by hand: `kunde.example: { level: encrypt, reason: \"ticket 4711\", until: 20",
    );
    let anchor = "domains:\n  kunde.example: &k { level: secure, match: [mx.kunde.example] }\n  z.example: *k\n";
    refused(
        repository("").file("domains/a.yaml", anchor),
        "kunde.example",
        3,
        "cannot write to `domains/a.yaml`: its value has an anchor, which others may refer to; write it by hand: `kunde.example: {",
    );
    refused(
        repository(""),
        "new.example --file other.yaml",
        3,
        "mxward.yaml does not include `other.yaml`; write it by hand: `new.example: {",
    );
}

#[test]
fn only_what_it_wrote_is_ended() {
    for (domain, why) in [
        (
            "kunde.example",
            "`kunde.example` in `domains/a.yaml`: `breakglass` did not write this entry",
        ),
        ("two.example", "`two.example` in `domains/list.txt` is no exception of `breakglass`"),
        ("new.example", "`new.example` has no entry of its own"),
    ] {
        repository("")
            .args(["breakglass", domain, "--end"])
            .stderr_has(&format!("error: nothing was written: {why}"))
            .status(3)
            .expect_file("domains/a.yaml", DOMAINS)
            .run();
    }
    let ran = repository("").args(args("two.example")).any_stdout().run();
    let gone = ran.then().file("domains/list.txt", "one.example\n");
    gone.args(["breakglass", "two.example", "--end"])
        .stderr_has("`domains/list.txt` has no line `#| two.example` to be brought back")
        .status(3)
        .run();
    // A comment that leads out of the repository leads nowhere.
    let entry = ran.read("domains/breakglass.yaml").replace("domains/list.txt", "../list.txt");
    let moved = ran.then().file("domains/breakglass.yaml", entry);
    moved
        .args(["breakglass", "two.example", "--end"])
        .stderr_has("`../list.txt` is no file of the repository")
        .status(3)
        .run();
}

/// Somebody's words behind the mark would be lost, or another entry would take the place.
#[test]
fn what_was_changed_by_hand_is_not_ended() {
    let ran = repository("").args(args("kunde.example")).any_stdout().run();
    let entry = ran.read("domains/a.yaml");
    let changed = "the exception was changed after `breakglass` wrote it";
    for (from, to, why) in [
        ("kunde.example: { level: encrypt,", "kunde.example: { level: may,", changed),
        (
            "reason: \"ticket 4711\", until",
            "reason: \"ticket 4711\", transport: smtp, until",
            changed,
        ),
        (" }\n  # by port", " }  # until then\n  # by port", changed),
        ("breakglass kunde.example --end", "breakglass other.example --end", "did not write this"),
    ] {
        let text = entry.replace(from, to);
        assert_ne!(text, entry);
        ran.then()
            .file("domains/a.yaml", text.as_str())
            .args(["breakglass", "kunde.example", "--end"])
            .any_stdout()
            .any_stderr()
            .stderr_has(why)
            .status(3)
            .expect_file("domains/a.yaml", text.as_str())
            .run();
    }
    // Other words for the reason are no other exception.
    ran.then()
        .file("domains/a.yaml", entry.replace("ticket 4711", "ticket 4712"))
        .args(["breakglass", "kunde.example", "--end"])
        .any_stdout()
        .expect_file("domains/a.yaml", DOMAINS)
        .run();
}

/// A name of a parent stands in that of the child before the end, too.
#[test]
fn parents_are_found_from_the_first_dot() {
    for domain in ["mail.network.net", "mail.deutsche.de"] {
        repository("").args(args(domain)).any_stdout().run();
    }
}

#[test]
fn aliases_end_where_they_stand() {
    let text = "domains:\n  a.example: &k { level: secure, match: [mx.a.example] }\n\n  # c\n\n  kunde.example: *k  # k\n  z.example: *k\n";
    for domain in ["kunde.example", "z.example"] {
        let ran = Test::new().file("mxward.yaml", CONFIG).file("domains/list.txt", LIST);
        let ran = ran.file("domains/a.yaml", text).args(args(domain)).any_stdout().run();
        assert!(ran.read("domains/a.yaml").contains(&format!("  #| {domain}: *k")));
        ran.then()
            .args(["breakglass", domain, "--end"])
            .any_stdout()
            .expect_file("domains/a.yaml", text)
            .run();
    }
    // Behind an alias, an entry of a domain that has none.
    let ran = repository("").without("domains/a.yaml").file("domains/breakglass.yaml", text);
    let ran = ran.args(args("new.example")).any_stdout().run();
    assert!(ran.read("domains/breakglass.yaml").starts_with(text));
}

/// An anchor may be what the policy of a next hop refers to.
#[test]
fn nothing_else_of_the_repository_changes_unseen() {
    let config = CONFIG.replace("domains:\n", "next_hops:\n  \"[r.example]\": *k\ndomains:\n");
    let config = config.split_once("next_hops").unwrap();
    let text = format!(
        "{}domains:\n  a.example: {{ match: &m [old.example], level: secure }}\n  kunde.example: {{ match: &m [m.x], level: secure }}\nnext_hops: {{ \"[r.example]\": {{ level: secure, match: *m }} }}\ntargets:{}",
        config.0,
        config.1.split_once("targets:").unwrap().1
    );
    repository("")
        .file("domains/a.yaml", "domains:\n  b.example: { level: encrypt }\n")
        .file("mxward.yaml", text.as_str())
        .args(args("kunde.example"))
        .stderr_has("nothing was written: `next_hops` would be read otherwise than before")
        .status(3)
        .expect_file("mxward.yaml", text.as_str())
        .run();
}

/// Runs breakglass while the second file cannot be written. (strace(1))
fn second_fails(ran: &Ran, words: &[&str]) -> String {
    let output = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=/^rename", "-e", "inject=/^rename:error=EACCES:when=2"])
        .args(["-o", "calls", env!("CARGO_BIN_EXE_mxward"), "breakglass", "two.example"])
        .args(words)
        .current_dir(ran.path())
        .output()
        .unwrap_or_else(|error| panic!("strace: {error}"));
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Declared twice is an error that is seen; declared nowhere is a domain without a policy.
#[test]
fn a_domain_that_comes_from_a_list_is_never_declared_nowhere() {
    let ran = repository("").args(["check"]).any_stdout().run();
    let said = second_fails(&ran, &["--until", "3d", "--reason", "x"]);
    assert!(said.contains("cannot write `domains/list.txt`: "), "{said}");
    assert!(said.contains("`domains/breakglass.yaml` is new: remove it by hand"), "{said}");
    assert_eq!(ran.read("domains/list.txt"), LIST);
    let ran = repository("").args(args("two.example")).any_stdout().run();
    let list = ran.read("domains/list.txt");
    let said = second_fails(&ran, &["--end"]);
    assert!(said.contains("cannot write `domains/breakglass.yaml`: "), "{said}");
    assert!(said.contains("`domains/list.txt` is as it was before"), "{said}");
    assert_eq!(ran.read("domains/list.txt"), list);
    ran.then().args(["breakglass", "two.example", "--end"]).any_stdout().run();
}

#[test]
fn lists_with_such_a_comment_and_names_with_a_dot_are_refused() {
    let list = "#| two.example\none.example\ntwo.example\n";
    repository("")
        .file("domains/list.txt", list)
        .args(args("two.example"))
        .stderr_has("cannot write to `domains/list.txt`: it has a comment `#| two.example` already")
        .status(3)
        .expect_file("domains/list.txt", list)
        .run();
    repository("")
        .file("domains/list.txt", "# ours\ntwo.example\n")
        .args(args("two.example"))
        .stderr_has("no domain would be left in `domains/list.txt`, and a list names at least one; by hand: ")
        .status(3)
        .expect_file("domains/list.txt", "# ours\ntwo.example\n")
        .run();
    for file in ["domains/.x.yaml", "domains/.x/y.yaml"] {
        let words = format!("new.example --file {file}");
        refused(repository(""), &words, 3, "mxward.yaml does not include `domains/.x");
    }
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
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["written"], true);
    assert_eq!(json["domains"][0]["file"], "domains/a.yaml");
    assert_eq!(json["exception"]["level"], "encrypt");
    assert_eq!(json["targets"][0]["changes"][0]["effect"], "weaker");
    assert!(ran.read("a.sarif").contains("change/weaker"));
    assert!(ran.read("a.md").contains("| **weaker** | 1 domain: kunde.example |"));
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

#[test]
fn a_parent_that_goes_to_hosts_does_not_keep_the_mail() {
    let provider = "name: inside\ntitle: Inside\nmx_patterns: 'mx\\.inside\\.example'\npin: ok\n\
                    hosts: [{ preference: 10, host: mx.inside.example }]\n\
                    policy: { level: secure, match: mx.inside.example }\n";
    let parent = "  .inside.example: { provider: inside, route: host }\n";
    let ran = repository(parent)
        .file("providers/inside.yaml", provider)
        .args(args("a.inside.example"))
        .stdout_has(
            "  - to [mx.inside.example]: secure match=mx.inside.example\n  + by MX: encrypt\n",
        )
        .run();
    let entry = "  a.inside.example: { transport: \"smtp:\", level: encrypt, reason";
    assert!(ran.read("domains/breakglass.yaml").contains(entry));
}

/// The name of a file becomes part of a comment.
#[test]
fn a_list_with_a_line_break_in_its_name_is_left_to_people() {
    let name = "domains/a\n  evil.example: x #.txt";
    repository("")
        .without("domains/list.txt")
        .file(name, LIST)
        .args(args("two.example"))
        .stderr_has("`domains/a\\n  evil.example: x #.txt` cannot stand in a comment; write it by hand: `two.example: {")
        .status(3)
        .expect_file(name, LIST)
        .run();
}
