//! unbound, as a resolver that serves the zones of the lab.

use super::query::serial_of_root;
use super::{Zone, fresh_address, run};
use crate::harness::wait_for;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// What a resolver does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Plain,
    Validating,
    /// As [`Self::Plain`], by TLS and by HTTPS, too.
    Tls,
}

/// A running unbound.
pub(super) struct Unbound {
    child: Child,
    address: SocketAddr,
    /// For TLS and HTTPS, where it speaks them.
    secured: [SocketAddr; 2],
}

/// Writes what all unbound of a lab have in common.
pub(super) fn configure(folder: &Path, zones: &[Zone]) {
    let zone = |name: &str, file: &str| {
        format!(
            "auth-zone:\n  name: \"{name}\"\n  zonefile: \"{file}\"\n  for-upstream: yes\n  \
             for-downstream: no\n  fallback-enabled: no\n"
        )
    };
    let mut text = zone(".", "root.zone");
    for it in zones {
        text += &zone(it.name(), &format!("{}.zone", it.name()));
    }
    fs::write(folder.join("zones.conf"), text).unwrap();
}

impl Unbound {
    /// Starts one, and waits until it serves the zones of this generation.
    pub(super) fn start(folder: &Path, kind: Kind, generation: u32) -> Self {
        let address = fresh_address();
        let port = address.port();
        let secured = [fresh_address(), fresh_address()];
        let file = write_settings(folder, kind, address, secured);
        // It must not outlive a test that is killed, either.
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "unbound", "-d", "-p", "-c", &file])
            .current_dir(folder)
            .env("PATH", crate::harness::path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("setpriv: {error}"));
        let mut unbound = Self { child, address, secured };
        wait_for("unbound answers", || {
            if let Some(status) = unbound.child.try_wait().unwrap() {
                let log = fs::read_to_string(folder.join(format!("{port}.log")));
                panic!("unbound ended with {status}: {}", log.unwrap_or_default());
            }
            serial_of_root(address).filter(|serial| *serial == generation)
        });
        unbound
    }

    /// Reads the zones again, and waits until it has.
    pub(super) fn reload(&self, generation: u32) {
        run(Path::new("/"), "kill", &["-HUP", &self.child.id().to_string()]);
        wait_for("unbound has the new zones", || {
            serial_of_root(self.address).filter(|serial| *serial == generation)
        });
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it speaks TLS, and where HTTPS.
    pub(super) fn secured(&self) -> [SocketAddr; 2] {
        self.secured
    }
}

/// Writes the settings of one, and gives the name of the file.
pub(super) fn write_settings(
    folder: &Path,
    kind: Kind,
    address: SocketAddr,
    secured: [SocketAddr; 2],
) -> String {
    let modules = match kind {
        Kind::Plain | Kind::Tls => "iterator",
        Kind::Validating => "validator iterator",
    };
    let file = format!("{}.conf", address.port());
    let (ip, port, here) = (address.ip(), address.port(), folder.display());
    let more = if kind == Kind::Tls { by_tls(folder, secured) } else { String::new() };
    let text = format!(
        "server:\n  directory: \"{here}\"\n  username: \"\"\n  chroot: \"\"\n  pidfile: \"\"\n  \
         use-syslog: no\n  logfile: \"{port}.log\"\n  interface: {ip}@{port}\n  do-ip6: no\n  \
         access-control: 127.0.0.0/8 allow\n  num-threads: 1\n  module-config: \"{modules}\"\n  \
         trust-anchor-file: \"root.key\"\n  msg-cache-size: 1m\n  rrset-cache-size: 1m\n  \
         key-cache-size: 1m\n  local-zone: \"test.\" nodefault\n  local-zone: \"invalid.\" nodefault\n{more}\
         remote-control:\n  control-enable: no\n\
         include: \"{here}/zones.conf\"\n"
    );
    fs::write(folder.join(&file), text).unwrap();
    file
}

/// Settings for TLS and HTTPS, with a certificate for `resolver.example` by a CA of its own, `ca.pem`.
fn by_tls(folder: &Path, [tls, https]: [SocketAddr; 2]) -> String {
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let authority =
        ["-x509", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Lab CA", "-days", "2"];
    let request = ["-keyout", "tls.key", "-out", "tls.csr", "-subj", "/CN=resolver.example"];
    run(folder, "openssl", &[&["req"], &key[..], &authority].concat());
    run(folder, "openssl", &[&["req"], &key[..], &request].concat());
    fs::write(folder.join("tls.ext"), "subjectAltName=DNS:resolver.example\n").unwrap();
    let sign = [
        "x509",
        "-req",
        "-in",
        "tls.csr",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-set_serial",
        "1",
        "-extfile",
        "tls.ext",
        "-out",
        "tls.pem",
        "-days",
        "2",
    ];
    run(folder, "openssl", &sign);
    format!(
        "  interface: {}@{}\n  interface: {}@{}\n  tls-port: {}\n  https-port: {}\n  \
         tls-service-key: \"tls.key\"\n  tls-service-pem: \"tls.pem\"\n",
        tls.ip(),
        tls.port(),
        https.ip(),
        https.port(),
        tls.port(),
        https.port()
    )
}

impl Drop for Unbound {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
