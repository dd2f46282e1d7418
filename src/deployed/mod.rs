//! What a target has now.

mod files;
mod hosts;
mod mail_log;
mod main_cf;
pub(crate) mod rows;
mod seen;

/// What the two maps are called, in the order of pairs.
pub const MAPS: [&str; 2] = ["transport", "tls_policy"];

pub use files::FOLDER;
pub use hosts::{Hosts, SharedDatabase, SharedHost, place};
pub use mail_log::MailLog;
pub use main_cf::config_folder;
pub use rows::{StoredRow, state_file};
pub use seen::{Seen, seen};

use crate::formats::seal;
use crate::model::{Location, MapType, Target};
use crate::postfix::main_cf::MainCfDifference;
use crate::tables::Lowered;
use crate::world::Place;
use std::collections::BTreeMap;
use std::path::Path;

/// The maps of a target as they are deployed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Deployed {
    /// The transport map.
    pub transport: DeployedMap,
    /// The TLS policy map.
    pub tls_policy: DeployedMap,
    /// What an administrator should know about how they were read.
    pub notes: Vec<String>,
    /// What the Postfix beside the maps does not have as they need it, the worst first.
    pub main_cf: Vec<MainCfDifference>,
}

/// One deployed map.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeployedMap {
    /// Its name for messages; empty when the target manages no such map.
    pub name: String,
    /// The source text, or what postmap(1) gives back; empty when there is no such file.
    pub bytes: Vec<u8>,
    /// Whether there is a map at all.
    pub exists: bool,
    /// Whether Postfix finds no table there: no index, or no text where that is what it reads.
    pub is_missing: bool,
    /// Whether the lines of `bytes` are those of a file, so that their numbers mean something.
    pub has_lines: bool,
    /// What was recorded of the last apply; `None` when there was none.
    pub record: Option<String>,
    /// Rows of a table that are stored otherwise than their line says, by lookup key.
    pub stored: BTreeMap<String, StoredRow>,
}

impl DeployedMap {
    /// Whether the map is, byte for byte, one that mxward wrote, or is not there at all.
    pub fn is_ours(&self) -> bool {
        self.has_lines && (self.bytes.is_empty() || seal::is_intact(&self.bytes))
    }
}

/// Reads one map in a file, here or on another host; relative paths start at `folder`. An index beside the
/// text is what Postfix reads, and so what is given. `None` for a table of a database.
///
/// # Errors
///
/// What could not be read, in one phrase.
pub fn read_map(
    hosts: &mut Hosts<'_>,
    folder: &Path,
    location: &Location,
    map_type: MapType,
    notes: &mut Vec<String>,
) -> Result<Option<DeployedMap>, String> {
    let Some((place, path)) = place(location, folder) else { return Ok(None) };
    let name = hosts::shown(location);
    let host = hosts.host(&place).map_err(|error| error.to_string())?;
    let file = files::MapFile { path: &path, name: &name, map_type };
    files::read(&mut **host.borrow_mut(), file, notes).map(Some)
}

/// Reads the maps of a target. Paths of the configuration start at `repository`. With `tables` the
/// running parameters are compared with what those need.
///
/// # Errors
///
/// What could not be read, in one phrase.
pub fn read_deployed(
    hosts: &mut Hosts<'_>,
    repository: &Path,
    target: &Target,
    tables: Option<&Lowered<'_>>,
) -> Result<Deployed, String> {
    let mut deployed = Deployed::default();
    let mut map = |location: &Location, map: &str| {
        let notes = &mut deployed.notes;
        let (place, path) = match location {
            Location::Sql { database, table } => {
                return rows::read(hosts, repository, target, map, database, table, notes);
            }
            Location::File(path) => (Place::Here, hosts::path_here(repository, path)),
            Location::Ssh { destination, path } => (Place::Ssh(destination.clone()), path.clone()),
        };
        let name = hosts::shown(location);
        let file = files::MapFile { path: &path, name: &name, map_type: target.map_type.value };
        let host = hosts.host(&place).map_err(|error| error.to_string())?;
        let mut host = host.borrow_mut();
        let map = files::read(&mut **host, file, notes)?;
        Ok(DeployedMap { record: files::record(&mut **host, &path)?, ..map })
    };
    if let Some(location) = &target.transport {
        deployed.transport = map(&location.value, "transport")?;
    }
    if let Some(location) = &target.tls_policy {
        deployed.tls_policy = map(&location.value, "tls_policy")?;
    }
    if let Some(tables) = tables {
        let compared = main_cf::compare(hosts, repository, target, tables, &mut deployed.notes);
        deployed.main_cf = compared.map_err(|error| error.to_string())?;
    }
    Ok(deployed)
}
