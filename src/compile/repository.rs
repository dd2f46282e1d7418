//! Reads the files of a repository.

use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::lock::Lock;
use crate::model::load::{Include, Loader};
use crate::model::{Config, builtin, catalogue, load_provider};
use crate::source::yaml::MAX_BYTES;
use crate::source::{FileId, SourceMap};
use crate::world::Files;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::ErrorKind;

/// The name of the main file.
const ROOT_FILE: &str = "mxward.yaml";

/// The name of the lock.
pub const LOCK_FILE: &str = "mxward.lock";

/// What the files of a repository say.
#[derive(Debug)]
pub struct Repository {
    /// Every text that was read, for the places in messages.
    pub sources: SourceMap,
    /// The configuration.
    pub config: Config,
    /// The facts of `mxward.lock`; empty when there is no such file.
    pub lock: Lock,
    /// `templates/*.j2`, by file name without `.j2`.
    pub templates: BTreeMap<String, FileId>,
    /// SHA-256 over the names and contents of everything that was read, in hexadecimal. Of the lock only
    /// what is compiled counts: a day on which it was confirmed changes no map.
    pub digest: String,
}

/// Files read so far, by path.
struct Reading<'a> {
    files: &'a dyn Files,
    sources: SourceMap,
    read: BTreeMap<String, FileId>,
}

impl Repository {
    /// Reads `mxward.yaml`, what it includes, `providers/`, `templates/` and the lock.
    ///
    /// All errors are in `diagnostics`. A file that cannot be read is the error `unreadable`.
    pub fn load(files: &dyn Files, diagnostics: &mut Diagnostics) -> Self {
        let mut reading = Reading { files, sources: SourceMap::new(), read: BTreeMap::new() };
        let mut loader = Loader::new();
        if let Some(file) = reading.read(ROOT_FILE, true, diagnostics) {
            let includes = loader.root(&reading.sources, file, diagnostics);
            let included = reading.included(&includes, diagnostics);
            // No domain needs less than a line.
            let lines =
                |file| memchr::memchr_iter(b'\n', reading.sources.text(file).as_bytes()).count();
            loader.reserve(included.iter().map(|(file, _)| lines(*file)).sum());
            for (file, list) in included {
                match list {
                    Some(body) => loader.list(&reading.sources, file, body, diagnostics),
                    None => loader.include(&reading.sources, file, diagnostics),
                }
            }
        }
        for path in reading.list("providers", ".yaml", diagnostics) {
            let Some(file) = reading.read(&path, true, diagnostics) else { continue };
            let stem = path.trim_start_matches("providers/").trim_end_matches(".yaml");
            let text = reading.sources.text(file);
            if let Some(provider) = load_provider(file, text, Some(stem), false, diagnostics) {
                loader.provider(provider);
            }
        }
        let templates = reading.list("templates", ".j2", diagnostics);
        let templates = templates
            .into_iter()
            .filter_map(|path| {
                let file = reading.read(&path, true, diagnostics)?;
                Some((
                    path.trim_start_matches("templates/").trim_end_matches(".j2").to_owned(),
                    file,
                ))
            })
            .collect();
        let lock = reading
            .read(LOCK_FILE, false, diagnostics)
            .and_then(|file| Lock::read(file, reading.sources.text(file), diagnostics));
        reading.builtin_providers(&mut loader, diagnostics);
        let mut config = loader.finish(diagnostics);
        catalogue::add_members(&mut config.providers, &mut reading.sources, diagnostics);
        let lock = lock.unwrap_or_default();
        let digest = reading.digest(&lock);
        Self { sources: reading.sources, config, lock, templates, digest }
    }
}

impl Reading<'_> {
    fn read(
        &mut self,
        path: &str,
        required: bool,
        diagnostics: &mut Diagnostics,
    ) -> Option<FileId> {
        let mut fail = |code, message: String, hint: Option<&str>| {
            let mut diagnostic = Diagnostic::new(Severity::Error, code, message);
            diagnostic.hints.extend(hint.map(str::to_owned));
            diagnostics.push(diagnostic);
            None
        };
        let bytes = match self.files.read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound && !required => return None,
            Err(error) if error.kind() == ErrorKind::NotFound && path == ROOT_FILE => {
                let message = format!("there is no `{ROOT_FILE}` here");
                return fail(
                    "no-repository",
                    message,
                    Some("name the repository's folder with `-C DIR`"),
                );
            }
            Err(error) => {
                return fail("unreadable", format!("cannot read `{path}`: {error}"), None);
            }
        };
        if bytes.len() > MAX_BYTES {
            return fail("unreadable", format!("`{path}` is larger than 1 GiB"), None);
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                let file = self.sources.add(path, text);
                self.read.insert(path.to_owned(), file);
                Some(file)
            }
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let before = &error.as_bytes()[..valid];
                let line = memchr::memchr_iter(b'\n', before).count() + 1;
                let message = format!("`{path}` is not UTF-8 on line {line}");
                fail("not-utf8", message, Some("save the file as UTF-8"))
            }
        }
    }

    fn list(&self, folder: &str, ending: &str, diagnostics: &mut Diagnostics) -> Vec<String> {
        match self.files.list(folder) {
            Ok(mut paths) => {
                paths.retain(|path| path.ends_with(ending));
                paths.sort();
                paths
            }
            Err(error) => {
                let message = format!("cannot list `{folder}`: {error}");
                diagnostics.push(Diagnostic::new(Severity::Error, "unreadable", message));
                Vec::new()
            }
        }
    }

    /// Reads the included files; with each the body of its domains when it is a plain list.
    fn included(
        &mut self,
        includes: &[Include],
        diagnostics: &mut Diagnostics,
    ) -> Vec<(FileId, Option<u32>)> {
        let mut found = Vec::new();
        for include in includes {
            self.include(include, &mut found, diagnostics);
        }
        found
    }

    fn include(
        &mut self,
        include: &Include,
        found: &mut Vec<(FileId, Option<u32>)>,
        diagnostics: &mut Diagnostics,
    ) {
        let glob =
            match globset::GlobBuilder::new(&include.glob.value).literal_separator(true).build() {
                Ok(glob) => glob.compile_matcher(),
                Err(error) => {
                    let message =
                        format!("`{}` is not a glob: {}", include.glob.value, error.kind());
                    diagnostics.push(Diagnostic::error("bad-include", include.glob.span, message));
                    return;
                }
            };
        let fixed = include.glob.value.split(['*', '?', '[', '{']).next().unwrap_or_default();
        let folder = fixed.rsplit_once('/').map_or("", |(folder, _)| folder);
        let paths: Vec<String> = self
            .list(folder, "", diagnostics)
            .into_iter()
            .filter(|path| glob.is_match(path) && path != ROOT_FILE && path != LOCK_FILE)
            .collect();
        if paths.is_empty() {
            diagnostics.push(
                Diagnostic::error(
                    "include-without-files",
                    include.glob.span,
                    format!("`{}` matches no file", include.glob.value),
                )
                .hint("remove the include, or commit the files"),
            );
        }
        for path in paths {
            if include.list.is_none() && self.read.contains_key(&path) {
                continue;
            }
            let Some(file) = self.read(&path, true, diagnostics) else { continue };
            found.push((file, include.list));
        }
    }

    /// Loads the built-in templates that are named and not overridden, and their members.
    fn builtin_providers(&mut self, loader: &mut Loader, diagnostics: &mut Diagnostics) {
        let mut wanted: Vec<String> =
            loader.named_providers().into_iter().map(str::to_owned).collect();
        while let Some(name) = wanted.pop() {
            if loader.has_provider(&name) {
                continue;
            }
            let Some(text) = builtin(&name) else { continue };
            let file = self.sources.add(format!("builtin:providers/{name}.yaml"), text);
            if let Some(provider) = load_provider(file, text, Some(&name), true, diagnostics) {
                wanted.extend(provider.members.iter().map(|it| it.value.clone()));
                self.read.insert(format!("builtin:{name}"), file);
                loader.provider(provider);
            }
        }
    }

    fn digest(&self, lock: &Lock) -> String {
        let mut hash = Sha256::new();
        for (path, file) in &self.read {
            if path == LOCK_FILE {
                continue;
            }
            let text = self.sources.text(*file);
            hash.update(format!("{path}\0{}\0", text.len()));
            hash.update(text);
        }
        lock.compiled_facts(|fact| hash.update(fact));
        hash.finalize().iter().fold(String::new(), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}
