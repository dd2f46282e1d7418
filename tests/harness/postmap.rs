//! Postfix's own `postmap`, which has the last word on what a map file means.
//!
//! A test that needs it fails where Postfix is not installed.

use super::path;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

/// Builds the compiled map of the text `file`, such as `file.db` for `hash`.
///
/// The status is 0 also where lines were dropped: `stderr` must be empty too. [postmap(1)]
#[track_caller]
pub(crate) fn postmap(map_type: &str, file: &Path) -> Output {
    run(Path::new("."), [format!("{map_type}:{}", file.display())])
}

/// What the table answers for `key` itself, without parent domains; `None` when it has no entry.
///
/// The compiled map must be there, save for `texthash`. [postmap(1) `-q`]
#[track_caller]
pub(crate) fn lookup(map_type: &str, file: &Path, key: &str) -> Option<String> {
    let table = format!("{map_type}:{}", file.display());
    let output = run(Path::new("."), ["-q", key, &table]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.is_empty(), "{key} in {map_type}:{}: {errors}", file.display());
    let answer = String::from_utf8(output.stdout).unwrap();
    output.status.success().then(|| answer.trim_end_matches('\n').to_owned())
}

/// Runs `postmap` in a folder, with a configuration of its own.
#[track_caller]
pub(crate) fn run(folder: &Path, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
    let configuration = tempfile::Builder::new().prefix("mxward-postfix-").tempdir().unwrap();
    write_main_cf(configuration.path(), "compatibility_level = 3.6\n");
    Command::new(program())
        .arg("-c")
        .arg(configuration.path())
        .args(args)
        .current_dir(folder)
        .env("PATH", path())
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap()
}

/// Writes a `main.cf` that looks older than it is: Postfix waits until it is two seconds old.
pub(crate) fn write_main_cf(folder: &Path, text: &str) {
    let main_cf = folder.join("main.cf");
    std::fs::write(&main_cf, text).unwrap();
    let hour_ago = SystemTime::now() - Duration::from_hours(1);
    File::options().write(true).open(&main_cf).unwrap().set_modified(hour_ago).unwrap();
}

#[track_caller]
fn program() -> PathBuf {
    let path = path();
    let mut places = path.split(':').map(|folder| Path::new(folder).join("postmap"));
    places.find(|place| place.exists()).expect(
        "postmap of Postfix is not installed: apt-get install postfix postfix-lmdb postfix-cdb",
    )
}
