//! The real world.
#![expect(clippy::disallowed_methods, reason = "this is the door that the others must use")]

mod command;
mod database;
mod dns;
mod files;
mod host;
mod revision;

use super::{
    Command, CommandOutput, Database, DatabaseError, DatabaseLocation, Dns, DnsSettings, Files,
    Host, HostError, Place, Terminal, World,
};
pub use host::open as open_host;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

/// The environment variable with the command line to use instead of `ssh`, such as `ssh -F FILE`.
pub const SSH_VARIABLE: &str = "MXWARD_SSH";

/// The system this program runs on.
#[derive(Clone, Copy, Default, Debug)]
pub struct System {
    _private: (),
}

impl System {
    /// The system.
    pub fn new() -> Self {
        Self::default()
    }
}

impl World for System {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<bool> {
        let old = match std::fs::read(path) {
            Ok(old) if old == bytes => return Ok(false),
            Ok(_) => Some(std::fs::metadata(path)?.permissions()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        std::fs::create_dir_all(folder)?;
        let mut file = tempfile::Builder::new().prefix(".mxward-").tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().set_permissions(old.unwrap_or_else(readable))?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        // The rename is safe only once the folder is on disk.
        std::fs::File::open(folder)?.sync_all()?;
        Ok(true)
    }

    fn repository(&self, folder: &Path) -> io::Result<Box<dyn Files>> {
        Ok(Box::new(files::Folder::open(folder)?))
    }

    fn revision(&self, folder: &Path, revision: &str) -> io::Result<Box<dyn Files>> {
        Ok(Box::new(revision::Revision::open(*self, folder, revision)?))
    }

    fn run(&self, command: &Command) -> io::Result<CommandOutput> {
        command::run(command)
    }

    fn host(&self, place: &Place) -> Result<Box<dyn Host>, HostError> {
        let ssh = self.variable(SSH_VARIABLE).filter(|it| !it.is_empty());
        open_host(place, ssh.as_deref())
    }

    fn database(
        &self,
        repository: &Path,
        location: &DatabaseLocation,
        password: Option<&str>,
    ) -> Result<Box<dyn Database>, DatabaseError> {
        Ok(Box::new(database::Connection::open(repository, location, password)?))
    }

    fn dns(&self, settings: &DnsSettings) -> io::Result<Box<dyn Dns>> {
        Ok(Box::new(dns::Resolver::new(settings)?))
    }

    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    fn today(&self) -> jiff::civil::Date {
        jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date()
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn terminal(&self) -> Terminal {
        let width = self.variable("COLUMNS").and_then(|it| it.parse().ok());
        Terminal {
            stdout: io::stdout().is_terminal(),
            stderr: io::stderr().is_terminal(),
            width: width.unwrap_or(100),
        }
    }
}

/// The permissions of new files: everybody may read them, as Postfix must.
fn readable() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::Permissions::from_mode(0o644)
}
