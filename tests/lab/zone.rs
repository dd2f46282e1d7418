//! Zones: written, signed and broken.

use super::run;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// How a zone is signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Signing {
    Nsec,
    Nsec3,
    /// No keys, and no DS record in the root.
    Unsigned,
    /// Every signature but those of the keys is wrong.
    Bogus,
    /// Every signature has expired.
    Expired,
}

/// One zone, delegated by the root.
#[derive(Clone, Debug)]
pub(crate) struct Zone {
    name: String,
    records: String,
    signing: Signing,
}

impl Zone {
    /// A zone signed with NSEC. Names in `records` are relative to it, one record a line.
    pub(crate) fn signed(name: &str, records: &str) -> Self {
        Self { name: name.to_owned(), records: records.to_owned(), signing: Signing::Nsec }
    }

    /// A zone signed with NSEC3.
    pub(crate) fn nsec3(name: &str, records: &str) -> Self {
        Self { signing: Signing::Nsec3, ..Self::signed(name, records) }
    }

    /// A zone that is not signed.
    pub(crate) fn unsigned(name: &str, records: &str) -> Self {
        Self { signing: Signing::Unsigned, ..Self::signed(name, records) }
    }

    /// A zone in which somebody changed the records after they were signed.
    pub(crate) fn bogus(name: &str, records: &str) -> Self {
        Self { signing: Signing::Bogus, ..Self::signed(name, records) }
    }

    /// A zone that was not signed anew in time.
    pub(crate) fn expired(name: &str, records: &str) -> Self {
        Self { signing: Signing::Expired, ..Self::signed(name, records) }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Writes `NAME.zone`, which is what is served.
    pub(super) fn write(&self, folder: &Path, serial: u32) {
        let Self { name, records, signing } = self;
        let served = format!("{name}.zone");
        let text = format!(
            "$ORIGIN {name}.\n$TTL 300\n@ SOA ns. admin. {serial} 3600 600 86400 60\n@ NS ns.\n{records}\n"
        );
        if *signing == Signing::Unsigned {
            fs::write(folder.join(served), text).unwrap();
            return;
        }
        let written = format!("{name}.written");
        fs::write(folder.join(&written), text).unwrap();
        let key = key(folder, name);
        let mut args = vec!["-f", &served];
        match signing {
            Signing::Nsec3 => args.push("-n"),
            Signing::Expired => args.extend(["-i", "20200101000000", "-e", "20200201000000"]),
            Signing::Nsec | Signing::Bogus | Signing::Unsigned => {}
        }
        args.extend([written.as_str(), key.as_str()]);
        run(folder, "ldns-signzone", &args);
        if *signing == Signing::Bogus {
            let path = folder.join(&served);
            let text = fs::read_to_string(&path).unwrap();
            let broken: String = text.lines().map(|line| broken(line) + "\n").collect();
            assert_ne!(broken, text);
            fs::write(path, broken).unwrap();
        }
    }
}

/// The record with a wrong signature, when it is one and not that of the keys.
fn broken(line: &str) -> String {
    let mut fields: Vec<&str> = line.split_whitespace().collect();
    // NAME TTL IN RRSIG TYPE ALGORITHM LABELS TTL UNTIL FROM TAG SIGNER SIGNATURE
    if fields.get(3) != Some(&"RRSIG") || fields[4] == "DNSKEY" {
        return line.to_owned();
    }
    let signature = 12;
    let first = if fields[signature].starts_with('A') { "B" } else { "A" };
    let wrong = format!("{first}{}", &fields[signature][1..]);
    fields[signature] = &wrong;
    fields.join(" ")
}

/// Writes `root.zone` with the delegation of every zone, and `root.key`.
pub(super) fn write_root(folder: &Path, zones: &[Zone], serial: u32) {
    let mut text = format!(
        "$ORIGIN .\n$TTL 300\n. SOA ns. admin. {serial} 3600 600 86400 60\n. NS ns.\nns. A 127.0.0.1\n"
    );
    for Zone { name, signing, .. } in zones {
        writeln!(text, "{name}. NS ns.").unwrap();
        if *signing != Signing::Unsigned {
            text += &fs::read_to_string(folder.join(key(folder, name) + ".ds")).unwrap();
        }
    }
    fs::write(folder.join("root.written"), text).unwrap();
    let key = key(folder, ".");
    run(folder, "ldns-signzone", &["-f", "root.zone", "root.written", &key]);
    fs::copy(folder.join(key + ".key"), folder.join("root.key")).unwrap();
}

/// The base name of the files with the key of a zone, made at first use.
fn key(folder: &Path, zone: &str) -> String {
    let name = folder.join(format!("{zone}.keyname"));
    if let Ok(key) = fs::read_to_string(&name) {
        return key;
    }
    let key = run(folder, "ldns-keygen", &["-a", "ECDSAP256SHA256", "-k", zone]);
    let key = key.trim().to_owned();
    fs::write(name, &key).unwrap();
    key
}
