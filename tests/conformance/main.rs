//! Comparison with data that is kept beside the repository, in `../shared`.
//!
//! Not part of the ordinary tests: `cargo test --test conformance`.

mod import;
mod mta_sts;
mod providers;

use std::path::{Path, PathBuf};

/// A file of the data, which must be there.
fn data(path: &str) -> PathBuf {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(path);
    assert!(file.is_file(), "{} is missing", file.display());
    file
}

/// The text of a file of the data.
#[expect(clippy::disallowed_methods, reason = "data for a test, not the world of the program")]
fn text(path: &str) -> String {
    std::fs::read_to_string(data(path)).unwrap()
}

/// The text of a file compressed with gzip.
#[expect(clippy::disallowed_methods, reason = "a program that only this test needs")]
fn gunzip(path: &str) -> String {
    let output = std::process::Command::new("gzip").arg("-dc").arg(data(path)).output().unwrap();
    assert!(output.status.success(), "gzip: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
