//! Folders among those of the build.

use std::path::{Path, PathBuf};

/// An empty one of a bench.
pub(crate) fn fresh(bench: &str, name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(bench).join(name);
    empty(&folder);
    std::fs::create_dir_all(&folder).expect("a folder of the build");
    folder
}

/// Removes a folder, if it is there.
pub(crate) fn empty(folder: &Path) {
    if folder.exists() {
        std::fs::remove_dir_all(folder).expect("what this program made, it may remove");
    }
}
