//! Many domains of every kind, with their servers.

use super::certificates::Authority;
use super::https::{self, Site, policy};
use super::smtp::{self, Act};
use crate::lab::{Lab, Zone, fresh_address};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use tempfile::TempDir;

/// Domains of one kind that share a mail server.
const SHARE: usize = 10;

/// A private Internet.
pub(crate) struct Crowd {
    lab: Lab,
    folder: TempDir,
    ports: [u16; 2],
    domains: usize,
}

impl Crowd {
    /// So many domains: a quarter each with DANE, an MTA-STS policy, a provider and own servers.
    pub(crate) fn new(domains: usize) -> Self {
        let ports = [fresh_address().port(), fresh_address().port()];
        let authority = Authority::new();
        let (mut signed, mut unsigned, mut list) = (String::new(), String::new(), String::new());
        let mut sites = BTreeMap::new();
        for n in 0..domains / 4 {
            let host = n / SHARE;
            if n % SHARE == 0 {
                let full = format!("mx{host}.unsigned.example");
                let own = authority.identity(&[&full]);
                let act = Act::Tls(BTreeMap::from([(String::new(), own)]));
                writeln!(unsigned, "mx{host} A {}", smtp::start(ports[0], act)).unwrap();
                let secured = authority.identity(&[&format!("mx{host}.signed.example")]);
                let digest = secured.digest.clone();
                let act = Act::Tls(BTreeMap::from([(String::new(), secured)]));
                writeln!(signed, "mx{host} A {}", smtp::start(ports[0], act)).unwrap();
                writeln!(signed, "_25._tcp.mx{host} TLSA 3 0 1 {digest}").unwrap();
            }
            writeln!(signed, "dane{n} MX 10 mx{host}").unwrap();
            writeln!(unsigned, "own{n} MX 10 mx{host}").unwrap();
            writeln!(unsigned, "google{n} MX 10 aspmx.l.google.com.").unwrap();
            writeln!(unsigned, "sts{n} MX 10 mx{host}").unwrap();
            writeln!(unsigned, "_mta-sts.sts{n} TXT \"v=STSv1; id=1;\"").unwrap();
            let name = format!("mta-sts.sts{n}.unsigned.example");
            let body = format!(
                "version: STSv1\nmode: enforce\nmx: mx{host}.unsigned.example\nmax_age: 604800\n"
            );
            let site = Site { identity: authority.identity(&[&name]), answer: policy(&body) };
            sites.insert(name, site);
            for kind in ["dane", "own", "google", "sts"] {
                let zone = if kind == "dane" { "signed" } else { "unsigned" };
                writeln!(list, "{kind}{n}.{zone}.example").unwrap();
            }
        }
        let ip = https::start(ports[1], sites);
        for n in 0..domains / 4 {
            writeln!(unsigned, "mta-sts.sts{n} A {ip}").unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        write("list", &list);
        write("ca.pem", &authority.pem());
        write("mxward.yaml", "version: 1\nlock: { allow_addresses: [127.0.0.0/8] }\n");
        let lab = Lab::new([
            Zone::signed("signed.example", &signed),
            Zone::unsigned("unsigned.example", &unsigned),
        ]);
        Self { lab, folder, ports, domains: domains / 4 * 4 }
    }

    pub(crate) fn args(&self) -> Vec<String> {
        let mut args = self.lab.validates_itself(self.lab.plain());
        let more = ["discover", "--from", "list", "--ca", "ca.pem", "--report", "json=report.json"];
        args.extend(more.map(str::to_owned));
        // Nearly all policies are on one server.
        args.extend(["--per-host".to_owned(), "8".to_owned()]);
        args.extend(["--smtp-port".to_owned(), self.ports[0].to_string()]);
        args.extend(["--https-port".to_owned(), self.ports[1].to_string()]);
        args
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whether everything was found.
    pub(crate) fn check(&self) {
        let text = std::fs::read_to_string(self.folder.path().join("report.json")).unwrap();
        let report: serde_json::Value = serde_json::from_str(&text).unwrap();
        let domains = report["domains"].as_array().unwrap();
        assert_eq!(domains.len(), self.domains);
        for domain in domains {
            assert_eq!(domain["verdict"], "proposed", "{domain:#}");
        }
    }
}
