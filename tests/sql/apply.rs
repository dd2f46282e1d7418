//! `mxward plan`, `apply` and `rollback` for tables.

mod order;
mod refused;
mod waiting;

use super::place::Place;
use super::{DOMAINS, on_every_database};
use crate::harness::{ALLOW, Ran, Test};
use crate::postfix::tools::Tools;
use mxward::sql::Dialect;

on_every_database! {
    postfix_finds_the_applied_policy_under_every_key
    an_apply_leaves_nothing_to_do_and_a_rollback_goes_back
    a_table_with_other_names_is_changed_too
    both_maps_may_be_in_tables
    rows_that_are_not_ours_stay
    what_is_adopted_and_the_same_is_not_written
    what_was_applied_may_be_kept_in_a_folder
    several_rollbacks_go_further_back
}

/// A repository with one target, whose policies are in a table.
fn repository(place: &Place, transport: &str, more: &str, domains: &str) -> Test {
    Test::new().file("mxward.yaml", yaml(&place.url(""), transport, more, domains))
}

fn yaml(tls_policy: &str, transport: &str, more: &str, domains: &str) -> String {
    format!(
        "version: 1\ntargets:\n  db:\n    postfix: \"3.7\"\n    security_level: dane\n    map_type: texthash\n    \
         tls_policy: \"{tls_policy}\"\n    transport: \"{transport}\"\n{more}{domains}"
    )
}

fn apply(test: Test) -> Ran {
    test.args(["apply"]).args(ALLOW).any_stdout().any_stderr().run()
}

/// What was said, in one line.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn says(text: &str, part: &str) {
    assert!(flat(text).contains(part), "{part:?} is not said:\n{text}");
}

#[track_caller]
fn no_changes(ran: &Ran) {
    ran.then().args(["plan", "--exit-code"]).stdout_has("db  no changes\n").any_stderr().run();
}

/// A table of transports.
fn with_transports(place: &Place) {
    place.sql("CREATE TABLE transport (domain varchar(255) PRIMARY KEY, transport varchar(255))");
}

fn transports(place: &Place) -> String {
    place.sql("SELECT domain, transport FROM transport ORDER BY domain")
}

/// What Postfix answers to each key of a compiled map, and what it should.
#[track_caller]
fn answers_as_compiled(place: &Place, ran: &Ran, table: &str, map: &str) {
    ran.then().args(["compile", "--out", "out"]).any_stdout().any_stderr().run();
    let tools = Tools::new();
    let file = format!("{}{}", place.lookup(), ran.read(&format!("out/db/{table}.cf")));
    let file = tools.write("lookup.cf", file);
    let lookup = format!("{}:{}", place.dialect.map_type(), file.display());
    let test =
        Test::new().file("mxward.yaml", yaml("file:tls_policy", "file:transport", "", DOMAINS));
    let text = test.args(["compile", "--out", "out"]).any_stdout().any_stderr().run();
    let text = text.read(&format!("out/db/{map}"));
    let mut asked = 0;
    for entry in mxward::formats::postmap_text::read(text.as_bytes()).entries {
        if entry.key.is_ascii() || place.dialect == Dialect::Sqlite {
            let answer = tools.query(&entry.key, &lookup);
            assert_eq!(answer.as_deref(), Some(&*entry.value), "{}", entry.key);
            asked += 1;
        }
    }
    assert!(asked > 0);
}

fn postfix_finds_the_applied_policy_under_every_key(place: &Place) {
    place
        .with_table()
        .with_rows(&[("'a.example'", "'may'", "NULL"), ("'z.example'", "'secure'", "'match=z'")]);
    let ran = apply(repository(place, "file:transport", "", DOMAINS));
    answers_as_compiled(place, &ran, "tlspolicies", "tls_policy");
    assert!(place.dump().contains("z.example\tsecure\tmatch=z\n"));
}

fn an_apply_leaves_nothing_to_do_and_a_rollback_goes_back(place: &Place) {
    let foreign = ("'z.example'", "'secure'", "'match=z'");
    place.with_table().with_rows(&[("'a.example'", "'secure'", "'match=x'"), foreign]);
    let before = place.dump();
    let plan = |test: Test| test.args(["plan"]).args(ALLOW).any_stderr().any_stdout().run().stdout;
    let test = repository(place, "file:transport", "", DOMAINS);
    let yaml = std::fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    let ran = test.file("transport", "").args(["plan"]).args(ALLOW).any_stderr().any_stdout().run();
    let first = ran.stdout.clone();
    assert!(!yaml.is_empty() && first.contains("different"), "{first}");
    assert_eq!(place.dump(), before);
    let ran = apply(ran.then());
    assert_ne!(place.dump(), before);
    no_changes(&ran);
    // What changes nothing is nothing to go back from.
    let ran = apply(ran.then());
    no_changes(&ran);
    ran.then().args(["rollback"]).args(ALLOW).any_stdout().any_stderr().run();
    assert_eq!(
        place.dump().lines().filter(|it| !it.starts_with("[tls.example]")).collect::<Vec<_>>(),
        before.lines().collect::<Vec<_>>()
    );
    let again = plan(ran.then());
    let effects = |text: &str| text.lines().last().unwrap_or_default().to_owned();
    assert_eq!(effects(&again), effects(&first));
    ran.then()
        .args(["rollback"])
        .any_stdout()
        .stderr_has("nothing was ever applied there")
        .status(1)
        .run();
}

/// As mailcow has it.
fn a_table_with_other_names_is_changed_too(place: &Place) {
    let number = if place.dialect == Dialect::Mysql { "tinyint(1)" } else { "integer" };
    place.sql(&format!(
        "CREATE TABLE tls_policy_override (dest varchar(255) NOT NULL UNIQUE, policy varchar(20) NOT NULL, \
         parameters varchar(255) DEFAULT '', active {number} NOT NULL DEFAULT 0)"
    ));
    place.sql("INSERT INTO tls_policy_override VALUES ('z.example', 'may', '', 0)");
    let url = place.url("&table=tls_policy_override&key=dest&rest=parameters&fixed.active=1");
    let ran = apply(Test::new().file("mxward.yaml", yaml(&url, "file:transport", "", DOMAINS)));
    answers_as_compiled(place, &ran, "tlspolicies", "tls_policy");
    no_changes(&ran);
    assert_eq!(place.sql("SELECT dest FROM tls_policy_override WHERE active = 0"), "z.example\n");
    ran.then().args(["rollback"]).args(ALLOW).any_stdout().any_stderr().run();
    let left = place.sql("SELECT dest FROM tls_policy_override ORDER BY active");
    assert_eq!(left, "z.example\n[tls.example]:587\n");
}

fn both_maps_may_be_in_tables(place: &Place) {
    place.with_table();
    with_transports(place);
    let ran = apply(repository(place, &place.url(""), "", DOMAINS));
    assert_eq!(transports(place), "d.example\tsmtp:[tls.example]:587\n");
    let at =
        |what: &str| ran.stderr.find(what).unwrap_or_else(|| panic!("no {what}: {}", ran.stderr));
    assert!(at("Switched tls_policy: the policies of before and after") < at("Switched transport"));
    answers_as_compiled(place, &ran, "transport", "transport");
    answers_as_compiled(place, &ran, "tlspolicies", "tls_policy");
    no_changes(&ran);
    ran.then().args(["rollback"]).args(ALLOW).any_stdout().any_stderr().run();
    assert_eq!(transports(place), "");
    assert_eq!(place.dump(), "[tls.example]:587\tsecure\tmatch=tls.example\n");
}

fn rows_that_are_not_ours_stay(place: &Place) {
    place
        .with_table()
        .with_rows(&[("'z.example'", "'secure'", "'match=z'"), ("'y.example'", "'may'", "''")]);
    let one = "domains:\n  a.example: { level: encrypt }\n";
    let test = repository(place, "file:transport", "    unmanaged: remove\n", one);
    let ran = test
        .args(["apply", "--allow", "weaker", "--allow", "share", "--allow", "different"])
        .any_stderr()
        .stdout_has(
            "refused: target db: 2 entries of tls_policy, written by somebody else, would go\n",
        )
        .stdout_has("if that is meant: --allow foreign=2\n")
        .status(5)
        .run();
    assert_eq!(place.dump(), "y.example\tmay\t\nz.example\tsecure\tmatch=z\n");
    let text = ran.read("mxward.yaml").replace("    unmanaged: remove\n", "");
    let ran = apply(ran.then().file("mxward.yaml", text));
    assert_eq!(
        place.dump(),
        "a.example\tencrypt\tNULL\ny.example\tmay\t\nz.example\tsecure\tmatch=z\n"
    );
    // Not even what comes between an apply and the next.
    place.with_rows(&[("'x.example'", "'may'", "NULL")]);
    let text = ran.read("mxward.yaml").replace("{ level: encrypt }", "{ level: dane-only }");
    apply(ran.then().file("mxward.yaml", text));
    assert!(place.dump().contains("x.example\tmay\t") && place.dump().contains("dane-only"));
}

fn what_is_adopted_and_the_same_is_not_written(place: &Place) {
    // The empty text means the same as NULL, and stays.
    place
        .with_table()
        .with_rows(&[("'a.example'", "'encrypt'", "''"), ("'b.example'", "'may'", "NULL")]);
    let two = "domains:\n  a.example: { level: encrypt }\n  b.example: { level: encrypt }\n";
    let ran = apply(repository(place, "file:transport", "", two));
    assert_eq!(
        place.dump(),
        "a.example\tencrypt\t\nb.example\tencrypt\tNULL\n".replace("NULL", &nothing(place))
    );
    // What was adopted goes with its declaration.
    let text = ran.read("mxward.yaml").replace("  a.example: { level: encrypt }\n", "");
    let ran = apply(ran.then().file("mxward.yaml", text));
    assert_eq!(place.dump(), "b.example\tencrypt\tNULL\n".replace("NULL", &nothing(place)));
    no_changes(&ran);
}

/// What the client shows of a column without a text.
fn nothing(place: &Place) -> String {
    place
        .sql("SELECT COALESCE(params, 'NULL') FROM tlspolicies WHERE domain = 'b.example'")
        .trim()
        .to_owned()
}

fn what_was_applied_may_be_kept_in_a_folder(place: &Place) {
    place.with_table().with_rows(&[("'a.example'", "'may'", "NULL")]);
    let before = place.dump();
    let one = "domains:\n  a.example: { level: encrypt }\n  b.example: { level: encrypt }\n";
    let ran = apply(repository(place, "file:transport", "    state: \"file:kept\"\n", one));
    assert!(
        ran.read("kept/db.tls_policy.applied")
            .ends_with("\na.example encrypt\nb.example encrypt\n")
    );
    no_changes(&ran);
    assert!(!place.sql(tables(place)).contains("mxward"));
    ran.then().args(["rollback"]).args(ALLOW).any_stdout().any_stderr().run();
    assert_eq!(place.dump(), before);
    assert!(!ran.path().join("kept/db.tls_policy.applied").exists());
}

/// Asks for the names of all tables.
fn tables(place: &Place) -> &'static str {
    match place.dialect {
        Dialect::Mysql => "SHOW TABLES",
        Dialect::Postgres => "SELECT relname FROM pg_class",
        Dialect::Sqlite => "SELECT name FROM sqlite_master",
    }
}

fn several_rollbacks_go_further_back(place: &Place) {
    place.with_table();
    with_transports(place);
    let level = |level: &str| {
        let domains = format!(
            "domains:\n  a.example: {{ level: {level}, reason: test, until: 2099-01-01 }}\n"
        );
        yaml(&place.url(""), &place.url(""), "", &domains)
    };
    let ran = apply(Test::new().file("mxward.yaml", level("may")));
    let ran = apply(ran.then().file("mxward.yaml", level("encrypt")));
    let ran = apply(ran.then().file("mxward.yaml", level("dane-only")));
    for expected in ["encrypt", "may"] {
        ran.then().args(["rollback"]).args(ALLOW).any_stdout().any_stderr().run();
        assert!(place.dump().starts_with(&format!("a.example\t{expected}\t")), "{}", place.dump());
    }
    ran.then().args(["rollback"]).args(ALLOW).any_stdout().any_stderr().run();
    assert_eq!(place.dump(), "");
    ran.then().args(["rollback"]).any_stdout().any_stderr().status(1).run();
}
