//! What is refused, and what is taken back.

use super::{DOMAINS, apply, no_changes, repository, says, transports, with_transports, yaml};
use crate::harness::{ALLOW, Test};
use crate::sql::on_every_database;
use crate::sql::place::Place;
use crate::sql::server::{Server, succeed};
use mxward::sql::{Dialect, TableMapping};

on_every_database! {
    a_second_apply_at_the_same_time_is_refused
    a_plan_is_stale_when_a_row_has_changed
    what_stands_in_the_way_is_told_by_plan
    a_transport_that_cannot_be_written_takes_the_policies_back
}

fn a_second_apply_at_the_same_time_is_refused(place: &Place) {
    place.with_table();
    let mut other = place.open();
    other.lock(&TableMapping::tls_policies()).unwrap();
    let ran = repository(place, "file:transport", "", DOMAINS)
        .args(["apply"])
        .args(ALLOW)
        .stderr_has(
            "error: target `db`: cannot lock the table `tlspolicies`: another apply is at work\n",
        )
        .status(1)
        .run();
    assert_eq!(place.dump(), "");
    // To look is allowed.
    ran.then().args(["plan"]).args(ALLOW).any_stdout().any_stderr().run();
    drop(other);
    apply(ran.then());
}

fn a_plan_is_stale_when_a_row_has_changed(place: &Place) {
    place.with_table().with_rows(&[("'a.example'", "'may'", "NULL")]);
    let test = repository(place, "file:transport", "", DOMAINS);
    let ran = test.args(["plan", "--out", "plan.json"]).args(ALLOW).any_stdout().any_stderr().run();
    place.sql("UPDATE tlspolicies SET policy = 'encrypt'");
    let before = place.dump();
    let ran = ran
        .then()
        .args(["apply", "plan.json"])
        .args(ALLOW)
        .stderr_has(
            "error: the plan is stale: the deployed tls_policy of target `db` has changed since\n",
        )
        .status(6)
        .run();
    assert_eq!(place.dump(), before);
    place.sql("UPDATE tlspolicies SET policy = 'may'");
    ran.then().args(["apply", "plan.json"]).args(ALLOW).any_stdout().any_stderr().run();
    no_changes(&ran);
}

fn what_stands_in_the_way_is_told_by_plan(place: &Place) {
    place.sql(
        "CREATE TABLE tlspolicies (domain varchar(255), policy varchar(20), params varchar(255))",
    );
    let test = repository(place, "file:transport", "", DOMAINS);
    let ran = test.args(["plan"]).args(ALLOW).any_stdout().any_stderr().status(5).run();
    says(
        &ran.stdout,
        "refused: target db: the table of tls_policy cannot be changed: `tlspolicies` has no unique key on \
         `domain`",
    );
    ran.then().args(["apply"]).args(ALLOW).any_stdout().any_stderr().status(5).run();
    assert_eq!(place.dump(), "");
    assert!(!ran.path().join("transport").exists());
}

/// A trigger stands for whatever refuses a change that nobody could foresee.
fn a_transport_that_cannot_be_written_takes_the_policies_back(place: &Place) {
    place.with_table().with_rows(&[("'a.example'", "'may'", "NULL")]);
    with_transports(place);
    let before = place.dump();
    match place.dialect {
        Dialect::Mysql => place.sql(
            "CREATE TRIGGER t BEFORE INSERT ON transport FOR EACH ROW SET NEW.transport = 'discard:'",
        ),
        Dialect::Postgres => place.sql(
            "CREATE FUNCTION t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.transport := 'discard:'; \
             RETURN NEW; END $$; CREATE TRIGGER t BEFORE INSERT ON transport FOR EACH ROW EXECUTE FUNCTION t()",
        ),
        Dialect::Sqlite => place.sql(
            "CREATE TRIGGER t AFTER INSERT ON transport BEGIN UPDATE transport SET transport = 'discard:'; END",
        ),
    };
    let domains = "domains:\n  a.example: { level: encrypt }\n  d.example: { next_hop: \"[tls.example]\", level: secure, match: [x.example] }\n";
    repository(place, &place.url(""), "", domains)
        .args(["apply"])
        .args(ALLOW)
        .any_stdout()
        .stderr_has("error: target `db`: the row of `d.example` is not read back as it was written; everything is as it was before\n")
        .status(1)
        .run();
    assert_eq!(transports(place), "");
    let left =
        place.dump().lines().filter(|it| !it.starts_with('[')).collect::<Vec<_>>().join("\n");
    assert_eq!(left, before.trim_end());
}

/// A user who may change rows and do nothing else.
fn poor(place: &Place) -> String {
    let name = &place.name;
    if place.dialect == Dialect::Mysql {
        succeed(Server::mariadb().mariadb_client().args(["-e", &format!(
            "CREATE USER poor_{name}@'%' IDENTIFIED BY 'geheim'; GRANT SELECT, INSERT, UPDATE, DELETE ON \
             {name}.tlspolicies TO poor_{name}@'%'"
        )]));
    } else {
        place.sql(&format!("CREATE ROLE poor_{name} LOGIN PASSWORD 'geheim'"));
        place.sql(&format!("GRANT SELECT, INSERT, UPDATE, DELETE ON tlspolicies TO poor_{name}"));
        place.sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    }
    place.tcp_url("127.0.0.1", "").replace("mail@", &format!("poor_{name}@"))
}

const ONE: &str = "domains:\n  a.example: { level: dane-only }\n";

#[test]
fn who_may_make_no_table_names_a_folder_instead() {
    for place in [Place::mariadb(), Place::postgres()] {
        place.with_table();
        let poor = poor(&place);
        let with = |more: &str| yaml(&poor, "file:transport", more, ONE);
        let password = "    password_env: DB_PASSWORD\n";
        let ran = Test::new()
            .file("mxward.yaml", with(password))
            .variable("DB_PASSWORD", "geheim")
            .args(["plan"])
            .any_stdout()
            .any_stderr()
            .status(5)
            .run();
        if place.dialect == Dialect::Postgres {
            says(
                &ran.stdout,
                "the user has no right of USAGE on the sequence `tlspolicies_id_seq`",
            );
            place
                .sql(&format!("GRANT USAGE ON SEQUENCE tlspolicies_id_seq TO poor_{}", place.name));
        }
        says(
            &ran.stdout,
            "the table of tls_policy cannot be changed: the user has no right to make `mxward_applied` and \
             `mxward_generations`, in which is kept what was applied: grant it, or name a folder for that as \
             `state`",
        );
        let with_state = with(&format!("{password}    state: \"file:kept\"\n"));
        let run = |args: &[&str]| {
            let test =
                ran.then().file("mxward.yaml", &with_state).variable("DB_PASSWORD", "geheim");
            test.args(args.iter().copied()).any_stdout().any_stderr().run().stdout
        };
        run(&["apply"]);
        assert_eq!(place.dump(), "a.example\tdane-only\tNULL\n");
        assert_eq!(run(&["plan", "--exit-code"]), "db  no changes\n");
        run(&["rollback", "--allow", "weaker", "--allow", "empty"]);
        assert_eq!(place.dump(), "");
    }
}

#[test]
fn rights_on_the_rows_that_are_missing_are_told_by_plan() {
    let place = Place::mariadb();
    place.with_table();
    let poor = poor(&place);
    let name = &place.name;
    let revoke = format!("REVOKE INSERT, DELETE ON {name}.tlspolicies FROM poor_{name}@'%'");
    succeed(Server::mariadb().mariadb_client().args(["-e", &revoke]));
    let more = "    password_env: DB_PASSWORD\n    state: \"file:kept\"\n";
    let ran = Test::new()
        .file("mxward.yaml", yaml(&poor, "file:transport", more, ONE))
        .variable("DB_PASSWORD", "geheim")
        .args(["plan"])
        .any_stdout()
        .any_stderr()
        .status(5)
        .run();
    says(&ran.stdout, "the user has no right of INSERT, DELETE on `tlspolicies`");
    // What may be done by a pattern, a role or a single column is not missing.
    let grant = format!(
        "GRANT INSERT, DELETE ON `{}\\_%`.* TO poor_{name}@'%'",
        name.split('_').next().unwrap()
    );
    succeed(Server::mariadb().mariadb_client().args(["-e", &grant]));
    let plan = ran.then().variable("DB_PASSWORD", "geheim").args(["plan"]);
    plan.any_stderr().stdout_has("db  1 stronger\n").run();
}

#[test]
fn tables_in_which_a_policy_would_be_lost_are_refused() {
    let place = Place::mariadb();
    place.with_table();
    let long = format!(
        "domains:\n  a.example: {{ level: secure, match: [{}] }}\n",
        ["mx-with-a-long-name.example"; 12].join(", ").replacen("mx-", "my-", 1)
    );
    // `compile` goes by what the URL says, and `plan` by what the column holds.
    let yaml = yaml(&place.url("&length=1000"), "file:transport", "", &long);
    let ran = Test::new().file("mxward.yaml", yaml).args(["plan"]).args(ALLOW);
    let ran = ran.any_stdout().any_stderr().status(5).run();
    says(&ran.stdout, "`params` holds 255 characters, and the row of `a.example` needs");
    place.sql("ALTER TABLE tlspolicies ENGINE = MyISAM");
    let ran =
        repository(&place, "file:transport", "", ONE).args(["plan"]).any_stdout().any_stderr();
    says(&ran.status(5).run().stdout, "the engine of `tlspolicies`, MyISAM, has no transactions");
}

/// Both are made ready before the first changes.
#[test]
fn a_target_that_cannot_be_changed_stops_the_others_too() {
    let (first, second) = (Place::sqlite(), Place::postgres());
    first.with_table();
    second.with_table();
    let of = |name: &str, place: &Place| {
        let url = place.url("");
        format!(
            "  {name}: {{ postfix: \"3.7\", security_level: dane, map_type: lmdb, tls_policy: \"{url}\" }}\n"
        )
    };
    let targets = [of("a", &first), of("b", &second)].concat();
    let mut other = second.open();
    other.lock(&TableMapping::tls_policies()).unwrap();
    let ran = Test::new()
        .file("mxward.yaml", format!("version: 1\ntargets:\n{targets}{ONE}"))
        .args(["apply"])
        .stderr_has(
            "error: target `b`: cannot lock the table `tlspolicies`: another apply is at work\n",
        )
        .status(1)
        .run();
    assert_eq!(first.dump(), "");
    drop(other);
    // No table can be made there, which only the second would find while it switches.
    second.sql("CREATE VIEW mxward_applied AS SELECT 1");
    ran.then().args(["apply"]).any_stdout().any_stderr().status(1).run();
    assert_eq!((first.dump(), second.dump()), (String::new(), String::new()));
    second.sql("DROP VIEW mxward_applied");
    apply(ran.then());
    assert_eq!(first.dump(), "a.example\tdane-only\tNULL\n");
    assert_eq!(second.dump(), first.dump());
}

#[test]
fn the_password_is_in_no_output_and_no_file() {
    for place in [Place::mariadb(), Place::postgres()] {
        place.with_table();
        let url = place.tcp_url("127.0.0.1", "");
        let more = "    password_env: DB_PASSWORD\n    state: \"file:kept\"\n";
        let test = Test::new().file("mxward.yaml", yaml(&url, "file:transport", more, DOMAINS));
        let mut ran = test.args(["check"]).any_stdout().any_stderr().run();
        for args in [
            &["plan", "--out", "plan.json"][..],
            &["apply", "plan.json", "-v"],
            &["rollback", "-v"],
        ] {
            let test = ran.then().variable("DB_PASSWORD", "geheim").args(args.iter().copied());
            ran = test.args(ALLOW).any_stdout().any_stderr().run();
            assert!(!ran.stdout.contains("geheim") && !ran.stderr.contains("geheim"));
        }
        let test = ran.then().variable("DB_PASSWORD", "falsch-geheim").args(["apply"]);
        let ran = test.args(ALLOW).any_stdout().any_stderr().status(1).run();
        assert!(!ran.stdout.contains("geheim") && !ran.stderr.contains("geheim"));
        let files = succeed(std::process::Command::new("grep").args(["-rc", ""]).arg(ran.path()));
        assert!(files.contains("plan.json"));
        let mut grep = std::process::Command::new("grep");
        let found = grep.args(["-rl", "geheim"]).arg(ran.path()).output().unwrap();
        assert_eq!(String::from_utf8(found.stdout).unwrap(), "");
    }
}
