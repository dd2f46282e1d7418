//! The one door to files, DNS, commands, environment and the clock.

mod asked_once;
mod database;
mod dns_settings;
mod host;
mod net;
mod side_by_side;
mod starttls;
// Nothing that is fuzzed needs it, and it takes minutes to build.
#[cfg(not(fuzzing))]
pub mod system;
mod tlsa;

pub use database::{Database, DatabaseError, LookupKey, Row, RowChange, RowRef};
pub use dns_settings::{DnsProtocol, DnsServer, DnsSettings, DnsValidation, parse_server};

pub use starttls::{
    Certificate, DaneMatch, Digests, Failure, Objection, ServerName, Session, StarttlsLimits,
    StarttlsOutcome, StarttlsRequest, Step, Trust,
};

pub use asked_once::AskedOnce;
pub use host::{Host, HostError, Place, postfix_version};
pub use net::{FetchError, Net, NetSettings, PolicyRequest, Waiting};

pub use side_by_side::{Ended, side_by_side};
pub use tlsa::tlsa_state;

pub use crate::answer::{Answer, Question};
pub use crate::sql::{DatabaseLocation, TableMapping};

use std::io;
use std::path::Path;

/// Reading files of one repository, whether from a directory or from a revision of it.
///
/// Paths are relative to the repository, with `/`, without `..`.
pub trait Files {
    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// The error of the system; `NotFound` when there is no such file.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// The regular files below `folder`, sorted, relative to the repository. An absent folder is
    /// empty. Symbolic links that leave the repository are an error.
    ///
    /// # Errors
    ///
    /// The error of the system.
    fn list(&self, folder: &str) -> io::Result<Vec<String>>;
}

/// A command of the system and what to feed it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Command {
    /// The program, found through `PATH`.
    pub program: String,
    /// Its arguments, passed as they are; no shell is involved.
    pub args: Vec<String>,
    /// Standard input.
    pub stdin: Vec<u8>,
}

/// What a command left behind.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CommandOutput {
    /// The exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
}

/// DNS questions in batches, answered in the order of asking.
pub trait Dns {
    /// Asks all questions, each within its deadline; a question that cannot be answered is
    /// [`Answer::Unknown`].
    ///
    /// # Errors
    ///
    /// When nobody can be asked: the resolver whose validation should be trusted does not validate.
    fn lookup(&self, questions: &[Question]) -> io::Result<Vec<Answer>>;
}

/// A file in the making beside the one that it replaces. Dropped, it leaves nothing behind.
pub trait Staged: Send {
    /// Adds to its end.
    ///
    /// # Errors
    ///
    /// The error of the system.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Writes over what is there from the byte `at` on.
    ///
    /// # Errors
    ///
    /// The error of the system.
    fn overwrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Puts it in place as [`World::write`] does; `true` when the file changed.
    ///
    /// # Errors
    ///
    /// The error of the system; the old file is then still there.
    fn commit(self: Box<Self>) -> io::Result<bool>;
}

/// Everything outside this program.
pub trait World {
    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// The error of the system.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// A file to be read piece by piece; standard input without a path.
    ///
    /// # Errors
    ///
    /// The error of the system.
    fn input(&self, path: Option<&Path>) -> io::Result<Box<dyn io::Read>>;

    /// Whether a regular file is at `path`, which can be read more than once.
    fn is_file(&self, path: &Path) -> bool;

    /// Whether something is at `path`.
    fn exists(&self, path: &Path) -> bool;

    /// Replaces a file atomically: written beside, synced, renamed. Unchanged content is not written
    /// again. Missing folders are made. A device or a pipe gets the bytes as they are, and a symbolic link
    /// stays. `true` when the file changed.
    ///
    /// # Errors
    ///
    /// The error of the system; the old file is then still there.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<bool>;

    /// Begins a file that is written piece by piece.
    ///
    /// # Errors
    ///
    /// The error of the system.
    fn stage(&self, path: &Path) -> io::Result<Box<dyn Staged>>;

    /// The files of the repository in `folder`.
    ///
    /// # Errors
    ///
    /// When the folder cannot be opened.
    fn repository(&self, folder: &Path) -> io::Result<Box<dyn Files>>;

    /// The files of the repository in `folder` as they were at a revision of git(1).
    ///
    /// # Errors
    ///
    /// When git cannot be run, `folder` is in no repository of git, or the revision is unknown.
    fn revision(&self, folder: &Path, revision: &str) -> io::Result<Box<dyn Files>>;

    /// Runs a command to its end.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    fn run(&self, command: &Command) -> io::Result<CommandOutput>;

    /// A connection to a host.
    ///
    /// # Errors
    ///
    /// When there is none: unknown, refused, no answer in time.
    fn host(&self, place: &Place) -> Result<Box<dyn Host>, HostError>;

    /// A connection to a database; its relative paths start at `repository`.
    ///
    /// A server that is not on this host must speak TLS with a certificate for its name, and so must
    /// one on this host where certificates for it are named.
    ///
    /// # Errors
    ///
    /// When there is none: unknown, refused, no answer in time, or TLS that does not verify.
    fn database(
        &self,
        repository: &Path,
        location: &DatabaseLocation,
        password: Option<&str>,
    ) -> Result<Box<dyn Database>, DatabaseError>;

    /// A resolver. Nothing is sent before the first question.
    ///
    /// # Errors
    ///
    /// When the settings cannot be used, such as an unreadable trust anchor.
    fn dns(&self, settings: &DnsSettings) -> io::Result<Box<dyn Dns>>;

    /// The network, for many questions side by side. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// As for [`Self::dns`].
    fn net(&self, settings: &NetSettings) -> io::Result<Box<dyn Net>>;

    /// Adds to the end of a file, which is made when it is not there.
    ///
    /// # Errors
    ///
    /// The error of the system.
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// The time, for the age of what waits to be pruned.
    fn now(&self) -> jiff::Timestamp;

    /// Lets some seconds pass.
    fn pause(&self, seconds: u32);

    /// Today in UTC.
    fn today(&self) -> jiff::civil::Date;

    /// An environment variable; `None` when absent or not UTF-8.
    fn variable(&self, name: &str) -> Option<String>;

    /// What the two streams are.
    fn terminal(&self) -> Terminal;
}

/// What the two streams are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terminal {
    /// Whether standard output is a terminal.
    pub stdout: bool,
    /// Whether standard error is a terminal.
    pub stderr: bool,
    /// The width of the terminal in characters.
    pub width: usize,
}
