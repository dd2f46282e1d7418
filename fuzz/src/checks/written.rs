//! What one run of the program leaves for the next.

use super::text;
use mxward::diag::{Diagnostics, parse_yaml};
use mxward::discover::Journal;
use mxward::edit::insert;
use mxward::formats::record;
use mxward::plan::Plan;
use mxward::source::{NodeKind, SourceMap};

/// A record of what was applied is read as it was written.
pub(super) fn record(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(read) = record::Record::read(text) else { return };
    let entries = read.entries.entries.iter().map(|it| (&*it.key, &*it.value));
    let written = record::write(read.generation, read.unfinished, &read.waiting, entries);
    let again = record::Record::read(&written).expect("what is written can be read");
    assert_eq!((again.generation, again.unfinished), (read.generation, read.unfinished));
    assert_eq!(again.waiting, read.waiting, "{written}");
    let texts = |record: &record::Record<'_>| -> Vec<(String, String)> {
        let entries = record.entries.entries.iter();
        entries.map(|it| (it.key.to_string(), it.value.to_string())).collect()
    };
    assert_eq!(texts(&again), texts(&read), "{written}");
}

/// A plan confirms itself and no other, and what is no plan confirms nothing.
pub(super) fn plan(data: &[u8]) {
    let held = Plan::held(data);
    let empty = Plan { format_version: 1, repository: "0".repeat(64), targets: Vec::new() };
    let Ok(plan) = serde_json::from_slice::<Plan>(data) else {
        assert!(empty.confirms(data).is_err() && held.is_empty());
        return;
    };
    let written = plan.write();
    assert_eq!(serde_json::from_str::<Plan>(&written).ok().as_ref(), Some(&plan), "{written}");
    assert_eq!(plan.confirms(data).is_ok(), plan.format_version == 1);
    assert_eq!(plan.confirms(written.as_bytes()).is_ok(), plan.format_version == 1);
    assert!(empty.confirms(data).is_err() || empty == plan);
    let waiting = plan.targets.iter().flat_map(|it| &it.waiting);
    assert!(held.values().map(std::collections::BTreeSet::len).sum::<usize>() <= waiting.count());
}

/// A journal goes on as it was, and each entry in it stands in a file of YAML as what it is.
pub(super) fn journal(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(journal) = Journal::read(text) else { return };
    let mut written = Journal::head();
    journal.outcomes.iter().for_each(|outcome| written.push_str(&Journal::line(outcome)));
    let again = Journal::read(&written).expect("what is written can be read");
    assert_eq!(again, Journal { torn: false, ..journal.clone() }, "{written}");
    let entries = journal.outcomes.into_iter().filter_map(|it| Some((it.domain, it.entry?)));
    for (domain, entry) in entries {
        let line = entry.line(&domain);
        let before = "# ours\ndomains:\n  a.example: google # first\ntargets: {}\n";
        let mut sources = SourceMap::new();
        let file = sources.add("a.yaml", before);
        let after = insert(before, file, std::slice::from_ref(&line)).expect("lines can be added");
        assert!(after.starts_with("# ours\ndomains:\n  a.example: google # first\n"), "{after}");
        assert!(after.ends_with("\ntargets: {}\n"), "{after}");
        let file = sources.add("b.yaml", after.as_str());
        let mut found = Diagnostics::new();
        let node = parse_yaml(file, &after, &mut found);
        // A domain that stands there already is the one thing that YAML has against it.
        if domain.as_str() == "a.example" {
            assert!(found.has_errors());
            continue;
        }
        assert!(!found.has_errors(), "{after}");
        let Some(NodeKind::Mapping(root)) = node.map(|it| it.kind) else { panic!("{after}") };
        let keys: Vec<&str> = root.entries.iter().map(|(key, _)| &*key.value).collect();
        assert_eq!(keys, ["domains", "targets"], "{after}");
        let NodeKind::Mapping(domains) = &root.entries[0].1.kind else { panic!("{after}") };
        let keys: Vec<&str> = domains.entries.iter().map(|(key, _)| &*key.value).collect();
        assert_eq!(keys, ["a.example", domain.as_str()], "{after}");
    }
}
