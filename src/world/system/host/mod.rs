//! Hosts: this one, and those behind OpenSSH.

mod connection;
mod local;
mod remote;

use crate::diag::printable;
use crate::world::{Host, HostError, Place};

/// Opens a host. `ssh` is what to use instead of `ssh`, as in [`super::SSH_VARIABLE`].
///
/// # Errors
///
/// [`HostError::Failed`] when no connection comes about.
pub fn open(place: &Place, ssh: Option<&str>) -> Result<Box<dyn Host>, HostError> {
    Ok(match place {
        Place::Here => Box::new(local::Local::default()),
        Place::Ssh(destination) => Box::new(remote::Remote::connect(destination, ssh)?),
    })
}

/// A step that failed, in a phrase: `cannot read `/etc/x`: permission denied`.
fn failed(step: &str, path: &str, reason: &str) -> HostError {
    HostError::Failed(format!("cannot {step} `{}`: {}", printable(path), phrase(reason)))
}

/// A reason as part of a phrase.
fn phrase(reason: &str) -> String {
    let reason = reason.trim().trim_end_matches('.');
    let mut characters = reason.chars();
    let first = characters.next().into_iter().flat_map(char::to_lowercase);
    // `I/O error` stays as it is.
    let text: String = if reason.chars().nth(1).is_some_and(|it| !it.is_lowercase()) {
        reason.to_owned()
    } else {
        first.chain(characters).collect()
    };
    printable(&text).into_owned()
}

/// A path becomes an argument of commands on the other side, and a line in messages.
fn check_path(step: &str, path: &str) -> Result<(), HostError> {
    if path.is_empty() || path.contains('\0') {
        return Err(failed(step, path, "that is no path"));
    }
    Ok(())
}

/// The name of a program is one of ours, never one that was read; still it is no option, variable or
/// path of unknown meaning.
fn check_program(program: &str) -> Result<(), HostError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+');
    if program.is_empty() || program.starts_with('-') || !program.chars().all(plain) {
        return Err(failed("run", program, "that is no name of a program"));
    }
    Ok(())
}

/// Only inside of one folder is a rename always one step.
fn check_rename(from: &str, to: &str) -> Result<(), HostError> {
    let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    if folder(from) != folder(to) {
        return Err(failed("replace", to, "the new file lies in another folder"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_become_parts_of_phrases() {
        assert_eq!(phrase("Permission denied\n"), "permission denied");
        assert_eq!(phrase("I/O error"), "I/O error");
        assert_eq!(phrase("Host key verification failed."), "host key verification failed");
        assert_eq!(phrase("a\u{1b}[31mb"), r"a\u{1b}[31mb");
        assert_eq!(phrase(""), "");
    }

    #[test]
    fn names_of_programs_are_plain() {
        for program in ["postmap", "/usr/sbin/postmap", "x86_64-g++"] {
            assert!(check_program(program).is_ok(), "{program}");
        }
        for program in ["", "-x", "A=b", "a b", "$(x)", "a;b", "a\nb"] {
            assert!(check_program(program).is_err(), "{program}");
        }
    }
}
