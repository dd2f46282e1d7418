//! Maps in files of this host.

use super::DeployedMap;
use crate::model::MapType;
use crate::world::{Command, World};
use std::path::{Path, PathBuf};

/// Reads one map.
pub(super) fn read(
    world: &dyn World,
    repository: &Path,
    path: &str,
    map_type: MapType,
    notes: &mut Vec<String>,
) -> Result<DeployedMap, String> {
    let file = repository.join(path);
    let text = match world.read(&file) {
        Ok(bytes) => Some(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(format!("cannot read `{path}`: {error}")),
    };
    let index = index(world, &file, map_type);
    let mut read = DeployedMap { name: path.to_owned(), has_lines: true, ..DeployedMap::default() };
    match (text, index) {
        (None, None) => {
            notes.push(format!("`{path}` does not exist: as if it were empty"));
            return Ok(read);
        }
        (Some(text), None) => read.bytes = text,
        // Postfix reads the index, whatever the text says.
        (text, Some(index)) => match (list(world, map_type, &file), text) {
            (Ok(listed), Some(text)) => {
                if same_entries(&listed, &text) {
                    read.bytes = text;
                } else {
                    let index = index.display();
                    notes.push(format!(
                        "`{index}` differs from `{path}`: Postfix reads the index, so that is compared"
                    ));
                    (read.bytes, read.has_lines) = (listed, false);
                }
            }
            (Ok(listed), None) => (read.bytes, read.has_lines) = (listed, false),
            (Err(why), Some(text)) => {
                notes.push(format!("`{path}` is compared as text: its index was not read ({why})"));
                read.bytes = text;
            }
            (Err(why), None) => {
                return Err(format!("cannot read `{}`: {why}", index.display()));
            }
        },
    }
    read.exists = true;
    Ok(read)
}

/// The folder beside the maps in which mxward keeps the lock, what was applied last, and generations
/// for a rollback.
pub const FOLDER: &str = ".mxward";

/// What was applied last to a map.
pub(super) fn applied(
    world: &dyn World,
    repository: &Path,
    path: &str,
) -> Result<Option<String>, String> {
    let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
    let path = format!("{folder}/{FOLDER}/{name}.applied");
    match world.read(&repository.join(&path)) {
        Ok(bytes) => {
            String::from_utf8(bytes).map(Some).map_err(|_| format!("`{path}` is not UTF-8"))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("cannot read `{path}`: {error}")),
    }
}

/// The file that Postfix reads instead of the text.
fn index(world: &dyn World, file: &Path, map_type: MapType) -> Option<PathBuf> {
    let suffix = match map_type {
        MapType::Hash | MapType::Btree => ".db",
        MapType::Lmdb => ".lmdb",
        MapType::Cdb => ".cdb",
        MapType::Texthash => return None,
    };
    let mut path = file.as_os_str().to_owned();
    path.push(suffix);
    let path = PathBuf::from(path);
    world.exists(&path).then_some(path)
}

/// All entries of an index as `postmap -s` lists them, `key<TAB>value` a line.
fn list(world: &dyn World, map_type: MapType, file: &Path) -> Result<Vec<u8>, String> {
    let map = format!("{}:{}", map_type.as_str(), file.display());
    let args = vec!["-s".to_owned(), map];
    let command = Command { program: "postmap".to_owned(), args, stdin: Vec::new() };
    let output = world.run(&command).map_err(|error| {
        if error.kind() == std::io::ErrorKind::NotFound {
            return "postmap is not installed".to_owned();
        }
        format!("cannot run postmap: {error}")
    })?;
    if output.status == Some(0) {
        return Ok(output.stdout);
    }
    let message = String::from_utf8_lossy(&output.stderr);
    let last = message.lines().last().unwrap_or("postmap failed").to_owned();
    Err(crate::diag::printable(&last).into_owned())
}

/// Whether both give the same answers to every lookup.
fn same_entries(a: &[u8], b: &[u8]) -> bool {
    let (a, b) = (crate::formats::postmap_text::read(a), crate::formats::postmap_text::read(b));
    a.entries.len() == b.entries.len()
        && a.entries.iter().zip(&b.entries).all(|(a, b)| (&a.key, &a.value) == (&b.key, &b.value))
}
