//! Servers of the world, which behave as told, and their certificates.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

pub(crate) mod pki;

use crate::harness::root;
use std::path::PathBuf;

/// The program of all servers; it says itself how it is run.
pub(crate) fn program() -> PathBuf {
    root().join("tests/servers/smtp.py")
}
