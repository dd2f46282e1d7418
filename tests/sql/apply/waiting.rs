//! Policies in tables that nothing asks for any more.

use super::{apply, no_changes, repository, says, transports, with_transports, yaml};
use crate::harness::{ALLOW, Ran, wait_for};
use crate::sql::on_every_database;
use crate::sql::place::Place;

on_every_database! {
    policies_wait_until_no_delivery_asks_for_them
    a_reviewed_plan_removes_only_what_it_says
    a_policy_that_is_asked_for_again_does_not_wait
    a_rollback_lets_policies_wait_too
}

const OLD_HOP: &str =
    "domains:\n  d.example: { next_hop: \"[old.example]\", level: secure, match: [x.example] }\n";
const NEW_HOP: &str =
    "domains:\n  d.example: { next_hop: \"[new.example]\", level: secure, match: [x.example] }\n";
const OLD_ROW: &str = "[old.example]\tsecure\tmatch=x.example\n";
const NEW_ROW: &str = "[new.example]\tsecure\tmatch=x.example\n";

/// Both maps in tables: applied with the old next hop, then with the new one.
fn moved(place: &Place) -> Ran {
    place.with_table();
    with_transports(place);
    let ran = apply(repository(place, &place.url(""), "", OLD_HOP));
    assert_eq!(place.dump(), OLD_ROW);
    let yaml = yaml(&place.url(""), &place.url(""), "", NEW_HOP);
    let ran = ran
        .then()
        .file("mxward.yaml", yaml)
        .args(["apply"])
        .args(ALLOW)
        .any_stdout()
        .stderr_has("Waiting tls_policy of db: 1 entry that nothing asks for any more until 2")
        .run();
    says(
        &ran.stdout,
        "note: target db: staying for 60 minutes at least, 1 entry of tls_policy that nothing asks for any \
         more: [old.example]; a later apply removes them",
    );
    assert_eq!(transports(place), "d.example\tsmtp:[new.example]\n");
    assert_eq!(place.dump(), format!("{NEW_ROW}{OLD_ROW}"));
    ran
}

/// How long policies have waited.
fn seconds_since_record(place: &Place) -> i64 {
    let record = place.sql("SELECT content FROM mxward_applied WHERE content LIKE '%# waiting %'");
    let since = record.split("# waiting ").nth(1).unwrap().split(' ').next().unwrap();
    jiff::Timestamp::now().duration_since(since.parse().unwrap()).as_secs()
}

/// As if it were a century later.
fn much_later(place: &Place) {
    place.sql(
        "UPDATE mxward_applied SET content = REPLACE(content, '# waiting 20', '# waiting 19')",
    );
}

fn policies_wait_until_no_delivery_asks_for_them(place: &Place) {
    let ran = moved(place);
    let ran = ran
        .then()
        .args(["plan", "--exit-code"])
        .stdout_has("note: target db: waiting until 2")
        .stdout_has("db  no changes\n")
        .any_stderr()
        .run();
    says(
        &ran.stdout,
        "at the latest, 1 entry of tls_policy that nothing asks for any more: [old.example]",
    );
    let ran = apply(ran.then());
    assert_eq!(place.dump(), format!("{NEW_ROW}{OLD_ROW}"));
    ran.then().args(["diff"]).stdout_has("db  no changes\n").any_stderr().run();
    much_later(place);
    let ran = ran
        .then()
        .args(["plan", "--exit-code"])
        .stdout_has(
            "steps:\n  1. tls_policy: without policies that nothing asks for any more (1 entry)\n",
        )
        .stdout_has("db  entries change, without effect on any domain\n")
        .any_stderr()
        .status(2)
        .run();
    assert!(
        !ran.stdout.contains("drift") && !ran.stdout.contains("changed since"),
        "{}",
        ran.stdout
    );
    let ran = apply(ran.then());
    assert_eq!(place.dump(), NEW_ROW);
    no_changes(&ran);
    assert!(!place.sql("SELECT content FROM mxward_applied").contains("waiting"));
}

fn a_reviewed_plan_removes_only_what_it_says(place: &Place) {
    let ran = moved(place);
    // Long enough for the plan, and soon over.
    let after = seconds_since_record(place) + 10;
    let yaml =
        yaml(&place.url(""), &place.url(""), &format!("    prune_after: {after}s\n"), NEW_HOP);
    let ran = ran.then().file("mxward.yaml", yaml);
    let ran = ran.args(["plan", "--out", "plan.json"]).any_stdout().any_stderr().run();
    let text = ran.read("plan.json");
    let plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(plan["targets"][0]["waiting"][0]["key"], "[old.example]");
    // Due by now, as a new plan says, and still none of what was reviewed.
    wait_for("the end of the wait", || {
        let test = ran.then().args(["plan"]).any_stdout().any_stderr().run();
        test.stdout.contains("without policies that nothing asks for").then_some(())
    });
    ran.then().args(["apply", "plan.json"]).any_stdout().any_stderr().run();
    assert_eq!(place.dump(), format!("{NEW_ROW}{OLD_ROW}"));
    apply(ran.then());
    assert_eq!(place.dump(), NEW_ROW);
}

fn a_policy_that_is_asked_for_again_does_not_wait(place: &Place) {
    let ran = moved(place);
    // By hand: the old next hop is back, and with it what it promises.
    place.sql("UPDATE transport SET transport = 'smtp:[old.example]'");
    let ran = ran.then().args(["plan"]).args(ALLOW).any_stdout().any_stderr().run();
    assert!(
        ran.stdout.contains("secure match=x.example") && !ran.stdout.contains("dane"),
        "{}",
        ran.stdout
    );
    // Or by its declaration.
    let yaml = yaml(&place.url(""), &place.url(""), "", OLD_HOP);
    let ran = apply(ran.then().file("mxward.yaml", yaml));
    assert_eq!(place.dump(), format!("{NEW_ROW}{OLD_ROW}"));
    much_later(place);
    let ran = apply(ran.then());
    assert_eq!(place.dump(), OLD_ROW);
    no_changes(&ran);
}

fn a_rollback_lets_policies_wait_too(place: &Place) {
    let ran = moved(place);
    let ran = ran.then().args(["rollback"]).args(ALLOW).any_stdout().any_stderr().run();
    assert_eq!(transports(place), "d.example\tsmtp:[old.example]\n");
    assert_eq!(place.dump(), format!("{NEW_ROW}{OLD_ROW}"));
    let old = yaml(&place.url(""), &place.url(""), "", OLD_HOP);
    let ran = ran.then().file("mxward.yaml", &old).args(["plan", "--exit-code"]);
    let ran = ran.stdout_has("db  no changes\n").any_stderr().run();
    much_later(place);
    apply(ran.then());
    assert_eq!(place.dump(), OLD_ROW);
}
