//! Reads the files of a repository.

use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::expand::{Destinations, Unresolved, expand};
use crate::lock::Lock;
use crate::model::load::{Include, Loader};
use crate::model::{Config, Provider, builtin, catalogue, load_provider};
use crate::source::yaml::MAX_BYTES;
use crate::source::{FileId, SourceMap, Span};
use crate::world::Files;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::ErrorKind;
use std::ops::Range;
use std::sync::OnceLock;

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
    /// What the files that were read are called.
    read: BTreeMap<String, FileId>,
    /// See [`Self::digest`].
    digest: OnceLock<String>,
}

/// Files read so far, by path.
struct Reading<'a> {
    files: &'a dyn Files,
    sources: SourceMap,
    read: BTreeMap<String, FileId>,
    /// The files that includes have named, each with the first of them and whether that takes it for
    /// a plain list.
    included: BTreeMap<String, (Span, bool)>,
}

/// An included file, unless it could not be read; with the body of its domains when it is a plain list.
type Included = (Option<FileId>, Option<u32>);

impl Repository {
    /// Reads `mxward.yaml`, what it includes, `providers/`, `templates/` and the lock.
    ///
    /// All errors are in `diagnostics`. A file that cannot be read is the error `unreadable`.
    pub fn load(files: &dyn Files, diagnostics: &mut Diagnostics) -> Self {
        let mut reading = Reading::new(files);
        let mut loader = Loader::new();
        let root = reading.read(ROOT_FILE, true, diagnostics);
        // Its text leaves its room to the others.
        let lock = reading.lock(diagnostics);
        if let Some(file) = root {
            let includes = loader.root(&reading.sources, file, diagnostics);
            let included = reading.included(&includes, diagnostics);
            // No domain needs less than a line.
            let lines =
                |file| memchr::memchr_iter(b'\n', reading.sources.text(file).as_bytes()).count();
            loader.reserve(included.iter().filter_map(|it| it.0).map(lines).sum());
            for included in included {
                match included {
                    (None, _) => loader.unread(),
                    (Some(file), Some(body)) => {
                        loader.list(&reading.sources, file, body, diagnostics);
                    }
                    (Some(file), None) => loader.include(&reading.sources, file, diagnostics),
                }
            }
        } else {
            loader.unread();
        }
        reading.providers(&mut loader, diagnostics);
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
        reading.builtin_providers(&mut loader, diagnostics);
        let mut config = loader.finish(diagnostics);
        catalogue::add_members(&mut config.providers, &mut reading.sources, diagnostics);
        let Reading { sources, read, .. } = reading;
        let (lock, digest) = (lock.unwrap_or_default(), OnceLock::new());
        Self { sources, config, lock, templates, read, digest }
    }
}

impl Repository {
    /// A repository in which nothing is said, for commands that need none.
    pub fn empty() -> Self {
        Self {
            sources: SourceMap::new(),
            config: Config::default(),
            lock: Lock::default(),
            templates: BTreeMap::new(),
            read: BTreeMap::new(),
            digest: OnceLock::new(),
        }
    }

    /// SHA-256 over the names and contents of everything that was read, in hexadecimal. Of the lock only
    /// what is compiled counts: a day on which it was confirmed changes no map.
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| {
            let mut hash = Sha256::new();
            for (path, file) in &self.read {
                if path == LOCK_FILE {
                    continue;
                }
                let text = self.sources.text(*file);
                hash.update(format!("{path}\0{}\0", text.len()));
                hash.update(text);
            }
            self.lock.compiled_facts(|fact| hash.update(fact));
            hash.finalize().iter().fold(String::new(), |mut text, byte| {
                // Writing to a String cannot fail.
                let _ = write!(text, "{byte:02x}");
                text
            })
        })
    }

    /// Reads the templates in `providers/` alone, and gives them with their texts.
    pub fn own_providers(
        files: &dyn Files,
        diagnostics: &mut Diagnostics,
    ) -> (SourceMap, BTreeMap<String, Provider>) {
        let mut reading = Reading::new(files);
        let mut loader = Loader::new();
        reading.providers(&mut loader, diagnostics);
        (reading.sources, loader.finish(diagnostics).providers)
    }

    /// Binds every declaration to its template. All errors are reported, also when loading had found
    /// some; `None` when there was one anywhere.
    pub fn expand(&mut self, diagnostics: &mut Diagnostics) -> Option<Destinations<Unresolved>> {
        // With a file unread, much of what is there seems to lack something.
        if self.config.gaps.files {
            return None;
        }
        let destinations = expand(&mut self.config, diagnostics)?;
        (!diagnostics.has_errors()).then_some(destinations)
    }
}

impl<'a> Reading<'a> {
    fn new(files: &'a dyn Files) -> Self {
        Self { files, sources: SourceMap::new(), read: BTreeMap::new(), included: BTreeMap::new() }
    }

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
                let conflict = conflict(&text);
                let file = self.sources.add(path, text);
                if let Some(line) = conflict {
                    diagnostics.push(unresolved(file, line, path));
                    return None;
                }
                self.read.insert(path.to_owned(), file);
                Some(file)
            }
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let bytes = error.into_bytes();
                let file = self.sources.add(path, String::from_utf8_lossy(&bytes));
                diagnostics.push(not_utf8(file, &bytes, at));
                None
            }
        }
    }

    /// Reads the lock. Its text is kept only where a message is about it.
    fn lock(&mut self, diagnostics: &mut Diagnostics) -> Option<Lock> {
        let file = self.read(LOCK_FILE, false, diagnostics)?;
        let mut found = Diagnostics::new();
        let lock = Lock::read(file, self.sources.text(file), &mut found);
        if found.is_empty() {
            self.sources.forget(file);
        }
        diagnostics.extend(found);
        lock
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

    /// Reads the included files.
    fn included(&mut self, includes: &[Include], diagnostics: &mut Diagnostics) -> Vec<Included> {
        let mut found = Vec::new();
        for include in includes {
            self.include(include, &mut found, diagnostics);
        }
        found
    }

    fn include(
        &mut self,
        include: &Include,
        found: &mut Vec<Included>,
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
        let mut paths = match self.files.list(folder) {
            Ok(paths) => paths,
            Err(error) => {
                let message = format!("cannot list the files of `{}`: {error}", include.glob.value);
                diagnostics.push(Diagnostic::error("unreadable", include.glob.span, message));
                found.push((None, None));
                return;
            }
        };
        paths.retain(|path| glob.is_match(path) && path != ROOT_FILE && path != LOCK_FILE);
        paths.sort();
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
            let known = self.included.get(&path);
            match (include.list, known) {
                (None, Some((_, false))) => continue,
                (_, Some((first, _))) => {
                    let message = format!("`{path}` is included already");
                    let glob = include.glob.span;
                    diagnostics.push(
                        Diagnostic::error("included-twice", glob, message)
                            .related(*first, "first included here")
                            .hint("write globs that have no file in common"),
                    );
                    continue;
                }
                (Some(_), None) if [".yaml", ".yml"].iter().any(|end| path.ends_with(end)) => {
                    let message = format!("`{path}` is YAML and no plain list");
                    diagnostics.push(
                        Diagnostic::error("bad-include", include.glob.span, message)
                            .hint("write a glob that leaves it out, such as `domains/*.txt`"),
                    );
                    continue;
                }
                (_, None) => {}
            }
            self.included.insert(path.clone(), (include.glob.span, include.list.is_some()));
            found.push((self.read(&path, true, diagnostics), include.list));
        }
    }

    /// Loads the templates of the repository.
    fn providers(&mut self, loader: &mut Loader, diagnostics: &mut Diagnostics) {
        for path in self.list("providers", ".yaml", diagnostics) {
            let file_name = path.rsplit('/').next().unwrap_or(&path);
            let stem = file_name.trim_end_matches(".yaml");
            let provider = self.read(&path, true, diagnostics).and_then(|file| {
                let text = self.sources.text(file);
                load_provider(file, text, Some(stem), false, diagnostics)
            });
            match provider {
                Some(provider) => {
                    if let Some(known) = loader.provider(stem) {
                        let message = format!("the template `{stem}` is there twice");
                        diagnostics.push(
                            Diagnostic::error("duplicate-provider", provider.name.span, message)
                                .related(known.name.span, "first written here")
                                .hint("remove or rename one of the files"),
                        );
                    }
                    loader.add_provider(provider);
                }
                None => loader.unread_provider(stem),
            }
        }
    }

    /// Loads the built-in templates that are named and not overridden, and their members.
    fn builtin_providers(&mut self, loader: &mut Loader, diagnostics: &mut Diagnostics) {
        let mut wanted: Vec<String> =
            loader.named_providers().into_iter().map(str::to_owned).collect();
        while let Some(name) = wanted.pop() {
            if loader.provider(&name).is_some() {
                continue;
            }
            let Some(text) = builtin(&name) else { continue };
            let file = self.sources.add(format!("builtin:providers/{name}.yaml"), text);
            if let Some(provider) = load_provider(file, text, Some(&name), true, diagnostics) {
                wanted.extend(provider.members.iter().map(|it| it.value.clone()));
                self.read.insert(format!("builtin:{name}"), file);
                loader.add_provider(provider);
            }
        }
    }
}

/// Where git(1) began the first conflict that nobody has resolved, a line that no format here has.
fn conflict(text: &str) -> Option<Range<usize>> {
    let begins_line = |at: usize| at == 0 || text.as_bytes()[at - 1] == b'\n';
    let at = memchr::memmem::find_iter(text.as_bytes(), b"<<<<<<< ").find(|&at| begins_line(at))?;
    let length = text[at..].lines().next().map_or(0, str::len);
    Some(at..at + length)
}

/// The message about a conflict that nobody has resolved.
fn unresolved(file: FileId, line: Range<usize>, path: &str) -> Diagnostic {
    let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let span = Span::new(file, place(line.start), place(line.end));
    let hint = if path == LOCK_FILE {
        "take one side of the file as a whole, and run `mxward lock`"
    } else {
        "choose what shall stay, and remove the marks"
    };
    Diagnostic::error("merge-conflict", span, "a merge left a conflict here").hint(hint)
}

/// The message about the first bytes of a file that are not UTF-8.
fn not_utf8(file: FileId, bytes: &[u8], at: usize) -> Diagnostic {
    let utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let message = match bytes.get(at) {
        Some(_) if utf16 => "this file is UTF-16".to_owned(),
        Some(byte) => format!("the byte {byte:#04x} is not UTF-8"),
        None => "this is not UTF-8".to_owned(),
    };
    let start = u32::try_from(at).unwrap_or(u32::MAX);
    // What stands there now is the replacement character.
    let length = u32::try_from('\u{fffd}'.len_utf8()).unwrap_or_default();
    Diagnostic::error("not-utf8", Span::new(file, start, start + length), message)
        .hint("save the file as UTF-8")
}
