//! `mxward report`
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

mod browser;
mod driver;
mod hostile;

use crate::harness::{Ran, Test, golden, path, root};
use std::process::Command;

/// Two deliveries to a declared domain and one to a stranger.
const LOG: &str = "\
Nov 24 15:24:31 mx1 postfix/smtp[1]: Verified TLS connection established to mx.kunde.example[192.0.2.1]:25: \
TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)
Nov 24 15:24:31 mx1 postfix/smtp[1]: 0A1B2C: to=<anna@kunde.example>, relay=mx.kunde.example[192.0.2.1]:25, delay=1, \
delays=0.1/0/0.5/0.4, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued)
Nov 24 15:25:31 mx1 postfix/smtp[1]: 0A1B2D: to=<anna@stranger.example>, relay=mx.stranger.example[192.0.2.2]:25, \
delay=1, delays=0.1/0/0.5/0.4, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued)
";

/// The repository with every kind of entry.
fn every_kind() -> Test {
    let test = Test::new();
    crate::harness::copy(&root().join("tests/fixtures/output"), test.path());
    test.file("mail.log", LOG)
}

/// Its page, with logs.
fn page() -> Ran {
    every_kind()
        .args(["report", "--logs", "mail.log", "--today", "2026-11-29", "--out", "out/page.html"])
        .any_stderr()
        .run()
}

/// The golden page has names in the place of style and script, and of their digests.
#[test]
fn a_page_with_every_kind_of_entry() {
    let ran = page();
    let mut page = ran.read("out/page.html");
    for name in ["page.css", "page.js"] {
        let text = root().join("src/cli/commands/report").join(name);
        let text = std::fs::read_to_string(text).unwrap();
        assert!(page.contains(&text), "{name}");
        page = page.replace(&text, &format!("({name})\n"));
    }
    let parts: Vec<&str> = page.split("'sha256-").collect();
    let [head, style, script] = parts.as_slice() else { panic!("{page}") };
    let rest = |part: &str| part.split_once('\'').unwrap().1.to_owned();
    let page = format!("{head}(digest){}(digest){}", rest(style), rest(script));
    std::fs::write(ran.path().join("out/page.html"), page).unwrap();
    golden::check(&root().join("tests/golden/report"), ran.path(), "", "");
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let args = ["report", "--logs", "mail.log", "--today", "2026-11-29"];
    let first = page();
    let second = page();
    assert_eq!(first.read("out/page.html"), second.read("out/page.html"));
    let printed = first.then().args(args).any_stdout().run();
    assert_eq!(printed.stdout, first.read("out/page.html"), "without `--out`");
    first
        .then()
        .args(args)
        .args(["--out", "out/page.html"])
        .stderr("Unchanged out/page.html\n")
        .run();
    let later = ["report", "--logs", "mail.log", "--today", "2026-11-30"];
    let later = first.then().args(later).any_stdout().run();
    assert!(later.stdout.contains("as of 2026-11-30"));
}

/// So that a page about 100,000 domains has 6 MB and not 20.
#[test]
fn what_many_entries_share_is_said_once() {
    let list: Vec<String> = (0..1000).map(|it| format!("customer{it}.example")).collect();
    let ran = Test::new()
        .file(
            "mxward.yaml",
            "version: 1\ninclude: [{ list: customers.txt, provider: google-workspace }]\n\
             defaults: { route: mx }\ntargets:\n  \
             mx: { postfix: \"3.10\", security_level: dane, map_type: lmdb, ca: /etc/ssl/ca.pem }\n",
        )
        .file("customers.txt", list.join("\n"))
        .args(["report"])
        .any_stdout()
        .run();
    assert!(ran.stdout.contains("\n[\"customer999.example\","), "{}", ran.stdout);
    for text in ["Google Workspace", "customers.txt", "match=mx.google.com"] {
        assert_eq!(ran.stdout.matches(text).count(), 1, "{text}");
    }
}

#[test]
fn one_target_of_several() {
    let args = ["report", "--today", "2026-11-29", "--target", "relay"];
    let ran = Test::example("hosting").args(args).any_stdout().run();
    assert!(ran.stdout.contains("<h3>Target relay</h3>"));
    assert!(!ran.stdout.contains("<h3>Target mx</h3>"));
    Test::example("hosting")
        .args(["report", "--target", "rely"])
        .stderr("error: no target named `rely`; did you mean `relay`?\n")
        .status(64)
        .run();
}

#[test]
fn a_repository_without_targets_or_domains() {
    let ran = Test::new()
        .file("mxward.yaml", "version: 1\n")
        .args(["report", "--today", "2026-11-29"])
        .any_stdout()
        .any_stderr()
        .run();
    for part in ["0 declared domains, 0 targets", "names no target", "No entry has a reason"] {
        assert!(ran.stdout.contains(part), "{part}: {}", ran.stdout);
    }
}

#[test]
fn what_cannot_be_read_or_written_is_named() {
    every_kind()
        .args(["report", "--logs", "missing.log"])
        .stderr_has("error: cannot read `missing.log`: ")
        .status(1)
        .run();
    every_kind()
        .args(["report", "--out", "mail.log/page.html"])
        .stderr_has("error: cannot write `mail.log/page.html`: ")
        .status(1)
        .run();
    every_kind()
        .args(["report", "--report", "json"])
        .stderr(
            "error: `report` writes HTML: name its file with `--out FILE`, without `--report`\n",
        )
        .status(64)
        .run();
    every_kind().args(["report", "--today", "soon"]).stderr_has("--today").status(64).run();
}

/// Without a fact there is no page, rather than one that says too little.
#[test]
fn a_lock_that_lacks_facts_is_an_error() {
    every_kind()
        .without("mxward.lock")
        .args(["report", "--out", "page.html"])
        .stderr_has("mxward.lock")
        .status(4)
        .expect_no_file("page.html")
        .run();
}

#[test]
#[expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]
fn no_socket_is_opened() {
    let test = every_kind();
    let output = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=network", "-o", "calls", env!("CARGO_BIN_EXE_mxward")])
        .args(["report", "--logs", "mail.log", "--out", "page.html"])
        .current_dir(test.path())
        .env_clear()
        .env("PATH", path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(test.path().join("page.html").exists());
    let calls = std::fs::read_to_string(test.path().join("calls")).unwrap();
    assert!(!calls.contains("AF_INET"), "{calls}");
}
