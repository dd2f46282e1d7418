//! A private Internet: zones, policy hosts and mail servers on loopback, and one run against it.

use super::certificates::{Authority, Identity, self_signed};
use super::https::{self, Answer, Site, answer, policy};
use super::smtp::{self, Act};
use crate::harness::{Ran, Test};
use crate::lab::{Lab, Zone, fresh_address};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv6Addr, TcpListener};

/// What the run of discover needs, and what stands in the zones.
pub(super) struct Internet {
    authority: Authority,
    /// The same port for all mail servers, and one for all policy hosts.
    pub(super) smtp: u16,
    /// That port of IPv6.
    ipv6: Option<TcpListener>,
    pub(super) https: u16,
    /// Records of `signed.example` and of `unsigned.example`.
    signed: String,
    unsigned: String,
    sites: BTreeMap<String, Site>,
    pub(super) domains: Vec<String>,
}

/// A configuration that lets discover connect to loopback.
pub(super) const CONFIG: &str = "version: 1\nlock: { allow_addresses: [127.0.0.0/8, \"::1\"] }\n";

/// A digest of nothing.
pub(super) const DIGEST: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A policy that covers `mx.unsigned.example`.
pub(super) const ENFORCE: &str =
    "version: STSv1\nmode: enforce\nmx: mx.unsigned.example\nmax_age: 604800\n";

impl Internet {
    pub(super) fn new() -> Self {
        let https = fresh_address().port();
        // There is only one loopback address of IPv6, so another run of the tests may have the port.
        let ipv6 = (0..1_000)
            .find_map(|_| TcpListener::bind((Ipv6Addr::LOCALHOST, fresh_address().port())).ok());
        let ipv6 = ipv6.expect("a port of ::1 that nobody has");
        let smtp = ipv6.local_addr().unwrap().port();
        let mut internet = Self {
            authority: Authority::new(),
            smtp,
            ipv6: Some(ipv6),
            https,
            signed: String::new(),
            unsigned: String::new(),
            sites: BTreeMap::new(),
            domains: Vec::new(),
        };
        // A host for the domains that are not about hosts.
        internet.server("mx", "unsigned", |authority, name| {
            Act::Tls(BTreeMap::from([(String::new(), authority.identity(&[name]))]))
        });
        internet
    }

    /// Adds records to `signed.example` or `unsigned.example`.
    pub(super) fn records(&mut self, zone: &str, lines: &str) {
        let records = if zone == "signed" { &mut self.signed } else { &mut self.unsigned };
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            writeln!(records, "{line}").unwrap();
        }
    }

    /// Adds a domain, which the run asks for.
    pub(super) fn domain(&mut self, name: &str, zone: &str, records: &str) {
        self.records(zone, records);
        self.domains.push(format!("{name}.{zone}.example"));
    }

    /// Adds a mail server.
    pub(super) fn server(
        &mut self,
        name: &str,
        zone: &str,
        act: impl FnOnce(&Authority, &str) -> Act,
    ) -> IpAddr {
        let ip = smtp::start(self.smtp, act(&self.authority, &format!("{name}.{zone}.example")));
        self.records(zone, &format!("{name} A {ip}"));
        ip
    }

    /// Adds the mail server that has an IPv6 address only.
    pub(super) fn server_on_ipv6(&mut self, name: &str, zone: &str) {
        let full = format!("{name}.{zone}.example");
        let identities = BTreeMap::from([(String::new(), self.authority.identity(&[&full]))]);
        let listener = self.ipv6.take().expect("there is one address of IPv6");
        smtp::run(listener, Act::Tls(identities));
        self.records(zone, &format!("{name} AAAA ::1"));
    }

    /// A valid certificate.
    pub(super) fn identity(&self, names: &[&str]) -> Identity {
        self.authority.identity(names)
    }

    /// Adds a domain with an MTA-STS record, mail at `mx.unsigned.example`, and a policy host that answers
    /// so.
    pub(super) fn sts(&mut self, name: &str, answer: Answer) {
        let host = format!("mta-sts.{name}.unsigned.example");
        let identity = self.authority.identity(&[&host]);
        self.sts_with(name, Site { identity, answer });
    }

    fn sts_with(&mut self, name: &str, site: Site) {
        self.domain(
            name,
            "unsigned",
            &format!("{name} MX 10 mx\n_mta-sts.{name} TXT \"v=STSv1; id=20300101;\""),
        );
        self.sites.insert(format!("mta-sts.{name}.unsigned.example"), site);
    }

    /// As [`Self::sts`], with a certificate that does not hold.
    pub(super) fn sts_with_certificates(&mut self) {
        let host = |name: &str| format!("mta-sts.{name}.unsigned.example");
        let answer = policy(ENFORCE);
        let expired = self.authority.expired(&[&host("sts-expired")]);
        self.sts_with("sts-expired", Site { identity: expired, answer: answer.clone() });
        let other = self.authority.identity(&["mta-sts.unsigned.example"]);
        self.sts_with("sts-other-name", Site { identity: other, answer: answer.clone() });
        let own = self_signed(&[&host("sts-self-signed")]);
        self.sts_with("sts-self-signed", Site { identity: own, answer: answer.clone() });
        let wild = self.authority.identity(&["*.sts-wildcard.unsigned.example"]);
        self.sts_with("sts-wildcard", Site { identity: wild, answer });
    }

    /// Adds a site for a name.
    pub(super) fn site(&mut self, host: &str, body: &str) {
        let identity = self.authority.identity(&[host]);
        self.sites.insert(host.to_owned(), Site { identity, answer: policy(body) });
    }

    /// Starts the policy hosts and the zones; one run of discover over all domains, with these arguments.
    pub(super) fn run(mut self, prepare: impl FnOnce(Test) -> Test) -> Ran {
        let ip = https::start(self.https, self.sites.clone());
        for host in self.sites.keys() {
            let name = host.strip_suffix(".unsigned.example").unwrap();
            writeln!(self.unsigned, "{name} A {ip}").unwrap();
        }
        let lab = Lab::new([
            Zone::signed("signed.example", &self.signed),
            Zone::unsigned("unsigned.example", &self.unsigned),
            Zone::bogus("bogus.example", "@ MX 10 mx\nmx A 192.0.2.1\nx TLSA 3 1 1 aa\n"),
            Zone::expired("expired.example", "@ MX 10 mx\nmx A 192.0.2.1\n"),
        ]);
        let mut args = lab.validates_itself(lab.plain());
        args.extend(["discover".to_owned(), "--ca".to_owned(), "ca.pem".to_owned()]);
        args.extend(["--smtp-port".to_owned(), self.smtp.to_string()]);
        args.extend(["--https-port".to_owned(), self.https.to_string()]);
        args.extend(["--from".to_owned(), "domains.txt".to_owned()]);
        let test = Test::new()
            .file("mxward.yaml", CONFIG)
            .file("ca.pem", self.authority.pem())
            .file("domains.txt", self.domains.join("\n"))
            .args(args.iter().map(String::as_str));
        prepare(test).run()
    }
}

/// Answers that are no policy.
pub(super) fn broken_answers() -> Vec<(&'static str, Answer)> {
    let text = "Content-Type: text/plain\r\n";
    let large = format!("{ENFORCE}note: {}\n", "a".repeat(65_536));
    let chunk = format!("1000\r\n{}\r\n", "a".repeat(0x1000)).into_bytes();
    let head = |more: &str| format!("HTTP/1.1 200 OK\r\n{text}{more}\r\n").into_bytes();
    vec![
        ("sts-redirect", answer("301 Moved", "Location: https://www.example/\r\n", "")),
        ("sts-redirect-here", answer("302 Found", "Location: /other\r\n", "")),
        ("sts-missing", answer("404 Not Found", text, ENFORCE)),
        ("sts-failing", answer("500 Internal Server Error", text, "")),
        ("sts-other-success", answer("203 Other", text, ENFORCE)),
        ("sts-html", answer("200 OK", "Content-Type: text/html\r\n", ENFORCE)),
        ("sts-no-type", answer("200 OK", "", ENFORCE)),
        ("sts-large", answer("200 OK", text, &large)),
        ("sts-endless", Answer::Endless(head("Transfer-Encoding: chunked\r\n"), chunk)),
        (
            "sts-endless-head",
            Answer::Endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"a: b\r\n".to_vec()),
        ),
        ("sts-cut", Answer::Bytes(head("Content-Length: 500\r\n"))),
        ("sts-garbage", Answer::Bytes(b"\x1b[2J\x00nothing of HTTP\r\n\r\n".to_vec())),
        ("sts-drip", Answer::Drip),
        ("sts-silent", Answer::Silence),
        ("sts-no-policy", policy("")),
        ("sts-no-mx", policy("version: STSv1\nmode: enforce\nmax_age: 604800\n")),
        ("sts-too-long", policy(&ENFORCE.replace("604800", "31557601"))),
    ]
}
