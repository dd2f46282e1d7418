//! SARIF 2.1.0, for code scanning.

use super::item::Place;
use super::{Counts, Item, MAIN_FILE, Report, Root, Rule};
use crate::diag::printable;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// GitHub shows so many results of a run, the worst ones, and drops the others without a word.
const MOST: usize = 5_000;

/// The code of the result that counts those that are left out.
const MORE: &str = "more-findings";

/// One run with its results, worst first; those beyond the limit are counted in the last one.
pub fn sarif(report: &Report, root: &Root) -> String {
    let mut items = report.worst_first();
    let rest = if items.len() > MOST { items.split_off(MOST - 1) } else { Vec::new() };
    let mut rules: Vec<Value> = Vec::new();
    let mut results: Vec<Value> = Vec::with_capacity(items.len() + 1);
    let mut index: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
    for (item, fingerprint) in &items {
        let at = *index.entry(item.code).or_insert_with(|| {
            rules.push(rule(item, &report.rules));
            rules.len() - 1
        });
        results.push(result(item, fingerprint, at, root));
    }
    if !rest.is_empty() {
        let counts = Counts::of(rest.iter().map(|(item, _)| *item));
        let message = format!("{counts} more, which do not fit into this report");
        let item = Item::new(rest[0].0.severity, MORE, message);
        rules.push(rule(&item, &[]));
        results.push(result(&item, MORE, rules.len() - 1, root));
    }
    let sarif = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "mxward",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            // What is before the slash keeps the results of commands apart.
            "automationDetails": { "id": format!("mxward-{}/", report.command) },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{sarif:#}\n")
}

/// What the code of an item means; code scanning wants all of this.
fn rule(item: &Item, rules: &[Rule]) -> Value {
    let known = rules.iter().find(|rule| rule.code == item.code);
    let words = item.code.replace(['-', '/'], " ");
    let summary = known.map_or(words.as_str(), |rule| rule.summary.as_str());
    let help = known.map_or(summary, |rule| rule.help.as_str());
    json!({
        "id": item.code,
        "shortDescription": { "text": summary },
        "fullDescription": { "text": summary },
        "help": { "text": help },
        "defaultConfiguration": { "level": item.severity.as_str() },
    })
}

fn result(item: &Item, fingerprint: &str, rule: usize, root: &Root) -> Value {
    let mut object = Map::new();
    object.insert("ruleId".to_owned(), item.code.into());
    object.insert("ruleIndex".to_owned(), rule.into());
    object.insert("level".to_owned(), item.severity.as_str().into());
    object.insert("message".to_owned(), json!({ "text": plain(&item.without_places()) }));
    object.insert("locations".to_owned(), json!([location(item.shown_place(), root)]));
    if !item.related.is_empty() {
        let related = item.related.iter().map(|(place, text)| {
            let mut location = location(Some(place), root);
            location["message"] = json!({ "text": plain(&printable(text)) });
            location
        });
        object.insert("relatedLocations".to_owned(), related.collect());
    }
    // GitHub goes by `primaryLocationLineHash`, which its own action adds; any other one is warned of.
    object.insert("partialFingerprints".to_owned(), json!({ "mxward/v1": fingerprint }));
    Value::Object(object)
}

fn location(place: Option<&Place>, root: &Root) -> Value {
    let file = place.map_or(MAIN_FILE, |place| place.file.as_str());
    let region = match place {
        Some(Place { start, end, .. }) => json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
        }),
        None => json!({ "startLine": 1 }),
    };
    let path = root.path(file);
    let artifact = if path.starts_with('/') {
        json!({ "uri": format!("file://{}", uri(&path)) })
    } else {
        json!({ "uri": uri(&path), "uriBaseId": "%SRCROOT%" })
    };
    json!({ "physicalLocation": { "artifactLocation": artifact, "region": region } })
}

/// A message without links: text in brackets before a parenthesis would be one. [SARIF §3.11.6]
fn plain(text: &str) -> String {
    text.replace("](", "] (")
}

/// A path as a relative URI. [RFC 3986 §3.3]
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(byte.into());
        } else {
            // Writing to a String cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_uris_and_messages_no_links() {
        assert_eq!(uri("a b/ü:%.yaml"), "a%20b/%C3%BC%3A%25.yaml");
        assert_eq!(plain("[x](https://a.example)"), "[x] (https://a.example)");
    }
}
