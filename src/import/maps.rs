//! Both maps, entry by entry: what they mean, what nothing looks up, and what a repository cannot say.

use super::finding::Finding;
use super::options::{NoneMeans, Options};
use super::source::{Source, SourceEntry};
use super::value::{self, Value};
use crate::diag::Severity;
use crate::diff::{Entries, Side, dead};
use crate::formats::{MapEntry, MapText};
use crate::names::Recipients;
use crate::plan::Which;
use crate::postfix::{
    NextHop, SecurityLevel, Settings, TlsPolicy, Transport, fold_key, policy_keys,
};
use hashbrown::HashSet;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// One entry that a repository can say.
#[derive(Clone, Debug)]
pub(super) struct Said<V> {
    pub(super) value: V,
    pub(super) line: u32,
    pub(super) comments: Vec<String>,
    /// The old line, blanks apart.
    pub(super) raw: String,
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
    pub(super) meant: [MapText<'static>; 2],
    pub(super) foreign: [Vec<MapEntry<'static>>; 2],
    /// Policies that could not be read, until it is known whether anything looks them up.
    refused: Vec<(SourceEntry, String, Option<String>)>,
    keep_foreign: bool,
}

/// What a lookup key is.
enum Key {
    /// A domain or all its subdomains, or another next hop: the canonical spelling.
    Known(String),
    /// None that any lookup asks for.
    Never,
    /// One that a repository cannot say.
    Other(String),
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
            meant: [MapText::default(), MapText::default()],
            foreign: [Vec::new(), Vec::new()],
            refused: Vec::new(),
            keep_foreign: options.keep_foreign,
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
        let asked_for: HashSet<String> =
            dead(&side(&maps.before, &settings)).into_iter().map(|it| it.key).collect();
        for (entry, why, hint) in std::mem::take(&mut maps.refused) {
            if asked_for.contains(&entry.key) {
                let message = format!("`{}` is never looked up; {why}", entry.key);
                maps.keep("never-looked-up", Which::TlsPolicy, &entry, message);
            } else {
                maps.leave(Which::TlsPolicy, entry, &why, hint);
            }
        }
        maps.leave_respelt(options);
        maps.meant = [
            meant(&maps.transports, &maps.foreign[0], options.unicode),
            meant(&maps.policies, &maps.foreign[1], options.unicode),
        ];
        let mut never: HashSet<String> =
            dead(&side(&maps.meant, &settings)).into_iter().map(|it| it.key).collect();
        for key in maps.policies.keys() {
            // One entry is written under both forms, and one of them may be looked up.
            let twin = Recipients::parse(key).ok().and_then(|it| it.unicode_key());
            if twin.is_some_and(|it| !never.contains(it.as_str())) {
                never.remove(key);
            }
        }
        maps.dead = never;
        maps
    }

    /// What decides beside the maps.
    fn settings(&self, options: &Options) -> Settings {
        Settings {
            version: options.version,
            security_level: self.security_level,
            relayhost: options.relayhost.clone(),
            fallback_relay: Vec::new(),
            parents_match: false,
        }
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
                self.commented(map, &entry, &transport.to_string(), &comment);
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
        let (policy, entry, notes) = match value::policy(&entry.value, options.version) {
            Value::Refused(why, hint) => return self.refused.push((entry, why, hint)),
            Value::Means(policy, notes) => (policy, entry, notes),
            Value::Commented(policy, comment) => {
                self.commented(map, &entry, &policy.to_string(), &comment);
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

    /// `none`: whether the entry stays.
    fn plain_text(&mut self, entry: &SourceEntry, means: Option<NoneMeans>) -> bool {
        let place = (Which::TlsPolicy, entry.line, entry.key.as_str());
        let sends = format!("`{}`: `none` sends mail in plain text", entry.key);
        match means {
            None => {
                let message = format!("{sends}; many tables write it where no policy is needed");
                self.findings.push(
                    Finding::new(Severity::Error, "plain-text", place, message).hint(
                        "say what it means: `--none absent` leaves such entries out, `--none keep` goes on \
                         sending in plain text",
                    ),
                );
                false
            }
            Some(NoneMeans::Absent) => {
                let message = format!("{sends}; left out, so that the default level holds");
                self.keep("plain-text", Which::TlsPolicy, entry, message);
                false
            }
            Some(NoneMeans::Keep) => {
                self.findings.push(Finding::new(Severity::Warning, "plain-text", place, sends));
                true
            }
        }
    }

    /// `_default` is no key of Postfix; whoever wrote it meant `smtp_tls_security_level`.
    fn default_row(&mut self, entry: &SourceEntry, options: &Options) {
        let level = match value::policy(&entry.value, options.version) {
            Value::Means(policy, _) | Value::Commented(policy, _) => Some(policy.level),
            Value::Refused(..) => None,
        };
        let no_key = "`_default` is no lookup key of Postfix";
        let message = match (level, options.security_level) {
            (Some(SecurityLevel::None) | None, _) => {
                format!("{no_key}, and `{}` no level for everybody", entry.value)
            }
            (Some(level), None) => {
                self.security_level = level;
                self.level_from = LevelFrom::DefaultRow(entry.line);
                format!(
                    "{no_key}: `{level}` becomes the `security_level` of the target, and has to be \
                     `smtp_tls_security_level` in main.cf"
                )
            }
            (Some(level), Some(given)) if level == given => {
                format!("{no_key}: `{level}` is the `security_level` of the target")
            }
            (Some(level), Some(given)) => {
                format!(
                    "{no_key}: `{level}` holds nowhere, since the `security_level` is `{given}`"
                )
            }
        };
        self.keep("default-row", Which::TlsPolicy, entry, message);
    }

    /// Adds an entry, unless another spelling of its key is there.
    fn add<V: Held>(
        &mut self,
        map: Which,
        key: String,
        value: V,
        entry: SourceEntry,
        notes: Vec<String>,
    ) {
        for note in notes {
            let message = format!("`{}`: {note}", entry.key);
            let place = (map, entry.line, entry.key.as_str());
            self.findings.push(Finding::new(Severity::Note, "passed-over", place, message));
        }
        let raw = raw(&entry);
        match V::of(self).entry(key) {
            Entry::Vacant(vacant) => {
                let SourceEntry { line, comments, .. } = entry;
                vacant.insert(Said { value, line, comments, raw });
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

    /// Leaves transports whose next hops would be spelt otherwise, where a policy that stays in the map has
    /// one of the two spellings; and those in U-labels, of which A-labels are another key.
    fn leave_respelt(&mut self, options: &Options) {
        let foreign: HashSet<String> =
            self.foreign[1].iter().map(|it| it.key.to_string()).collect();
        let respelt = |line: &Said<Transport>| {
            let value = line.raw.split_once(' ').map_or("", |(_, value)| value);
            let read = Transport::parse_as_postfix(value, options.version);
            let Some(read) = read.ok().filter(|it| it.next_hops != line.value.next_hops) else {
                return false;
            };
            let mut both = read.next_hops.iter().chain(&line.value.next_hops);
            both.any(|it| {
                !it.as_str().is_ascii() || policy_keys(it).any(|key| foreign.contains(key))
            })
        };
        let keys = self.transports.iter().filter(|(_, line)| respelt(line));
        let keys: Vec<String> = keys.map(|(key, _)| key.clone()).collect();
        for key in keys {
            let Some(Said { line, raw, .. }) = self.transports.remove(&key) else { continue };
            let (key, value) = raw.split_once(' ').unwrap_or((&raw, ""));
            let (key, value) = (key.to_owned(), value.to_owned());
            let entry = SourceEntry { key, value, line, comments: Vec::new() };
            if !entry.value.is_ascii() {
                // Its policy may stand under either form, and a repository writes one.
                let place = (Which::Transport, line, entry.key.as_str());
                let message = format!("`{}` has a next hop in U-labels", entry.key);
                let code = "unicode-next-hop";
                let finding = Finding::new(Severity::Error, code, place, message);
                self.findings
                    .push(finding.hint("write it in A-labels, as `xn--…`, with its policy"));
                continue;
            }
            let why =
                "its next hop would be written in another way, which is another key of policies";
            self.leave(Which::Transport, entry, why, None);
        }
    }

    /// Notes a line of which nothing is compiled.
    pub(super) fn keep(
        &mut self,
        code: &'static str,
        map: Which,
        entry: &SourceEntry,
        message: String,
    ) {
        let place = (map, entry.line, entry.key.as_str());
        let mut old = raw(entry);
        // What stands above goes with it.
        for comment in entry.comments.iter().filter(|it| !it.is_empty()) {
            old.push_str("   # ");
            old.push_str(comment);
        }
        self.findings.push(Finding::new(Severity::Warning, code, place, message).kept(old));
    }

    /// Notes an entry that a repository cannot say.
    pub(super) fn leave(
        &mut self,
        map: Which,
        entry: SourceEntry,
        why: &str,
        hint: Option<String>,
    ) {
        let place = (map, entry.line, entry.key.as_str());
        let message = format!("`{}` cannot be imported: {why}", entry.key);
        self.findings.push(if self.keep_foreign {
            let message = format!("{message}; the entry stays in the map as a foreign one");
            Finding::new(Severity::Warning, "foreign", place, message).kept(raw(&entry))
        } else {
            let advice = "`--foreign keep` imports the rest: this entry then stays in the map, since `apply` \
                          keeps what is not its own";
            let hint = hint.map_or_else(|| advice.to_owned(), |hint| format!("{hint}, or {advice}"));
            Finding::new(Severity::Error, "foreign", place, message).hint(hint)
        });
        let SourceEntry { key, value, line, .. } = entry;
        self.foreign[map.at()].push(MapEntry {
            key: Cow::Owned(key),
            value: Cow::Owned(value),
            line,
        });
    }

    fn commented(&mut self, map: Which, entry: &SourceEntry, meant: &str, comment: &str) {
        let what = match map {
            Which::TlsPolicy => "makes the whole policy invalid, and mail waits",
            Which::Transport => "is more next hops to Postfix, which end smtp(8)",
        };
        let message = format!("`{}`: the comment `# {comment}` behind the entry {what}", entry.key);
        let place = (map, entry.line, entry.key.as_str());
        self.findings.push(
            Finding::new(Severity::Warning, "trailing-comment", place, message)
                .hint(format!("imported as what is meant: `{meant}`")),
        );
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
fn raw(entry: &SourceEntry) -> String {
    format!("{} {}", entry.key, entry.value)
}

/// The entry with one more comment.
fn with(mut entry: SourceEntry, comment: String) -> SourceEntry {
    if !comment.is_empty() {
        entry.comments.push(comment);
    }
    entry
}

fn recipients_key(key: &str, unicode: bool) -> Option<Key> {
    let recipients = Recipients::parse(key).ok()?;
    let spelt = recipients.key() == key || recipients.unicode_key().is_some_and(|it| it == key);
    if !spelt {
        return None;
    }
    if !unicode && !key.is_ascii() {
        let why = "letters beyond ASCII may answer for other keys in this database, so mxward writes none";
        return Some(Key::Other(why.to_owned()));
    }
    Some(Key::Known(recipients.key().into()))
}

fn transport_key(key: &str, unicode: bool) -> Key {
    if key == "_default" {
        return Key::Never;
    }
    if let Some(key) = recipients_key(key, unicode) {
        return key;
    }
    // [transport(5); Postfix `mail_addr_find.c`]
    let is_quoted = key.starts_with('"') && !key.contains('@');
    if key.starts_with('@') || is_quoted || key.starts_with("*.") || key.ends_with(['.', ':']) {
        return Key::Never;
    }
    Key::Other(
        match key {
            "*" => "`*` is for every other domain, which `relayhost` of a target says for all of main.cf",
            _ if key.contains('@') => "it is for one address, and policies are made for domains",
            _ => "it is the key of no domain",
        }
        .to_owned(),
    )
}

fn policy_key(key: &str, unicode: bool) -> Key {
    if let Some(key) = recipients_key(key, unicode) {
        return key;
    }
    if NextHop::parse_as_postfix(key).is_err() {
        // [Postfix `smtp_connect.c`: there can be no such next hop]
        return Key::Never;
    }
    match NextHop::parse(key) {
        Ok(next_hop) => Key::Known(next_hop.as_str().to_owned()),
        Err(error) => Key::Other(error.to_string()),
    }
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
fn meant<V: std::fmt::Display>(
    lines: &BTreeMap<String, Said<V>>,
    foreign: &[MapEntry<'static>],
    unicode: bool,
) -> MapText<'static> {
    let mut entries = foreign.to_vec();
    for (key, line) in lines {
        let value = line.value.to_string();
        let twin = Recipients::parse(key).ok().and_then(|it| it.unicode_key());
        if let Some(twin) = twin.filter(|it| unicode && fold_key(it) == it.as_str()) {
            let key = Cow::Owned(twin.into_string());
            entries.push(MapEntry { key, value: Cow::Owned(value.clone()), line: line.line });
        }
        let (key, value) = (Cow::Owned(key.clone()), Cow::Owned(value));
        entries.push(MapEntry { key, value, line: line.line });
    }
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    MapText { entries, ignored: Vec::new() }
}

/// Both maps as a side of a comparison.
pub(super) fn side<'a>(maps: &'a [MapText<'static>; 2], settings: &'a Settings) -> Side<'a> {
    Side {
        transport: Entries::Borrowed(&maps[0].entries),
        tls_policy: Entries::Borrowed(&maps[1].entries),
        settings,
    }
}
