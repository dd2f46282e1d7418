//! A private DNS on loopback: a signed root made for one test, the zones below it, and resolvers.
//!
//! `ldns-keygen` and `ldns-signzone` make the zones, two unbound serve them: one as a resolver that does
//! not validate, behind which mxward validates itself, and one that does. Both are started when they are
//! asked for. [`Fake`] stands before them, or alone, and misbehaves as told.
//!
//! Every server has a loopback address and port of its own, made of the process and a counter: the
//! ports are below those that the system gives to clients, so that no test takes one away from another.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

mod fake;
mod query;
mod server;
mod zone;

pub(crate) use fake::{Act, Asked, Fake};
pub(crate) use zone::Zone;

use server::{Kind, Unbound};
use std::cell::OnceCell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};
use tempfile::TempDir;

/// A signed root, zones and resolvers; all ends with it.
pub(crate) struct Lab {
    folder: TempDir,
    zones: Vec<Zone>,
    /// Grows with every change; the serial of all zones.
    generation: u32,
    plain: OnceCell<Unbound>,
    validating: OnceCell<Unbound>,
    tls: OnceCell<Unbound>,
}

impl Lab {
    /// A root with these zones below it.
    pub(crate) fn new(zones: impl IntoIterator<Item = Zone>) -> Self {
        let folder = tempfile::Builder::new().prefix("mxward-lab-").tempdir().unwrap();
        let mut lab = Self {
            folder,
            zones: Vec::new(),
            generation: 0,
            plain: OnceCell::new(),
            validating: OnceCell::new(),
            tls: OnceCell::new(),
        };
        lab.put(zones.into_iter().collect());
        lab
    }

    /// Puts zones in the place of those of the same name, and waits until all servers have them.
    pub(crate) fn change(&mut self, zones: impl IntoIterator<Item = Zone>) {
        self.put(zones.into_iter().collect());
        let servers = [&self.plain, &self.validating, &self.tls];
        for server in servers.into_iter().filter_map(OnceCell::get) {
            server.reload(self.generation);
        }
    }

    fn put(&mut self, zones: Vec<Zone>) {
        self.generation += 1;
        let folder = self.folder.path();
        for zone in zones {
            zone.write(folder, self.generation);
            self.zones.retain(|it| it.name() != zone.name());
            self.zones.push(zone);
        }
        self.zones.sort_by(|a, b| a.name().cmp(b.name()));
        zone::write_root(folder, &self.zones, self.generation);
        server::configure(folder, &self.zones);
    }

    /// A resolver that does not validate; it passes signatures on.
    pub(crate) fn plain(&self) -> SocketAddr {
        self.plain.get_or_init(|| self.start(Kind::Plain)).address()
    }

    /// A resolver that validates.
    pub(crate) fn validating(&self) -> SocketAddr {
        self.validating.get_or_init(|| self.start(Kind::Validating)).address()
    }

    /// The command that starts a resolver which validates, at an address of another network namespace.
    pub(crate) fn elsewhere(&self, address: SocketAddr) -> String {
        let folder = self.folder.path();
        let file = server::write_settings(folder, Kind::Validating, address, [address; 2]);
        format!("( cd {} && unbound -c {file} )", folder.display())
    }

    /// A resolver that does not validate, by TLS and by HTTPS, as `--dns-server` wants them, for this name
    /// in its certificate; it has one for `resolver.example`, made by [`Self::authority`].
    pub(crate) fn by_tls_and_https(&self, name: &str) -> [String; 2] {
        let [tls, https] = self.tls.get_or_init(|| self.start(Kind::Tls)).secured();
        [format!("tls://{tls}#{name}"), format!("https://{https}#{name}")]
    }

    /// The certificate of the lab's own authority.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    fn start(&self, kind: Kind) -> Unbound {
        Unbound::start(self.folder.path(), kind, self.generation)
    }

    /// The serial of all zones.
    pub(crate) fn serial(&self) -> u32 {
        self.generation
    }

    /// The key of the root, as `--dns-trust-anchor` wants it.
    pub(crate) fn anchor(&self) -> PathBuf {
        self.folder.path().join("root.key")
    }

    /// Arguments with which mxward validates itself, asking `server`.
    pub(crate) fn validates_itself(&self, server: SocketAddr) -> Vec<String> {
        let anchor = self.anchor().display().to_string();
        ["--dns-server", &server.to_string(), "--dns-trust-anchor", &anchor]
            .map(str::to_owned)
            .to_vec()
    }
}

/// Arguments with which mxward trusts the validation of `server`.
pub(crate) fn trusts(server: SocketAddr) -> Vec<String> {
    ["--dns-server", &server.to_string(), "--dns-validation", "resolver"]
        .map(str::to_owned)
        .to_vec()
}

/// A loopback address and port that nobody else uses.
pub(crate) fn fresh_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    // Process numbers have 22 bits; 127.64.0.0/10 holds them all.
    let ip = Ipv4Addr::new(127, 64 | (high & 0x3f), middle, low);
    loop {
        let port = 10_000 + NEXT.fetch_add(1, Ordering::Relaxed);
        let address = SocketAddr::new(IpAddr::V4(ip), port);
        // Who asks a question binds any port on all addresses for a moment.
        if UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// Runs a command in a folder and gives its standard output.
#[track_caller]
fn run(folder: &std::path::Path, program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .current_dir(folder)
        .env("PATH", crate::harness::path())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {}: {stderr}", args.join(" "));
    String::from_utf8(output.stdout).unwrap()
}
