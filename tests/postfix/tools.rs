//! The commands of Postfix in a folder of a test.

use crate::harness::{path, postmap};
use std::path::PathBuf;
use std::process::{Command, Output};
use tempfile::TempDir;

/// A folder for maps, and the commands of Postfix in it.
pub(crate) struct Tools {
    folder: TempDir,
}

/// What a command printed.
pub(crate) struct Printed {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) status: i32,
}

impl Tools {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::Builder::new().prefix("mxward-maps-").tempdir().unwrap() }
    }

    /// Where a file of this name lies.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let file = self.file(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, bytes).unwrap();
        file
    }

    /// Runs `postmap` in the folder.
    pub(crate) fn postmap<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Printed {
        Printed::of(postmap::run(self.folder.path(), args))
    }

    /// What `postmap -q` finds under a key; `None` when nothing.
    #[track_caller]
    pub(crate) fn query(&self, key: &str, map: &str) -> Option<String> {
        let printed = self.postmap(["-q", key, map]);
        assert!(printed.stderr.is_empty(), "postmap -q {key} {map}: {}", printed.stderr);
        (printed.status == 0).then(|| text(&printed.stdout).trim_end_matches('\n').to_owned())
    }
}

/// The version of the installed Postfix.
pub(crate) fn version() -> mxward::postfix::Version {
    let printed = run(Command::new("/usr/sbin/postconf").args(["-dh", "mail_version"]));
    let version = text(&printed.stdout);
    mxward::postfix::Version::parse(version.trim()).unwrap()
}

/// Runs a command to its end.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Printed {
    let program = command.get_program().to_owned();
    let output = command.env("PATH", path()).output();
    Printed::of(output.unwrap_or_else(|error| panic!("{}: {error}", program.display())))
}

impl Printed {
    fn of(output: Output) -> Self {
        let Output { status, stdout, stderr } = output;
        let stderr = String::from_utf8_lossy(&stderr).into_owned();
        Self { stdout, stderr, status: status.code().unwrap() }
    }
}

/// Bytes that must be text.
#[track_caller]
pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}
