//! One ssh(1) with its three streams.
#![expect(clippy::disallowed_methods, reason = "this is the door that the others must use")]

use memchr::memmem;
use std::io::{self, Read, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// So much of what ssh(1) says is kept.
const TALK: usize = 16 * 1024;

/// So long an end is waited for that has begun.
const END: Duration = Duration::from_secs(5);

/// So many pieces are still read then.
const PIECES: usize = 256;

/// The options that a run without a person needs. Those that the user writes into `MXWARD_SSH` stand
/// before them and win; those of `ssh_config(5)` do not, so that only what has to be is among them.
const OPTIONS: &[&str] = &[
    // Nobody is there to answer.
    "BatchMode=yes",
    // A network that is gone ends the connection within a minute.
    "ConnectTimeout=20",
    "ServerAliveInterval=15",
    "ServerAliveCountMax=3",
    // A terminal would change bytes, and other commands, ports and agents are not for this.
    "RequestTTY=no",
    "RemoteCommand=none",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    // A master that is there is used; none is left behind.
    "ControlMaster=no",
];

/// A command on another host: what is written to it, and what it prints.
#[derive(Debug)]
pub(super) struct Connection {
    child: Child,
    stdin: Option<ChildStdin>,
    /// What comes, in pieces; closed at its end.
    output: Receiver<Vec<u8>>,
    /// What came and is not taken yet.
    pending: Vec<u8>,
    /// The last of standard error, at its end.
    talk: Receiver<Vec<u8>>,
}

/// Why nothing more can be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stopped {
    /// The end of the stream.
    End,
    /// Nothing came in time.
    Silence,
    /// More came than is allowed.
    TooMuch,
}

impl Connection {
    /// Starts ssh(1), or what is given instead of it, with a command for the other side.
    pub(super) fn start(
        ssh: Option<&str>,
        host: &str,
        port: Option<&str>,
        remote: &str,
    ) -> io::Result<Self> {
        let mut command = match ssh {
            // A program with arguments, as with GIT_SSH_COMMAND of git(1): the shell splits it.
            Some(line) => {
                let mut command = Command::new("sh");
                command.args(["-c", &format!("exec {line} \"$@\""), line]);
                command
            }
            None => Command::new("ssh"),
        };
        for option in OPTIONS {
            command.args(["-o", option]);
        }
        if let Some(port) = port {
            command.args(["-p", port]);
        }
        let mut child = command
            .args(["--", host, remote])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let stdin = child.stdin.take();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        // Both are read all the time, so that neither side ever waits for the other.
        let (send, output) = channel();
        std::thread::spawn(move || {
            pieces(stdout, |piece| send.send(piece.to_vec()).is_ok());
        });
        let (send, talk) = channel();
        std::thread::spawn(move || {
            let mut last = Vec::new();
            pieces(stderr, |piece| {
                last.extend_from_slice(piece);
                let excess = last.len().saturating_sub(TALK);
                last.drain(..excess);
                true
            });
            // Nobody may listen any more.
            let _ignored = send.send(last);
        });
        Ok(Self { child, stdin, output, pending: Vec::new(), talk })
    }

    /// Sends bytes. An error means that the connection ends.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.stdin {
            Some(stdin) => stdin.write_all(bytes),
            None => Err(io::ErrorKind::BrokenPipe.into()),
        }
    }

    /// Takes everything before a mark, and the mark, which is left out.
    pub(super) fn until(
        &mut self,
        mark: &[u8],
        patience: Option<Duration>,
        most: usize,
    ) -> Result<Vec<u8>, Stopped> {
        let finder = memmem::Finder::new(mark);
        let mut seen = 0;
        loop {
            if let Some(at) = finder.find(&self.pending[seen..]) {
                let rest = self.pending.split_off(seen + at + mark.len());
                let mut taken = std::mem::replace(&mut self.pending, rest);
                taken.truncate(seen + at);
                return Ok(taken);
            }
            if self.pending.len() > most {
                return Err(Stopped::TooMuch);
            }
            // A mark may be cut by the end of a piece.
            seen = (self.pending.len() + 1).saturating_sub(mark.len());
            let piece = match patience {
                Some(patience) => self.output.recv_timeout(patience),
                None => self.output.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match piece {
                Ok(piece) => self.pending.extend_from_slice(&piece),
                Err(RecvTimeoutError::Disconnected) => return Err(Stopped::End),
                Err(RecvTimeoutError::Timeout) => return Err(Stopped::Silence),
            }
        }
    }

    /// Ends the connection and gives what the last lines of both streams say, that of standard error
    /// first, then the status of ssh(1).
    pub(super) fn end(&mut self) -> (Vec<u8>, Vec<u8>, Option<i32>) {
        let status = self.close();
        // Whoever inherited the stream may keep it open.
        let talk = self.talk.recv_timeout(END).unwrap_or_default();
        (talk, std::mem::take(&mut self.pending), status)
    }

    /// Lets the other side see the end of its input, and waits for the end of ssh(1): then locks are
    /// free again.
    fn close(&mut self) -> Option<i32> {
        drop(self.stdin.take());
        // Where nothing ends by itself, it is ended.
        for piece in 0..=PIECES {
            match self.output.recv_timeout(END) {
                Ok(bytes) if piece < PIECES => self.pending.extend_from_slice(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Ok(_) | Err(RecvTimeoutError::Timeout) => {
                    let _ignored = self.child.kill();
                    break;
                }
            }
        }
        // The stream is closed a moment before the process ends.
        for _ in 0..500 {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.code(),
                Ok(None) => std::thread::sleep(END / 500),
                Err(_) => return None,
            }
        }
        let _ignored = self.child.kill();
        self.child.wait().ok()?.code()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.close();
    }
}

/// Reads a stream to its end, or until `take` has enough.
fn pieces(stream: Option<impl Read>, mut take: impl FnMut(&[u8]) -> bool) {
    let Some(mut stream) = stream else { return };
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return,
            Ok(length) => {
                if !take(&buffer[..length]) {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
