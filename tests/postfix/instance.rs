//! A whole Postfix in namespaces of its own, which delivers mail and says in its log what it did.
//!
//! It has its own network with nothing but loopback, its own `/etc/postfix`, processes and queue. All of
//! it ends with the shell that started it, which ends when its standard input is closed.

use super::tools::Printed;
use crate::harness::postmap::write_main_cf;
use crate::harness::{wait, wait_for};
use crate::lab::Lab;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// What is going to be started.
pub(crate) struct Setup {
    folder: TempDir,
    main_cf: String,
    master_cf: String,
    commands: String,
}

/// A running Postfix.
pub(crate) struct Instance {
    folder: TempDir,
    shell: Child,
    /// How many commands were begun.
    commands: u32,
}

/// A command that was begun; its files start with this.
pub(crate) struct Begun(PathBuf);

impl Begun {
    /// Waits until it has said something on standard error.
    #[track_caller]
    pub(crate) fn says(&self, what: &str) {
        let said = || std::fs::read_to_string(self.0.with_extension("err")).unwrap_or_default();
        wait_for(what, || said().contains(what).then_some(()));
    }
}

/// One line of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    /// The name of the process, such as `smtp` or `relay/smtp`.
    pub(crate) process: String,
    /// Its number; one process of smtp(8) makes one delivery.
    pub(crate) pid: u32,
    /// The message.
    pub(crate) text: String,
}

/// What smtp(8) logged about one recipient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Logged {
    /// Everything that the process said, in order.
    pub(crate) lines: Vec<String>,
    /// The part in parentheses of the last line, or the fatal error.
    pub(crate) end: String,
}

const MAIN_CF: &str = "compatibility_level = 3.6
maillog_file_prefixes = /
myhostname = client.example
mydestination =
local_recipient_maps =
inet_interfaces = all
inet_protocols = ipv4
notify_classes =
default_destination_concurrency_failed_cohort_limit = 0
smtp_connection_cache_on_demand = no
smtp_tls_loglevel = 1
transport_maps = hash:/etc/postfix/transport
smtp_tls_policy_maps = hash:/etc/postfix/tls_policy
";

// Each process of smtp(8) makes one delivery, so that it has nothing in its caches and that its number in
// the log belongs to one delivery.
const MASTER_CF: &str = "pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
smtp unix - - n - 20 smtp -o max_use=1
relay unix - - n - 20 smtp -o max_use=1
";

impl Setup {
    /// A Postfix that sends by `hash:` maps named `transport` and `tls_policy`.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("mxward-instance-").tempdir().unwrap();
        let etc = folder.path().join("etc");
        std::fs::create_dir(&etc).unwrap();
        for entry in std::fs::read_dir("/etc/postfix").unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_file() {
                std::fs::copy(entry.path(), etc.join(entry.file_name())).unwrap();
            }
        }
        let path = folder.path().display();
        let main_cf = format!(
            "{MAIN_CF}maillog_file = {path}/log\nqueue_directory = {path}/spool\ndata_directory = {path}/data\n"
        );
        let (master_cf, commands) = (MASTER_CF.to_owned(), String::new());
        Self { folder, main_cf, master_cf, commands }
    }

    /// Sets a parameter; a second value would be a warning of every command.
    pub(crate) fn parameter(mut self, name: &str, value: &str) -> Self {
        let others = self.main_cf.lines().filter(|line| line.split(" =").next() != Some(name));
        self.main_cf = others.flat_map(|line| [line, "\n"]).collect();
        writeln!(self.main_cf, "{name} = {value}").unwrap();
        self
    }

    /// Adds a line to `master.cf`.
    pub(crate) fn service(mut self, line: &str) -> Self {
        writeln!(self.master_cf, "{line}").unwrap();
        self
    }

    /// Adds a server for mail at an address of loopback, which shows the certificate in `NAME.pem` and forgets what
    /// it took.
    pub(crate) fn sink(self, last: impl std::fmt::Display, name: &str, host: &str) -> Self {
        let mut line = format!("127.0.9.{last}:25 inet n - n - - smtpd");
        for option in [
            &format!("myhostname={host}"),
            "smtpd_relay_restrictions=permit",
            "smtpd_recipient_restrictions=check_client_access,static:DISCARD,reject",
            "smtpd_tls_security_level=may",
            &format!("smtpd_tls_chain_files=/etc/postfix/{name}.pem"),
        ] {
            write!(line, " -o {option}").unwrap();
        }
        self.service(&line)
    }

    /// Lets processes of smtp(8) live as long as they do elsewhere.
    pub(crate) fn long_lived(mut self) -> Self {
        self.master_cf = self.master_cf.replace(" smtp -o max_use=1", " smtp");
        self
    }

    /// Runs a command of the shell before Postfix starts.
    pub(crate) fn command(mut self, line: &str) -> Self {
        writeln!(self.commands, "{line}").unwrap();
        self
    }

    /// Writes a file into `/etc/postfix`.
    pub(crate) fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.folder.path().join("etc").join(name), text).unwrap();
        self
    }

    /// Answers every DNS question with the address 127.0.9.9, but for these records, such as
    /// `example.com. MX 10 mx.example.com.`; a name that has any record here has no others.
    pub(crate) fn dns(self, records: &[&str]) -> Self {
        let mut text = String::from(
            "server:\n interface: 127.0.0.1\n username: \"\"\n chroot: \"\"\n use-syslog: no\n pidfile: \"\"\n \
             do-not-query-localhost: no\n module-config: iterator\n local-zone: \".\" redirect\n \
             local-data: \". 60 IN A 127.0.9.9\"\n",
        );
        for record in records {
            let name = record.split(' ').next().unwrap();
            write!(text, " local-zone: \"{name}\" static\n local-data: \"{record}\"\n").unwrap();
        }
        self.resolver(&text)
    }

    /// Asks a resolver that validates from the root of a lab down; it is the one at 127.0.0.1.
    pub(crate) fn signed_dns(self, lab: &Lab) -> Self {
        let anchor = lab.anchor();
        let zones = anchor.parent().unwrap().display();
        let folder = self.folder.path().display().to_string();
        let text = format!(
            "server:\n interface: 127.0.0.1\n directory: \"{zones}\"\n username: \"\"\n chroot: \"\"\n \
             use-syslog: no\n pidfile: \"{folder}/unbound.pid\"\n do-not-query-localhost: no\n \
             module-config: \"validator iterator\"\n trust-anchor-file: \"root.key\"\n \
             local-zone: \"test.\" nodefault\nremote-control:\n control-enable: no\n\
             include: \"{zones}/zones.conf\"\n"
        );
        self.resolver(&text)
    }

    fn resolver(self, unbound: &str) -> Self {
        let folder = self.folder.path().display().to_string();
        self.file("resolv.conf", "nameserver 127.0.0.1\n")
            .file("unbound.conf", unbound)
            .command(&format!("mount --bind {folder}/etc/resolv.conf /etc/resolv.conf"))
            .command(&format!("unbound -c {folder}/etc/unbound.conf"))
    }

    /// Starts servers, which behave as `tests/servers/smtp.py` is told, before Postfix.
    pub(crate) fn servers(self, list: &serde_json::Value) -> Self {
        let program = crate::servers::program();
        let folder = self.folder.path().display().to_string();
        self.file("servers.json", list.to_string()).command(&format!(
            "python3 {} {folder}/etc/servers.json {folder}/ready >>{folder}/servers 2>&1 &\n\
             until [ -e {folder}/ready ]; do kill -0 $!; sleep 0.1; done",
            program.display()
        ))
    }

    /// Where a file of `/etc/postfix` lies outside.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("etc").join(name)
    }

    /// Starts it.
    pub(crate) fn start(self) -> Instance {
        let Self { folder, main_cf, master_cf, commands } = self;
        let path = folder.path();
        // The processes of the user `postfix` must get to their files.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path, open).unwrap();
        std::fs::create_dir(path.join("spool")).unwrap();
        std::fs::create_dir(path.join("data")).unwrap();
        std::fs::write(path.join("etc/master.cf"), master_cf).unwrap();
        let output =
            || std::fs::File::options().create(true).append(true).open(path.join("shell")).unwrap();
        let mut shell = Command::new("unshare")
            .args([
                "--net",
                "--mount",
                "--pid",
                "--fork",
                "--mount-proc",
                "--kill-child",
                "sh",
                "-e",
            ])
            .env("PATH", crate::harness::path())
            .stdin(Stdio::piped())
            .stdout(output())
            .stderr(output())
            .spawn()
            .expect("unshare(1) of util-linux is installed");
        let shown = path.display();
        let start = format!(
            "ip link set lo up\nip addr add 198.18.0.1/32 dev lo\n\
             mount -t tmpfs -o mode=755 tmpfs {shown}/spool\nmount -t tmpfs -o mode=755 tmpfs {shown}/data\n\
             chown postfix {shown}/data\nmount --bind {shown}/etc /etc/postfix\ncd {shown}\n{commands}\
             postmap hash:/etc/postfix/transport hash:/etc/postfix/tls_policy\npostfix start\n"
        );
        write_main_cf(&path.join("etc"), &main_cf);
        shell.stdin.as_mut().unwrap().write_all(start.as_bytes()).unwrap();
        Instance { folder, shell, commands: 0 }
    }
}

impl Instance {
    /// Sends one mail to all recipients.
    pub(crate) fn send<'a>(&mut self, recipients: impl IntoIterator<Item = &'a str>) {
        let mut line = String::from("printf 'Subject: x\\n\\nx\\n' | sendmail -f '<>'");
        for recipient in recipients {
            write!(line, " '{recipient}'").unwrap();
        }
        self.run(&line);
    }

    /// Runs a command of the shell inside.
    pub(crate) fn run(&mut self, line: &str) {
        writeln!(self.shell.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Runs a command of the shell inside, and waits for its end.
    #[track_caller]
    pub(crate) fn command(&mut self, line: &str) -> Printed {
        let begun = self.begin(line);
        self.ended(&begun)
    }

    /// Begins a command of the shell inside, beside everything else.
    pub(crate) fn begin(&mut self, line: &str) -> Begun {
        self.commands += 1;
        let begun = self.folder.path().join(format!("command-{}", self.commands));
        let file = begun.display();
        self.run(&format!(
            "{{ code=0; {{ {line}\n}} </dev/null >{file}.out 2>{file}.err || code=$?\n\
             echo $code >{file}.new; mv {file}.new {file}; }} &"
        ));
        Begun(begun)
    }

    /// Waits for the end of a command.
    #[track_caller]
    pub(crate) fn ended(&mut self, Begun(begun): &Begun) -> Printed {
        let read = |ending: &str| {
            let file = begun.with_extension(ending);
            std::fs::read(file).unwrap_or_default()
        };
        let status = wait_for("a command", || {
            let ended = self.shell.try_wait().unwrap();
            assert!(ended.is_none(), "{}", read_tail(&self.folder.path().join("shell")));
            std::fs::read_to_string(begun).ok()
        });
        let stderr = String::from_utf8(read("err")).unwrap();
        Printed { stdout: read("out"), stderr, status: status.trim().parse().unwrap() }
    }

    /// The log so far, as Postfix wrote it.
    pub(crate) fn log_bytes(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The log so far.
    pub(crate) fn log(&self) -> Vec<Line> {
        String::from_utf8_lossy(&self.log_bytes()).lines().filter_map(line).collect()
    }

    /// Waits until the log satisfies `done`; gives it.
    #[track_caller]
    pub(crate) fn wait(&mut self, done: impl Fn(&[Line]) -> bool) -> Vec<Line> {
        let found = wait(|| {
            let log = self.log();
            let is_done = done(&log);
            (is_done || self.shell.try_wait().unwrap().is_some()).then_some((log, is_done))
        });
        if let Some((log, true)) = found {
            return log;
        }
        let read = |name: &str| read_tail(&self.folder.path().join(name));
        panic!("Postfix did not do what was waited for\n{}{}", read("shell"), read("log"));
    }

    /// Sends mail to all recipients, and gives what became of each. Few at a time: more processes than
    /// that at once get in each other's way.
    #[track_caller]
    pub(crate) fn deliver(&mut self, recipients: &[String]) -> Vec<Logged> {
        let mut result = Vec::with_capacity(recipients.len());
        for recipients in recipients.chunks(25) {
            self.send(recipients.iter().map(String::as_str));
            let log = self.wait(|log| recipients.iter().all(|it| logged(log, it).is_some()));
            result.extend(recipients.iter().filter_map(|it| logged(&log, it)));
        }
        result
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // The first process of the namespace reads the end of its input; with it all others end.
        drop(self.shell.stdin.take());
        let _ended = self.shell.wait();
    }
}

fn read_tail(path: &Path) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    let from = text.len().saturating_sub(4000);
    format!("--- {}\n{}\n", path.display(), String::from_utf8_lossy(&text[from..]))
}

/// Reads `Nov 24 15:24:31 client postfix/smtp[153]: …`.
fn line(line: &str) -> Option<Line> {
    let (head, text) = line.split_once("]: ")?;
    let (process, pid) = head.rsplit_once('[')?;
    let process = process.rsplit_once(" postfix/")?.1;
    Some(Line { process: process.to_owned(), pid: pid.parse().ok()?, text: text.to_owned() })
}

/// What became of a recipient of a domain `dN.example`, which is sent by the service `pN` or `smtp`.
fn logged(log: &[Line], recipient: &str) -> Option<Logged> {
    let to = format!(": to=<{recipient}>, ");
    let Some(last) = log.iter().find(|line| line.text.contains(&to)) else {
        // A process that dies leaves no such line.
        let number = recipient.split_once("@d")?.1.split_once('.')?.0;
        let died = format!("warning: private/p{number} socket: malformed response");
        log.iter().find(|line| line.text == died)?;
        return Some(Logged { lines: Vec::new(), end: died });
    };
    let lines = log.iter().filter(|line| (line.pid, &line.process) == (last.pid, &last.process));
    let end = last.text.split_once(" (").map_or("", |(_, end)| end.trim_end_matches(')'));
    Some(Logged { lines: lines.map(|line| line.text.clone()).collect(), end: end.to_owned() })
}

impl Logged {
    /// Whether some line holds a text.
    pub(crate) fn says(&self, text: &str) -> bool {
        self.lines.iter().any(|line| line.contains(text))
    }
}
