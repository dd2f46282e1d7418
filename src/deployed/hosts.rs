//! The hosts of one run.

use crate::diag::printable;
use crate::model::Location;
use crate::sql::DatabaseLocation;
use crate::world::{Host, HostError, Place, World};
use std::collections::BTreeMap;
use std::path::Path;

/// Hosts that are opened when they are asked for first, each by one connection, which lasts as long
/// as this.
pub struct Hosts<'w> {
    world: &'w dyn World,
    offline: bool,
    open: BTreeMap<Place, Result<Box<dyn Host>, HostError>>,
}

impl<'w> Hosts<'w> {
    /// No hosts yet. Under `offline` only this one can be opened.
    pub fn new(world: &'w dyn World, offline: bool) -> Self {
        Self { world, offline, open: BTreeMap::new() }
    }

    /// The world through which they are opened.
    pub fn world(&self) -> &'w dyn World {
        self.world
    }

    /// Whether a database may be asked.
    pub(super) fn may_ask(&self, database: &DatabaseLocation) -> Result<(), String> {
        match database {
            DatabaseLocation::Server(server) if self.offline && !server.is_local() => {
                Err(not_asked(&database.to_string()))
            }
            DatabaseLocation::Server(_) | DatabaseLocation::Sqlite(_) => Ok(()),
        }
    }

    /// A host. One that could not be reached is not tried again.
    ///
    /// # Errors
    ///
    /// [`HostError::Failed`] when there is no connection.
    pub fn host(&mut self, place: &Place) -> Result<&mut dyn Host, HostError> {
        let (world, offline) = (self.world, self.offline);
        let opened = self.open.entry(place.clone()).or_insert_with(|| match place {
            Place::Ssh(name) if offline => Err(HostError::Failed(not_asked(name))),
            Place::Here | Place::Ssh(_) => world.host(place),
        });
        match opened {
            Ok(host) => Ok(&mut **host),
            Err(error) => Err(error.clone()),
        }
    }
}

fn not_asked(name: &str) -> String {
    format!("`{}` was not asked: `--offline` forbids the network", printable(name))
}

/// The host and the path of a map; `None` when it is in a database. Paths of the configuration start
/// at `repository`.
pub fn place(location: &Location, repository: &Path) -> Option<(Place, String)> {
    match location {
        Location::File(path) => Some((Place::Here, path_here(repository, path))),
        Location::Ssh { destination, path } => {
            Some((Place::Ssh(destination.clone()), path.clone()))
        }
        Location::Sql { .. } => None,
    }
}

/// A path of the configuration on this host.
pub(super) fn path_here(repository: &Path, path: &str) -> String {
    // A repository whose own path is not UTF-8 cannot be told to Postfix either.
    let path = repository.join(path).to_string_lossy().into_owned();
    path.strip_prefix("./").map(str::to_owned).unwrap_or(path)
}

/// The name of a map in a file for messages: as the configuration writes it.
pub(super) fn shown(location: &Location) -> String {
    match location {
        Location::File(path) => path.clone(),
        Location::Ssh { destination, path } => format!("ssh://{destination}{path}"),
        Location::Sql { database, table } => format!("{database} {}", table.table),
    }
}
