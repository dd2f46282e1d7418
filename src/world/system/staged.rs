//! Files in the making.
#![expect(clippy::disallowed_methods, reason = "this is the door that the others must use")]

use crate::world::Staged;
use std::fs::{self, File, Permissions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A temporary file that will replace the one at `path`.
pub(super) struct StagedFile {
    path: PathBuf,
    file: NamedTempFile,
}

/// What stands where a file shall be.
pub(super) enum Standing {
    /// Nothing, or a file: a new one takes its place, here.
    Replaceable(PathBuf),
    /// A device, a pipe or an open file of ours, such as `/dev/stdout`: it can be written to, and a file
    /// in its place would take it from everybody else.
    Stream,
}

impl Standing {
    /// Looks at `path`. A symbolic link stays, and what it leads to is replaced.
    pub(super) fn at(path: &Path) -> io::Result<Self> {
        let Ok(metadata) = fs::metadata(path) else {
            return Ok(Self::Replaceable(path.to_owned()));
        };
        if metadata.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        if !metadata.is_file() {
            return Ok(Self::Stream);
        }
        if !fs::symlink_metadata(path)?.is_symlink() {
            return Ok(Self::Replaceable(path.to_owned()));
        }
        let of_system = ["/dev", "/proc"].iter().any(|it| path.starts_with(it));
        Ok(if of_system { Self::Stream } else { Self::Replaceable(path.canonicalize()?) })
    }
}

impl StagedFile {
    /// Begins a file in the folder of `path`, or in the nearest one above it that exists: the file
    /// system is the same, so that a rename is enough.
    ///
    /// # Errors
    ///
    /// That of the system; also where no file stands that could be replaced.
    pub(super) fn begin(path: &Path) -> io::Result<Self> {
        let Standing::Replaceable(path) = Standing::at(path)? else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "no regular file"));
        };
        let mut above = folder(&path);
        while !above.is_dir() {
            above = folder(above);
        }
        let file = tempfile::Builder::new().prefix(".mxward-").tempfile_in(above)?;
        Ok(Self { path, file })
    }

    /// The permissions of the file that is there, and whether its content is the same.
    fn old(&mut self) -> io::Result<Option<(Permissions, bool)>> {
        let mut old = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let metadata = old.metadata()?;
        let new = self.file.as_file_mut();
        new.seek(SeekFrom::Start(0))?;
        let same = metadata.len() == new.metadata()?.len() && same_content(&mut old, new)?;
        Ok(Some((metadata.permissions(), same)))
    }
}

impl Staged for StagedFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn overwrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(bytes)?;
        self.file.seek(SeekFrom::End(0)).map(drop)
    }

    fn commit(mut self: Box<Self>) -> io::Result<bool> {
        let permissions = match self.old()? {
            Some((_, true)) => return Ok(false),
            Some((permissions, false)) => permissions,
            // Everybody may read new files, as Postfix must.
            None => Permissions::from_mode(0o644),
        };
        let folder = folder(&self.path);
        fs::create_dir_all(folder)?;
        self.file.as_file().set_permissions(permissions)?;
        self.file.as_file().sync_all()?;
        self.file.persist(&self.path).map_err(|error| error.error)?;
        // The rename is safe only once the folder is on disk.
        File::open(folder)?.sync_all()?;
        Ok(true)
    }
}

/// The folder of a path; `.` for a name alone, `/` for itself.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) => Path::new("."),
        None => path,
    }
}

/// Whether both files say the same from where they stand; they are equally long.
fn same_content(one: &mut File, other: &mut File) -> io::Result<bool> {
    let (mut left, mut right) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        let length = one.read(&mut left)?;
        if length == 0 {
            return Ok(true);
        }
        other.read_exact(&mut right[..length])?;
        if left[..length] != right[..length] {
            return Ok(false);
        }
    }
}
