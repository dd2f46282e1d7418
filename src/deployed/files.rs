//! Maps in files, here or on another host.

use super::DeployedMap;
use crate::diag::printable;
use crate::formats::{IgnoredKind, MapText, cdb, postmap_text};
use crate::model::MapType;
use crate::report::counted;
use crate::world::Host;

/// A map file on a host.
#[derive(Clone, Copy, Debug)]
pub(super) struct MapFile<'a> {
    /// Its path there.
    pub(super) path: &'a str,
    /// Its name for messages.
    pub(super) name: &'a str,
    pub(super) map_type: MapType,
}

/// Reads one map.
pub(super) fn read(
    host: &mut dyn Host,
    file: MapFile<'_>,
    notes: &mut Vec<String>,
) -> Result<DeployedMap, String> {
    let MapFile { path, name, map_type } = file;
    let text = host.read(path).map_err(|error| error.to_string())?;
    let (folder, base) = split(path);
    let beside = host.list(folder).map_err(|error| error.to_string())?;
    let suffix =
        map_type.index_suffix().filter(|suffix| beside.contains(&format!("{base}{suffix}")));
    let mut read = DeployedMap { name: name.to_owned(), has_lines: true, ..DeployedMap::default() };
    match (text, suffix) {
        (None, None) => {
            notes.push(format!("`{name}` does not exist: as if it were empty"));
            read.is_missing = true;
            return Ok(read);
        }
        (Some(text), None) => {
            read.is_missing = map_type != MapType::Texthash;
            if map_type == MapType::Texthash {
                notes.extend(dead_texthash(name, &postmap_text::read(&text)));
            }
            read.bytes = text;
        }
        // Postfix reads the index, whatever the text says.
        (text, Some(suffix)) => {
            // Postfix's commands do nothing without a main.cf; the one beside is the right one.
            let config = beside.iter().any(|it| it == "main.cf").then_some(folder);
            match (list(host, file, suffix, config), text) {
                (Ok(listed), Some(text)) => {
                    if same_entries(&listed, &text) {
                        read.bytes = text;
                    } else {
                        notes.push(format!(
                            "`{name}{suffix}` differs from `{name}`: Postfix reads the index, so that \
                             is compared"
                        ));
                        (read.bytes, read.has_lines) = (listed, false);
                    }
                }
                (Ok(listed), None) => (read.bytes, read.has_lines) = (listed, false),
                (Err(why), Some(text)) => {
                    notes.push(format!(
                        "`{name}` is read as text: its index was not read ({why}); if Postfix cannot read it \
                         either, every lookup in it fails, and all mail that asks it is deferred"
                    ));
                    read.bytes = text;
                }
                (Err(why), None) => return Err(format!("cannot read `{name}{suffix}`: {why}")),
            }
        }
    }
    read.exists = true;
    Ok(read)
}

/// The folder beside the maps in which mxward keeps the lock, what was applied last, and generations
/// for a rollback.
pub const FOLDER: &str = ".mxward";

/// What was recorded of the last apply to a map.
pub(super) fn record(host: &mut dyn Host, path: &str) -> Result<Option<String>, String> {
    let (folder, name) = split(path);
    let path = format!("{folder}/{FOLDER}/{name}.applied");
    let bytes = host.read(&path).map_err(|error| error.to_string())?;
    let text = bytes.map(String::from_utf8).transpose();
    text.map_err(|_| format!("`{}` is not UTF-8", printable(&path)))
}

/// A path as its folder and the name in it.
pub(super) fn split(path: &str) -> (&str, &str) {
    match path.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some(split) => split,
        None => (".", path),
    }
}

/// All entries of an index as `postmap -s` lists them, `key<TAB>value` a line.
fn list(
    host: &mut dyn Host,
    file: MapFile<'_>,
    suffix: &str,
    config: Option<&str>,
) -> Result<Vec<u8>, String> {
    let MapFile { path, map_type, .. } = file;
    if map_type == MapType::Cdb {
        // Before Postfix 3.10 `postmap -s` does not list this type.
        let index = host.read(&format!("{path}{suffix}")).map_err(|error| error.to_string())?;
        return cdb::list(&index.unwrap_or_default()).map_err(|error| error.to_string());
    }
    let map = format!("{}:{path}", map_type.as_str());
    let mut args = match config {
        Some(folder) => vec!["-c", folder],
        None => Vec::new(),
    };
    args.extend(["-s", &map]);
    let output = host.run("postmap", &args, b"").map_err(|error| error.to_string())?;
    if output.status == Some(0) {
        return Ok(output.stdout);
    }
    let message = String::from_utf8_lossy(&output.stderr);
    Err(printable(message.lines().last().unwrap_or("postmap failed")).into_owned())
}

/// Whether both give the same answers to every lookup.
fn same_entries(a: &[u8], b: &[u8]) -> bool {
    let (a, b) = (postmap_text::read(a), postmap_text::read(b));
    a.entries.len() == b.entries.len()
        && a.entries.iter().zip(&b.entries).all(|(a, b)| (&a.key, &a.value) == (&b.key, &b.value))
}

/// What a second entry for a key does to a texthash: `postmap -q` only warns and answers, while a
/// daemon has no table at all. [Postfix `dict_thash.c` `dict_thash_open`]
fn dead_texthash(name: &str, text: &MapText<'_>) -> Option<String> {
    let mut twice = text.ignored.iter().filter_map(|it| match &it.kind {
        IgnoredKind::Duplicate { first, .. } => Some((it.line, *first)),
        IgnoredKind::NoValue
        | IgnoredKind::LeadingBlank
        | IgnoredKind::Quote
        | IgnoredKind::NotUtf8
        | IgnoredKind::Nul
        | IgnoredKind::ColonKey
        | IgnoredKind::ByteOrderMark => None,
    });
    let (line, first) = twice.next()?;
    let more = twice.count();
    let more =
        if more == 0 { String::new() } else { format!(", and {} more", counted(more, "line")) };
    Some(format!(
        "`{name}` breaks all mail that asks it: line {line} repeats the key of line {first}{more}, and a \
         texthash with a key that stands twice answers nothing at all to Postfix's daemons, although \
         `postmap -q` answers"
    ))
}
