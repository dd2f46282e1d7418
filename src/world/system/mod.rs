//! The real world.
#![expect(clippy::disallowed_methods, reason = "this is the door that the others must use")]

mod command;
mod database;
mod dns;
mod files;
mod host;
mod net;
mod revision;
mod staged;
mod starttls;

use super::{
    Command, CommandOutput, Database, DatabaseError, DatabaseLocation, Dns, DnsSettings, Files,
    Host, HostError, Net, NetSettings, Place, Staged, Terminal, World,
};
pub use host::open as open_host;
use staged::{StagedFile, Standing};
use std::io::{self, IsTerminal, Write as _};
use std::path::Path;
use terminal_size::{Width, terminal_size_of};

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

    fn input(&self, path: Option<&Path>) -> io::Result<Box<dyn io::Read>> {
        Ok(match path {
            Some(path) => Box::new(std::fs::File::open(path)?),
            None => Box::new(io::stdin().lock()),
        })
    }

    fn is_file(&self, path: &Path) -> bool {
        path.is_file()
    }

    fn exists(&self, path: &Path) -> bool {
        path.exists()
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<bool> {
        if let Standing::Stream = Standing::at(path)? {
            let mut stream = std::fs::OpenOptions::new().write(true).open(path)?;
            return stream.write_all(bytes).map(|()| true);
        }
        if std::fs::read(path).is_ok_and(|old| old == bytes) {
            return Ok(false);
        }
        let mut staged = self.stage(path)?;
        staged.append(bytes)?;
        staged.commit()
    }

    fn stage(&self, path: &Path) -> io::Result<Box<dyn Staged>> {
        Ok(Box::new(StagedFile::begin(path)?))
    }

    fn repository(&self, folder: &Path) -> io::Result<Box<dyn Files>> {
        Ok(Box::new(files::Folder::open(folder)?))
    }

    fn revision(&self, folder: &Path, revision: &str) -> io::Result<Box<dyn Files>> {
        Ok(Box::new(revision::Revision::open(*self, folder, revision)?))
    }

    fn run(&self, command: &Command) -> io::Result<CommandOutput> {
        command::run(command, &[])
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

    fn net(&self, settings: &NetSettings) -> io::Result<Box<dyn Net>> {
        Ok(Box::new(net::Network::new(settings)?))
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
        // In one piece, so that a kill leaves at most the beginning of it.
        io::Write::write_all(&mut file, bytes)
    }

    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }

    fn pause(&self, seconds: u32) {
        std::thread::sleep(std::time::Duration::from_secs(seconds.into()));
    }

    fn today(&self) -> jiff::civil::Date {
        jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date()
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn terminal(&self) -> Terminal {
        let width = self.variable("COLUMNS").and_then(|it| it.parse().ok()).or_else(|| {
            let size = terminal_size_of(io::stdout()).or_else(|| terminal_size_of(io::stderr()));
            size.map(|(Width(columns), _)| usize::from(columns)).filter(|&columns| columns > 0)
        });
        Terminal {
            stdout: io::stdout().is_terminal(),
            stderr: io::stderr().is_terminal(),
            width: width.unwrap_or(100),
        }
    }
}
