//! What somebody else changed since the last apply.

use super::{OLD, repository};
use crate::harness::Ran;

const DECLARED: &str = "  a.example: { level: encrypt }\n  b.example: { level: secure, match: [mx.b.example] }\n  \
                         c.example: { level: encrypt }\n  d.example: { level: encrypt }\n";

/// After an apply of four policies somebody edits the map and the repository in every way.
pub(super) fn drifted() -> Ran {
    let ran = repository(DECLARED, "texthash", "").args(["apply"]).any_stdout().any_stderr().run();
    let text = ran.read("deployed/tls_policy");
    let text = text
        .replace("a.example encrypt\n", "a.example may\n")
        .replace("b.example secure match=mx.b.example\n", "")
        .replace("c.example encrypt\n", "c.example may\n")
        .replace("d.example encrypt\n", "d.example may\n");
    let declared = DECLARED
        .replace("c.example: { level: encrypt }", "c.example: { level: may }")
        .replace("  d.example: { level: encrypt }\n", "");
    let yaml = ran.read("mxward.yaml").replace(DECLARED, &declared);
    let test = ran.then().file("deployed/tls_policy", text).file("mxward.yaml", yaml);
    test.args(["plan", "-q"]).any_stdout().any_stderr().run()
}

/// What is said of each key, in the order of keys.
const KEYS: [&str; 4] = [
    "a.example: applied was `encrypt`, now it is `may`; it becomes `encrypt`",
    "b.example: applied was `secure match=mx.b.example`, now it is gone; it comes back as `secure match=mx.b.example`",
    "c.example: applied was `encrypt`, now it is `may`; that stays, since it is what is wanted",
    "d.example: applied was `encrypt`, now it is `may`; it goes",
];

/// A text with its lines joined.
fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn diff_and_plan_tell_people_what_changed_and_what_becomes_of_it() {
    let ran = drifted();
    for (verb, map) in [("diff", "deployed/tls_policy"), ("plan", "tls_policy")] {
        let shown = ran.then().args([verb]).any_stdout().any_stderr().run().stdout;
        let title = format!("changed in {map} by somebody else since the last apply, 4 keys: ");
        assert!(joined(&shown).contains(&format!("{title}{}", KEYS.join(" "))), "{shown}");
        let shown = ran.then().args([verb, "--report", "markdown"]).any_stdout().any_stderr().run();
        let shown = shown.stdout;
        assert!(shown.contains("changed by somebody else since the last apply"), "{shown}");
        assert!(shown.contains("d.example\\: applied was `encrypt`"), "{shown}");
    }
}

#[test]
fn platforms_get_an_item_for_each_map() {
    let ran = drifted();
    for verb in ["diff", "plan"] {
        let shown = ran.then().args([verb, "--report", "jsonl"]).any_stdout().any_stderr().run();
        let items = shown.stdout.lines().filter(|line| line.contains("\"map/drift\""));
        let items: Vec<serde_json::Value> =
            items.map(|line| serde_json::from_str(line).unwrap()).collect();
        let drift: Vec<_> = items.iter().filter(|it| it["code"] == "map/drift").collect();
        let [item] = drift.as_slice() else { panic!("{verb}: {}", shown.stdout) };
        assert_eq!(item["severity"], "warning");
        assert_eq!(
            item["message"],
            "target `mx`: somebody else changed 4 keys of `deployed/tls_policy` since the last apply"
        );
        assert!(
            item.to_string().contains("it comes back as `secure match=mx.b.example`"),
            "{item}"
        );
    }
}

#[test]
fn programs_get_all_three_sides() {
    let ran = drifted();
    let json = |verb: &str| -> serde_json::Value {
        let ran = ran.then().args([verb, "--report", "json"]).any_stdout().any_stderr().run();
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let diff = json("diff");
    let of_diff = diff["targets"][0]["tls_policy"]["drift"].as_array().unwrap().clone();
    let fates: Vec<_> = of_diff.iter().map(|it| it["fate"].as_str().unwrap()).collect();
    assert_eq!(fates, ["overwritten", "restored", "kept", "removed"]);
    assert_eq!(
        of_diff[1],
        serde_json::json!({
            "key": "b.example",
            "applied": "secure match=mx.b.example",
            "live": null,
            "wanted": "secure match=mx.b.example",
            "fate": "restored",
        })
    );
    let plan = json("plan");
    let of_plan = plan["plan"]["targets"][0]["drift"].as_array().unwrap();
    for (plan, diff) in of_plan.iter().zip(&of_diff) {
        assert_eq!(plan["map"], "tls_policy");
        for field in ["key", "applied", "live", "wanted", "fate"] {
            assert_eq!(plan.get(field).unwrap_or(&serde_json::Value::Null), &diff[field]);
        }
    }
}

#[test]
fn an_apply_does_with_it_what_was_said() {
    let ran = drifted();
    let apply = ["apply", "--allow", "weaker", "--allow", "share"];
    let ran = ran.then().args(apply).any_stdout().any_stderr().run();
    let text = ran.read("deployed/tls_policy");
    for line in ["a.example encrypt\n", "b.example secure match=mx.b.example\n", "c.example may\n"]
    {
        assert!(text.contains(line), "{text}");
    }
    assert!(!text.contains("d.example"), "{text}");
    ran.then().args(["plan"]).any_stderr().stdout("mx  no changes\n").run();
}

#[test]
fn what_was_never_applied_does_not_drift() {
    let ran = repository(DECLARED, "texthash", "").args(["plan"]).any_stderr().any_stdout().run();
    assert!(!ran.stdout.contains("by somebody else"), "{}", ran.stdout);
    assert_eq!(ran.read("deployed/tls_policy"), OLD);
}
