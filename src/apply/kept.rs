//! What mxward keeps in files: what it applied last to a map, and former contents.

use crate::formats::MapEntry;
use crate::world::{Host, HostError};
use std::cell::RefCell;
use std::rc::Rc;

/// What the name of a file ends with that is going to replace another one.
const NEW: &str = ".new";

/// So many generations are kept.
pub(super) const GENERATIONS: u64 = 5;

/// What is kept of one map in files, on this host or another.
pub struct Kept {
    host: Rc<RefCell<Box<dyn Host>>>,
    /// The folder of the files.
    folder: String,
    /// What their names start with.
    name: String,
    /// The file whose owner and mode new ones get.
    like: String,
    /// What was recorded last by this run.
    recorded: Option<String>,
}

impl Kept {
    /// What is kept as `path` with something behind; new files get owner and mode of `like`.
    pub fn new(host: Rc<RefCell<Box<dyn Host>>>, path: &str, like: &str) -> Self {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        Self {
            host,
            folder: folder.to_owned(),
            name: name.to_owned(),
            like: like.to_owned(),
            recorded: None,
        }
    }

    fn path(&self, what: &str) -> String {
        format!("{}/{}.{what}", self.folder, self.name)
    }

    /// Removes what a run that was killed has left half written.
    pub(super) fn tidy(&self) -> Result<(), String> {
        let own = format!("{}.", self.name);
        let mut host = self.host.borrow_mut();
        for name in host.list(&self.folder).map_err(text)? {
            if name.starts_with(&own) && name.ends_with(NEW) {
                host.remove(&format!("{}/{name}", self.folder)).map_err(text)?;
            }
        }
        Ok(())
    }

    /// Notes what is ours; the empty text means that nothing was ever applied.
    pub(super) fn record(&mut self, record: &str) -> Result<(), String> {
        if self.recorded.as_deref() == Some(record) {
            return Ok(());
        }
        let name = self.path("applied");
        let new = format!("{name}{NEW}");
        self.recorded = None;
        let mut host = self.host.borrow_mut();
        let written = if record.is_empty() {
            host.remove(&name)
        } else {
            host.write(&new, record.as_bytes(), &self.like).and_then(|()| host.rename(&new, &name))
        };
        written.and_then(|()| host.sync(&self.folder)).map_err(text)?;
        drop(host);
        self.recorded = Some(record.to_owned());
        Ok(())
    }

    /// The entries of a generation, and what of them was ours.
    pub(super) fn generation(&self, generation: u64) -> Result<Option<(Vec<u8>, String)>, String> {
        let read = |what: &str| {
            let path = self.path(&format!("generation-{generation}.{what}"));
            self.host.borrow_mut().read(&path).map_err(text)
        };
        match (read("entries")?, read("record")?) {
            (Some(entries), Some(record)) => {
                let record = String::from_utf8(record).map_err(|_| "the record is not UTF-8")?;
                Ok(Some((entries, record)))
            }
            _ => Ok(None),
        }
    }

    /// Keeps a generation, with the source text of the map where it has one.
    pub(super) fn keep(
        &self,
        generation: u64,
        lines: &[MapEntry<'_>],
        record: &str,
        source: Option<&str>,
    ) -> Result<(), String> {
        let mut host = self.host.borrow_mut();
        let name = |number: u64, what: &str| self.path(&format!("generation-{number}.{what}"));
        host.write(&name(generation, "entries"), entries(lines).as_bytes(), &self.like)
            .map_err(text)?;
        // The text with all comments, for people.
        if let Some(path) = source
            && let Some(source) = host.read(path).map_err(text)?
        {
            host.write(&name(generation, "text"), &source, &self.like).map_err(text)?;
        }
        // The record comes last and at once: where it is, the others are whole.
        let last = name(generation, "record");
        let new = format!("{last}{NEW}");
        host.write(&new, record.as_bytes(), &self.like).map_err(text)?;
        host.rename(&new, &last).map_err(text)?;
        if let Some(old) = generation.checked_sub(GENERATIONS) {
            for what in ["record", "entries", "text"] {
                host.remove(&name(old, what)).map_err(text)?;
            }
        }
        host.sync(&self.folder).map_err(text)
    }
}

/// Entries as map text.
pub(super) fn entries(lines: &[MapEntry<'_>]) -> String {
    let mut entries = String::new();
    for line in lines {
        for part in [&*line.key, " ", &*line.value, "\n"] {
            entries.push_str(part);
        }
    }
    entries
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` gives it away")]
fn text(error: HostError) -> String {
    error.to_string()
}
