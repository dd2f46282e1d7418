//! A change from one policy to another, at a place of any kind.
//!
//! Two domains are pinned. One of them takes over the address that the other one leaves, so that no
//! order of steps serves both, and both go by their MX records for a while; all kinds of steps occur.

use super::judge::{Entries, Pair};
use super::table::Table;
use crate::harness::wait_for;
use crate::harness::{copy, path, postmap};
use crate::host::Sshd;
use mxward::sql::Dialect;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const TRANSPORT_OLD: &str =
    "a.example smtp:[192.0.2.1],a.example\nb.example smtp:[192.0.2.2],b.example\n";
const TRANSPORT_LEFT: &str = "b.example smtp:[192.0.2.2],b.example\n";
const TRANSPORT_NEW: &str =
    "a.example smtp:[192.0.2.3],a.example\nb.example smtp:[192.0.2.1],b.example\n";

const BOTH: &str = "a.example secure match=.one.example\nb.example secure match=.two.example\n\
                    c.example secure match=mx.c.example\nforeign.example encrypt\n";
const OLD_1: &str = "[192.0.2.1] secure match=.one.example\n";
const OLD_2: &str = "[192.0.2.2] secure match=.two.example\nold.example encrypt\n";
const NEW_1: &str = "[192.0.2.1] secure match=.two.example\n";
const NEW_2: &str = "[192.0.2.3] secure match=.one.example\nnew.example encrypt\n";

/// The policy that is there, and the one that comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Policy {
    Old,
    New,
}

/// Where the maps are kept.
pub(super) enum Place {
    /// In a folder, with maps of this type.
    Files(&'static str),
    /// In a folder behind sshd(8).
    Ssh(&'static str),
    /// Policies in a table of SQLite, transports in a folder.
    Sqlite,
    /// Policies in a table of a server, transports in a folder.
    Server(Dialect),
}

impl Place {
    fn map_type(&self) -> &'static str {
        match self {
            Self::Files(map_type) | Self::Ssh(map_type) => map_type,
            Self::Sqlite => "hash",
            // As few calls as may be are about files.
            Self::Server(_) => "texthash",
        }
    }

    /// The table of policies as Postfix names it.
    fn policies(&self, folder: &str) -> String {
        match self {
            Self::Files(map_type) | Self::Ssh(map_type) => {
                format!("{map_type}:{folder}/tls_policy")
            }
            Self::Sqlite => format!("sqlite:{folder}/policies.cf"),
            Self::Server(dialect) => format!("{}:{folder}/policies.cf", dialect.map_type()),
        }
    }

    /// Whether policies are in a table.
    fn has_table(&self) -> bool {
        matches!(self, Self::Sqlite | Self::Server(_))
    }

    /// What can be compared of maps. Rows of next hops that nothing leads to may wait to be pruned.
    pub(super) fn in_use(&self, (transport, mut tls_policy): Pair) -> Pair {
        if self.has_table() {
            let leads = |key: &str| transport.values().any(|hops| hops.contains(key));
            tls_policy.retain(|key, _| !key.starts_with('[') || leads(key));
        }
        (transport, tls_policy)
    }
}

/// A place with the old policy, of which copies are made to be changed.
pub(super) struct Scene {
    pub(super) place: Place,
    pub(super) sshd: Option<Sshd>,
    folder: TempDir,
    /// The table of what copies are made of, where a server has it.
    table: Option<Arc<Table>>,
    copies: AtomicUsize,
    /// What postmap(1) said of the files that it read.
    listed: Mutex<BTreeMap<Vec<u8>, Entries>>,
}

/// The repository and the deployed maps, of which one run makes what it can.
pub(super) struct Copy<'s> {
    pub(super) scene: &'s Scene,
    pub(super) path: PathBuf,
    /// Its table, where a server has it.
    pub(super) table: Option<Arc<Table>>,
}

impl Scene {
    pub(super) fn new(place: Place) -> Self {
        // In memory, where there is such a place: there is much to be synced.
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("mxward-apply-").tempdir_in(parent).unwrap();
        let copies = AtomicUsize::new(0);
        let table = match place {
            Place::Server(dialect) => Some(Arc::new(Table::new(dialect))),
            Place::Files(_) | Place::Ssh(_) | Place::Sqlite => None,
        };
        let listed = Mutex::default();
        let mut scene = Self { place, sshd: None, folder, table, copies, listed };
        std::fs::create_dir(scene.path("bin")).unwrap();
        std::fs::create_dir(scene.path("postfix")).unwrap();
        postmap::write_main_cf(&scene.path("postfix"), "compatibility_level = 3.6\n");
        scene.program("postfix", POSTFIX);
        // No queue manager runs that could be waited for.
        scene.program("sleep", "#!/bin/sh\n");
        if let Place::Ssh(_) = scene.place {
            let path = format!("{}:{}", scene.path("bin").display(), path());
            scene.sshd = Some(Sshd::configured(&format!("SetEnv PATH={path}")));
        }
        let first = scene.untouched();
        match &scene.place {
            Place::Sqlite => {
                first.write("deployed/policies.sqlite", "");
                first.sql(
                    "CREATE TABLE tlspolicies (id INTEGER PRIMARY KEY, domain varchar(255) NOT NULL \
                     UNIQUE, policy TEXT NOT NULL, params varchar(255)); \
                     INSERT INTO tlspolicies (domain, policy) VALUES ('foreign.example', 'encrypt')",
                );
            }
            Place::Files(_) | Place::Ssh(_) => {
                first.write("deployed/tls_policy", "foreign.example encrypt\n");
            }
            Place::Server(_) => {}
        }
        let map_type = scene.place.map_type();
        first.write(
            "deployed/main.cf",
            &format!(
                "compatibility_level = 3.6\ntransport_maps = {map_type}:$config_directory/transport\n\
                 smtp_tls_policy_maps = {}\n",
                scene.place.policies("$config_directory")
            ),
        );
        first.write("deployed/master.cf", "smtp unix - - n - - smtp\n");
        std::fs::create_dir(first.path.join("reloads")).unwrap();
        first.age();
        first.policy(Policy::Old);
        first.succeeds("apply");
        // Only what it has in the end is where everything starts.
        let mut reloads = first.folders_of_reloads();
        let last = reloads.pop().unwrap();
        for folder in reloads {
            std::fs::remove_dir_all(folder).unwrap();
        }
        std::fs::rename(last, first.path.join("reloads/0000")).unwrap();
        first.policy(Policy::New);
        assert_eq!(first.live().unwrap(), Self::states()[0]);
        drop(first);
        scene
    }

    /// Everything that may be seen on the way, in order.
    pub(super) fn states() -> Vec<Pair> {
        let policy = |parts: &[&str]| entries(&parts.concat());
        let [old, left, new] = [TRANSPORT_OLD, TRANSPORT_LEFT, TRANSPORT_NEW].map(entries);
        let old_values = policy(&[OLD_1, OLD_2, NEW_2, BOTH]);
        let new_values = policy(&[NEW_1, OLD_2, NEW_2, BOTH]);
        vec![
            (old.clone(), policy(&[OLD_1, OLD_2, BOTH])),
            (old, old_values.clone()),
            (left.clone(), old_values),
            (left, new_values.clone()),
            (new.clone(), new_values),
            (new, policy(&[NEW_1, NEW_2, BOTH])),
        ]
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program that is found before those of the system.
    pub(super) fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The place that all copies are made of.
    pub(super) fn untouched(&self) -> Copy<'_> {
        Copy { scene: self, path: self.path("old"), table: self.table.clone() }
    }

    /// A copy of its own for one run.
    pub(super) fn copy(&self) -> Copy<'_> {
        self.copy_of(&self.untouched())
    }

    fn copy_of(&self, from: &Copy<'_>) -> Copy<'_> {
        let number = self.copies.fetch_add(1, Ordering::Relaxed);
        let path = self.path(&format!("{number:06}"));
        std::fs::create_dir(&path).unwrap();
        copy(&from.path, &path);
        let table = from.table.as_ref().map(|table| Arc::new(table.copy()));
        let copy = Copy { scene: self, path, table };
        copy.age();
        // Paths behind ssh(1) are whole ones.
        copy.policy(Policy::New);
        copy
    }
}

impl Copy<'_> {
    /// Another copy of this one.
    pub(super) fn copy(&self) -> Self {
        self.scene.copy_of(self)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// The commands of Postfix wait for a main.cf that changed a moment ago.
    fn age(&self) {
        if let Place::Sqlite = self.scene.place {
            lookup_file(&self.path.join("deployed"));
        }
        if let Some(table) = &self.table {
            self.write("deployed/policies.cf", &table.lookup_file());
            age(&self.path.join("deployed/policies.cf"));
            table.write_dump(&self.path.join("dump"));
        }
        age(&self.path.join("deployed/main.cf"));
    }

    /// Makes the repository wish for a policy.
    pub(super) fn policy(&self, policy: Policy) {
        let url = self.table.as_ref().map(|table| table.url());
        self.policy_by(policy, &url.unwrap_or_default());
    }

    /// The same, where the table of a server is reached by a URL.
    pub(super) fn policy_by(&self, policy: Policy, url: &str) {
        let (first, second, more) = match policy {
            Policy::Old => ("192.0.2.1", "192.0.2.2", "old.example"),
            Policy::New => ("192.0.2.3", "192.0.2.1", "new.example"),
        };
        let target = match &self.scene.place {
            Place::Files(map_type) => format!("map_type: {map_type}, deployed: \"file:deployed\""),
            Place::Ssh(map_type) => format!(
                "map_type: {map_type}, deployed: \"ssh://mx1{}\"",
                self.path.join("deployed").display()
            ),
            Place::Sqlite => String::from(
                "map_type: hash, transport: \"file:deployed/transport\", \
                 tls_policy: \"sqlite:deployed/policies.sqlite\"",
            ),
            Place::Server(_) => format!(
                "map_type: texthash, transport: \"file:deployed/transport\", \
                 tls_policy: \"{url}\", password_env: MXWARD_DB_PASSWORD"
            ),
        };
        // There is no Postfix with deliveries under way.
        let target = format!("{target}, settle: 0s");
        let domains = format!(
            "  {more}: {{ level: encrypt, route: mx }}\n  \
             c.example: {{ level: secure, match: [mx.c.example], route: mx }}\n"
        );
        let pins = [("a.example", "one", first), ("b.example", "two", second)];
        repository(&self.path, &pins, "192.0.2.0/24", &domains, &target);
    }

    /// A command, in front of which stand other programs such as strace(1).
    pub(super) fn command(&self, before: &[String], verb: &str) -> Command {
        let program = env!("CARGO_BIN_EXE_mxward").to_owned();
        let mut line = before.iter().chain([&program]);
        let mut command = Command::new(line.next().unwrap());
        command.args(line).arg(verb);
        for guard in ["weaker", "different", "addresses", "stale-lock"] {
            command.args(["--allow", guard]);
        }
        command
            .current_dir(&self.path)
            .env_clear()
            .env("PATH", format!("{}:{}", self.scene.path("bin").display(), path()))
            .env("MXWARD_DB_PASSWORD", "geheim")
            .stdin(Stdio::null());
        if let Some(sshd) = &self.scene.sshd {
            command.env("MXWARD_SSH", &sshd.command);
        }
        command
    }

    pub(super) fn run(&self, before: &[String], verb: &str) -> Output {
        self.command(before, verb).output().unwrap()
    }

    /// Waits until nobody holds the lock: a shell on another host, a child and the session of a server end
    /// a moment later than mxward.
    #[track_caller]
    pub(super) fn unlocked(&self) {
        let lock = std::fs::File::open(self.path.join("deployed/.mxward/lock")).unwrap();
        wait_for("the lock", || lock.try_lock().ok());
        if let Some(table) = &self.table {
            table.unlocked();
        }
    }

    #[track_caller]
    pub(super) fn succeeds(&self, verb: &str) -> String {
        let output = self.run(&[], verb);
        assert!(output.status.success(), "{verb}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What Postfix would read now: `transport_maps` and `smtp_tls_policy_maps`.
    pub(super) fn live(&self) -> Result<Pair, String> {
        self.maps(&self.path.join("deployed"))
    }

    fn maps(&self, folder: &Path) -> Result<Pair, String> {
        let map_type = self.scene.place.map_type();
        let listing = |name: &str| {
            let path = folder.join(name);
            let index = match map_type {
                "hash" => path.with_extension("db"),
                "texthash" => path.clone(),
                _ => path.with_extension(map_type),
            };
            let Ok(bytes) = std::fs::read(&index) else {
                return Err(format!("{} is not there", index.display()));
            };
            if let Some(known) = self.scene.listed.lock().unwrap().get(&bytes) {
                return Ok(known.clone());
            }
            let entries = self.listing(map_type, &path)?;
            self.scene.listed.lock().unwrap().insert(bytes, entries.clone());
            Ok(entries)
        };
        let transport = listing("transport")?;
        if let Place::Sqlite = self.scene.place {
            lookup_file(folder);
            return Ok((transport, self.listing("sqlite", &folder.join("policies.cf"))?));
        }
        if let Place::Server(dialect) = self.scene.place {
            let dump = folder.join("policies");
            if dump.exists() {
                return Ok((transport, entries(&std::fs::read_to_string(dump).unwrap())));
            }
            let lookup = folder.join("policies.cf");
            return Ok((transport, self.listing(dialect.map_type(), &lookup)?));
        }
        Ok((transport, listing("tls_policy")?))
    }

    /// Asks sqlite3(1).
    fn sql(&self, statements: &str) -> String {
        let database = self.path.join("deployed/policies.sqlite");
        let output = Command::new("sqlite3").arg(database).arg(statements).output().unwrap();
        assert!(output.status.success(), "{statements}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Asks postmap(1).
    fn listing(&self, map_type: &str, path: &Path) -> Result<Entries, String> {
        let map = format!("{map_type}:{}", path.display());
        let mut command = Command::new("/usr/sbin/postmap");
        command.arg("-c").arg(self.scene.path("postfix"));
        // Before 3.10 a cdb cannot be listed. [postmap(1)]
        let asks = ["cdb", "sqlite", "mysql", "pgsql"].contains(&map_type);
        if asks {
            command.args(["-q", "-"]);
        } else {
            command.arg("-s");
        }
        let mut child = command
            .arg(&map)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let all = [TRANSPORT_OLD, OLD_1, OLD_2, NEW_2, BOTH].concat();
        let keys: String =
            entries(&all).into_keys().flat_map(|key| [key, "\n".to_owned()]).collect();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), keys.as_bytes())
            .or_else(|error| if asks { Err(error) } else { Ok(()) })
            .unwrap();
        let output = child.wait_with_output().unwrap();
        if !output.stderr.is_empty() {
            return Err(format!("postmap cannot read {map}: {}", told(&output)));
        }
        Ok(entries(&String::from_utf8(output.stdout).unwrap().replace('\t', " ")))
    }

    /// The source text of both maps.
    pub(super) fn texts(&self) -> Pair {
        let read = |name: &str| {
            std::fs::read_to_string(self.path.join("deployed").join(name)).unwrap_or_default()
        };
        let tls_policy = match self.scene.place {
            Place::Sqlite | Place::Server(_) => self.live().unwrap().1,
            Place::Files(_) | Place::Ssh(_) => entries(&read("tls_policy")),
        };
        (entries(&read("transport")), tls_policy)
    }

    /// What both maps were each time that Postfix was told to read them again.
    pub(super) fn reloads(&self) -> Vec<Pair> {
        self.folders_of_reloads().iter().map(|folder| self.maps(folder).unwrap()).collect()
    }

    fn folders_of_reloads(&self) -> Vec<PathBuf> {
        let folders = std::fs::read_dir(self.path.join("reloads")).unwrap();
        let mut folders: Vec<PathBuf> = folders.map(|it| it.unwrap().path()).collect();
        folders.sort();
        folders
    }

    /// What is recorded of the last apply.
    pub(super) fn records(&self) -> [Option<String>; 2] {
        if self.scene.place.has_table() {
            let transport = self.path.join("deployed/.mxward/transport.applied");
            let rows = match &self.table {
                Some(table) => table.records(),
                None => self.sql("SELECT * FROM mxward_applied"),
            };
            // Since when keys wait is never the same.
            let rows = rows.lines().filter(|line| !line.starts_with("# waiting ")).collect();
            return [std::fs::read_to_string(transport).ok(), Some(rows)];
        }
        ["transport", "tls_policy"].map(|name| {
            let record = format!("deployed/.mxward/{name}.applied");
            std::fs::read_to_string(self.path.join(record)).ok()
        })
    }

    /// Which generations a table has.
    pub(super) fn generations(&self) -> String {
        match (&self.table, &self.scene.place) {
            (Some(table), _) => table.generations(),
            (None, Place::Sqlite) => self.sql("SELECT DISTINCT generation FROM mxward_generations"),
            (None, _) => String::new(),
        }
    }

    /// The names of all files that mxward may have made.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for folder in ["deployed", "deployed/.mxward"] {
            for entry in std::fs::read_dir(self.path.join(folder)).unwrap() {
                names.push(format!("{folder}/{}", entry.unwrap().file_name().display()));
            }
        }
        names.sort();
        names
    }
}

impl Drop for Copy<'_> {
    fn drop(&mut self) {
        if self.path.ends_with("old") || std::thread::panicking() {
            return;
        }
        if let Some(table) = &self.table {
            table.remove();
        }
        // A killed run may have left a child behind that still writes.
        for _ in 0..10 {
            if std::fs::remove_dir_all(&self.path).is_ok() {
                return;
            }
        }
    }
}

/// Writes beside a database what `sqlite_table(5)` asks it.
fn lookup_file(folder: &Path) {
    let text = format!(
        "dbpath = {}/policies.sqlite\nquery = SELECT policy || coalesce(' ' || params, '') \
         FROM tlspolicies WHERE domain = '%s'\n",
        folder.display()
    );
    std::fs::write(folder.join("policies.cf"), text).unwrap();
    age(&folder.join("policies.cf"));
}

/// Makes a file old.
fn age(file: &Path) {
    let file = std::fs::File::options().append(true).open(file).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 30)).unwrap();
}

/// Stands in for postfix(1): it runs, and keeps what it reads when it is told to.
const POSTFIX: &str = "#!/bin/sh
[ \"$3\" = reload ] || exit 0
cd \"$2/../reloads\" || exit
set -- *
next=$(printf %04d $#)
mkdir \"$next\" && cp ../deployed/[tp]* \"$next\" && [ -x ../dump ] || exit 0
../dump >\"$next/policies\"
";

/// Writes a repository with a target `mx` and pinned domains, each with its provider and address.
pub(super) fn repository(
    folder: &Path,
    pins: &[(impl AsRef<str>, &str, impl AsRef<str>)],
    network: &str,
    domains: &str,
    target: &str,
) {
    let mut yaml = format!(
        "version: 1\ndefaults: {{ route: pin }}\nlock: {{ allow_addresses: [{network}] }}\ndomains:\n{domains}"
    );
    let (mut hosts, mut mx) = (BTreeMap::new(), BTreeMap::new());
    std::fs::create_dir_all(folder.join("providers")).unwrap();
    for (domain, name, address) in pins {
        let (domain, address) = (domain.as_ref(), address.as_ref());
        writeln!(yaml, "  {domain}: {name}").unwrap();
        let provider = format!(
            "name: {name}\ntitle: {name}\nmx_patterns: '[a-z]*\\.{name}\\.example'\n\
             hosts: [{{ preference: 10, host: mx.{name}.example }}]\n\
             policy: {{ level: secure, match: .{name}.example }}\n"
        );
        std::fs::write(folder.join(format!("providers/{name}.yaml")), provider).unwrap();
        let since = "2026-11-01";
        hosts.insert(
            *name,
            format!(
                "mx.{name}.example: {{ dnssec: insecure, addresses: [{address} since {since}] }}"
            ),
        );
        mx.insert(
            domain,
            format!("{domain}: {{ dnssec: insecure, since: {since}, mx: [10 mx.{name}.example] }}"),
        );
    }
    writeln!(yaml, "targets:\n  mx: {{ postfix: \"3.7\", security_level: may, {target} }}")
        .unwrap();
    let mut lock = String::from("version: 1\nchecked: 2026-11-24\nhosts:\n");
    for host in hosts.values() {
        writeln!(lock, "  {host}").unwrap();
    }
    lock.push_str("domains:\n");
    for domain in mx.values() {
        writeln!(lock, "  {domain}").unwrap();
    }
    std::fs::write(folder.join("mxward.yaml"), yaml).unwrap();
    std::fs::write(folder.join("mxward.lock"), lock).unwrap();
}

/// The entries of a text.
pub(super) fn entries(text: &str) -> Entries {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once(' '));
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect::<BTreeMap<_, _>>()
}

/// All that a run said.
pub(super) fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr))
}
