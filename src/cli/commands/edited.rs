//! Repositories with files as they are going to be, and the proof that nothing else is read otherwise.

use crate::compile::Repository;
use crate::diag::{Diagnostics, Severity};
use crate::model::{Body, Config};
use crate::names::Recipients;
use crate::world::Files;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io;

/// What is wrong with a path that is not [`is_inside`].
pub(super) const NOT_INSIDE: &str = "name a file of the repository, by its path from there";

/// The files of a repository, some of them as they are going to be.
#[derive(Clone)]
pub(super) struct Edited<'a> {
    files: &'a dyn Files,
    /// Path → text.
    pub(super) texts: BTreeMap<String, String>,
}

impl<'a> Edited<'a> {
    /// Nothing is changed yet.
    pub(super) fn new(files: &'a dyn Files) -> Self {
        Self { files, texts: BTreeMap::new() }
    }

    /// One file is another one.
    pub(super) fn one(files: &'a dyn Files, path: &str, text: &str) -> Self {
        Self { files, texts: BTreeMap::from([(path.to_owned(), text.to_owned())]) }
    }
}

impl Files for Edited<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match self.texts.get(path) {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => self.files.read(path),
        }
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut list = self.files.list(folder)?;
        for path in self.texts.keys() {
            let below = if folder.is_empty() {
                Some(path.as_str())
            } else {
                path.strip_prefix(folder).and_then(|it| it.strip_prefix('/'))
            };
            // Names with a dot are listed for nobody, as in a folder that is there.
            let seen = below.is_some_and(|it| it.split('/').all(|part| !part.starts_with('.')));
            if seen && !list.contains(path) {
                list.push(path.clone());
            }
        }
        list.sort();
        Ok(list)
    }
}

/// Whether a path from the repository stays below it.
pub(super) fn is_inside(path: &str) -> bool {
    !path.starts_with('/') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Whether a path is that of a YAML file.
pub(super) fn is_yaml(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| matches!(ending, "yaml" | "yml"))
}

/// What a repository says.
pub(super) struct Declared {
    /// The declarations, by name.
    pub(super) entries: BTreeMap<Recipients, Body>,
    /// Everything else in words: the key, and what it says.
    rest: Vec<(&'static str, String)>,
}

impl From<Config> for Declared {
    fn from(config: Config) -> Self {
        let Config {
            default_route,
            declarations,
            bodies,
            // Templates stand in files of their own, to which nothing is added.
            providers: _,
            next_hops,
            targets,
            lock,
            dns,
            lints,
            gaps,
        } = config;
        let rest = vec![
            ("defaults", said(&default_route)),
            ("next_hops", said(&next_hops)),
            ("targets", said(&targets)),
            ("lock", said(&lock)),
            ("dns", said(&dns)),
            ("lints", said(&lints)),
            ("include", said(&gaps)),
        ];
        let body = |at: u32| bodies.get(at as usize).cloned();
        let entries = declarations.into_iter();
        let entries = entries.filter_map(|it| Some((it.recipients, body(it.body)?))).collect();
        Self { entries, rest }
    }
}

/// What a repository says.
///
/// # Errors
///
/// What is wrong with it, in a phrase.
pub(super) fn declared(files: &dyn Files) -> Result<Declared, String> {
    let mut diagnostics = Diagnostics::new();
    let repository = Repository::load(files, &mut diagnostics);
    if diagnostics.has_errors() {
        let first = diagnostics.iter().find(|it| it.severity == Severity::Error);
        let first = first.map_or("", |it| it.message.as_str());
        return Err(format!("the repository would not be valid any more: {first}"));
    }
    Ok(repository.config.into())
}

/// All that was there must be there, and what is new says what it should, and there is nothing else: an anchor in
/// an entry may be what a policy of somebody else refers to.
///
/// # Errors
///
/// What is read otherwise, in a phrase.
pub(super) fn only_these_differ<S: Fn(&Body) -> bool>(
    before: &Declared,
    mut expected: BTreeMap<Recipients, Body>,
    after: &Declared,
    entries: impl Iterator<Item = (Recipients, S)>,
) -> Result<(), String> {
    for ((key, old), (_, new)) in before.rest.iter().zip(&after.rest) {
        if old != new {
            return Err(format!("`{key}` would be read otherwise than before"));
        }
    }
    let after = &after.entries;
    for (key, says) in entries {
        match after.get(&key) {
            None => return Err(format!("`{key}` would not be read: does mxward.yaml include it?")),
            Some(body) if !says(body) => {
                return Err(format!("`{key}` would be read otherwise than proposed"));
            }
            Some(body) => {
                expected.insert(key, body.clone());
            }
        }
    }
    let same = |key, body| after.get(key).is_some_and(|it| said(it) == said(body));
    if expected.len() == after.len() && expected.iter().all(|(key, body)| same(key, body)) {
        Ok(())
    } else {
        Err("another entry would be read otherwise than before".to_owned())
    }
}

/// The words of what was read, without the numbers of places and files.
pub(super) fn said(read: &impl Debug) -> String {
    let text = format!("{read:?}");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("Span {") {
        out.push_str(&rest[..at]);
        let behind = &rest[at..];
        rest = behind.find('}').map_or("", |end| &behind[end + 1..]);
    }
    out + rest
}
