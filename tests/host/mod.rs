//! Hosts: this one, and those behind OpenSSH.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

mod conformance;
mod connections;
mod main_cf;
mod places;

use crate::harness::{path, wait_for};
use mxward::world::system::open_host;
use mxward::world::{Host, HostError, Place};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use tempfile::TempDir;

/// A folder for one test.
fn folder() -> TempDir {
    tempfile::Builder::new().prefix("mxward-host-").tempdir().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Something that stands in for ssh(1): what it runs for "the other side" is the last argument.
struct Stand {
    folder: TempDir,
    /// For `MXWARD_SSH`.
    command: String,
}

impl Stand {
    /// Runs the command here by the lines of a shell script, in which `$last` is the command, and
    /// `start SHELL` runs it by another shell than `/bin/sh`.
    fn new(lines: &str) -> Self {
        let folder = folder();
        let script = folder.path().join("ssh");
        let text = format!(
            "for last; do :; done\n\
             start() {{ eval \"exec $* ${{last#exec /bin/sh}}\"; }}\n\
             {lines}\n"
        );
        std::fs::write(&script, text).unwrap();
        let command = format!("sh {}", script.display());
        Self { folder, command }
    }

    /// The other side has nothing but busybox and the given programs.
    fn busybox(programs: &[&str]) -> Self {
        let applets = folder();
        let busybox = find("busybox");
        let list = Command::new(&busybox).arg("--list").output().unwrap();
        let list = String::from_utf8(list.stdout).unwrap();
        let links = list.lines().map(|applet| (applet, busybox.clone()));
        for (name, program) in links.chain(programs.iter().map(|it| (*it, find(it)))) {
            let link = applets.path().join(name);
            if !link.exists() {
                std::os::unix::fs::symlink(program, link).unwrap();
            }
        }
        let lines = format!("PATH=${{0%/*}}/applets\nstart {} ash", busybox.display());
        let stand = Self::new(&lines);
        std::fs::rename(applets.keep(), stand.folder.path().join("applets")).unwrap();
        stand
    }

    fn open(&self) -> Result<Box<dyn Host>, HostError> {
        open_host(&Place::Ssh("mx1.example".to_owned()), Some(&self.command))
    }
}

/// Where a program lies.
#[track_caller]
fn find(program: &str) -> PathBuf {
    let path = path();
    let mut places = path.split(':').map(|folder| Path::new(folder).join(program));
    places.find(|place| place.exists()).unwrap_or_else(|| panic!("{program} is not installed"))
}

/// An sshd(8) on a loopback address with a user configuration that reaches it as `mx1`.
pub(crate) struct Sshd {
    folder: TempDir,
    daemon: Child,
    /// For `MXWARD_SSH`.
    pub(crate) command: String,
}

impl Sshd {
    pub(crate) fn start() -> Self {
        Self::configured("")
    }

    /// With more lines for `sshd_config(5)`.
    pub(crate) fn configured(lines: &str) -> Self {
        let folder = folder();
        let file = |name: &str| folder.path().join(name);
        for key in ["host_key", "user_key"] {
            let mut keygen = Command::new("ssh-keygen");
            keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(file(key));
            assert!(keygen.status().unwrap().success(), "ssh-keygen");
        }
        std::fs::copy(file("user_key.pub"), file("authorized_keys")).unwrap();
        // sshd(8) of the superuser wants this folder; the package makes it when the service starts.
        let _there = std::fs::create_dir_all("/run/sshd");
        let (port, daemon) = wait_for("a free port", || {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            drop(listener);
            let config = format!(
                "ListenAddress 127.0.0.1:{port}\n\
                 HostKey {host_key}\n\
                 AuthorizedKeysFile {keys}\n\
                 PidFile none\n\
                 StrictModes no\n\
                 UsePAM no\n\
                 PermitRootLogin yes\n\
                 PasswordAuthentication no\n\
                 MaxStartups 100\n\
                 {lines}\n",
                host_key = file("host_key").display(),
                keys = file("authorized_keys").display(),
            );
            std::fs::write(file("sshd_config"), config).unwrap();
            let mut daemon = Command::new(find("sshd"))
                .arg("-D")
                .arg("-e")
                .arg("-f")
                .arg(file("sshd_config"))
                .stderr(std::fs::File::create(file("sshd.log")).unwrap())
                .spawn()
                .unwrap();
            wait_for("sshd", || {
                if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Some(true);
                }
                daemon.try_wait().unwrap().map(|_ended| {
                    let log = std::fs::read_to_string(file("sshd.log")).unwrap();
                    assert!(log.contains("in use"), "sshd: {log}");
                    false
                })
            })
            .then_some((port, daemon))
        });
        let key = std::fs::read_to_string(file("host_key.pub")).unwrap();
        std::fs::write(file("known_hosts"), format!("[127.0.0.1]:{port} {key}")).unwrap();
        let config = format!(
            "Host mx1\n\
             HostName 127.0.0.1\n\
             Port {port}\n\
             IdentityFile {key}\n\
             IdentitiesOnly yes\n\
             IdentityAgent none\n\
             UserKnownHostsFile {known}\n\
             GlobalKnownHostsFile none\n\
             StrictHostKeyChecking ask\n",
            key = file("user_key").display(),
            known = file("known_hosts").display(),
        );
        std::fs::write(file("ssh_config"), config).unwrap();
        let command = format!("ssh -F {}", file("ssh_config").display());
        Self { folder, daemon, command }
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> Result<Box<dyn Host>, HostError> {
        open_host(&Place::Ssh("mx1".to_owned()), Some(&self.command))
    }

    /// A command for `MXWARD_SSH` that writes a line with its process for every connection.
    pub(crate) fn counted(&self) -> (String, PathBuf) {
        let (script, log) = (self.file("counted"), self.file("connections"));
        let line = format!("echo $$ >>{}\nexec {} \"$@\"\n", log.display(), self.command);
        std::fs::write(&script, line).unwrap();
        (format!("sh {}", script.display()), log)
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _gone = self.daemon.kill();
        let _gone = self.daemon.wait();
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// Sends a signal to a process that the test started, or with `-` before it to its group.
fn signal(name: &str, process: &str) {
    let kill = Command::new("sh").args(["-c", "kill -s \"$0\" -- \"$1\"", name, process]).status();
    assert!(kill.unwrap().success(), "kill -s {name} {process}");
}

#[track_caller]
fn failure<T>(result: Result<T, HostError>) -> String {
    match result {
        Err(HostError::Failed(why)) => why,
        Err(other) => panic!("not a failure: {other:?}"),
        Ok(_) => panic!("it did not fail"),
    }
}

#[track_caller]
fn loss<T>(result: Result<T, HostError>) -> String {
    match result {
        Err(HostError::Lost(why)) => why,
        Err(other) => panic!("not a loss: {other:?}"),
        Ok(_) => panic!("it did not fail"),
    }
}
