//! The host on which maps live: this one, or one that is reached by OpenSSH.

use super::CommandOutput;
use crate::postfix::Version;
use std::fmt;

/// Where a host is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// This host.
    Here,
    /// `host`, `user@host` or either with `:port`; the user's own configuration of ssh(1) applies.
    Ssh(String),
}

/// A host with maps. Paths are absolute; on this host they may also start at the folder that the
/// program runs in. Each method is one step, done wholly or not at all.
///
/// The other side of a connection needs a POSIX shell with the usual commands (`cat`, `head`, `ls`,
/// `mv`, `sync` and the like), flock(1) and the commands of Postfix, nothing else. Everything that is
/// sent there is data: no path or text becomes part of a command line.
///
/// Every method fails with [`HostError`]; after [`HostError::Lost`] all others do too.
#[expect(clippy::missing_errors_doc, reason = "every method fails as the trait says")]
pub trait Host {
    /// The bytes of a file; `None` when there is none.
    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, HostError>;

    /// The names in a folder of everything that is not a folder itself, sorted; none when there is no
    /// such folder. A name that is not UTF-8 cannot be ours, and is left out.
    ///
    /// # Errors
    ///
    /// [`HostError`], as of every method.
    fn list(&mut self, folder: &str) -> Result<Vec<String>, HostError>;

    /// The path of a folder without symbolic links and `..`; `None` when there is no such folder.
    ///
    /// # Errors
    ///
    /// [`HostError`], as of every method.
    fn real_folder(&mut self, folder: &str) -> Result<Option<String>, HostError>;

    /// Makes a folder, and those above it, unless it is there.
    ///
    /// # Errors
    ///
    /// [`HostError`], as of every method.
    fn make_folder(&mut self, path: &str) -> Result<(), HostError>;

    /// Writes a file that is read by nobody yet, and syncs it; one that a killed run left behind is
    /// replaced. Owner, group and mode are those of `like` where that exists, else 0644.
    ///
    /// After [`HostError::Failed`] nothing is there; after [`HostError::Lost`] a part may be.
    ///
    /// # Errors
    ///
    /// [`HostError`], as of every method.
    fn write(&mut self, path: &str, bytes: &[u8], like: &str) -> Result<(), HostError>;

    /// Replaces `to` by `from`, both in one folder, so that it is one step. [rename(2)]
    ///
    /// # Errors
    ///
    /// [`HostError`], as of every method.
    fn rename(&mut self, from: &str, to: &str) -> Result<(), HostError>;

    /// Removes a file, if it is there.
    ///
    /// # Errors
    ///
    /// [`HostError`], as of every method.
    fn remove(&mut self, path: &str) -> Result<(), HostError>;

    /// Syncs a file or folder, after which what was renamed survives a loss of power. [fsync(2)]
    ///
    /// # Errors
    ///
    /// [`HostError`], as of every method.
    fn sync(&mut self, path: &str) -> Result<(), HostError>;

    /// Takes the lock on a file, made where it is missing, and holds it until this host is dropped or
    /// this process ends, however it ends. Taking it once more is nothing. [flock(2)]
    ///
    /// Over a connection the other side lets go of it once it has seen the end of the connection and
    /// the step it is at has ended: a moment later than here.
    ///
    /// # Errors
    ///
    /// [`HostError::Locked`] at once when somebody else holds it.
    fn lock(&mut self, path: &str) -> Result<(), HostError>;

    /// Runs a program with arguments and standard input, and waits for its end. It is found through
    /// `PATH`, behind which come the folders of programs for administrators.
    ///
    /// Over a connection a status beyond 128 is told as the end by a signal, as shells report it. A
    /// program may see the start of its input only when the connection is lost meanwhile.
    ///
    /// # Errors
    ///
    /// [`HostError::Failed`] when it is not installed; an exit status other than 0 is no error.
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
    /// The step failed, and nothing changed; the text says which one and why, in a phrase without
    /// control characters.
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
    // Without a main.cf postconf(1) still knows the defaults.
    let output = host.run("postconf", &["-dh", "mail_version"], b"").ok()?;
    Version::parse(std::str::from_utf8(&output.stdout).ok()?.trim()).ok()
}
