//! What stops an apply: each with its exit status, the counts and the flag.

use super::{OLD, STRONGER, repository};
use crate::harness::{Ran, Test};
use std::fmt::Write as _;

/// A target with these policies, of which some are deployed.
fn target(policies: &str, deployed: &str, more: &str) -> Test {
    Test::new()
        .file(
            "mxward.yaml",
            format!(
                "version: 1\ndomains:\n{policies}targets:\n  mx: {{ postfix: \"3.7\", security_level: may, \
                 map_type: texthash, tls_policy: \"file:tls_policy\"{more} }}\n"
            ),
        )
        .file("tls_policy", deployed)
}

/// Runs `apply`, which is refused for this reason, as `plan` is; nothing changes.
#[track_caller]
fn refused(test: Test, args: &[&str], message: &str, flag: Option<&str>) -> Ran {
    let map = std::fs::read_to_string(test.path().join("tls_policy")).unwrap();
    let ran = test
        .any_stdout()
        .any_stderr()
        .args(["plan", "--out", "plan.json"])
        .args(args.iter().copied());
    let ran = ran.status(5).run();
    let flag = flag.map_or(String::new(), |flag| format!(" if that is meant: {flag}"));
    let wanted = format!("refused: target mx: {message}{flag} ");
    let joined = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for verb in [&["plan"][..], &["apply"], &["apply", "plan.json"]] {
        let ran = ran
            .then()
            .args(verb.iter().chain(args).copied())
            .any_stdout()
            .any_stderr()
            .status(5)
            .run();
        assert_eq!(ran.read("tls_policy"), map);
        assert!(joined(&ran.stdout).contains(&wanted), "{verb:?}: {wanted}\n{}", ran.stdout);
    }
    ran
}

/// Runs `apply` with flags, which is let through.
#[track_caller]
fn let_through(ran: &Ran, args: &[&str]) -> Ran {
    let args = ["apply"].iter().chain(args).copied();
    ran.then().args(args).any_stdout().any_stderr().run()
}

#[test]
fn another_trust_root_is_refused() {
    let test = target(
        "  a.example: { level: secure, match: [mx.a.example] }\n",
        "a.example dane-only\n",
        "",
    );
    let message =
        "1 domain would be treated in a way that is neither safer nor less safe: a.example";
    let ran = refused(test, &[], message, Some("--allow different=1"));
    let_through(&ran, &["--allow", "different=1"]);
}

#[test]
fn less_security_is_refused_with_all_its_names() {
    let names: Vec<String> = (1..=5).map(|at| format!("d{at}.example")).collect();
    let policies: String = names.iter().flat_map(|it| ["  ", it, ": { level: may }\n"]).collect();
    let deployed: String = names.iter().flat_map(|it| [it, " encrypt\n"]).collect();
    let ran = refused(
        target(&policies, &deployed, ""),
        &["--allow", "weaker=4"],
        "5 domains would be less safe than now: d1.example, d2.example, d3.example and 2 more",
        Some("--allow weaker=5"),
    );
    let_through(&ran, &["--allow", "weaker=5"]);
}

#[test]
fn mail_that_would_not_be_delivered_any_more_is_refused() {
    let test = target(
        "  a.example: { transport: \"error:5.1.2 gone\" }\n",
        "a.example encrypt\n",
        ", transport: \"file:transport\"",
    );
    let ran = refused(
        test,
        &[],
        "1 domain would not get their mail any more: a.example",
        Some("--allow breaks=1"),
    );
    let_through(&ran, &["--allow", "breaks"]);
}

#[test]
fn an_empty_result_is_refused() {
    // What was applied is ours, so it would go with its declaration.
    let ran = target("  a.example: { level: may }\n", "", "").args(["apply"]);
    let ran = ran.any_stdout().any_stderr().run();
    let yaml = ran.read("mxward.yaml");
    let yaml = yaml.replace("domains:\n  a.example: { level: may }\n", "domains: {}\n");
    let ran = refused(
        ran.then().file("mxward.yaml", yaml),
        &[],
        "tls_policy would lose all of its 1 entry",
        Some("--allow empty"),
    );
    let ran = let_through(&ran, &["--allow", "empty"]);
    assert!(!ran.read("tls_policy").contains("a.example"));
}

/// Of 100 domains, so many get another policy.
fn of_a_hundred(changed: usize) -> Test {
    let (mut policies, mut deployed) = (String::new(), String::new());
    for at in 0..100 {
        writeln!(policies, "  d{at:02}.example: {{ level: encrypt }}").unwrap();
        let level = if at < changed { "may" } else { "encrypt" };
        writeln!(deployed, "d{at:02}.example {level}").unwrap();
    }
    target(&policies, &deployed, "")
}

#[test]
fn more_than_thirty_percent_of_the_domains_are_refused() {
    let message = "31 of 100 domains would change, 31 %, more than 30 %";
    let ran =
        refused(of_a_hundred(31), &["--allow", "share=30"], message, Some("--allow share=31"));
    let_through(&ran, &["--allow", "share=31"]);
    of_a_hundred(30).args(["apply"]).any_stdout().any_stderr().run();
}

#[test]
fn a_part_of_a_percent_more_is_more() {
    let (mut policies, mut deployed) = (String::new(), String::new());
    for at in 0..13 {
        writeln!(policies, "  d{at:02}.example: {{ level: encrypt }}").unwrap();
        writeln!(deployed, "d{at:02}.example {}", if at < 4 { "may" } else { "encrypt" }).unwrap();
    }
    let message = "4 of 13 domains would change, 31 %, more than 30 %";
    refused(target(&policies, &deployed, ""), &[], message, Some("--allow share=31"));
}

#[test]
fn the_share_of_protect_yaml_is_opened_by_no_flag() {
    let test = of_a_hundred(11).file("protect.yaml", "version: 1\nlimits: { share: 10 }\n");
    let message = "11 of 100 domains would change, 11 %, more than 10 % as protect.yaml allows";
    refused(test, &["--allow", "share"], message, None);
    let test = of_a_hundred(40).file("protect.yaml", "version: 1\nlimits: { share: 40 }\n");
    test.args(["apply"]).any_stdout().any_stderr().run();
}

#[test]
fn entries_of_others_go_only_where_that_is_allowed() {
    let deployed = "a.example may\nb.example encrypt\nc.example encrypt\n";
    let test = target("  a.example: { level: encrypt }\n", deployed, ", unmanaged: remove");
    let args = ["--allow", "weaker"];
    let ran = refused(
        test,
        &args,
        "2 entries of tls_policy, written by somebody else, would go",
        Some("--allow foreign=2"),
    );
    let ran = let_through(&ran, &["--allow", "weaker", "--allow", "foreign=2"]);
    assert!(ran.read("tls_policy").ends_with("\na.example encrypt\n"));
}

#[test]
fn every_guard_that_stops_it_is_told_at_once() {
    let deployed = "a.example encrypt\nb.example dane-only\n";
    let policies =
        "  a.example: { level: may }\n  b.example: { level: secure, match: [mx.b.example] }\n";
    let ran = target(policies, deployed, "").args(["apply", "--only", "stronger"]);
    let ran = ran.any_stderr().any_stdout().status(5).run();
    for refusal in
        ["--allow weaker=1", "--allow different=1", "1 domain would be weaker, and --only"]
    {
        assert!(ran.stdout.contains(refusal), "{refusal}: {}", ran.stdout);
    }
}

#[test]
fn what_is_allowed_is_still_restricted_by_only() {
    let test = || target("  a.example: { level: may }\n", "a.example encrypt\n", "");
    refused(
        test(),
        &["--allow", "weaker", "--only", "stronger,neutral"],
        "1 domain would be weaker, and --only does not name that",
        None,
    );
    // And what `--only` names is not allowed by that.
    refused(
        test(),
        &["--only", "weaker"],
        "1 domain would be less safe than now: a.example",
        Some("--allow weaker=1"),
    );
    test().args(["apply", "--only", "weaker", "--allow", "weaker"]).any_stdout().any_stderr().run();
}

#[test]
fn flags_that_mean_nothing_are_usage_errors() {
    for (flags, message) in [
        (
            ["--allow", "waeker"],
            "error: `--allow waeker`: no guard named `waeker`: use breaks, weaker, ",
        ),
        (["--allow", "weaker=many"], "error: `--allow weaker=many`: `many` is not a number\n"),
        (["--allow", "weaker="], "error: `--allow weaker=`: `` is not a number\n"),
        (
            ["--only", "safer"],
            "error: `--only safer`: use breaks, weaker, different, stronger, neutral\n",
        ),
    ] {
        let test = repository(STRONGER, "texthash", "").args(["apply"]).args(flags);
        test.stderr_has(message).status(64).expect_file("deployed/tls_policy", OLD).run();
    }
}

#[test]
fn limits_of_protect_yaml_hold_whatever_is_allowed() {
    let test = target(
        "  a.example: { level: may }\n  b.example: { level: may }\n",
        "a.example encrypt\nb.example encrypt\n",
        "",
    );
    let test = test.file("protect.yaml", "version: 1\nlimits: { weaker: 1 }\n");
    refused(
        test,
        &["--allow", "weaker"],
        "2 domains would be weaker, and protect.yaml allows 1",
        None,
    );
}

/// A waiver for a.example that holds until a day.
fn waived(until: &str) -> Test {
    let test = target("  a.example: { level: may }\n", "a.example encrypt\n", "");
    test.file(
        "protect.yaml",
        format!(
            "version: 1\ndomains: {{ a.example: encrypt }}\nwaivers:\n  - {{ domain: a.example, allow: weaker, reason: \
             \"their certificate is broken\", until: {until} }}\n"
        ),
    )
}

#[test]
fn a_waiver_lets_one_domain_through_until_its_last_day() {
    waived("2999-12-31").args(["apply"]).any_stdout().any_stderr().run();
    let expired = waived("2020-12-31");
    let message = "protect.yaml wants at least encrypt for a.example, which would have less";
    refused(expired, &["--allow", "weaker"], message, None);
}

#[test]
fn another_protect_yaml_takes_the_place_of_that_in_the_repository() {
    let weaker = || target("  a.example: { level: may }\n", "a.example encrypt\n", "");
    let loose = weaker().file("protect.yaml", "version: 1\n");
    let strict =
        loose.file("elsewhere/strict.yaml", "version: 1\ndomains: { a.example: encrypt }\n");
    let message = "protect.yaml wants at least encrypt for a.example, which would have less";
    let flags = ["--allow", "weaker", "--protect", "elsewhere/strict.yaml"];
    refused(strict, &flags, message, None);
    // One that is named must be there.
    weaker()
        .args(["apply", "--allow", "weaker", "--protect", "none.yaml"])
        .stderr_has("error: cannot read `none.yaml`: ")
        .status(1)
        .expect_file("tls_policy", "a.example encrypt\n")
        .run();
}

/// A plan for something weaker that was changed by hand.
#[track_caller]
fn edited(from: &str, to: &str, why: &str) {
    let test = target("  a.example: { level: may }\n", "a.example encrypt\n", "");
    let ran = test.args(["plan", "--out", "plan.json"]).any_stdout().any_stderr().status(5).run();
    let plan = ran.read("plan.json");
    assert!(plan.contains(from), "{plan}");
    for flags in [&[][..], &["--allow", "weaker"]] {
        ran.then()
            .file("plan.json", plan.replace(from, to))
            .args(["apply", "plan.json"])
            .args(flags.iter().copied())
            .stderr(format!(
                "error: the plan is stale: {why}\nmake a new one with `mxward plan --out FILE`\n"
            ))
            .status(6)
            .expect_file("tls_policy", "a.example encrypt\n")
            .run();
    }
}

#[test]
fn a_plan_that_calls_a_weakening_neutral_is_refused() {
    let why = "what it says of target `mx` is not what the repository gives: was it edited?";
    edited("\"weaker\"", "\"neutral\"", why);
    edited("\"after\": \"may\"", "\"after\": \"encrypt\"", why);
    edited("\"a.example\"", "\"b.example\"", why);
}

#[test]
fn a_plan_for_something_else_is_refused() {
    edited("\"target\": \"mx\"", "\"target\": \"other\"", "it is for other targets");
    edited(
        "\"format_version\": 1",
        "\"format_version\": 2",
        "its format version is 2, and this mxward writes 1",
    );
}

#[test]
fn a_plan_of_a_repository_that_has_changed_since_is_refused() {
    let test = target("  a.example: { level: encrypt }\n", "a.example may\n", "");
    let ran = test.args(["plan", "--out", "plan.json"]).any_stdout().run();
    let yaml = ran.read("mxward.yaml").replace("level: encrypt", "level: may");
    ran.then()
        .file("mxward.yaml", yaml)
        .args(["apply", "plan.json"])
        .stderr_has("error: the plan is stale: the repository has changed since\n")
        .status(6)
        .expect_file("tls_policy", "a.example may\n")
        .run();
}

#[test]
fn what_a_plan_needs_at_apply_is_allowed_anew() {
    // Whoever wrote the plan had it allowed; whoever applies it has to agree too.
    let test = target("  a.example: { level: may }\n", "a.example encrypt\n", "");
    let plan = ["plan", "--out", "plan.json", "--allow", "weaker"];
    let ran = test.args(plan).any_stdout().run();
    ran.then()
        .args(["apply", "plan.json"])
        .stdout_has("--allow weaker=1\n")
        .status(5)
        .expect_file("tls_policy", "a.example encrypt\n")
        .run();
    let_through(&ran, &["plan.json", "--allow", "weaker=1"]);
}
