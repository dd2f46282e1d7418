//! A certificate authority for tests.

use super::tools::run;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An authority whose files lie in one folder.
pub(crate) struct Authority {
    folder: PathBuf,
}

impl Authority {
    /// Makes one; its certificate is `NAME.pem`.
    pub(crate) fn new(folder: &Path, name: &str) -> Self {
        let authority = Self { folder: folder.to_owned() };
        let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
        authority.openssl(&[
            "-keyout",
            &key,
            "-out",
            &certificate,
            "-subj",
            &format!("/CN=Test {name}"),
        ]);
        Self { folder: folder.join(name) }
    }

    /// Makes a certificate for these alternative names, such as `DNS:a.example`; `FILE.pem` holds key and
    /// certificate.
    pub(crate) fn issue(&self, file: &str, names: &str) {
        let folder = Self { folder: self.folder.parent().unwrap().to_owned() };
        let name = self.folder.file_name().unwrap().to_str().unwrap();
        let (ca, ca_key) = (format!("{name}.pem"), format!("{name}.key"));
        let (key, certificate, names) =
            (format!("{file}.key"), format!("{file}.crt"), format!("subjectAltName={names}"));
        folder.openssl(&[
            "-CA",
            &ca,
            "-CAkey",
            &ca_key,
            "-keyout",
            &key,
            "-out",
            &certificate,
            "-subj",
            "/O=Test",
            "-addext",
            &names,
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ]);
        let read = |name: &str| std::fs::read(folder.folder.join(name)).unwrap();
        std::fs::write(
            folder.folder.join(format!("{file}.pem")),
            [read(&key), read(&certificate)].concat(),
        )
        .unwrap();
    }

    fn openssl(&self, args: &[&str]) {
        let mut command = Command::new("openssl");
        command
            .args(["req", "-x509", "-nodes", "-days", "30", "-newkey", "ec"])
            .args(["-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .args(args)
            .current_dir(&self.folder);
        let printed = run(&mut command);
        assert_eq!(printed.status, 0, "openssl {args:?}: {}", printed.stderr);
    }
}
