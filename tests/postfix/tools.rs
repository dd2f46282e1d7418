//! The commands of Postfix, with a configuration folder of their own.

use crate::harness::path;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// A folder with a `main.cf`, and the commands of Postfix that read it.
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
        let folder = tempfile::Builder::new().prefix("mxward-postfix-").tempdir().unwrap();
        write_main_cf(folder.path(), "compatibility_level = 3.6\nmaillog_file = /dev/stdout\n");
        std::fs::write(folder.path().join("master.cf"), "").unwrap();
        Self { folder }
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
        let mut command = Command::new("/usr/sbin/postmap");
        command.args(["-c", self.folder.path().to_str().unwrap()]).args(args);
        run(command.current_dir(self.folder.path()))
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

/// Writes a `main.cf` that looks older than it is: Postfix waits until it is two seconds old.
pub(crate) fn write_main_cf(folder: &Path, text: &str) {
    let path = folder.join("main.cf");
    std::fs::write(&path, text).unwrap();
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
}

/// Runs a command to its end.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Printed {
    let program = command.get_program().to_owned();
    let Output { status, stdout, stderr } =
        command.env("PATH", path()).output().unwrap_or_else(|it| panic!("{program:?}: {it}"));
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    Printed { stdout, stderr, status: status.code().unwrap() }
}

/// Bytes that must be text.
#[track_caller]
pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}
