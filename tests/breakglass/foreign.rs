//! Rows of deployed maps that the repository does not declare.

use super::{CONFIG, args, refused, repository};
use crate::harness::{Test, python};

/// A configuration whose maps are read without postmap(1).
fn texts() -> Test {
    repository("").file("mxward.yaml", CONFIG.replace("lmdb", "texthash"))
}

#[test]
fn a_row_of_somebody_else_is_not_taken_over() {
    for (map, row, entry) in [
        (
            "tls_policy",
            "new.example secure match=mx.new.example",
            "or by hand: `new.example: { level: secure, match: [mx.new.example] }`",
        ),
        // What no lookup of mxward reads is a row of somebody, too.
        ("tls_policy", "new.example secure match=", "with `mxward import` or by hand"),
    ] {
        let message = format!(
            "nothing was written: {map} of target mx has a row `{row}` that the repository does not declare; the \
             exception would take it over, and `--end` leave none; declare it first, with `mxward import` "
        );
        let test = texts().file(&format!("deployed/{map}"), format!("{row}\n"));
        let ran = refused(test, "new.example", 3, &message);
        let joined = ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(joined.contains(entry), "{joined}");
    }
    // `left.example` is declared, and still has no row.
    let test = texts().file("deployed/tls_policy", "left.example secure match=mx.left.example\n");
    refused(test, "left.example", 3, "has a row `left.example secure match=mx.left.example`");
    // A row of a domain that has one by its entry is adopted by the next apply in any case.
    let test = texts().file("deployed/tls_policy", "kunde.example secure match=mx.kunde.example\n");
    let ran = test.args(args("kunde.example")).any_stdout().run();
    // Once it is declared, nothing is against it.
    let test = ran.then().file("deployed/tls_policy", "new.example secure match=mx.new.example\n");
    let declared = "domains:\n  new.example: { level: secure, match: [mx.new.example] }\n";
    let test = test.file("domains/new.yaml", declared).args(args("new.example"));
    test.stdout_has("new.example: encrypt until 20").run();
}

/// What was applied is ours, also where it is to go.
#[test]
fn rows_that_were_applied_are_ours() {
    let ran = texts().args(args("new.example")).any_stdout().run();
    let apply = ["apply", "-q", "--allow", "different"];
    ran.then().args(apply).any_stdout().any_stderr().run();
    ran.then().args(["breakglass", "new.example", "--end"]).any_stdout().run();
    ran.then().args(args("new.example")).any_stdout().run();
}

#[test]
fn rows_of_tables_are_found_and_servers_are_not_asked() {
    let place = |url: &str| {
        let config = CONFIG.replace(
            "deployed: \"file:deployed\"",
            &format!("tls_policy: \"{url}?table=p\", transport: \"file:transport\""),
        );
        repository("").file("mxward.yaml", config.replace("lmdb", "texthash"))
    };
    let test = place("sqlite:db");
    python(
        "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1])\n\
         db.execute('CREATE TABLE p (domain TEXT PRIMARY KEY, policy TEXT, params TEXT)')\n\
         db.execute(\"INSERT INTO p VALUES ('new.example', 'secure', 'match=mx.new.example')\")\ndb.commit()",
        &[&test.path().join("db")],
        "",
    );
    refused(test, "new.example", 3, "tls_policy of target mx has a row `new.example secure match=");
    let ran = place("mysql://user@192.0.2.1/db").args(args("new.example"));
    let ran = ran.any_stdout().any_stderr().run();
    let joined = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let note = "note: nobody looked whether tls_policy of target mx has a row of somebody else under new.example: `plan` shows";
    assert!(joined.contains(note), "{joined}");
}
