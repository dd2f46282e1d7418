//! `--write`: proposed entries into a file of the repository.

use super::found::Discovered;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::compile::Repository;
use crate::diag::{Diagnostics, printable};
use crate::discover::{Entry, insert};
use crate::model::{Body, Config};
use crate::names::{DomainName, Recipients};
use crate::postfix::SecurityLevel;
use crate::report::counted;
use crate::source::SourceMap;
use crate::world::Files;
use std::collections::BTreeMap;
use std::io;

/// The files of a repository, one of them as it is going to be.
struct Changed<'a> {
    files: &'a dyn Files,
    path: &'a str,
    text: &'a str,
}

impl Files for Changed<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path == self.path { Ok(self.text.as_bytes().to_vec()) } else { self.files.read(path) }
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut list = self.files.list(folder)?;
        let inside = folder.is_empty() || self.path.starts_with(&format!("{folder}/"));
        if inside && !list.iter().any(|it| it == self.path) {
            list.push(self.path.to_owned());
            list.sort();
        }
        Ok(list)
    }
}

/// Reads the repository as if the file to be written were there, so that an include that names it alone
/// is no mistake.
pub(super) fn load(
    context: &mut Context<'_, '_>,
    file: &str,
    diagnostics: &mut Diagnostics,
) -> Result<Repository, Exit> {
    let path = file.strip_prefix("./").unwrap_or(file);
    if context.world.exists(&context.path(path))
        || !context.world.exists(&context.path("mxward.yaml"))
    {
        return context.load(diagnostics);
    }
    match context.world.repository(&context.global.directory) {
        Ok(files) => Ok(Repository::load(&Changed { files: &*files, path, text: "" }, diagnostics)),
        Err(error) => {
            let folder = Context::shown(&context.global.directory);
            context.printer.error(&format!("cannot read `{folder}`: {error}"));
            Err(Exit::Failed)
        }
    }
}

/// Adds the entries of domains that are not declared yet. The repository is read with the new text before
/// that is written: all that was declared must be there as it was, and the new entries as proposed.
pub(super) fn add(
    context: &mut Context<'_, '_>,
    file: &str,
    found: &Discovered,
) -> Result<(), Exit> {
    let entries: Vec<(DomainName, Entry)> = found
        .outcomes
        .iter()
        .filter(|outcome| !found.declared.contains(&outcome.domain))
        .filter_map(|outcome| Some((outcome.domain.clone(), outcome.entry.clone()?)))
        .collect();
    let path = file.strip_prefix("./").unwrap_or(file);
    if entries.is_empty() {
        context.printer.note(&format!("nothing to add to `{}`", printable(path)));
        return Ok(());
    }
    let text = changed(context, path, &entries).map_err(|(exit, message)| {
        context.printer.error(&format!("cannot add to `{}`: {message}", printable(path)));
        exit
    })?;
    if let Err(error) = context.world.write(&context.path(path), text.as_bytes()) {
        context.printer.error(&format!("cannot write `{}`: {error}", printable(path)));
        return Err(Exit::Failed);
    }
    let count = counted(entries.len(), "domain");
    context.printer.note(&format!("{count} added to `{}`", printable(path)));
    Ok(())
}

/// The new text of the file.
fn changed(
    context: &Context<'_, '_>,
    path: &str,
    entries: &[(DomainName, Entry)],
) -> Result<String, (Exit, String)> {
    if path.starts_with('/') || path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        let message = "name a file of the repository, by its path from there";
        return Err((Exit::Usage, message.to_owned()));
    }
    let failed = |error: io::Error| (Exit::Failed, error.to_string());
    let files = context.world.repository(&context.global.directory).map_err(failed)?;
    let old = match files.read(path) {
        Ok(bytes) => {
            String::from_utf8(bytes).map_err(|_| (Exit::Findings, "it is not UTF-8".to_owned()))?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    let id = SourceMap::new().add(path, old.as_str());
    let refused = |message: String| (Exit::Findings, message);
    let new = insert(&old, id, entries).map_err(|error| refused(error.to_string()))?;
    // A glob that has no file yet but this one is no mistake.
    let before = read(&Changed { files: &*files, path, text: &old }).map_err(refused)?;
    let after = read(&Changed { files: &*files, path, text: &new }).map_err(refused)?;
    compare(before, &after, entries).map_err(refused)?;
    Ok(new)
}

/// What a repository declares.
fn read(files: &dyn Files) -> Result<BTreeMap<Recipients, Body>, String> {
    let mut diagnostics = Diagnostics::new();
    let repository = Repository::load(files, &mut diagnostics);
    if diagnostics.has_errors() {
        let first = diagnostics.iter().find(|it| it.severity == crate::diag::Severity::Error);
        let first = first.map_or("", |it| it.message.as_str());
        return Err(format!("the repository would not be valid any more: {first}"));
    }
    let Config { declarations, bodies, .. } = repository.config;
    let body = |at: u32| bodies.get(at as usize).cloned();
    Ok(declarations.into_iter().filter_map(|it| Some((it.recipients, body(it.body)?))).collect())
}

/// All that was there must be there, and the new entries, and nothing else.
fn compare(
    mut expected: BTreeMap<Recipients, Body>,
    after: &BTreeMap<Recipients, Body>,
    entries: &[(DomainName, Entry)],
) -> Result<(), String> {
    let said = |body: &Body| without_places(&format!("{body:?}"));
    for (domain, entry) in entries {
        let key = Recipients::Domain(domain.clone());
        match after.get(&key) {
            None => {
                return Err(format!("`{domain}` would not be read: does mxward.yaml include it?"));
            }
            Some(body) if !says(body, entry) => {
                return Err(format!("`{domain}` would be read otherwise than proposed"));
            }
            Some(body) => {
                expected.insert(key, body.clone());
            }
        }
    }
    let same = expected.len() == after.len()
        && expected
            .iter()
            .all(|(key, body)| after.get(key).is_some_and(|it| said(it) == said(body)));
    if same { Ok(()) } else { Err("another entry would be read otherwise than before".to_owned()) }
}

/// The words of a body without the numbers of places and files.
fn without_places(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("Span {") {
        out.push_str(&rest[..at]);
        let behind = &rest[at..];
        rest = behind.find('}').map_or("", |end| &behind[end + 1..]);
    }
    out + rest
}

/// Whether a declaration says what was proposed.
fn says(body: &Body, entry: &Entry) -> bool {
    let provider = body.provider.as_ref().map(|it| it.value.as_str());
    let route = body.route.as_ref().map(|it| it.value);
    let level = body.policy.level.as_ref().map(|it| it.value);
    let leave_to = body.leave_to.as_ref().map(|it| it.value.as_str());
    let names = body.policy.values("match").unwrap_or_default();
    let names: Vec<&str> = names.iter().map(|it| it.value.as_str()).collect();
    match entry {
        Entry::Level { level: wanted, matches } => {
            let wanted_names: Vec<String> = matches.iter().map(ToString::to_string).collect();
            (provider, route, leave_to) == (None, None, None)
                && level == Some(*wanted)
                && names == wanted_names
        }
        Entry::Provider { name, route: wanted } => {
            (provider, level, leave_to) == (Some(name.as_str()), None, None) && route == *wanted
        }
        Entry::LeaveToMtaSts => (provider, level, leave_to) == (None, None, Some("mta-sts")),
        Entry::Frozen { hosts, until, .. } => {
            (provider, route, leave_to) == (None, None, None)
                && level == Some(SecurityLevel::Secure)
                && names.iter().eq(hosts.iter().map(DomainName::as_str).collect::<Vec<_>>().iter())
                && body.until.as_ref().is_some_and(|it| it.value == *until)
        }
    }
}
