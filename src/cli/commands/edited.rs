//! Repositories with files as they are going to be, and the proof that nothing else is read otherwise.

use crate::compile::Repository;
use crate::diag::{Diagnostics, Severity};
use crate::model::{Body, Config};
use crate::names::Recipients;
use crate::world::Files;
use std::collections::BTreeMap;
use std::io;

/// What is wrong with a path that is not [`is_inside`].
pub(super) const NOT_INSIDE: &str = "name a file of the repository, by its path from there";

/// The files of a repository, some of them as they are going to be.
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
            let inside = folder.is_empty() || path.starts_with(&format!("{folder}/"));
            if inside && !list.contains(path) {
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

/// What a repository declares.
///
/// # Errors
///
/// What is wrong with it, in a phrase.
pub(super) fn declared(files: &dyn Files) -> Result<BTreeMap<Recipients, Body>, String> {
    let mut diagnostics = Diagnostics::new();
    let repository = Repository::load(files, &mut diagnostics);
    if diagnostics.has_errors() {
        let first = diagnostics.iter().find(|it| it.severity == Severity::Error);
        let first = first.map_or("", |it| it.message.as_str());
        return Err(format!("the repository would not be valid any more: {first}"));
    }
    let Config { declarations, bodies, .. } = repository.config;
    let body = |at: u32| bodies.get(at as usize).cloned();
    Ok(declarations.into_iter().filter_map(|it| Some((it.recipients, body(it.body)?))).collect())
}

/// All that was there must be there, and what is new says what it should, and there is nothing else.
///
/// # Errors
///
/// What is read otherwise, in a phrase.
pub(super) fn only_these_differ<S: Fn(&Body) -> bool>(
    mut expected: BTreeMap<Recipients, Body>,
    after: &BTreeMap<Recipients, Body>,
    entries: impl Iterator<Item = (Recipients, S)>,
) -> Result<(), String> {
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

/// The words of a body without the numbers of places and files.
pub(super) fn said(body: &Body) -> String {
    let text = format!("{body:?}");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("Span {") {
        out.push_str(&rest[..at]);
        let behind = &rest[at..];
        rest = behind.find('}').map_or("", |end| &behind[end + 1..]);
    }
    out + rest
}
