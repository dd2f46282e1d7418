//! What changes, for programs.

use super::text::kind;
use super::{Compared, Outcome, Report, TargetReport};
use crate::diff::{Cause, DeployedLine, Group, MapDiff};
use crate::postfix::Effect;
use crate::postfix::main_cf::MainCfDifference;
use crate::source::SourceMap;
use serde_json::{Map, Value, json};

/// The version of this report's shape; a change that readers would stumble over gets a new one.
const FORMAT_VERSION: u32 = 1;

/// `format_version`, `effects` (counts over all targets) and `targets`.
pub(super) fn json(report: &Report<'_>) -> Value {
    let diffs = || report.targets.iter().filter_map(TargetReport::compared).map(|it| &it.diff);
    let effects: Map<String, Value> = Effect::ALL
        .iter()
        .map(|effect| {
            let count: usize = diffs().map(|diff| diff.count(*effect)).sum();
            (effect.to_string(), count.into())
        })
        .collect();
    let targets = report.targets.iter().map(|it| target(it, report.sources));
    json!({
        "format_version": FORMAT_VERSION,
        "effects": effects,
        "targets": targets.collect::<Vec<_>>(),
    })
}

fn target(target: &TargetReport, sources: &SourceMap) -> Value {
    let mut object = Map::new();
    object.insert("target".to_owned(), target.name.as_str().into());
    object.insert("summary".to_owned(), target.summary().into());
    object.insert("notes".to_owned(), target.notes.as_slice().into());
    object.insert("main_cf".to_owned(), target.main_cf.iter().map(main_cf).collect());
    let state = match &target.outcome {
        Outcome::Compared(_) => "compared",
        Outcome::NotDeployed => "not-deployed",
        Outcome::Unread(_) => "unread",
    };
    object.insert("state".to_owned(), state.into());
    if let Some(compared) = target.compared() {
        let groups = compared.diff.groups.iter().map(|it| group(it, compared, sources));
        object.insert("changes".to_owned(), groups.collect());
        let [transport, tls_policy] = &compared.names;
        object.insert("transport".to_owned(), map(&compared.diff.transport, transport));
        object.insert("tls_policy".to_owned(), map(&compared.diff.tls_policy, tls_policy));
    }
    Value::Object(object)
}

fn main_cf(difference: &MainCfDifference) -> Value {
    json!({
        "severity": difference.severity.as_str(),
        "parameter": difference.parameter,
        "found": difference.found,
        "needed": difference.needed,
        "why": difference.why,
        "source": difference.source,
        "command": difference.command,
    })
}

fn group(group: &Group, compared: &Compared, sources: &SourceMap) -> Value {
    let (file, line, column) = match group.cause {
        Cause::Declared(span) => {
            let (line, column) = sources.line_column(span.file, span.start);
            (Some(sources.name(span.file)), Some(line), Some(column))
        }
        Cause::Deployed(map, line) => {
            let at = usize::from(map != "transport");
            let line = compared.has_lines[at].then_some(line as usize);
            (Some(compared.names[at].as_str()), line, None)
        }
        Cause::Settings => (None, None, None),
    };
    json!({
        "effect": group.effect.as_str(),
        "template": group.template.as_deref(),
        "declared": matches!(group.cause, Cause::Declared(_)),
        "file": file,
        "line": line,
        "column": column,
        "before": group.before,
        "after": group.after,
        "new_addresses": group.new_addresses,
        "old_addresses": group.old_addresses,
        "domains": group.recipients,
    })
}

fn map(map: &MapDiff, name: &str) -> Value {
    let lines = |list: &[DeployedLine]| -> Value {
        let line = |it: &DeployedLine| json!({ "line": it.line, "key": it.key, "value": it.value });
        list.iter().map(line).collect()
    };
    let ignored =
        map.ignored.iter().map(|it| json!({ "line": it.line, "kind": kind(it), "text": it.text }));
    let drift = map.drift.iter().map(|it| {
        json!({
            "key": it.key,
            "applied": it.applied,
            "live": it.live,
            "wanted": it.wanted,
            "fate": it.fate().as_str(),
        })
    });
    json!({
        "name": name,
        "added": map.added,
        "changed": map.changed,
        "removed": map.removed,
        "unchanged": map.unchanged,
        "adopted": map.adopted,
        "keeps_foreign": map.keeps_foreign,
        "foreign": lines(&map.foreign),
        "drift": drift.collect::<Vec<_>>(),
        "ignored": ignored.collect::<Vec<_>>(),
        "dead": lines(&map.dead),
    })
}
