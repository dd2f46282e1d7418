//! A repository in memory.

use mxward::world::Files;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Files by path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory(pub(crate) BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let inside = |path: &&String| folder.is_empty() || Path::new(path).starts_with(folder);
        Ok(self.0.keys().filter(inside).cloned().collect())
    }
}
