//! The host on which maps live: this one, or one that is reached by OpenSSH.

use super::CommandOutput;
use crate::postfix::Version;
use std::fmt;

/// Where a host is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// This host.
    Here,
    /// `host` or `user@host`, as for ssh(1); the user's own configuration of ssh applies.
    Ssh(String),
}

/// A host with maps. Paths are absolute; each method is one step, done wholly or not at all.
///
/// The other side of a connection needs a POSIX shell, flock(1) and the commands of Postfix, nothing
/// else. Everything that is sent there is data: no path or text becomes part of a command line.
pub trait Host {
    /// The bytes of a file; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`HostError`], as of every method.
    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, HostError>;

    /// The names of the files in a folder, sorted; none when there is no folder.
    fn list(&mut self, folder: &str) -> Result<Vec<String>, HostError>;

    /// Makes a folder, and those above it, unless it is there.
    fn make_folder(&mut self, path: &str) -> Result<(), HostError>;

    /// Writes a file that is read by nobody yet, and syncs it; one that a killed run left behind is
    /// replaced. Owner, group and mode are those of `like` where that exists, else 0644.
    fn write(&mut self, path: &str, bytes: &[u8], like: &str) -> Result<(), HostError>;

    /// Replaces `to` by `from`. [rename(2)]
    fn rename(&mut self, from: &str, to: &str) -> Result<(), HostError>;

    /// Removes a file, if it is there.
    fn remove(&mut self, path: &str) -> Result<(), HostError>;

    /// Syncs a file or folder, after which what was renamed survives a loss of power. [fsync(2)]
    fn sync(&mut self, path: &str) -> Result<(), HostError>;

    /// Takes the lock on a file, made where it is missing, and holds it until this host is dropped or
    /// this process ends, however it ends. [flock(2)]
    ///
    /// # Errors
    ///
    /// [`HostError::Locked`] at once when somebody else holds it.
    fn lock(&mut self, path: &str) -> Result<(), HostError>;

    /// Runs a program with arguments and standard input, and waits for its end.
    fn run(
        &mut self,
        program: &str,
        args: &[&str],
        stdin: &[u8],
    ) -> Result<CommandOutput, HostError>;
}

/// Why a step on a host was not done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HostError {
    /// Somebody else holds the lock.
    Locked,
    /// The step failed; the text says which one and why, in a phrase without control characters.
    Failed(String),
    /// The connection is lost: nobody knows whether the step was done.
    Lost(String),
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked => f.write_str("another apply is at work"),
            Self::Failed(why) => f.write_str(why),
            Self::Lost(why) => write!(f, "the connection is lost: {why}"),
        }
    }
}

impl std::error::Error for HostError {}

/// The version of Postfix that a host runs, where it can tell.
pub fn postfix_version(host: &mut dyn Host) -> Option<Version> {
    let output = host.run("postconf", &["-h", "mail_version"], b"").ok()?;
    Version::parse(std::str::from_utf8(&output.stdout).ok()?.trim()).ok()
}
