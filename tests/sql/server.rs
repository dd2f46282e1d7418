//! Servers that live as long as the tests: one of each kind, each test with a database of its own.

use crate::harness::path;
use crate::harness::wait_for;
use crate::postfix::certificates::Authority;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// A server.
pub(crate) struct Server {
    /// Data, socket, certificates and log.
    pub(crate) folder: PathBuf,
    /// Where it listens on 127.0.0.1.
    pub(crate) port: u16,
    /// Ends the server and removes the folder when its standard input ends, which it does with the
    /// tests, however they end.
    _keeper: Child,
}

/// Starts the arguments, and ends them with signal `$0` when there is no more standard input.
const KEEPER: &str = "folder=$1; shift; trap '' INT TERM HUP; \"$@\" </dev/null >\"$folder/log\" 2>&1 & \
     read -r line; kill -s \"$0\" $!; wait $!; rm -rf \"$folder\"";

impl Server {
    /// MariaDB, with the users `root` (socket only, no password) and `mail` (password `geheim`).
    pub(super) fn mariadb() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(start_mariadb)
    }

    /// PostgreSQL, with the users `postgres` (socket only, no password) and `mail` (password `geheim`).
    pub(super) fn postgres() -> &'static Self {
        static SERVER: OnceLock<Server> = OnceLock::new();
        SERVER.get_or_init(start_postgres)
    }

    /// The client of MariaDB as root.
    pub(super) fn mariadb_client(&self) -> Command {
        let mut client = command("mariadb");
        client.args([
            "--no-defaults",
            "--batch",
            "--unbuffered",
            "--skip-column-names",
            "--user=root",
        ]);
        client.args(["--default-character-set=utf8mb4"]);
        client.arg(format!("--socket={}", self.folder.join("socket").display()));
        client
    }

    /// The client of PostgreSQL as its superuser.
    pub(super) fn postgres_client(&self) -> Command {
        let mut client = command("psql");
        client.args([
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--username=postgres",
        ]);
        client.args(["--set=ON_ERROR_STOP=1", "--field-separator=\t"]);
        client.arg(format!("--host={}", self.folder.display()));
        client.arg(format!("--port={}", self.port));
        client
    }
}

fn start_mariadb() -> Server {
    let folder = folder();
    certificates(&folder);
    let data = format!("--datadir={}", folder.join("data").display());
    // A server removes the temporary tables of all others in the same folder when it starts.
    let temporary = format!("--tmpdir={}", folder.display());
    let user: &[&str] = if is_root() { &["--user=root"] } else { &[] };
    succeed(
        command("mariadb-install-db")
            .args(["--no-defaults", &data, &temporary])
            .arg("--auth-root-authentication-method=normal")
            .arg("--skip-test-db")
            .args(user),
    );
    let port = free_port();
    let option = |name: &str, file: &str| format!("--{name}={}", folder.join(file).display());
    let server = Server {
        port,
        _keeper: keep(
            "KILL",
            &folder,
            Command::new("mariadbd")
                .args(["--no-defaults", &data, &temporary])
                .args(["--bind-address=127.0.0.1", "--skip-name-resolve"])
                .args([&option("socket", "socket"), &option("pid-file", "pid")])
                .args([&option("ssl-cert", "server.crt"), &option("ssl-key", "server.key")])
                .arg(format!("--port={port}"))
                .args([
                    "--innodb-flush-log-at-trx-commit=0",
                    "--userstat=1",
                    "--innodb-buffer-pool-size=64M",
                ])
                .args(user),
        ),
        folder,
    };
    wait_for("MariaDB", || {
        server
            .mariadb_client()
            .args(["-e", "SELECT 1"])
            .output()
            .unwrap()
            .status
            .success()
            .then_some(())
    });
    let users = "DELETE FROM mysql.global_priv WHERE User = ''; FLUSH PRIVILEGES; \
         CREATE USER mail@'%' IDENTIFIED BY 'geheim'; GRANT ALL ON *.* TO mail@'%'";
    succeed(server.mariadb_client().args(["-e", users]));
    server
}

fn start_postgres() -> Server {
    let folder = folder();
    certificates(&folder);
    let programs = postgres_programs();
    let data = folder.join("data");
    let data = data.to_str().unwrap();
    std::fs::create_dir(data).unwrap();
    // PostgreSQL refuses to be root.
    let mut prefix: Vec<&str> = Vec::new();
    if is_root() {
        prefix = vec!["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
        succeed(command("chown").args(["-R", "postgres:postgres"]).arg(&folder));
    }
    let run = |program: &str, args: &[&str]| {
        let program = programs.join(program);
        let mut line = prefix.iter().map(|it| (*it).to_owned()).collect::<Vec<String>>();
        line.push(program.to_str().unwrap().to_owned());
        let mut run = Command::new(&line[0]);
        run.args(&line[1..]).args(args).env("PATH", path()).current_dir("/");
        run
    };
    succeed(&mut run(
        "initdb",
        &["-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync", "-A", "trust"],
    ));
    std::fs::write(
        folder.join("data/pg_hba.conf"),
        "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n",
    )
    .unwrap();
    let port = free_port();
    let set = |name: &str, value: &str| format!("{name}={value}");
    let settings = [
        set("port", &port.to_string()),
        set("listen_addresses", "127.0.0.1"),
        set("unix_socket_directories", folder.to_str().unwrap()),
        set("fsync", "off"),
        set("max_connections", "200"),
        set("ssl", "on"),
        set("ssl_cert_file", folder.join("server.crt").to_str().unwrap()),
        set("ssl_key_file", folder.join("server.key").to_str().unwrap()),
    ];
    let mut args = vec!["-D", data];
    for setting in &settings {
        args.extend(["-c", setting]);
    }
    let server = Server { port, _keeper: keep("QUIT", &folder, &run("postgres", &args)), folder };
    wait_for("PostgreSQL", || {
        let mut client = server.postgres_client();
        client.args(["--dbname=postgres", "-c", "SELECT 1"]);
        client.output().unwrap().status.success().then_some(())
    });
    let user = "CREATE ROLE mail SUPERUSER LOGIN PASSWORD 'geheim'";
    succeed(server.postgres_client().args(["--dbname=postgres", "-c", user]));
    server
}

/// A folder that others may enter.
fn folder() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("mxward-sql-").tempdir().unwrap().keep();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&folder, open).unwrap();
    folder
}

/// `ca.pem`, and the server's certificate for 127.0.0.1 and `localhost`.
fn certificates(folder: &Path) {
    Authority::new(folder, "ca").issue("server", "DNS:localhost,IP:127.0.0.1");
    Authority::new(folder, "other-ca");
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        if file.extension().is_some_and(|it| it == "key") {
            let secret = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(file, secret).unwrap();
        }
    }
}

fn keep(signal: &str, folder: &Path, server: &Command) -> Child {
    let args = server.get_args();
    command("sh")
        .args(["-c", KEEPER, signal])
        .arg(folder)
        .arg(server.get_program())
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/")
        .spawn()
        .unwrap()
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn is_root() -> bool {
    let output = command("id").arg("-u").output().unwrap();
    output.stdout == b"0\n"
}

/// Where Debian keeps the programs of the newest PostgreSQL.
fn postgres_programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql");
    let versions = versions.expect("postgresql is installed").map(|it| it.unwrap().path());
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    versions.max_by_key(number).expect("postgresql is installed").join("bin")
}

/// A command that finds the programs of Debian.
pub(super) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("PATH", path()).current_dir("/");
    command
}

/// Runs a command that must succeed; gives what it printed.
#[track_caller]
pub(super) fn succeed(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|it| panic!("{command:?}: {it}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}
