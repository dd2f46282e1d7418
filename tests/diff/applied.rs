//! What a plan says of entries is what an apply makes of a map: no more and no less.

use crate::harness::{ALLOW, Ran, Test};
use mxward::formats::postmap_text;
use mxward::plan::{EntryChange, Plan};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

/// How many pairs of repositories and maps are tried.
const CASES: usize = 24;

type Map = BTreeMap<String, String>;

/// Declarations, of which a repository has some.
const DOMAINS: &[&str] = &[
    "a.example: { level: encrypt }",
    "b.example: { level: secure, match: [mx.b.example] }",
    "c.example: { level: may }",
    ".d.example: { level: dane-only }",
    "e.example: { next_hop: \"[mx.e.example]\", level: secure, match: [mx.e.example] }",
    "f.example: { next_hop: \"[mx.e.example]\" }",
    "g.example: { next_hop: \"[192.0.2.1]:587\", level: encrypt }",
];

/// Lines of somebody else, some under keys that are declared too.
const FOREIGN: &[(&str, &str)] = &[
    ("tls_policy", "a.example dane"),
    ("tls_policy", "[mx.e.example] may"),
    ("tls_policy", "other.example secure match=x.example"),
    ("tls_policy", "Upper.Example encrypt"),
    ("transport", "e.example smtp:[192.0.2.9]"),
    ("transport", "other.example relay:[192.0.2.9]"),
];

fn config(domains: &[&str], unmanaged: &str) -> String {
    let domains: String = domains.iter().flat_map(|it| ["  ", it, "\n"]).collect();
    format!(
        "version: 1\ntargets:\n  mx:\n    postfix: \"3.7\"\n    security_level: may\n    map_type: texthash\n    \
         deployed: \"file:maps\"\n    unmanaged: {unmanaged}\ndomains:\n{domains}"
    )
}

fn maps(ran: &Ran) -> [Map; 2] {
    ["transport", "tls_policy"].map(|name| {
        let text = ran.read(&format!("maps/{name}"));
        let map = postmap_text::read(text.as_bytes());
        map.entries.iter().map(|it| (it.key.to_string(), it.value.to_string())).collect()
    })
}

/// The map after these changes, each of which must find what it expects.
fn applied(changes: &[EntryChange], mut map: Map) -> Map {
    for change in changes {
        assert_eq!(map.get(&change.key), change.before.as_ref(), "{}", change.key);
        assert_ne!(change.before, change.after, "{}", change.key);
        match &change.after {
            Some(after) => map.insert(change.key.clone(), after.clone()),
            None => map.remove(&change.key),
        };
    }
    map
}

/// A repository is applied to maps of somebody else, and then another one by a plan.
fn check(first: &[&str], second: &[&str], foreign: &[(&str, &str)], unmanaged: &str) {
    let lines = |name: &str| -> String {
        let mine = foreign.iter().filter(|(map, _)| *map == name);
        mine.flat_map(|(_, line)| [*line, "\n"]).collect()
    };
    let test = Test::new().file("mxward.yaml", config(first, unmanaged));
    let test = test.file("maps/transport", lines("transport"));
    let test = test.file("maps/tls_policy", lines("tls_policy"));
    let run =
        |test: Test| test.args(ALLOW).args(["--allow", "foreign"]).any_stdout().any_stderr().run();
    let ran = run(test.args(["apply"]));
    let before = maps(&ran);
    let test = ran.then().file("mxward.yaml", config(second, unmanaged));
    let ran = run(test.args(["plan", "--out", "plan"]));
    let plan: Plan = serde_json::from_str(&ran.read("plan")).unwrap();
    let target = &plan.targets[0];
    let [transport, tls_policy] = before.clone();
    let wanted = [applied(&target.transport, transport), applied(&target.tls_policy, tls_policy)];
    let ran = run(ran.then().args(["apply", "plan"]));
    assert_eq!(maps(&ran), wanted, "{first:?} {second:?} {foreign:?} {unmanaged}");
    // Nothing is left to do, and the way back leads back.
    let again = ran.then().args(["plan", "--exit-code", "--allow", "foreign"]).args(ALLOW);
    again.any_stdout().any_stderr().run();
    if before != wanted {
        let ran = run(ran.then().args(["rollback"]));
        assert_eq!(maps(&ran), before, "{first:?} {second:?} {foreign:?} {unmanaged}");
    }
}

#[test]
fn an_apply_makes_of_the_maps_what_the_plan_says_of_entries() {
    let domains = || subsequence(DOMAINS, 1..=DOMAINS.len());
    let unmanaged = select(&["keep", "report", "remove"][..]);
    let case = (domains(), domains(), subsequence(FOREIGN, 0..=FOREIGN.len()), unmanaged);
    let mut runner = TestRunner::deterministic();
    for _ in 0..CASES {
        let (first, second, foreign, unmanaged) = case.new_tree(&mut runner).unwrap().current();
        check(&first, &second, &foreign, unmanaged);
    }
}
