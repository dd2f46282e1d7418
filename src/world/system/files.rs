//! The files of a repository in a folder.
#![expect(clippy::disallowed_methods, reason = "this is the door that the others must use")]

use crate::world::Files;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// A folder out of which no path leads.
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        let root = folder.canonicalize()?;
        if !root.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "not a folder"));
        }
        Ok(Self { root })
    }

    /// Where a path really is; an error when that is outside of the repository.
    fn inside(&self, path: &str) -> io::Result<PathBuf> {
        let joined = self.root.join(path);
        if self.is_straight(Path::new(path))? {
            return Ok(joined);
        }
        let real = joined.canonicalize()?;
        if real.starts_with(&self.root) {
            return Ok(real);
        }
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "a symbolic link leads out of the repository",
        ))
    }

    /// Whether a path goes down from the root, name by name, and no name is a symbolic link: then it is
    /// where it says, and need not be looked up from `/` on.
    fn is_straight(&self, path: &Path) -> io::Result<bool> {
        let mut at = self.root.clone();
        for component in path.components() {
            let Component::Normal(name) = component else { return Ok(false) };
            at.push(name);
            if fs::symlink_metadata(&at)?.is_symlink() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn walk(&self, folder: &str, depth: usize, found: &mut Vec<String>) -> io::Result<()> {
        if depth > 64 {
            return Err(io::Error::other(format!("`{folder}` is nested too deep")));
        }
        let real = match self.inside(folder) {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in fs::read_dir(&real)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                return Err(io::Error::other(format!("a name in `{folder}` is not UTF-8")));
            };
            if name.starts_with('.') {
                continue;
            }
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_file() {
                found.push(path);
                continue;
            }
            let refused = |error: &dyn std::fmt::Display, kind| {
                Err(io::Error::new(kind, format!("`{path}`: {error}")))
            };
            let target = match self.inside(&path) {
                Ok(target) => target,
                // It is in the folder, so only what it points to can be missing.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return refused(&"a symbolic link leads nowhere", error.kind());
                }
                Err(error) => return refused(&error, error.kind()),
            };
            let metadata = fs::metadata(&target)?;
            if metadata.is_dir() {
                if real.starts_with(&target) {
                    let message = "a symbolic link leads back to a folder around it";
                    return refused(&message, io::ErrorKind::InvalidInput);
                }
                self.walk(&path, depth + 1, found)?;
            } else if metadata.is_file() {
                found.push(path);
            }
        }
        Ok(())
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        fs::read(self.inside(path)?)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let mut found = Vec::new();
        self.walk(folder, 0, &mut found)?;
        found.sort();
        Ok(found)
    }
}
