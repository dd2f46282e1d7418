//! A host behind OpenSSH.
//!
//! One ssh(1) runs one shell on the other side, which does one request after the other; `remote.sh`
//! says how both talk.
#![expect(clippy::disallowed_methods, reason = "this is the door that the others must use")]

use super::connection::{Connection, Stopped};
use super::{check_path, check_program, check_rename, failed, phrase};
use crate::diag::printable;
use crate::world::{CommandOutput, Host, HostError};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{self, Read as _};
use std::time::Duration;

/// What runs on the other side.
const SCRIPT: &str = include_str!("remote.sh");

/// So long the other side may take to start a shell, `ConnectTimeout` of ssh(1) included.
const START: Duration = Duration::from_mins(1);

/// So much may be printed by the files that a login shell reads, before ours starts.
const BANNER: usize = 1 << 20;

/// A host, reached by one connection.
#[derive(Debug)]
pub(super) struct Remote {
    /// Its name for messages.
    name: String,
    connection: Connection,
    /// The paths that are locked.
    locks: BTreeSet<String>,
    /// Why the connection is lost.
    lost: Option<String>,
}

/// What the other side answers.
struct Answer {
    status: String,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Remote {
    /// Connects. `destination` is `host`, `user@host` or either with `:port`.
    ///
    /// # Errors
    ///
    /// [`HostError::Failed`] with what ssh(1) says.
    pub(super) fn connect(destination: &str, ssh: Option<&str>) -> Result<Self, HostError> {
        let name = printable(destination).into_owned();
        let refuse =
            |why: &str| HostError::Failed(format!("cannot connect to `{name}`: {}", phrase(why)));
        let Some((host, port)) = host_and_port(destination) else {
            return Err(refuse("that is no name of a host"));
        };
        let mark = mark().map_err(|error| refuse(&error.to_string()))?;
        let script = format!("{}mark={mark}\nhello\nserve\n", without_comments(SCRIPT));
        // The login shell may be any: nothing in this line means something else in csh or fish. The
        // script comes by standard input, of which dd(1) takes exactly its length.
        let length = script.len();
        let line = format!("exec /bin/sh -c 'eval \"$(dd bs=1 count={length} 2>/dev/null)\"'");
        let connection = Connection::start(ssh, &host, port, &line).map_err(|error| {
            if ssh.is_none() && error.kind() == io::ErrorKind::NotFound {
                return refuse("`ssh` is not installed here");
            }
            refuse(&error.to_string())
        })?;
        let mut remote = Self { name, connection, locks: BTreeSet::new(), lost: None };
        let sent = remote.connection.send(script.as_bytes());
        let answer = match sent {
            Ok(()) => remote.answer(&mark, Some(START), BANNER),
            Err(_) => Err(Stopped::End),
        };
        match answer {
            Ok(answer) if answer.status == "0" => Ok(remote),
            Ok(_) => Err(remote.refused("its `printf` or `head -c` is none of a POSIX system")),
            Err(Stopped::End) => {
                let why = remote.epitaph();
                Err(remote.refused(&why))
            }
            Err(Stopped::Silence) => Err(remote.refused("no shell started within a minute")),
            Err(Stopped::TooMuch) => {
                Err(remote.refused("it prints without end instead of starting a shell"))
            }
        }
    }

    fn refused(&self, why: &str) -> HostError {
        HostError::Failed(format!("cannot connect to `{}`: {}", self.name, phrase(why)))
    }

    /// Sends a request and waits for its answer.
    fn ask(&mut self, operation: &str, args: &[&str], payload: &[u8]) -> Result<Answer, HostError> {
        if let Some(why) = &self.lost {
            return Err(HostError::Lost(why.clone()));
        }
        let mark = mark().map_err(|error| HostError::Failed(error.to_string()))?;
        let mut request = format!("{operation} {mark} {} {}\n", args.len(), payload.len());
        for arg in args {
            encode(arg, &mut request);
            request.push('\n');
        }
        let sent =
            self.connection.send(request.as_bytes()).and_then(|()| self.connection.send(payload));
        // Without `sent` there is nothing to wait for; but what was said before the end is read.
        let answer = self.answer(&mark, None, usize::MAX);
        match (sent, answer) {
            (Ok(()), Ok(answer)) => Ok(answer),
            (Ok(()), Err(_)) | (Err(_), _) => {
                let why = self.epitaph();
                let why = format!("{}: {}", self.name, phrase(&why));
                self.lost = Some(why.clone());
                Err(HostError::Lost(why))
            }
        }
    }

    /// Reads an answer: what was printed, a line `MARK STATUS`, the errors, a line `MARK`.
    fn answer(
        &mut self,
        mark: &str,
        patience: Option<Duration>,
        most: usize,
    ) -> Result<Answer, Stopped> {
        let mut part = |mark: String| self.connection.until(mark.as_bytes(), patience, most);
        let stdout = part(format!("\n{mark} "))?;
        let status = String::from_utf8_lossy(&part("\n".to_owned())?).into_owned();
        // The newline before the mark stands before the errors too when there are none.
        let mut stderr = part(format!("{mark}\n"))?;
        stderr.pop();
        Ok(Answer { status, stdout, stderr })
    }

    /// Why ssh(1) ended, in a phrase.
    fn epitaph(&mut self) -> String {
        let (talk, printed, status) = self.connection.end();
        let Some(status) = status else { return "ssh was killed".to_owned() };
        for (text, before) in [(talk, ""), (printed, "instead of a shell it started: ")] {
            if let Some(last) = last_line(&text) {
                return format!("{before}{}", advised(&last));
            }
        }
        format!("ssh ended with status {status}")
    }

    /// A request about paths, the last of which it changes or reads.
    fn step(
        &mut self,
        step: &str,
        operation: &str,
        paths: &[&str],
        payload: &[u8],
    ) -> Result<Answer, HostError> {
        for path in paths {
            check_path(step, path)?;
            if !path.starts_with('/') {
                return Err(failed(step, path, "that is no absolute path"));
            }
        }
        self.ask(operation, paths, payload)
    }

    /// What a successful step printed.
    fn done(&self, step: &str, path: &str, answer: Answer) -> Result<Vec<u8>, HostError> {
        match answer.status.as_str() {
            "0" => Ok(answer.stdout),
            "locked" => Err(HostError::Locked),
            "missing" => {
                // All other steps use commands without which nothing could be asked at all.
                let program = if step == "lock" { "flock" } else { "cat" };
                Err(self.not_installed(program))
            }
            _ => Err(failed(step, path, &answer.reason())),
        }
    }

    /// The same, where nothing may be there.
    fn found(&self, step: &str, path: &str, answer: Answer) -> Result<Option<Vec<u8>>, HostError> {
        if answer.status != "0" && answer.reason() == "No such file or directory" {
            return Ok(None);
        }
        self.done(step, path, answer).map(Some)
    }

    fn not_installed(&self, program: &str) -> HostError {
        HostError::Failed(format!("`{program}` is not installed on `{}`", self.name))
    }
}

impl Answer {
    /// What the last line of the errors says behind the name of the command and what it is about, as
    /// strerror(3) words it.
    fn reason(&self) -> String {
        match last_line(&self.stderr) {
            Some(line) => line.rsplit(": ").next().unwrap_or_default().to_owned(),
            None => format!("status {}", self.status),
        }
    }
}

impl Host for Remote {
    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, HostError> {
        let answer = self.step("read", "read", &[path], b"")?;
        self.found("read", path, answer)
    }

    fn list(&mut self, folder: &str) -> Result<Vec<String>, HostError> {
        let answer = self.step("list", "list", &[folder], b"")?;
        let Some(printed) = self.found("list", folder, answer)? else { return Ok(Vec::new()) };
        let names = printed.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        let mut names: Vec<String> =
            names.filter_map(|name| String::from_utf8(name.to_vec()).ok()).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn real_folder(&mut self, folder: &str) -> Result<Option<String>, HostError> {
        let answer = self.step("find", "real", &[folder], b"")?;
        let Some(printed) = self.found("find", folder, answer)? else { return Ok(None) };
        let path = printed.strip_suffix(b"\n").unwrap_or(&printed);
        match std::str::from_utf8(path) {
            Ok(path) => Ok(Some(path.to_owned())),
            Err(_) => Err(failed("find", folder, "its path is not UTF-8")),
        }
    }

    fn make_folder(&mut self, path: &str) -> Result<(), HostError> {
        let answer = self.step("make", "make", &[path], b"")?;
        self.done("make", path, answer).map(drop)
    }

    fn write(&mut self, path: &str, bytes: &[u8], like: &str) -> Result<(), HostError> {
        let answer = self.step("write", "write", &[like, path], bytes)?;
        self.done("write", path, answer).map(drop)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), HostError> {
        check_rename(from, to)?;
        let answer = self.step("replace", "rename", &[from, to], b"")?;
        self.done("replace", to, answer).map(drop)
    }

    fn remove(&mut self, path: &str) -> Result<(), HostError> {
        let answer = self.step("remove", "remove", &[path], b"")?;
        self.done("remove", path, answer).map(drop)
    }

    fn sync(&mut self, path: &str) -> Result<(), HostError> {
        let answer = self.step("sync", "sync", &[path], b"")?;
        self.done("sync", path, answer).map(drop)
    }

    fn lock(&mut self, path: &str) -> Result<(), HostError> {
        if self.locks.contains(path) && self.lost.is_none() {
            return Ok(());
        }
        let answer = self.step("lock", "lock", &[path], b"")?;
        self.done("lock", path, answer)?;
        self.locks.insert(path.to_owned());
        Ok(())
    }

    fn run(
        &mut self,
        program: &str,
        args: &[&str],
        stdin: &[u8],
    ) -> Result<CommandOutput, HostError> {
        check_program(program)?;
        if args.iter().any(|arg| arg.contains('\0')) {
            return Err(failed("run", program, "an argument holds a NUL byte"));
        }
        let mut all = vec![program];
        all.extend_from_slice(args);
        let Answer { status, stdout, stderr } = self.ask("run", &all, stdin)?;
        if status == "missing" {
            return Err(self.not_installed(program));
        }
        // Shells report a signal as a status beyond 128. [POSIX sh, Exit Status for Commands]
        let status = status.parse().ok().filter(|status| *status <= 128);
        Ok(CommandOutput { status, stdout, stderr })
    }
}

/// `user@host` for ssh(1) and the port. `None` when it cannot be that.
fn host_and_port(destination: &str) -> Option<(String, Option<&str>)> {
    let (user, host) = match destination.rsplit_once('@') {
        Some((user, host)) => (Some(user), host),
        None => (None, destination),
    };
    let (host, port) = match host.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, port)) => (host, Some(port.strip_prefix(':')?)),
        // An address of IPv6 has more than one colon.
        None => match host.split_once(':') {
            Some((host, port)) if !port.contains(':') => (host, Some(port)),
            _ => (host, None),
        },
    };
    // ssh_config(5) may put both into a command line.
    let plain = |c: char| c.is_alphanumeric() || "._-+=:%".contains(c);
    let is_name = |it: &str| !it.is_empty() && !it.starts_with('-') && it.chars().all(plain);
    let is_port = |it: &str| it.parse::<u16>().is_ok_and(|it| it > 0);
    if !is_name(host) || !user.is_none_or(is_name) || !port.is_none_or(is_port) {
        return None;
    }
    let host = user.map_or_else(|| host.to_owned(), |user| format!("{user}@{host}"));
    Some((host, port))
}

/// 128 bits that nobody can know before.
fn mark() -> io::Result<String> {
    let mut bytes = [0; 16];
    std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().fold(String::with_capacity(32), |mut mark, byte| {
        // Writing to a String cannot fail.
        let _ = write!(mark, "{byte:02x}");
        mark
    }))
}

/// Writes an argument for `%b` of printf(1).
fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-:=,+@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "\\0{byte:03o}");
        }
    }
}

/// The script is sent byte by byte: less of it is faster.
fn without_comments(script: &str) -> String {
    let lines = script.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#'));
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn last_line(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned)
}

/// What ssh(1) says, with what to do about it.
fn advised(line: &str) -> String {
    let line = line.trim_end_matches('.');
    let advice = if line.ends_with("Host key verification failed") {
        "ssh does not know this key of the host: compare it, and add it to known_hosts"
    } else if line.contains("Permission denied (") {
        "give this user a key that the host accepts without a password"
    } else {
        return line.to_owned();
    };
    format!("{line}; {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn destinations_are_plain_names() {
        let plain = |it| host_and_port(it).map(|(host, port)| (host, port.map(str::to_owned)));
        let pair =
            |host: &str, port: Option<&str>| Some((host.to_owned(), port.map(str::to_owned)));
        assert_eq!(plain("mx1"), pair("mx1", None));
        assert_eq!(plain("postfix@mx1.example.net"), pair("postfix@mx1.example.net", None));
        assert_eq!(plain("a@mx1:2222"), pair("a@mx1", Some("2222")));
        assert_eq!(plain("a@[2001:db8::1]:22"), pair("a@2001:db8::1", Some("22")));
        assert_eq!(plain("[2001:db8::1]"), pair("2001:db8::1", None));
        assert_eq!(plain("2001:db8::1"), pair("2001:db8::1", None));
        for bad in [
            "",
            "-oProxyCommand=x",
            "a@-x",
            "a b",
            "$(x)",
            "a;b",
            "a@",
            "@b",
            "a:b",
            "a:0",
            "a:99999",
        ] {
            assert_eq!(host_and_port(bad), None, "{bad}");
        }
    }

    #[test]
    fn arguments_have_no_character_that_read_or_printf_would_change() {
        let mut out = String::new();
        encode("/a b\n'\"$(x)\\%ü", &mut out);
        assert_eq!(out, "/a\\0040b\\0012\\0047\\0042\\0044\\0050x\\0051\\0134\\0045\\0303\\0274");
    }

    #[test]
    fn the_script_is_sent_without_its_comments() {
        let script = without_comments(SCRIPT);
        assert!(script.starts_with("umask 022\n"));
        assert!(!script.contains('#') || script.contains("$#"));
    }
}
