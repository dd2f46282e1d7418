//! Both maps, entry by entry: what they mean, what nothing looks up, and what a repository cannot say.

use super::finding::Finding;
use super::keys::{Key, policy_key, transport_key};
use super::options::Options;
use super::source::{Source, SourceEntry};
use super::value::{self, Policies, Value, Written};
use crate::diag::Severity;
use crate::diff::{Entries, Side, dead};
use crate::formats::{MapEntry, MapText};
use crate::names::Recipients;
use crate::plan::Which;
use crate::postfix::{SecurityLevel, Settings, TlsPolicy, Transport, fold_key};
use compact_str::CompactString;
use hashbrown::HashSet;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::rc::Rc;

/// One entry that a repository can say.
#[derive(Clone, Debug)]
pub(super) struct Said<V> {
    pub(super) value: Rc<Written<V>>,
    pub(super) line: u32,
    pub(super) comments: Vec<String>,
    /// The key in the old map, where that is another spelling.
    pub(super) was: Option<String>,
}

/// Where the security level comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LevelFrom {
    Given,
    DefaultRow(u32),
    Nowhere,
}

/// Both maps.
#[derive(Debug)]
pub(super) struct Maps {
    /// By canonical key: A-labels, addresses in their usual spelling.
    pub(super) transports: BTreeMap<String, Said<Transport>>,
    /// The same.
    pub(super) policies: BTreeMap<String, Said<TlsPolicy>>,
    /// Keys of policies that nothing looks up.
    pub(super) dead: HashSet<String>,
    pub(super) security_level: SecurityLevel,
    pub(super) level_from: LevelFrom,
    pub(super) findings: Vec<Finding>,
    /// Names that a source gives to policies, by their text.
    pub(super) names: BTreeMap<String, String>,
    /// The names of the sources: `transport_maps`, `smtp_tls_policy_maps`.
    pub(super) sources: [Option<String>; 2],
    /// Comments behind the last entries.
    pub(super) tails: Vec<String>,
    pub(super) before: [MapText<'static>; 2],
    /// Whether domains are written under both forms of their names.
    unicode: bool,
    pub(super) foreign: [Vec<MapEntry<'static>>; 2],
    /// Policies that could not be read, until it is known whether anything looks them up.
    refused: Vec<(SourceEntry, String, Option<String>)>,
    pub(super) keep_foreign: bool,
    pub(super) values: Policies,
}

impl Maps {
    /// Reads both maps.
    pub(super) fn read(sources: [Option<Source>; 2], options: &Options) -> Self {
        let [transport, tls_policy] = sources;
        let names = [&transport, &tls_policy].map(|it| it.as_ref().map(|it| it.name.clone()));
        let [mut transport, mut tls_policy] =
            [transport, tls_policy].map(Option::unwrap_or_default);
        let mut maps = Self {
            transports: BTreeMap::new(),
            policies: BTreeMap::new(),
            dead: HashSet::new(),
            security_level: options.security_level.unwrap_or(SecurityLevel::May),
            level_from: match options.security_level {
                Some(_) => LevelFrom::Given,
                None => LevelFrom::Nowhere,
            },
            findings: std::mem::take(&mut transport.findings),
            names: std::mem::take(&mut tls_policy.names),
            sources: names,
            tails: std::mem::take(&mut tls_policy.tail),
            before: [as_is(&transport), as_is(&tls_policy)],
            unicode: options.unicode,
            foreign: [Vec::new(), Vec::new()],
            refused: Vec::new(),
            keep_foreign: options.keep_foreign,
            values: Policies::new(options.version),
        };
        maps.findings.append(&mut tls_policy.findings);
        maps.tails.append(&mut transport.tail);
        for entry in transport.entries {
            maps.transport(entry, options);
        }
        for entry in tls_policy.entries {
            maps.policy(entry, options);
        }
        let settings = maps.settings(options);
        maps.refuse(&settings);
        maps.leave_respelt(options);
        let mut never: HashSet<String> =
            dead(&side(&maps.meant(), &settings)).into_iter().map(|it| it.key).collect();
        for key in maps.policies.keys() {
            // One entry is written under both forms, and one of them may be looked up.
            if twin(key).is_some_and(|it| !never.contains(it.as_str())) {
                never.remove(key);
            }
        }
        maps.dead = never;
        maps
    }

    /// What both maps mean, domains in U-labels under both forms, as mxward writes them.
    pub(super) fn meant(&self) -> [MapText<'_>; 2] {
        [
            meant(&self.transports, &self.foreign[0], self.unicode),
            meant(&self.policies, &self.foreign[1], self.unicode),
        ]
    }

    /// An entry as it was, without its comments.
    pub(super) fn old<V>(&self, map: Which, key: &str, said: &Said<V>) -> SourceEntry {
        let key = said.was.as_deref().unwrap_or(key);
        let value = self.before[map.at()].get(key).map(|it| it.value.to_string());
        let (key, value) = (key.to_owned(), value.unwrap_or_default());
        SourceEntry { key, value, line: said.line, comments: Vec::new() }
    }

    /// Leaves the policies that could not be read, but for those that nothing looks up.
    fn refuse(&mut self, settings: &Settings) {
        let refused = std::mem::take(&mut self.refused);
        if refused.is_empty() {
            return;
        }
        let never: HashSet<String> =
            dead(&side(&self.before, settings)).into_iter().map(|it| it.key).collect();
        for (entry, why, hint) in refused {
            if never.contains(&entry.key) {
                let message = format!("`{}` is never looked up; {why}", entry.key);
                self.keep("never-looked-up", Which::TlsPolicy, &entry, message);
            } else {
                self.leave(Which::TlsPolicy, entry, &why, hint);
            }
        }
    }

    /// What decides beside the maps.
    fn settings(&self, options: &Options) -> Settings {
        let settings = Settings::new(options.version, self.security_level);
        Settings { relayhost: options.relayhost.clone(), ..settings }
    }

    fn transport(&mut self, entry: SourceEntry, options: &Options) {
        let map = Which::Transport;
        let key = match transport_key(&entry.key, options.unicode) {
            Key::Known(key) => key,
            Key::Never => {
                let message = format!("`{}` is never looked up", entry.key);
                return self.keep("never-looked-up", map, &entry, message);
            }
            Key::Other(why) => return self.leave(map, entry, &why, None),
        };
        match value::transport(&entry.value, options.version) {
            Value::Means(transport, notes) => self.add(map, key, transport, entry, notes),
            Value::Commented(transport, comment) => {
                self.commented(map, &entry, &transport.text, &comment);
                self.add(map, key, transport, with(entry, comment), Vec::new());
            }
            Value::Refused(why, hint) => self.leave(map, entry, &why, hint),
        }
    }

    fn policy(&mut self, entry: SourceEntry, options: &Options) {
        let map = Which::TlsPolicy;
        if entry.key == "_default" {
            return self.default_row(&entry, options);
        }
        let key = policy_key(&entry.key, options.unicode);
        let (policy, entry, notes) = match self.values.read(&entry.value) {
            Value::Refused(why, hint) => return self.refused.push((entry, why, hint)),
            Value::Means(policy, notes) => (policy, entry, notes),
            Value::Commented(policy, comment) => {
                self.commented(map, &entry, &policy.text, &comment);
                (policy, with(entry, comment), Vec::new())
            }
        };
        let key = match key {
            Key::Known(key) => key,
            Key::Never => {
                let message = format!("`{}` is never looked up", entry.key);
                return self.keep("never-looked-up", map, &entry, message);
            }
            Key::Other(why) => return self.refused.push((entry, why, None)),
        };
        if policy.level == SecurityLevel::None && !self.plain_text(&entry, options.none) {
            return;
        }
        self.add(map, key, policy, entry, notes);
    }

    /// Adds an entry, unless another spelling of its key is there.
    fn add<V: Held>(
        &mut self,
        map: Which,
        key: String,
        value: Rc<Written<V>>,
        entry: SourceEntry,
        notes: Vec<String>,
    ) {
        for note in notes {
            let message = format!("`{}`: {note}", entry.key);
            let place = (map, entry.line, entry.key.as_str());
            self.findings.push(Finding::new(Severity::Note, "passed-over", place, message));
        }
        match V::of(self).entry(key) {
            Entry::Vacant(vacant) => {
                let SourceEntry { line, comments, key, .. } = entry;
                let was = Some(key).filter(|it| it != vacant.key());
                vacant.insert(Said { value, line, comments, was });
            }
            Entry::Occupied(other) => {
                let (same, line) = (other.get().value == value, other.get().line);
                let other =
                    format!("`{}` is another spelling of the key of line {line}", entry.key);
                if same {
                    self.keep("other-spelling", map, &entry, format!("{other} and says the same"));
                } else {
                    // It cannot stay in the map either: there it would have the key of the other one.
                    let place = (map, entry.line, entry.key.as_str());
                    let message = format!("{other}, with something else behind it");
                    let hint = "make both say the same, or remove one";
                    let finding = Finding::new(Severity::Error, "other-spelling", place, message);
                    self.findings.push(finding.hint(hint));
                }
            }
        }
    }
}

/// A value that one of the maps holds.
trait Held: Sized + PartialEq {
    fn of(maps: &mut Maps) -> &mut BTreeMap<String, Said<Self>>;
}

impl Held for Transport {
    fn of(maps: &mut Maps) -> &mut BTreeMap<String, Said<Self>> {
        &mut maps.transports
    }
}

impl Held for TlsPolicy {
    fn of(maps: &mut Maps) -> &mut BTreeMap<String, Said<Self>> {
        &mut maps.policies
    }
}

/// The old line.
pub(super) fn raw(entry: &SourceEntry) -> String {
    format!("{} {}", entry.key, entry.value)
}

/// The entry with one more comment.
fn with(mut entry: SourceEntry, comment: String) -> SourceEntry {
    if !comment.is_empty() {
        entry.comments.push(comment);
    }
    entry
}

/// A source as a map.
fn as_is(source: &Source) -> MapText<'static> {
    let entry = |it: &SourceEntry| MapEntry {
        key: Cow::Owned(it.key.clone()),
        value: Cow::Owned(it.value.clone()),
        line: it.line,
    };
    // `_default` is no recipient of mail, whatever the map is.
    let entries = source.entries.iter().filter(|it| it.key != "_default");
    let mut entries: Vec<MapEntry<'static>> = entries.map(entry).collect();
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    MapText { entries, ignored: Vec::new() }
}

/// What the entries of a map mean, those in U-labels under both forms, as mxward writes them.
fn meant<'a, V>(
    lines: &'a BTreeMap<String, Said<V>>,
    foreign: &'a [MapEntry<'static>],
    unicode: bool,
) -> MapText<'a> {
    let mut entries = Vec::with_capacity(foreign.len() + lines.len());
    entries.extend(foreign.iter().map(borrowed));
    for (key, line) in lines {
        let value = Cow::Borrowed(line.value.text.as_str());
        let twin = if unicode { twin(key) } else { None };
        if let Some(twin) = twin.filter(|it| fold_key(it) == it.as_str()) {
            let key = Cow::Owned(twin.into_string());
            entries.push(MapEntry { key, value: value.clone(), line: line.line });
        }
        entries.push(MapEntry { key: Cow::Borrowed(key), value, line: line.line });
    }
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    MapText { entries, ignored: Vec::new() }
}

/// The form in U-labels of a key in A-labels.
fn twin(key: &str) -> Option<CompactString> {
    // Few have one, and reading a name takes longer.
    key.contains("xn--").then(|| Recipients::parse(key).ok()?.unicode_key()).flatten()
}

/// The same entry without a copy of its texts.
pub(super) fn borrowed<'a>(entry: &'a MapEntry<'_>) -> MapEntry<'a> {
    let (key, value) = (Cow::Borrowed(&*entry.key), Cow::Borrowed(&*entry.value));
    MapEntry { key, value, line: entry.line }
}

/// Both maps as a side of a comparison.
pub(super) fn side<'a>(maps: &'a [MapText<'_>; 2], settings: &'a Settings) -> Side<'a> {
    Side {
        transport: Entries::Borrowed(&maps[0].entries),
        tls_policy: Entries::Borrowed(&maps[1].entries),
        settings,
    }
}
