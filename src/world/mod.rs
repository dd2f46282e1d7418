//! The one door to files, DNS, commands, environment and the clock.

pub mod memory;
pub mod system;

pub use crate::answer::{Answer, Question};

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

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

/// How to ask DNS. [design of mxward.yaml: `dns:`]
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DnsSettings {
    /// Name servers to ask; empty means those of the system.
    pub servers: Vec<DnsServer>,
    /// A file with trust anchors (DNSKEY or DS in zone-file form); none means the root's own.
    pub trust_anchor: Option<PathBuf>,
    /// Who validates DNSSEC.
    pub validation: DnsValidation,
    /// The deadline of one question in milliseconds, retries included; 0 means the default of 5,000.
    pub timeout_ms: u32,
}

/// One name server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DnsServer {
    /// Address and port.
    pub address: SocketAddr,
    /// How to speak to it.
    pub protocol: DnsProtocol,
    /// The name in the server's certificate, for DNS over TLS and HTTPS.
    pub tls_name: Option<String>,
}

/// How to speak to a name server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DnsProtocol {
    /// UDP, and TCP after truncation.
    #[default]
    Plain,
    /// DNS over TLS. [RFC 7858 §3]
    Tls,
    /// DNS over HTTPS. [RFC 8484 §4]
    Https,
}

/// Who validates DNSSEC.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DnsValidation {
    /// This program, from the trust anchors down.
    #[default]
    Local,
    /// The resolver, trusted by its AD bit: only on a loopback address and after a self-test.
    ResolverAd,
}

/// DNS questions in batches, answered in the order of asking.
pub trait Dns {
    /// Asks all questions, each within its deadline; a question that cannot be answered is
    /// [`Answer::Unknown`], never an error.
    fn lookup(&self, questions: &[Question]) -> Vec<Answer>;
}

/// Everything outside this program.
pub trait World {
    /// The bytes of a file.
    ///
    /// # Errors
    ///
    /// The error of the system.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Whether something is at `path`.
    fn exists(&self, path: &Path) -> bool;

    /// Replaces a file atomically: written beside, synced, renamed. Unchanged content is not written
    /// again. Missing folders are made. `true` when the file changed.
    ///
    /// # Errors
    ///
    /// The error of the system; the old file is then still there.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<bool>;

    /// The files of the repository in `folder`.
    ///
    /// # Errors
    ///
    /// When the folder cannot be opened.
    fn repository(&self, folder: &Path) -> io::Result<Box<dyn Files>>;

    /// Runs a command to its end.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    fn run(&self, command: &Command) -> io::Result<CommandOutput>;

    /// A resolver.
    ///
    /// # Errors
    ///
    /// When the settings cannot be used, such as an unreadable trust anchor.
    fn dns(&self, settings: &DnsSettings) -> io::Result<Box<dyn Dns>>;

    /// Today in UTC.
    fn today(&self) -> jiff::civil::Date;

    /// An environment variable; `None` when absent or not UTF-8.
    fn variable(&self, name: &str) -> Option<String>;
}
