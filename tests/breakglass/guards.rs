//! The commands that put an exception in force pass the guards that it meets.

use super::{CONFIG, INSIDE, args, refused, repository};
use crate::harness::{Ran, Test};
use std::fmt::Write as _;

/// Runs what the report says, in the order in which it says it.
#[track_caller]
fn in_force(ran: &Ran, flags: &str) {
    let commands = ran.stdout.lines().filter_map(|it| it.strip_prefix("    mxward "));
    let commands: Vec<&str> = commands.filter(|it| !it.starts_with("breakglass")).collect();
    let expected =
        [format!("plan{flags} --out breakglass.plan"), format!("apply{flags} breakglass.plan")];
    assert_eq!(commands, expected, "{}", ran.stdout);
    for command in commands {
        ran.then().args(command.split(' ')).any_stdout().any_stderr().run();
    }
}

/// A repository that was applied, with maps that need no postmap(1).
fn applied(entries: &str) -> Test {
    let config = CONFIG.replace("lmdb", "texthash");
    let (head, rest) = config.split_once("domains:\n").unwrap();
    let (_, targets) = rest.split_once("targets:").unwrap();
    let text = format!("{}targets:{targets}", head.replace("include: ", "# "));
    let test = Test::new().file("mxward.yaml", format!("{text}domains:\n{entries}"));
    let ran = test.file("deployed/.keep", "").args(["apply", "-q"]).any_stdout().any_stderr().run();
    ran.then()
}

fn ten() -> String {
    let mut text = String::new();
    for at in 0..10 {
        writeln!(text, "  d{at}.example: {{ level: secure, match: [mx.d{at}.example] }}").unwrap();
    }
    text
}

#[test]
fn a_large_share_is_in_the_flags() {
    let words = "d1.example d2.example d3.example d4.example";
    let ran = applied(&ten()).args(args(words)).any_stdout().run();
    in_force(&ran, " --allow weaker=4 --allow share=40");
    // Who keeps protect.yaml has said how many.
    let test = applied(&ten()).file("p.yaml", "version: 1\nlimits: { share: 20 }\n");
    let test = test.args(args(&format!("{words} --protect p.yaml --allow weaker")));
    let ran = test.any_stdout().status(5).run();
    let joined = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let message = "refused: target mx: 4 of 10 domains would change, 40 %, more than 20 % as protect.yaml allows";
    assert!(joined.contains(message), "{joined}");
    let ran = ran.then().args(args("d1.example --protect p.yaml")).any_stdout().run();
    in_force(&ran, " --allow weaker=1 --protect p.yaml");
}

#[test]
fn a_map_that_loses_all_is_in_the_flags() {
    let entries = "  a.inside.example: { provider: inside, route: host }\n";
    let test = repository("").file("providers/inside.yaml", INSIDE).without("domains/a.yaml");
    let config = CONFIG.replace("lmdb", "texthash").replace(
        "  .below.example: { next_hop: \"[in.below.example]\", level: secure, match: [in.below.example] }\n",
        entries,
    );
    let config = config.replace("\"domains/*.yaml\", ", "");
    let test = test.file("mxward.yaml", config);
    let ran = test.args(["apply", "-q"]).any_stdout().any_stderr().run();
    let ran = ran.then().args(args("a.inside.example")).any_stdout().run();
    in_force(&ran, " --allow weaker=1 --allow empty");
    let ran = ran.then().args(["breakglass", "a.inside.example", "--end"]).any_stdout().run();
    in_force(&ran, "");
}

/// Pins of others were confirmed long ago.
#[test]
fn an_old_lock_is_in_the_flags() {
    let ran = Test::example("handwritten").args(["check"]).any_stdout().any_stderr().run();
    let config =
        ran.read("mxward.yaml").replace("version: 1\n", "version: 1\nlock: { max_age: 1 }\n");
    let test = ran.then().file("mxward.yaml", config).args(args("nongnu.org --level encrypt"));
    let ran = test.any_stdout().any_stderr().run();
    assert!(ran.stdout.contains("mxward plan --allow weaker=1 --allow stale-lock --out"));
}

/// The end of an exception is written, and what will be against it is told.
#[test]
fn what_is_against_an_end_is_told() {
    let ran = applied(&ten()).args(args("d1.example d2.example d3.example d4.example"));
    let ran = ran.any_stdout().run();
    in_force(&ran, " --allow weaker=4 --allow share=40");
    let test = ran.then().file("protect.yaml", "version: 1\nlimits: { share: 20 }\n");
    let end = ["breakglass", "d1.example", "d2.example", "d3.example", "d4.example", "--end"];
    let ran = test.args(end).any_stdout().run();
    let joined = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(joined.contains("note: `plan` refuses it: target mx: 4 of 10 domains"), "{joined}");
    // Nor does it matter who has made a mistake in there meanwhile.
    let ran = ran.then().args(args("d1.example")).any_stdout().run();
    ran.then()
        .file("protect.yaml", "version: 1\nlimit: {}\n")
        .args(["breakglass", "d1.example", "--end"])
        .stdout_has("d1.example: no exception any more, in mxward.yaml\n")
        .stderr_has("error[unknown-key]")
        .status(3)
        .run();
    assert!(!ran.read("mxward.yaml").contains("# breakglass"));
}

#[test]
fn the_hint_names_everybody_who_shares_a_next_hop() {
    // The domain that is the next hop, and those that are sent to it.
    let entries = "  hub.example: { level: secure, match: [mx.hub.example] }\n  \
                   spoke.example: { next_hop: hub.example, level: secure, match: [mx.hub.example] }\n";
    for (named, other) in [("hub.example", "spoke.example"), ("spoke.example", "hub.example")] {
        let message = format!("`mxward breakglass {named} {other} …`");
        refused(repository(entries), named, 3, &message);
    }
    // Many of them, in a list.
    let list = (1..=7).fold(String::new(), |text, at| format!("{text}s{at}.example\n"));
    let config = CONFIG.replace(
        "include: [",
        "include: [{ list: \"shared/*.txt\", next_hop: \"[hub.example]\", level: secure, match: [mx.hub.example] }, ",
    );
    let test = repository("").file("mxward.yaml", config).file("shared/a.txt", list);
    let message = "and 6 others use this one too: s1.example, s2.example, s3.example and 3 more; if all of them shall have \
                   the exception, name all of them, or change the `list:` entry of their list by hand";
    refused(test, "s4.example", 3, message);
}

/// Addresses of the lock are next hops, too.
#[test]
fn the_hint_names_those_who_are_pinned_to_a_next_hop() {
    let ran = Test::example("handwritten").args(["check"]).any_stdout().any_stderr().run();
    let lock = ran.read("mxward.lock");
    let (_, behind) = lock.split_once("  smtp.google.com:").unwrap();
    let (_, behind) = behind.split_once("- ").unwrap();
    let address = behind.split(' ').next().unwrap();
    let config = ran.read("mxward.yaml").replace(
        "domains:\n  # Google",
        &format!("domains:\n  partner.example: {{ next_hop: \"[{address}]\", level: secure, match: [mx.google.com] }}\n  # Google"),
    );
    let test = ran.then().file("mxward.yaml", config).args(args("partner.example"));
    let ran = test.any_stdout().any_stderr().status(3).run();
    let joined = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(joined.contains("`mxward breakglass partner.example "), "{joined}");
    assert!(joined.contains("veloplus.ch"), "{joined}");
}
