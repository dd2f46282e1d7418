//! What other programs and DNS say, on its way into YAML.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

use super::{FORMS, TEXTS, is_harmless, is_plain, reported};
use crate::harness::{Ran, Test};
use crate::lab::{Lab, Zone, trusts};
use std::fmt::Write as _;
use std::path::Path;

/// Every file of what was imported is YAML without orders, and says what the source says.
#[track_caller]
fn is_good_yaml(ran: &Ran) {
    fn walk(folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            is_plain(path.to_str().unwrap());
            if path.is_dir() {
                walk(&path);
            } else {
                is_plain(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    walk(&ran.path().join("new"));
    let checked = reported(ran.then().args(["-C", "new", "check"]), &[]).run();
    is_harmless(&checked, &[]);
    assert!(!checked.stdout.contains("error"), "{}", checked.stdout);
}

fn import(test: Test, source: [&str; 2]) -> Ran {
    let args = ["import", "--security-level", "may", "--foreign", "keep", "--out", "new"];
    let ran = reported(test.args(args).args(source), &FORMS).run();
    is_harmless(&ran, &FORMS);
    is_good_yaml(&ran);
    ran
}

/// Comments are taken over: they become comments, and nothing else.
#[test]
fn comments_of_maps_stay_comments() {
    let mut map = String::new();
    for (number, text) in TEXTS.iter().enumerate() {
        writeln!(
            map,
            "# {text}\nd{number}.example encrypt\n#{text}\n#\n# {text}\n[192.0.2.{number}] may"
        )
        .unwrap();
        writeln!(map, "# {text}\nwrong{number}.example {text}\nd{number}.example {text}").unwrap();
    }
    let ran = import(Test::new().file("map", &map), ["--tls-policy", "map"]);
    let yaml = ran.read("new/mxward.yaml");
    let domains = yaml.lines().filter(|line| line.starts_with("  d") && line.contains(".example:"));
    assert_eq!(domains.count(), TEXTS.len(), "{yaml}");
}

#[test]
fn lists_of_others_become_no_yaml_of_their_own() {
    let mut policies = serde_json::Map::new();
    let mut answers = String::new();
    for (number, text) in TEXTS.iter().enumerate() {
        let good = serde_json::json!({ "mode": "enforce", "mxs": [format!("mx{number}.example")] });
        policies.insert(format!("d{number}.example"), good);
        let testing = serde_json::json!({ "mode": "testing", "mxs": [text] });
        policies.insert(format!("{text}\nx: y"), testing);
        for (domain, policy) in
            [(format!("d{number}.example"), "dane-only"), (format!("{text}\nx: y"), *text)]
        {
            let answer = serde_json::json!({ "domain": domain, "dane": { "policy": policy } });
            writeln!(answers, "{answer}").unwrap();
        }
    }
    let list = serde_json::json!({ "policies": policies }).to_string();
    import(Test::new().file("list", list), ["--eff", "list"]);
    import(Test::new().file("answers", answers), ["--tlspol", "answers"]);
}

#[test]
fn rows_of_a_dump_become_no_yaml_of_their_own() {
    let mut dump =
        String::from("CREATE TABLE tlspolicies (domain TEXT, policy TEXT, params TEXT);\n");
    for (number, text) in TEXTS.iter().enumerate() {
        let text = text.replace('\'', "''");
        writeln!(
            dump,
            "INSERT INTO tlspolicies VALUES('d{number}.example','encrypt','');\n\
             INSERT INTO tlspolicies VALUES('{text}\nx: y','may','{text}');\n\
             INSERT INTO tlspolicies VALUES('e{number}.example','secure\nx: y','{text}');"
        )
        .unwrap();
    }
    import(Test::new().file("dump.sql", dump), ["--tls-policy", "dump.sql"]);
}

/// DNS carries any byte in a name and in a text.
#[test]
fn what_dns_says_is_shown_and_not_obeyed() {
    let mut records = String::new();
    let mut domains = Vec::new();
    for (number, text) in TEXTS.iter().enumerate() {
        let bytes: String = text.bytes().fold(String::new(), |mut text, byte| {
            write!(text, "\\{byte:03}").unwrap();
            text
        });
        let (label, _) = bytes.split_at(bytes.len().min(4 * 60));
        writeln!(
            records,
            "d{number} MX 10 {label}\nd{number} MX 20 mx{number}\nmx{number} CNAME {label}\n\
             {label} A 192.0.2.1\n_mta-sts.d{number} TXT \"v=STSv1; id={bytes}\"\n\
             e{number} MX 10 mx\n_mta-sts.e{number} TXT \"v=STSv1; id=1; {bytes}={bytes}\""
        )
        .unwrap();
        domains.extend([format!("d{number}.example"), format!("e{number}.example")]);
    }
    records.push_str("mx A 192.0.2.1\n");
    let lab = Lab::new([Zone::unsigned("example", &records)]);
    let yaml = "version: 1\ndefaults: { route: mx }\ninclude: new.yaml\ndomains: {}\n\
                targets: { mx: { postfix: \"3.7\", security_level: may, map_type: hash } }\n";
    let servers = trusts(lab.validating());
    let servers: Vec<&str> = servers.iter().map(String::as_str).collect();
    let test = Test::new().file("mxward.yaml", yaml).file("new.yaml", "domains:\n");
    let test = test.args(["discover", "--no-starttls", "--timeout", "1", "--resume", "journal"]);
    let test = test.args(domains.iter().map(String::as_str)).args(servers.iter().copied());
    // What cannot be a name is no answer.
    let ran = reported(test, &FORMS).status(1).run();
    is_harmless(&ran, &FORMS);
    is_plain(&ran.read("journal"));
    for part in
        ["d0.example   unknown   MTA-STS (invalid)", "e0.example   self      MTA-STS (invalid)"]
    {
        assert!(ran.stdout.contains(part), "{}", ran.stdout);
    }

    // The lock takes none of it.
    let yaml = yaml.replace("domains: {}", "domains: { d0.example: own, d4.example: own }");
    let own = "name: own\ntitle: Own\nmx_patterns: [mx]\nhosts_from: mx\n\
               policy: { level: secure, match: [mx.own.example] }\n";
    let test = ran.then().file("mxward.yaml", yaml.replace("route: mx", "route: pin"));
    let test = test.file("providers/own.yaml", own).args(["lock"]).args(servers);
    let ran = reported(test, &FORMS).status(1).run();
    is_harmless(&ran, &[]);
}
