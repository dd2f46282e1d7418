//! The hosts of one run.

use crate::diag::printable;
use crate::model::Location;
use crate::sql::DatabaseLocation;
use crate::world::{Database, Host, HostError, Place, World};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

/// A host that several parts of a run use in turn.
pub type SharedHost = Rc<RefCell<Box<dyn Host>>>;

/// A database that several parts of a run use in turn.
pub type SharedDatabase = Rc<RefCell<Box<dyn Database>>>;

/// Hosts and databases that are opened when they are asked for first, each by one connection, which lasts as long
/// as this.
pub struct Hosts<'w> {
    world: &'w dyn World,
    offline: bool,
    open: BTreeMap<Place, Result<SharedHost, HostError>>,
    /// With the variables of their passwords.
    databases: Vec<(DatabaseLocation, Option<String>, SharedDatabase)>,
}

impl<'w> Hosts<'w> {
    /// No hosts yet. Under `offline` only this one can be opened.
    pub fn new(world: &'w dyn World, offline: bool) -> Self {
        Self { world, offline, open: BTreeMap::new(), databases: Vec::new() }
    }

    /// The world through which they are opened.
    pub fn world(&self) -> &'w dyn World {
        self.world
    }

    /// A database, whose password the environment variable has; relative paths start at `repository`.
    ///
    /// # Errors
    ///
    /// Why there is no connection, in a phrase.
    pub fn database(
        &mut self,
        repository: &Path,
        location: &DatabaseLocation,
        variable: Option<&str>,
    ) -> Result<SharedDatabase, String> {
        let same = |(at, by, _): &&(DatabaseLocation, Option<String>, SharedDatabase)| {
            at == location && by.as_deref() == variable
        };
        if let Some((_, _, open)) = self.databases.iter().find(same) {
            return Ok(Rc::clone(open));
        }
        self.may_ask(location)?;
        let password = variable.map(|it| password(self.world, it)).transpose()?;
        let opened = self.world.database(repository, location, password.as_deref());
        let opened = Rc::new(RefCell::new(opened.map_err(|error| error.to_string())?));
        let variable = variable.map(str::to_owned);
        self.databases.push((location.clone(), variable, Rc::clone(&opened)));
        Ok(opened)
    }

    /// Whether a database may be asked.
    fn may_ask(&self, database: &DatabaseLocation) -> Result<(), String> {
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
    pub fn host(&mut self, place: &Place) -> Result<SharedHost, HostError> {
        let (world, offline) = (self.world, self.offline);
        let opened = self.open.entry(place.clone()).or_insert_with(|| match place {
            Place::Ssh(name) if offline => Err(HostError::Failed(not_asked(name))),
            Place::Here | Place::Ssh(_) => world.host(place).map(RefCell::new).map(Rc::new),
        });
        opened.clone()
    }
}

fn password(world: &dyn World, variable: &str) -> Result<String, String> {
    world.variable(variable).ok_or_else(|| {
        let variable = printable(variable);
        format!("the environment variable `{variable}` with the password is not set")
    })
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
