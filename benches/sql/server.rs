//! A MariaDB that lives as long as the bench.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Starts the arguments, and ends them when there is no more standard input.
const KEEPER: &str = "folder=$0; trap '' INT TERM HUP; \"$@\" </dev/null >\"$folder/log\" 2>&1 & \
     read -r line; kill -s KILL $!; wait $!; rm -rf \"$folder\"";

/// The table as mail servers have it.
const TABLE: &str = "CREATE TABLE tlspolicies (
id int(10) unsigned NOT NULL AUTO_INCREMENT,
domain varchar(255) NOT NULL,
policy enum('none','may','encrypt','dane','dane-only','fingerprint','verify','secure') NOT NULL,
params varchar(255) DEFAULT NULL,
PRIMARY KEY (id),
UNIQUE KEY domain (domain)
) ENGINE=InnoDB DEFAULT CHARSET=latin1";

/// A server, reached by its socket only.
pub(crate) struct Server {
    folder: PathBuf,
    /// Ends the server and removes the folder when its standard input ends, which it does with this
    /// program, however that ends.
    _keeper: Child,
}

impl Server {
    /// Starts it with empty data in a temporary folder.
    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("mxward-bench-").tempdir();
        let folder = folder.expect("a temporary folder").keep();
        let option = |name: &str, file: &str| format!("--{name}={}", folder.join(file).display());
        let mut common = vec!["--no-defaults".to_owned(), option("datadir", "data")];
        // A server removes the temporary tables of all others in the same folder when it starts.
        common.push(format!("--tmpdir={}", folder.display()));
        if succeed(command("id").arg("-u")) == "0\n" {
            common.push("--user=root".to_owned());
        }
        let mut install = command("mariadb-install-db");
        install.args(&common);
        succeed(install.args(["--auth-root-authentication-method=normal", "--skip-test-db"]));
        let keeper = command("sh")
            .args(["-c", KEEPER])
            .arg(&folder)
            .arg("mariadbd")
            .args(&common)
            .args([&option("socket", "socket"), &option("pid-file", "pid")])
            .args(["--skip-networking", "--innodb-buffer-pool-size=512M"])
            // It counts what is read and written in each table.
            .args(["--innodb-flush-log-at-trx-commit=0", "--userstat=1"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh can be run");
        let server = Self { folder, _keeper: keeper };
        let end = Instant::now() + Duration::from_mins(2);
        while !server.client(&["-e", "SELECT 1"]).output().is_ok_and(|it| it.status.success()) {
            assert!(Instant::now() < end, "MariaDB did not come");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// Where it listens.
    pub(crate) fn socket(&self) -> String {
        self.folder.join("socket").display().to_string()
    }

    /// Runs statements; gives the rows, columns parted by tabs.
    pub(crate) fn sql(&self, statements: &str) -> String {
        succeed(&mut self.client(&["-e", statements]))
    }

    /// Makes a database whose `tlspolicies` holds what a text map holds.
    pub(crate) fn load(&self, database: &str, map: &Path) {
        let text = fs::read_to_string(map).expect("the map was compiled");
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let rows = lines.filter_map(|line| {
            let (key, value) = line.split_once(char::is_whitespace)?;
            let (level, params) = value.trim_start().split_once(' ')?;
            Some(format!("{key}\t{level}\t{params}\n"))
        });
        let file = self.folder.join("rows");
        fs::write(&file, rows.collect::<String>()).expect("the temporary folder takes files");
        self.sql(&format!(
            "CREATE DATABASE {database}; USE {database}; {TABLE}; LOAD DATA LOCAL INFILE '{}' INTO TABLE \
             tlspolicies (domain, policy, params)",
            file.display()
        ));
    }

    fn client(&self, args: &[&str]) -> Command {
        let mut client = command("mariadb");
        client.args(["--no-defaults", "--batch", "--skip-column-names", "--user=root"]);
        client.args(["--local-infile", &format!("--socket={}", self.socket())]).args(args);
        client
    }
}

/// A command that finds the programs of Debian.
fn command(program: &str) -> Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(program);
    command.env("PATH", format!("/usr/sbin:/sbin:{path}")).current_dir("/");
    command
}

/// Runs a command that must succeed; gives what it printed.
fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
