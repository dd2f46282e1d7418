//! Commands of the system.
#![expect(clippy::disallowed_methods, reason = "this is the door that the others must use")]

use crate::world::{Command, CommandOutput};
use rustix::io::FdFlags;
use std::fs::File;
use std::io::{self, Write};
use std::process::Stdio;

/// Runs a command, which keeps the files of `held` open for as long as it runs, even where this process
/// ends before it.
pub(super) fn run(command: &Command, held: &[&File]) -> io::Result<CommandOutput> {
    let inherited = held.iter().map(|file| inheritable(file)).collect::<io::Result<Vec<File>>>()?;
    // The commands of Postfix lie where only the PATH of administrators leads.
    let path = std::env::var("PATH").ok().filter(|it| !it.is_empty());
    let path = path.as_deref().unwrap_or("/usr/bin:/bin");
    let mut child = std::process::Command::new(&command.program)
        .args(&command.args)
        .env("PATH", format!("{path}:/usr/local/sbin:/usr/sbin:/sbin"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    drop(inherited);
    let mut stdin = child.stdin.take();
    // Fed by a thread of its own: a command that answers while it reads would block otherwise.
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            if let Some(stdin) = &mut stdin {
                // A command that does not read everything is not an error.
                let _ignored = stdin.write_all(&command.stdin);
            }
            drop(stdin);
        });
        child.wait_with_output()
    })?;
    Ok(CommandOutput { status: output.status.code(), stdout: output.stdout, stderr: output.stderr })
}

/// The same open file once more, in a form that a child gets.
fn inheritable(file: &File) -> io::Result<File> {
    let copy = file.try_clone()?;
    rustix::io::fcntl_setfd(&copy, FdFlags::empty())?;
    Ok(copy)
}
