//! A map in files: source text, and the index that daemons read.

use super::kept::Kept;
use super::store::{Failure, Store};
use crate::deployed::FOLDER;
use crate::formats::{MapEntry, cdb, postmap_text};
use crate::model::MapType;
use crate::world::{Host, HostError};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// A map in files, on this host or another.
pub struct FileStore {
    host: Rc<RefCell<Box<dyn Host>>>,
    /// The folder that the map lies in.
    folder: String,
    /// The name of the map in it.
    name: String,
    map_type: MapType,
    /// The first lines of the text.
    header: String,
    /// What stands above keys, for people.
    comments: BTreeMap<String, Arc<str>>,
    /// Whether main.cf lies beside the map, so that the commands of Postfix read that one.
    has_main_cf: bool,
    kept: Kept,
}

impl FileStore {
    /// The map `folder/name`; `header` is put before the entries of its text.
    pub fn new(
        host: Rc<RefCell<Box<dyn Host>>>,
        folder: &str,
        name: &str,
        map_type: MapType,
        header: String,
        has_main_cf: bool,
    ) -> Self {
        let (own, like) = (format!("{folder}/{FOLDER}/{name}"), format!("{folder}/{name}"));
        let kept = Kept::new(Rc::clone(&host), &own, &like);
        let (folder, name) = (folder.to_owned(), name.to_owned());
        let comments = BTreeMap::new();
        Self { host, folder, name, map_type, header, comments, has_main_cf, kept }
    }

    /// Puts a line of comment above some of the keys.
    #[must_use]
    pub fn with_comments(self, comments: BTreeMap<String, Arc<str>>) -> Self {
        Self { comments, ..self }
    }

    /// Takes the lock of the folder, and makes the folder for what mxward keeps.
    ///
    /// # Errors
    ///
    /// [`HostError::Locked`] when another run holds it.
    pub fn lock(host: &mut dyn Host, folder: &str) -> Result<(), HostError> {
        let own = format!("{folder}/{FOLDER}");
        host.make_folder(&own)?;
        host.lock(&format!("{own}/lock"))
    }

    fn path(&self) -> String {
        format!("{}/{}", self.folder, self.name)
    }

    fn step(&self, step: usize) -> String {
        // Beside the map: a rename between folders may be a copy.
        format!("{}/{}{step}", self.folder, self.step_start())
    }

    /// What the names of all steps start with.
    fn step_start(&self) -> String {
        format!(".{}.mxward-", self.name)
    }

    /// Runs postmap(1) on a map; every line on standard error is a failure, since it exits with 0
    /// although it left entries out. [postmap(1) DIAGNOSTICS]
    fn postmap(&self, args: &[&str], map: &str, stdin: &[u8]) -> Result<Vec<u8>, String> {
        let map = format!("{}:{map}", self.map_type.as_str());
        let mut all = Vec::new();
        if self.has_main_cf {
            all.extend(["-c", self.folder.as_str()]);
        }
        all.extend(args);
        all.push(&map);
        let output = self.host.borrow_mut().run("postmap", &all, stdin).map_err(text)?;
        let message = String::from_utf8_lossy(&output.stderr);
        match message.lines().last() {
            Some(line) => Err(crate::diag::printable(line).into_owned()),
            None if output.status == Some(0) => Ok(output.stdout),
            None => Err(format!("postmap {map} failed")),
        }
    }

    /// All entries of an index, or of a text where there is no index.
    fn list(&self, map: &str, keys: &[MapEntry<'_>]) -> Result<Vec<u8>, String> {
        match self.map_type {
            MapType::Texthash => {
                let text = self.host.borrow_mut().read(map).map_err(text)?;
                text.ok_or_else(|| format!("`{map}` is not there"))
            }
            // Before 3.10 a cdb cannot be listed, but it can be asked.
            MapType::Cdb => {
                let asked: Vec<u8> =
                    keys.iter().flat_map(|line| [&*line.key, "\n"].concat().into_bytes()).collect();
                if asked.is_empty() {
                    Ok(Vec::new())
                } else {
                    self.postmap(&["-q", "-"], map, &asked)
                }
            }
            MapType::Hash | MapType::Btree | MapType::Lmdb => self.postmap(&["-s"], map, b""),
        }
    }
}

impl Store for FileStore {
    fn tidy(&mut self) -> Result<(), String> {
        let step = self.step_start();
        let mut host = self.host.borrow_mut();
        for name in host.list(&self.folder).map_err(text)? {
            // Berkeley DB makes a file under another name first.
            if name.strip_prefix("__db.").unwrap_or(&name).starts_with(&step) {
                host.remove(&format!("{}/{name}", self.folder)).map_err(text)?;
            }
        }
        drop(host);
        self.kept.tidy()
    }

    fn prepare(
        &mut self,
        step: usize,
        _before: &[MapEntry<'_>],
        lines: &[MapEntry<'_>],
    ) -> Result<(), String> {
        let path = self.step(step);
        let mut source = self.header.clone();
        for line in lines {
            if let Some(comment) = self.comments.get(&*line.key) {
                for part in ["# ", comment, "\n"] {
                    source.push_str(part);
                }
            }
            for part in [&*line.key, " ", &*line.value, "\n"] {
                source.push_str(part);
            }
        }
        let like = self.path();
        self.host.borrow_mut().write(&path, source.as_bytes(), &like).map_err(text)?;
        if let Some(suffix) = self.map_type.index_suffix() {
            let index = format!("{path}{suffix}");
            self.host.borrow_mut().remove(&index).map_err(text)?;
            // As root postmap would become the owner of the text, who may not write here.
            self.postmap(&["-o"], &path, b"")?;
            self.host.borrow_mut().sync(&index).map_err(text)?;
        }
        let listed = self.list(&path, lines)?;
        if !is(&listed, lines) {
            // lmdb(3) may leave entries out without a word where the disk is full.
            return Err(format!(
                "what postmap made of `{path}` is not what was written: is the disk full?"
            ));
        }
        Ok(())
    }

    fn switch(&mut self, step: usize, record: &str) -> Result<(), Failure> {
        let (from, to) = (self.step(step), self.path());
        // First, so that nothing of ours is ever there that is not recorded.
        self.record(record).map_err(Failure::Unchanged)?;
        let mut host = self.host.borrow_mut();
        let failed = |error: HostError| match error {
            HostError::Lost(_) => Failure::Unknown(error.to_string()),
            HostError::Locked | HostError::Failed(_) => Failure::Unchanged(error.to_string()),
        };
        // The index first, since that is what daemons read: it is in force from here on.
        if let Some(suffix) = self.map_type.index_suffix() {
            host.rename(&format!("{from}{suffix}"), &format!("{to}{suffix}")).map_err(failed)?;
        }
        let renamed = host.rename(&from, &to).map_err(|error| match self.map_type.index_suffix() {
            Some(_) => Failure::Unknown(error.to_string()),
            None => failed(error),
        });
        renamed?;
        host.sync(&self.folder).map_err(|error| Failure::Unknown(error.to_string()))
    }

    fn record(&mut self, record: &str) -> Result<(), String> {
        self.kept.record(record)
    }

    fn generation(&mut self, generation: u64) -> Result<Option<(Vec<u8>, String)>, String> {
        self.kept.generation(generation)
    }

    fn entries(&mut self) -> Result<Vec<u8>, String> {
        let path = self.path();
        // A map that was never made has no entries.
        let file = format!("{}{}", self.name, self.map_type.index_suffix().unwrap_or_default());
        let beside = self.host.borrow_mut().list(&self.folder).map_err(text)?;
        if !beside.contains(&file) {
            return Ok(Vec::new());
        }
        if self.map_type == MapType::Cdb {
            // The text may be another one where a switch has failed, so its keys are not all to ask for.
            let index = format!("{path}.cdb");
            let read = self.host.borrow_mut().read(&index).map_err(text)?;
            let read = read.ok_or_else(|| format!("`{index}` is not there"))?;
            return cdb::list(&read).map_err(|error| format!("`{index}`: {error}"));
        }
        self.list(&path, &[])
    }

    fn keep(
        &mut self,
        generation: u64,
        lines: &[MapEntry<'_>],
        record: &str,
    ) -> Result<(), String> {
        self.kept.keep(generation, lines, record, Some(&self.path()))
    }
}

/// Whether a listing has exactly these entries.
fn is(listing: &[u8], lines: &[MapEntry<'_>]) -> bool {
    let read = postmap_text::read(listing);
    read.entries.len() == lines.len()
        && read.entries.iter().zip(lines).all(|(a, b)| (&a.key, &a.value) == (&b.key, &b.value))
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` gives it away")]
fn text(error: HostError) -> String {
    error.to_string()
}
