//! This host.
#![expect(clippy::disallowed_methods, reason = "this is the door that the others must use")]

use super::{check_path, check_program, check_rename, failed};
use crate::world::{Command, CommandOutput, Host, HostError};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};

/// This host, with the locks that it holds.
#[derive(Debug, Default)]
pub(super) struct Local {
    /// Open files under their paths: a lock ends when its file is closed.
    locks: BTreeMap<String, File>,
}

impl Host for Local {
    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, HostError> {
        check_path("read", path)?;
        absent(fs::read(path)).map_err(|error| io_failed("read", path, &error))
    }

    fn list(&mut self, folder: &str) -> Result<Vec<String>, HostError> {
        check_path("list", folder)?;
        absent(names(folder))
            .map(Option::unwrap_or_default)
            .map_err(|error| io_failed("list", folder, &error))
    }

    fn real_folder(&mut self, folder: &str) -> Result<Option<String>, HostError> {
        check_path("find", folder)?;
        // The full stop makes a file that is no folder an error.
        let path = absent(fs::canonicalize(format!("{folder}/.")))
            .map_err(|error| io_failed("find", folder, &error))?;
        path.map(|path| match path.into_os_string().into_string() {
            Ok(path) => Ok(path),
            Err(_) => Err(failed("find", folder, "its path is not UTF-8")),
        })
        .transpose()
    }

    fn make_folder(&mut self, path: &str) -> Result<(), HostError> {
        check_path("make", path)?;
        let made = DirBuilder::new().recursive(true).mode(0o755).create(path);
        made.map_err(|error| io_failed("make", path, &error))
    }

    fn write(&mut self, path: &str, bytes: &[u8], like: &str) -> Result<(), HostError> {
        check_path("write", path)?;
        check_path("write", like)?;
        fresh(path, bytes, like).map_err(|error| {
            // What is left of it only takes space.
            let _ignored = fs::remove_file(path);
            io_failed("write", path, &error)
        })
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), HostError> {
        check_path("replace", from)?;
        check_path("replace", to)?;
        check_rename(from, to)?;
        fs::rename(from, to).map_err(|error| io_failed("replace", to, &error))
    }

    fn remove(&mut self, path: &str) -> Result<(), HostError> {
        check_path("remove", path)?;
        absent(fs::remove_file(path)).map(|_| ()).map_err(|error| io_failed("remove", path, &error))
    }

    fn sync(&mut self, path: &str) -> Result<(), HostError> {
        check_path("sync", path)?;
        let synced = File::open(path).and_then(|file| file.sync_all());
        synced.map_err(|error| io_failed("sync", path, &error))
    }

    fn lock(&mut self, path: &str) -> Result<(), HostError> {
        check_path("lock", path)?;
        if self.locks.contains_key(path) {
            return Ok(());
        }
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o644)
            .open(path)
            .map_err(|error| io_failed("lock", path, &error))?;
        match file.try_lock() {
            Ok(()) => {
                self.locks.insert(path.to_owned(), file);
                Ok(())
            }
            Err(TryLockError::WouldBlock) => Err(HostError::Locked),
            Err(TryLockError::Error(error)) => Err(io_failed("lock", path, &error)),
        }
    }

    fn run(
        &mut self,
        program: &str,
        args: &[&str],
        stdin: &[u8],
    ) -> Result<CommandOutput, HostError> {
        check_program(program)?;
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        let command = Command { program: program.to_owned(), args, stdin: stdin.to_vec() };
        // What postmap(1) writes has names that the next run uses as well. So where it outlives this process,
        // the locks stay until it has ended. Others only tell and ask.
        let locks: Vec<&File> =
            if program == "postmap" { self.locks.values().collect() } else { Vec::new() };
        super::super::command::run(&command, &locks).map_err(|error| {
            if error.kind() == ErrorKind::NotFound {
                return HostError::Failed(format!("`{program}` is not installed"));
            }
            io_failed("run", program, &error)
        })
    }
}

/// `None` where there is nothing.
fn absent<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn io_failed(step: &str, path: &str, error: &io::Error) -> HostError {
    let text = error.to_string();
    let reason = text.split_once(" (os error").map_or(text.as_str(), |(reason, _)| reason);
    failed(step, path, reason)
}

fn names(folder: &str) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir()
            && let Ok(name) = entry.file_name().into_string()
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// Writes a new file in place of one that may be there.
fn fresh(path: &str, bytes: &[u8], like: &str) -> io::Result<()> {
    absent(fs::remove_file(path))?;
    // Nobody else may read it before it has its owner and mode, nor through a link that is there.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    let mode = match absent(fs::metadata(like))? {
        Some(like) => {
            let new = file.metadata()?;
            if (new.uid(), new.gid()) != (like.uid(), like.gid()) {
                std::os::unix::fs::fchown(&file, Some(like.uid()), Some(like.gid()))?;
            }
            like.mode() & 0o777
        }
        None => 0o644,
    };
    file.set_permissions(Permissions::from_mode(mode))?;
    file.sync_all()
}
