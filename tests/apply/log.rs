//! `apply --watch-log`: which lines of which log count.

use super::ssh::{deployed, remote};
use super::{OLD, STRONGER, programs, repository};
use crate::harness::{Ran, Test, valid};
use crate::host::Sshd;
use serde_json::{Value, json};
use std::fs;

/// What an smtp(8) says of a policy that it cannot use, a trivial-rewrite(8) of a lookup that failed, and what
/// is about something else.
const POLICY: &str = "Nov 24 15:24:31 mx1 postfix/smtp[153]: warning: smtp_tls_policy_maps, next-hop destination \
                      \"[mx.a.example]\": invalid security level \"secur\"\n";
const TRANSPORTS: &str =
    "Nov 24 15:24:32 mx1 postfix/trivial-rewrite[154]: warning: transport_maps lookup failure\n";
const OTHER: &str = "Nov 24 15:24:32 mx1 postfix/smtp[153]: warning: smtp_tls_policy_maps, next-hop destination \
                     \"c.example\": policy table lookup error\n";

/// A Postfix that does this when it is told to read its maps again.
fn postfix(reload: &str) -> String {
    format!("[ \"$3\" = reload ] || exit 0\ncd \"$2\" || exit\n{reload}\n")
}

/// Nobody needs to wait for a queue manager that is not there.
const SLEEP: (&str, &str) = ("sleep", "");

/// Applies in a folder whose target has this log; `%LOG%` in scripts and settings is `deployed/log`.
fn apply(log: &str, list: &[(&str, &str)], status: i32) -> Ran {
    let test = repository(STRONGER, "texthash", "");
    let path = test.path().join("deployed/log").display().to_string();
    let list: Vec<(&str, String)> =
        list.iter().map(|(name, script)| (*name, script.replace("%LOG%", &path))).collect();
    let list: Vec<(&str, &str)> = list.iter().map(|(name, script)| (*name, &**script)).collect();
    let (_folder, programs) = programs(&list);
    let yaml = fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    let target = format!("\"file:deployed\"{}", log.replace("%LOG%", &path));
    test.file("mxward.yaml", yaml.replace("\"file:deployed\"", &target))
        // What was there before is no matter of this apply.
        .file("deployed/log", TRANSPORTS.repeat(20))
        .args(["apply", "--watch-log", "1s", "--report", "json"])
        .variable("PATH", &programs)
        .any_stdout()
        .any_stderr()
        .status(status)
        .run()
}

/// What the report tells of the only log.
#[track_caller]
fn told(ran: &Ran) -> Value {
    valid("plan-report", &ran.stdout);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["log"].as_array().unwrap().len(), 1, "{report:#}");
    report["log"][0].clone()
}

const FIRST: &str = "the policy of `[mx.a.example]`: a TLS policy is invalid";
const SECOND: &str = "transports cannot be looked up";

#[test]
fn only_what_was_added_since_the_apply_began_counts() {
    let quiet = postfix("");
    let ran = apply(", log: %LOG%", &[("postfix", &quiet), SLEEP], 0);
    assert!(
        ran.stderr.contains(" has no delivery since, so it proves nothing\n"),
        "{}",
        ran.stderr
    );
    assert_eq!(told(&ran)["complaints"], json!([]));

    let complains = postfix(&format!("printf '%s' '{POLICY}{POLICY}{OTHER}' >>%LOG%"));
    let ran = apply(", log: %LOG%", &[("postfix", &complains), SLEEP], 8);
    let folder = fs::canonicalize(ran.path().join("deployed")).unwrap();
    let of = format!("the log of the Postfix of {}", folder.display());
    assert!(
        ran.stderr.ends_with(&format!(
            " Watching the log, 1 s at most\n\
             error: target `mx`: everything was written, but {of} has 2 complaints about it:\n    \
             2 × {FIRST}\n\
             note: target `mx`: {of} has 1 complaint about policies of next hops for which nothing of ours stands \
             in a map\n\
             mail waits meanwhile; `mxward rollback --target mx` puts back what was there before\n"
        )),
        "{}",
        ran.stderr
    );
    let told = told(&ran);
    assert_eq!(told["complaints"], json!([{ "what": FIRST, "count": 2 }]));
    assert_eq!((&told["about_others"], &told["failed"]), (&json!(1), &Value::Null));
    // Everything stays as it was written.
    assert!(ran.read("deployed/tls_policy").contains("\n[mx.a.example] secure "));
}

/// Another rollback would go one apply further back, so that is not what it advises.
#[test]
fn a_rollback_looks_at_the_log_too() {
    let ran = apply(", log: %LOG%", &[("postfix", &postfix("")), SLEEP], 0);
    let complains = postfix(&format!("printf '%s' '{TRANSPORTS}' >>log"));
    let (_folder, programs) = programs(&[("postfix", &complains), SLEEP]);
    let ran = ran
        .then()
        .args(["rollback", "--allow", "weaker", "--allow", "empty"])
        .args(["--watch-log", "1s", "--report", "json"])
        .variable("PATH", &programs)
        .any_stdout()
        .any_stderr()
        .status(8)
        .run();
    assert_eq!(told(&ran)["complaints"][0]["what"], SECOND);
    assert!(!ran.stderr.contains("puts back"), "{}", ran.stderr);
}

/// Renamed, as logrotate(8) does it by itself, the rest of the old file counts too; with `copytruncate` that is
/// lost, and the file is read from its start.
#[test]
fn a_log_that_is_rotated_meanwhile_is_read_on() {
    let [first, second] = [FIRST, SECOND].map(|it| json!({ "what": it, "count": 1 }));
    for (rotate, complaints) in [
        ("mv %LOG% %LOG%.1", json!([first, second])),
        ("cat %LOG% >%LOG%.1; : >%LOG%", json!([second])),
    ] {
        let script =
            format!("printf '%s' '{POLICY}' >>%LOG%; {rotate}; printf '%s' '{TRANSPORTS}' >>%LOG%");
        let ran = apply(", log: %LOG%", &[("postfix", &postfix(&script)), SLEEP], 8);
        assert_eq!(told(&ran)["complaints"], complaints, "{rotate}");
    }
}

#[test]
fn a_line_that_is_not_whole_yet_waits_for_its_end() {
    let complains = postfix(&format!("printf '%s' '{POLICY}' >>%LOG%"));
    // At first there is only a part of it.
    let head = "mkdir DIR/cut 2>/dev/null && exec /usr/bin/head -c 90\nexec /usr/bin/head \"$@\"\n";
    let ran = apply(", log: %LOG%", &[("postfix", &complains), ("head", head), SLEEP], 8);
    assert_eq!(told(&ran)["complaints"], json!([{ "what": FIRST, "count": 1 }]));
}

#[test]
fn without_a_log_in_the_target_that_of_main_cf_is_read() {
    let complains = postfix(&format!("printf '%s' '{POLICY}' >>%LOG%"));
    let main_cf = "deployed/main.cf";
    let test = repository(STRONGER, "texthash", "");
    let path = test.path().join("deployed/log").display().to_string();
    let text = fs::read_to_string(test.path().join(main_cf)).unwrap();
    let (_folder, programs) = programs(&[("postfix", &complains.replace("%LOG%", &path)), SLEEP]);
    let test =
        test.file(main_cf, format!("{text}maillog_file = {path}\nmaillog_file_prefixes = /\n"));
    super::age(&test.path().join("deployed"));
    test.args(["apply", "--watch-log", "1s"])
        .variable("PATH", &programs)
        .any_stdout()
        .stderr_has(&format!("    1 × {FIRST}\n"))
        .status(8)
        .run();
}

/// A journal whose entries lie in a file, each under its line as cursor.
const JOURNAL: &str = "case $* in *SYSLOG_FACILITY=2*) ;; *) exit 1 ;; esac
from=0
for argument; do case $argument in --after-cursor=s=*) from=${argument##*s=} ;; esac; done
case $* in *'-n 1'*) from=$(($(wc -l <%LOG%) - 1)) ;; esac
tail -n +$((from + 1)) %LOG%
[ \"$(wc -l <%LOG%)\" -le \"$from\" ] || echo \"-- cursor: s=$(($(wc -l <%LOG%)))\"
";

#[test]
fn the_journal_is_read_from_its_last_entry_on() {
    let quiet = postfix("");
    let ran = apply(", log: journal", &[("postfix", &quiet), ("journalctl", JOURNAL), SLEEP], 0);
    assert_eq!(told(&ran)["complaints"], json!([]));
    let complains = postfix(&format!("printf '%s' '{POLICY}' >>%LOG%"));
    let list = [("postfix", &*complains), ("journalctl", JOURNAL), SLEEP];
    let ran = apply(", log: journal", &list, 8);
    assert_eq!(told(&ran)["complaints"], json!([{ "what": FIRST, "count": 1 }]));
}

#[test]
fn the_log_of_another_host_is_read_there() {
    let complains = postfix(&format!(
        "printf '%s' '{POLICY}' >>log; mv log log.1; printf '%s' '{TRANSPORTS}' >log"
    ));
    let (_folder, path) = programs(&[("postfix", &complains), SLEEP]);
    let sshd = Sshd::configured(&format!("SetEnv PATH={path}"));
    let test = remote(&sshd, STRONGER, "texthash").file("deployed/log", TRANSPORTS);
    let yaml = fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    let log = format!("{}/log", deployed(test.path()).display());
    let yaml = yaml.replace("map_type: texthash", &format!("map_type: texthash, log: {log}"));
    let ran = test
        .file("mxward.yaml", yaml)
        .args(["apply", "--watch-log", "1s", "--report", "json"])
        .any_stdout()
        .any_stderr()
        .status(8)
        .run();
    let both = json!([{ "what": FIRST, "count": 1 }, { "what": SECOND, "count": 1 }]);
    assert_eq!(told(&ran)["complaints"], both);
}

/// What people write into addresses, and servers into replies, stays in the log.
#[test]
fn nothing_that_stands_in_a_line_reaches_the_terminal() {
    let line = |text: &str| format!("Nov 24 15:24:31 mx1 postfix/{text}\\n");
    let lines = [
        line("smtp[1]: warning: texthash:/LOOK/tls_policy lookup error for \"anna@a.example\""),
        line(
            "trivial-rewrite[1]: warning: texthash:/LOOK/transport lookup error for \"anna@a.example\"",
        ),
        line(
            "qmgr[1]: warning: connect to transport private/\\033[31manna@a.example: No such file",
        ),
        line("smtp[1]: fatal: \\033[31manna@a.example in server description: \\007anna@a.example"),
        line("smtp[1]: fatal: unknown service: anna@a.example/tcp"),
        line(
            "smtp[1]: 4XyZ9: to=<anna@a.example>, relay=none, delay=1, dsn=4.3.0, status=deferred (\\033anna)",
        ),
    ];
    let script =
        format!("look=$(pwd -P); printf '{}' | sed \"s,/LOOK,$look,\" >>%LOG%", lines.concat());
    let ran = apply(", log: %LOG%", &[("postfix", &postfix(&script)), SLEEP], 8);
    for text in [&ran.stderr, &ran.stdout] {
        assert!(!text.contains("anna") && !text.contains(['\x1b', '\x07']), "{text:?}");
    }
    let folder = fs::canonicalize(ran.path().join("deployed")).unwrap();
    let table =
        |name: &str| format!("the table `texthash:{}/{name}` cannot be read", folder.display());
    assert_eq!(
        told(&ran)["complaints"],
        json!([
            { "what": table("tls_policy"), "count": 1 },
            { "what": table("transport"), "count": 1 },
            { "what": "a next hop ended smtp(8)", "count": 1 },
            { "what": "master.cf lacks a service that a transport names", "count": 1 },
            { "what": "smtp(8) ended with a fatal error", "count": 1 },
        ])
    );
}

#[test]
fn a_log_that_cannot_be_read_is_an_error_before_anything_changes() {
    for (log, why) in [
        (
            "",
            "where the Postfix of FOLDER logs is not known: write `log: journal`, or `log: /var/log/mail.log`, into the target",
        ),
        (", log: /nowhere/mail.log", "FOLDER has no log `/nowhere/mail.log`"),
        (", log: /proc", "cannot read the log: /proc is no file"),
        // Who reads that waits for himself.
        (", log: /dev/stdout", "cannot read the log: /dev/stdout is no file"),
        (", log: journal", "cannot read the log: `journalctl`: no journal"),
        (", log:  journal", "cannot read the log: `journalctl` ended with an error"),
    ] {
        let says = if log.contains("  ") { "exit 1" } else { "echo 'no journal' >&2; exit 1" };
        let no_journal = ("journalctl", says);
        let quiet = postfix("");
        let ran = apply(log, &[("postfix", &quiet), no_journal, SLEEP], 1);
        let folder = fs::canonicalize(ran.path().join("deployed")).unwrap();
        let why = why.replace("FOLDER", &folder.display().to_string());
        assert!(
            ran.stderr.contains(&format!("error: target `mx`: `--watch-log`: {why}"))
                && ran.stderr.contains("; nothing was changed\n"),
            "{}",
            ran.stderr
        );
        assert_eq!(ran.read("deployed/tls_policy"), OLD);
    }
}

#[test]
fn where_nothing_changes_nothing_is_waited_for() {
    let quiet = postfix("");
    let (_folder, path) = programs(&[("postfix", &quiet), SLEEP]);
    let ran = repository(STRONGER, "texthash", "").args(["apply"]).variable("PATH", &path);
    let ran = ran.any_stdout().any_stderr().run();
    let again = ran.then().args(["apply", "--watch-log", "1h"]).variable("PATH", &path);
    let again = again.any_stdout().any_stderr().run();
    assert!(!again.stderr.contains("log"), "{}", again.stderr);
}

#[test]
fn times_and_places_are_checked() {
    for time in ["0s", "30", "2h", "s", "-1s"] {
        let option = format!("--watch-log={time}");
        let error = "write a number and `s`, `m` or `h`, up to an hour, such as `30s`";
        Test::new().args(["apply", &option]).stderr_has(error).status(64).run();
    }
    Test::new().args(["apply", "--watch-deliveries", "5"]).any_stderr().status(64).run();
    for log in ["mail.log", "/var/log/", "Journal"] {
        let message = format!("error[bad-path]: `{log}` is not the place of a mail log\n");
        repository(STRONGER, "texthash", &format!(", log: {log}"))
            .args(["check"])
            .stdout_has(&message)
            .stdout_has(
                "= help: write an absolute path, such as `/var/log/mail.log`, or `journal`\n",
            )
            .any_stderr()
            .status(3)
            .run();
    }
}
