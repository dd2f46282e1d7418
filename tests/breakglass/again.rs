//! One exception after another.

use super::{DOMAINS, LIST, args, repository};
use crate::harness::Test;

#[test]
fn another_exception_takes_the_place_of_one_and_one_end_ends_both() {
    for (domain, file) in
        [("kunde.example", "a"), ("two.example", "breakglass"), ("new.example", "breakglass")]
    {
        let file = format!("domains/{file}.yaml");
        let ran = repository("").args(args(domain)).any_stdout().run();
        let once = ran.read(&file);
        let words = ["breakglass", domain, "--until", "9d", "--reason", "still", "--level", "may"];
        let ran = ran.then().args(words).stdout_has(&format!("{domain}: may until 20")).run();
        let twice = ran.read(&file);
        assert_eq!(once.lines().count(), twice.lines().count(), "{twice}");
        assert_eq!(twice.matches("# breakglass may until 20").count(), 1, "{twice}");
        assert!(twice.contains("level: may, reason: still, until: 20"), "{twice}");
        assert!(!twice.contains("encrypt"), "{twice}");
        ran.then()
            .args(["breakglass", domain, "--end"])
            .stdout_has(&format!("{domain}: no exception any more, in "))
            .expect_file("domains/a.yaml", DOMAINS)
            .expect_file("domains/list.txt", LIST)
            .run();
        ran.then().args(["check"]).stdout_has(": no findings\n").run();
    }
}

/// Nobody wants to write the reason into another file at night.
#[test]
fn an_exception_is_prolonged_also_after_its_end() {
    let ran = repository("").args(args("kunde.example")).any_stdout().run();
    let entry = ran.read("domains/a.yaml");
    let (_, day) = entry.split_once("until: ").unwrap();
    let late = entry.replace(&day[..10], "2020-01-01");
    let ran = ran.then().file("domains/a.yaml", late).args(["check"]).any_stdout().status(3).run();
    let ran = ran.then().args(args("kunde.example")).stdout_has("kunde.example: encrypt until 20");
    let ran = ran.expect_file("domains/a.yaml", entry.as_str()).run();
    ran.then().args(["check"]).stdout_has("note[exception-expiring]").run();
    // What was changed by hand is lost to nobody.
    let added = entry.replace("level: encrypt", "level: encrypt, ciphers: high");
    let test = ran.then().file("domains/a.yaml", added.as_str()).args(args("kunde.example"));
    test.any_stdout().expect_file("domains/a.yaml", added.as_str()).run();
    let changed = entry.replace("level: encrypt", "level: may");
    ran.then()
        .file("domains/a.yaml", changed.as_str())
        .args(args("kunde.example"))
        .stderr_has("the exception was changed after `breakglass` wrote it")
        .status(3)
        .expect_file("domains/a.yaml", changed.as_str())
        .run();
}

/// Under an exception of a person, the end of that must not keep less in force.
#[test]
fn what_comes_back_is_written_though_it_is_denied() {
    let person =
        "  by.example: { level: encrypt, reason: \"ticket 9\", until: 2020-01-01 }\n".to_owned();
    let of = |until: &str| person.replace("2020-01-01", until);
    let ran =
        repository(&of("2999-01-01")).args(args("by.example --level none")).any_stdout().run();
    let end = ["breakglass", "by.example", "--end"];
    let ended = ran.then().args(end).stdout_has(
        "by.example: the exception before it is back, encrypt until 2999-01-01, in domains/a.yaml\n",
    );
    ended.expect_file("domains/a.yaml", format!("{DOMAINS}{}", of("2999-01-01"))).run();
    // The same after its day.
    let ran = ran.then().args(args("by.example --level none")).any_stdout().run();
    let late = ran.read("domains/a.yaml").replace("2999-01-01", "2020-01-01");
    ran.then()
        .file("domains/a.yaml", late)
        .args(end)
        .stdout_has("the exception before it is back, encrypt until 2020-01-01")
        .stderr_has("error[exception-expired]")
        .stderr_has("`check` denies what comes back, and `plan` and `apply` refuse every change until that is put right\n")
        .status(3)
        .expect_file("domains/a.yaml", format!("{DOMAINS}{person}"))
        .run();
}

/// Facts may have been dropped while nobody needed them.
#[test]
fn what_lacks_facts_comes_back_and_a_dry_run_says_so() {
    let test = Test::example("handwritten").args(args("kunde.example"));
    let ran = test.any_stdout().any_stderr().run();
    let excepted = ran.read("mxward.yaml");
    let lock = ran.read("mxward.lock");
    let facts = |line: &&str| !line.starts_with("  kunde.example: ");
    let fewer: String = lock.lines().filter(facts).flat_map(|line| [line, "\n"]).collect();
    assert_ne!(lock, fewer);
    let end = |words: &'static [&str]| {
        let test = ran.then().file("mxward.lock", fewer.as_str());
        let test = test.args(["breakglass", "kunde.example", "--end"]).args(words.iter().copied());
        test.stderr_has("`mxward.lock` lacks facts").status(4)
    };
    let back = "the entry is back; look up what it needs before you apply\n";
    end(&["--dry-run"])
        .stderr_has(&format!("\nnothing was written; it would be: {back}"))
        .expect_file("mxward.yaml", excepted)
        .run();
    let ran = end(&[]).stderr_has(&format!("\n{back}")).run();
    assert!(ran.read("mxward.yaml").contains("\n  kunde.example: hostpoint\n"));
}
