//! What is outside of the mail server: signed DNS, providers, domains with servers of their own.

use crate::lab::{Lab, Zone};
use crate::servers::pki::{Identity, Wanted};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;

/// The networks of all servers.
pub(super) const NETWORKS: [&str; 4] =
    ["142.250.0.0/16", "52.101.0.0/16", "217.26.48.0/20", "185.200.0.0/16"];

/// Whether and how a zone is signed, its name, and its records. `TLSA OF x` is the record of the key that
/// the certificate `x` is for.
const ZONES: &[(Signed, &str, &str)] = &[
    (
        Signed::No,
        "gmail.com",
        "@ MX 5 gmail-smtp-in.l.google.com.\n@ MX 10 alt1.gmail-smtp-in.l.google.com.\n\
         @ MX 20 alt2.gmail-smtp-in.l.google.com.\n@ MX 30 alt3.gmail-smtp-in.l.google.com.\n\
         @ MX 40 alt4.gmail-smtp-in.l.google.com.\n",
    ),
    (
        Signed::No,
        "google.com",
        "gmail-smtp-in.l A 142.250.0.26\nalt1.gmail-smtp-in.l A 142.250.1.26\n\
         alt2.gmail-smtp-in.l A 142.250.2.26\nalt3.gmail-smtp-in.l A 142.250.3.26\n\
         alt4.gmail-smtp-in.l A 142.250.4.26\nsmtp A 142.250.10.26\naspmx.l A 142.250.11.26\n\
         alt1.aspmx.l A 142.250.12.26\nalt2.aspmx.l A 142.250.13.26\nalt3.aspmx.l A 142.250.14.26\n\
         alt4.aspmx.l A 142.250.15.26\n",
    ),
    (Signed::No, "studio.example", "@ MX 1 smtp.google.com.\n"),
    (Signed::No, "verein.example", "@ MX 1 smtp.google.com.\n"),
    (Signed::No, "schule.example", "@ MX 1 aspmx.l.google.com.\n@ MX 5 alt1.aspmx.l.google.com.\n"),
    (Signed::No, "outlook.com", "kanzlei-example.mail.protection A 52.101.1.1\n"),
    (Signed::No, "kanzlei.example", "@ MX 0 kanzlei-example.mail.protection.outlook.com.\n"),
    (
        Signed::Yes,
        "mx.microsoft",
        "amt-example.a-v1 A 52.101.2.1\n_25._tcp.amt-example.a-v1 TLSA OF microsoft\n",
    ),
    (Signed::Yes, "amt.example", "@ MX 0 amt-example.a-v1.mx.microsoft.\n"),
    (Signed::No, "hostpoint.ch", "mx1.mail A 217.26.49.1\nmx2.mail A 217.26.49.2\n"),
    (
        Signed::No,
        "kunde.example",
        "@ MX 10 mx1.mail.hostpoint.ch.\n@ MX 10 mx2.mail.hostpoint.ch.\n",
    ),
    (
        Signed::No,
        "firma.example",
        "@ MX 10 mx1.mail.hostpoint.ch.\n@ MX 10 mx2.mail.hostpoint.ch.\n",
    ),
    (
        Signed::Yes,
        "dane.example",
        "@ MX 10 mx\nmx A 185.200.1.1\n_25._tcp.mx TLSA OF dane\nbroken MX 10 mx.broken\n\
         mx.broken A 185.200.1.2\n_25._tcp.mx.broken TLSA OF another\nnone MX 10 mx.none\n\
         mx.none A 185.200.1.1\n",
    ),
    (Signed::Wrong, "bogus.example", "@ MX 10 mx\nmx A 185.200.1.1\n_25._tcp.mx TLSA OF dane\n"),
    (
        Signed::No,
        "partner.example",
        // Whoever asks for the MX is led astray; the declared next hop is another one.
        "@ MX 10 mx.wrong-name.example.\ntls A 185.200.2.1\n",
    ),
    (Signed::No, "half-dead.example", "@ MX 10 a\n@ MX 20 b\na A 185.200.3.9\nb A 185.200.3.1\n"),
    (Signed::No, "undeclared.example", "@ MX 10 mx\nmx A 185.200.4.1\n"),
    (Signed::No, "wrong-name.example", "@ MX 10 mx\nmx A 185.200.5.1\n"),
    (Signed::No, "expired.example", "@ MX 10 mx\nmx A 185.200.5.2\n"),
    (Signed::No, "self-signed.example", "@ MX 10 mx\nmx A 185.200.5.3\n"),
    (Signed::No, "stranger-ca.example", "@ MX 10 mx\nmx A 185.200.5.4\n"),
    (Signed::No, "no-starttls.example", "@ MX 10 mx\nmx A 185.200.5.5\n"),
    (Signed::No, "refused.example", "@ MX 10 mx\nmx A 185.200.5.9\n"),
    (
        Signed::No,
        "sts.example",
        "@ MX 10 mx\nmx A 185.200.6.1\n_mta-sts TXT \"v=STSv1; id=20261101;\"\nmta-sts A 185.200.6.9\n",
    ),
    (
        Signed::No,
        "sts-forged.example",
        "@ MX 10 mx.wrong-name.example.\n_mta-sts TXT \"v=STSv1; id=20261101;\"\nmta-sts A 185.200.6.9\n",
    ),
];

/// Where servers listen, and the certificate that they show; without one they offer no TLS.
const SERVERS: &[(&str, u16, &str)] = &[
    // Nobody listens at 142.250.0.26, the first host of Gmail.
    ("142.250.1.26", 25, "google"),
    ("142.250.2.26", 25, "google"),
    ("142.250.3.26", 25, "google"),
    ("142.250.4.26", 25, "google"),
    ("142.250.10.26", 25, "google"),
    ("142.250.11.26", 25, "google"),
    ("142.250.12.26", 25, "google"),
    ("142.250.13.26", 25, "google"),
    ("142.250.14.26", 25, "google"),
    ("142.250.15.26", 25, "google"),
    ("52.101.1.1", 25, "microsoft"),
    ("52.101.2.1", 25, "microsoft"),
    ("217.26.49.1", 25, "hostpoint"),
    ("217.26.49.2", 25, "hostpoint"),
    // Hostpoint moves there.
    ("217.26.50.1", 25, "hostpoint"),
    ("217.26.50.2", 25, "hostpoint"),
    ("185.200.1.1", 25, "dane"),
    ("185.200.1.2", 25, "dane"),
    ("185.200.2.1", 587, "partner"),
    ("185.200.3.1", 25, "half-dead"),
    ("185.200.4.1", 25, ""),
    ("185.200.5.1", 25, "wrong-name"),
    ("185.200.5.2", 25, "expired"),
    ("185.200.5.3", 25, "self-signed"),
    ("185.200.5.4", 25, "stranger-ca"),
    ("185.200.5.5", 25, ""),
    ("185.200.6.1", 25, "sts"),
];

/// Who has a certificate from the authority that the mail server trusts, and for which names. Those of the
/// providers are as their templates tell.
const CERTIFICATES: &[(&str, &[&str])] = &[
    (
        "google",
        &[
            "mx.google.com",
            "gmail-smtp-in.l.google.com",
            "alt1.gmail-smtp-in.l.google.com",
            "aspmx.l.google.com",
            "alt1.aspmx.l.google.com",
        ],
    ),
    (
        "microsoft",
        &[
            "mail.protection.outlook.com",
            "*.mail.protection.outlook.com",
            "*.mail.eo.outlook.com",
            "*.mx.microsoft",
            "mail.messaging.microsoft.com",
            "outlook.com",
        ],
    ),
    ("hostpoint", &["*.mail.hostpoint.ch"]),
    ("dane", &["mx.dane.example"]),
    ("another", &["mx.broken.dane.example"]),
    ("partner", &["tls.partner.example"]),
    ("half-dead", &["b.half-dead.example"]),
    ("wrong-name", &["mx.stranger.example"]),
    ("sts", &["mx.sts.example"]),
    ("policies", &["mta-sts.sts.example", "mta-sts.sts-forged.example"]),
];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Signed {
    Yes,
    No,
    Wrong,
}

/// The zones, and the servers with what they took.
pub(super) struct Internet {
    /// Certificates, and what was taken.
    folder: TempDir,
    lab: Lab,
    list: BTreeMap<&'static str, Identity>,
}

impl Internet {
    pub(super) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("mxward-internet-").tempdir().unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).unwrap();
        let list = identities(folder.path());
        let zone_of = |(signed, name, text): &(Signed, &str, &str)| {
            zone(*signed, name, &records(text, &list))
        };
        let lab = Lab::new(ZONES.iter().map(zone_of));
        let internet = Self { folder, lab, list };
        for (address, _, certificate) in SERVERS.iter().filter(|it| !it.2.is_empty()) {
            internet.hand_over(address, certificate);
        }
        internet
    }

    pub(super) fn lab(&self) -> &Lab {
        &self.lab
    }

    /// Puts other records in the place of those of a zone that is not signed.
    pub(super) fn change(&mut self, name: &str, text: &str) {
        let text = records(text, &self.list);
        self.lab.change([zone(Signed::No, name, &text)]);
    }

    /// Gives an address to somebody else, who shows another certificate there.
    pub(super) fn hand_over(&self, address: &str, certificate: &str) {
        self.list[certificate].write(&self.folder.path().join(address), &[]);
    }

    /// The path of a file, such as `ca.pem`, the authority that mail servers trust.
    pub(super) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// All servers, for the program that runs them.
    pub(super) fn servers(&self) -> Value {
        let server = |(address, port, certificate): &(&str, u16, &str)| {
            let mut server = json!({
                "address": address, "port": port, "taken": self.path("taken"), "resumes": true,
            });
            if certificate.is_empty() {
                server["ehlo"] = json!("250 server.example");
            } else {
                server["certificate"] = json!(self.path(address));
            }
            server
        };
        let mut list: Vec<Value> = SERVERS.iter().map(server).collect();
        let policy =
            |mx: &str| format!("version: STSv1\r\nmode: enforce\r\nmx: {mx}\r\nmax_age: 86400\r\n");
        list.push(json!({
            "address": "185.200.6.9", "port": 443, "certificate": self.path("policies"),
            "policies": {
                "mta-sts.sts.example": policy("mx.sts.example"),
                "mta-sts.sts-forged.example": policy("mx.sts-forged.example"),
            },
        }));
        Value::Array(list)
    }

    /// All mail that servers took so far.
    pub(super) fn taken(&self) -> Vec<Taken> {
        let text = std::fs::read_to_string(self.path("taken")).unwrap_or_default();
        let taken = |line: &str| {
            let mail: Value = serde_json::from_str(line).unwrap();
            let recipients = mail["to"].as_array().unwrap().iter();
            Taken {
                address: mail["address"].as_str().unwrap().to_owned(),
                tls: mail["tls"].is_string(),
                resumed: mail["resumed"] == true,
                to: recipients.map(|it| it.as_str().unwrap().to_owned()).collect(),
            }
        };
        text.lines().map(taken).collect()
    }
}

/// A mail that a server took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Taken {
    /// The address of the server.
    pub(super) address: String,
    /// Whether it came by TLS.
    pub(super) tls: bool,
    /// Whether by a TLS session of before.
    pub(super) resumed: bool,
    /// The recipients of the transaction.
    pub(super) to: Vec<String>,
}

fn zone(signed: Signed, name: &str, records: &str) -> Zone {
    match signed {
        Signed::Yes => Zone::signed(name, records),
        Signed::No => Zone::unsigned(name, records),
        Signed::Wrong => Zone::bogus(name, records),
    }
}

/// Fills in TLSA records.
fn records(text: &str, list: &BTreeMap<&'static str, Identity>) -> String {
    let line = |line: &str| match line.split_once(" TLSA OF ") {
        Some((name, of)) => format!("{name} TLSA 3 1 1 {}\n", list[of].digests()[1]),
        None => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// Makes all certificates, each with its file, and `ca.pem`.
fn identities(folder: &Path) -> BTreeMap<&'static str, Identity> {
    let root = |name| {
        Identity::self_signed(Wanted { common_name: name, authority: true, ..Wanted::default() })
    };
    let (ca, stranger) = (root("Root of the lab"), root("Root of a stranger"));
    let mut list: BTreeMap<&str, Identity> = CERTIFICATES
        .iter()
        .map(|(file, names)| (*file, ca.issue(Wanted { names, ..Wanted::default() })))
        .collect();
    let old = Wanted { names: &["mx.expired.example"], from: -60, until: -2, ..Wanted::default() };
    list.insert("expired", ca.issue(old));
    let own = Wanted { names: &["mx.self-signed.example"], ..Wanted::default() };
    list.insert("self-signed", Identity::self_signed(own));
    let other = Wanted { names: &["mx.stranger-ca.example"], ..Wanted::default() };
    list.insert("stranger-ca", stranger.issue(other));
    list["policies"].write(&folder.join("policies"), &[]);
    std::fs::write(folder.join("ca.pem"), ca.pem()).unwrap();
    list
}
