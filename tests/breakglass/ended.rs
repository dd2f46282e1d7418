//! What comes back when an exception ends.

use super::{CONFIG, DOMAINS, LIST, args, refused, repository};
use crate::harness::{Ran, Test};
use std::process::Command;

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
