//! Postfix's own `postmap`, which has the last word on what a map file means.
//!
//! A test that needs it fails where Postfix is not installed.

use super::path;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// Builds the compiled map of the text `file`, such as `file.db` for `hash`.
///
/// The status is 0 also where lines were dropped: `stderr` must be empty too. [postmap(1)]
#[track_caller]
pub(crate) fn postmap(map_type: &str, file: &Path) -> Output {
    run(&[&format!("{map_type}:{}", file.display())])
}

/// What the table answers for `key` itself, without parent domains; `None` when it has no entry.
///
/// The compiled map must be there, save for `texthash`. [postmap(1) `-q`]
#[track_caller]
pub(crate) fn lookup(map_type: &str, file: &Path, key: &str) -> Option<String> {
    let output = run(&["-q", key, &format!("{map_type}:{}", file.display())]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.is_empty(), "{key} in {map_type}:{}: {errors}", file.display());
    let answer = String::from_utf8(output.stdout).unwrap();
    output.status.success().then(|| answer.trim_end_matches('\n').to_owned())
}

/// Runs `postmap` with a configuration of its own.
#[track_caller]
fn run(args: &[&str]) -> Output {
    let configuration = configuration();
    Command::new(program())
        .arg("-c")
        .arg(configuration.path())
        .args(args)
        .env("PATH", path())
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap()
}

/// A folder with a `main.cf` that sets nothing but the compatibility level.
///
/// Postfix waits until the file is two seconds old, so it is made older.
fn configuration() -> TempDir {
    let folder = tempfile::Builder::new().prefix("mxward-postfix-").tempdir().unwrap();
    let main_cf = folder.path().join("main.cf");
    std::fs::write(&main_cf, "compatibility_level = 3.6\n").unwrap();
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    File::options().write(true).open(&main_cf).unwrap().set_modified(hour_ago).unwrap();
    folder
}

#[track_caller]
fn program() -> PathBuf {
    let path = path();
    let mut places = path.split(':').map(|folder| Path::new(folder).join("postmap"));
    places.find(|place| place.exists()).expect(
        "postmap of Postfix is not installed: apt-get install postfix postfix-lmdb postfix-cdb",
    )
}
