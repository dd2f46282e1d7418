//! A mail server in the private Internet, with the repository of its administrator.

use super::world::{Internet, NETWORKS};
use crate::postfix::instance::{Begun, Instance, Logged, Setup};
use crate::postfix::tools::text;
use crate::sql::place::Place;
use std::path::PathBuf;
use tempfile::TempDir;

/// What the administrator declares, besides the target.
pub(super) const DOMAINS: &str = "defaults: { route: pin }
domains:
  gmail.com: google-gmail
  studio.example: google-workspace
  verein.example: google-workspace
  schule.example: { provider: google, route: mx }
  kanzlei.example: { provider: microsoft, route: mx }
  amt.example: { provider: microsoft, route: mx }
  kunde.example: hostpoint
  firma.example: hostpoint
  dane.example: { level: dane-only }
  broken.dane.example: { level: dane-only }
  none.dane.example: { level: dane-only }
  bogus.example: { level: dane-only }
  partner.example: { next_hop: \"[tls.partner.example]:587\", level: secure, match: [tls.partner.example] }
  half-dead.example: { level: secure, match: [.half-dead.example], route: mx }
  wrong-name.example: { level: secure, match: [mx.wrong-name.example], route: mx }
  expired.example: { level: secure, match: [mx.expired.example], route: mx }
  self-signed.example: { level: secure, match: [mx.self-signed.example], route: mx }
  stranger-ca.example: { level: secure, match: [mx.stranger-ca.example], route: mx }
  no-starttls.example: { level: secure, match: [mx.no-starttls.example], route: mx }
  refused.example: { level: secure, match: [mx.refused.example], route: mx }
  sts.example: { leave_to: mta-sts }
  sts-forged.example: { leave_to: mta-sts }
";

/// What lets the first roll-out of a repository pass: everything gets an entry.
pub(super) const FIRST: &str = "--allow share --allow different";

/// Where the maps are kept.
pub(super) enum Maps {
    /// In files, as maps of this type.
    Files(&'static str),
    /// Policies in the table of a database, transports in a file.
    Table(Place),
}

/// A mail server in the private Internet.
pub(super) struct Site {
    pub(super) internet: Internet,
    postfix: Instance,
    repository: TempDir,
    etc: PathBuf,
    maps: Maps,
    /// More settings of the target.
    pub(super) settings: &'static str,
}

/// What mxward printed.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) stdout: String,
    pub(super) stderr: String,
}

impl Site {
    /// Starts it with nothing in its maps.
    pub(super) fn start(maps: Maps) -> Self {
        Self::with(maps, |setup, _| setup)
    }

    /// The same with more settings.
    pub(super) fn with(maps: Maps, more: impl FnOnce(Setup, &Internet) -> Setup) -> Self {
        let internet = Internet::new();
        let repository = tempfile::Builder::new().prefix("mxward-site-").tempdir().unwrap();
        let map_type = maps.map_type();
        let policies = match &maps {
            Maps::Files(map_type) => format!("{map_type}:/etc/postfix/tls_policy"),
            Maps::Table(place) => {
                format!("{}:/etc/postfix/tlspolicies.cf", place.dialect.map_type())
            }
        };
        let setup = Setup::new()
            .signed_dns(internet.lab())
            .parameter("transport_maps", &format!("{map_type}:/etc/postfix/transport"))
            .parameter("smtp_tls_policy_maps", &policies)
            .parameter("smtp_tls_security_level", "dane")
            .parameter("smtp_dns_support_level", "dnssec")
            .parameter("smtp_tls_CAfile", &internet.path("ca.pem"))
            .parameter("smtp_tls_loglevel", "summary,untrusted,cache")
            .parameter("smtp_tls_session_cache_database", "btree:${data_directory}/smtp_scache")
            .file("transport", "")
            .file("tls_policy", "");
        let setup = NETWORKS.iter().fold(setup, |setup, network| {
            setup.command(&format!("ip route add local {network} dev lo"))
        });
        let setup = more(setup.servers(&internet.servers()), &internet);
        let etc = setup.path("");
        let site = Self { internet, postfix: setup.start(), repository, etc, maps, settings: "" };
        site.declare(DOMAINS);
        site
    }

    /// Writes `mxward.yaml`, with all there is besides domains.
    pub(super) fn declare(&self, domains: &str) {
        let maps = match &self.maps {
            Maps::Files(_) => String::from("deployed: \"file:///etc/postfix\""),
            Maps::Table(place) => format!(
                "transport: \"file:///etc/postfix/transport\", tls_policy: \"{}\", \
                 password_env: MXWARD_DB_PASSWORD",
                place.mail_url()
            ),
        };
        let yaml = format!(
            "version: 1\ndns: {{ servers: [127.0.0.1], trust_anchor: {} }}\ntargets:\n  mx: {{ postfix: \"3.7\", \
             security_level: dane, map_type: {}, ca: {}, {maps}{} }}\n{domains}",
            self.internet.lab().anchor().display(),
            self.maps.map_type(),
            self.internet.path("ca.pem"),
            self.settings
        );
        std::fs::write(self.repository.path().join("mxward.yaml"), yaml).unwrap();
    }

    /// Runs mxward in the repository; it must end with this status.
    #[track_caller]
    pub(super) fn mxward(&mut self, args: &str, status: i32) -> Ran {
        let begun = self.begin(args);
        self.ended(&begun, status)
    }

    /// Begins to run mxward beside everything else.
    pub(super) fn begin(&mut self, args: &str) -> Begun {
        let line = self.line(args);
        self.postfix.begin(&line)
    }

    /// Waits for the end of a run, which must have this status.
    #[track_caller]
    pub(super) fn ended(&mut self, begun: &Begun, status: i32) -> Ran {
        let printed = self.postfix.ended(begun);
        let ran = Ran { stdout: text(&printed.stdout).to_owned(), stderr: printed.stderr };
        assert_eq!(printed.status, status, "{}{}", ran.stdout, ran.stderr);
        ran
    }

    fn line(&self, args: &str) -> String {
        format!(
            "env -u CI MXWARD_DB_PASSWORD=geheim {} -C {} {args}",
            env!("CARGO_BIN_EXE_mxward"),
            self.repository.path().display()
        )
    }

    /// Looks facts up, has the change shown as a plan, and applies that plan.
    #[track_caller]
    pub(super) fn roll_out(&mut self, flags: &str) -> Ran {
        let folder = self.repository.path().to_owned();
        self.mxward("lock", 0);
        self.mxward("check", 0);
        if let Maps::Table(place) = &self.maps {
            let connection = place.lookup_by_socket();
            let out = folder.join("out");
            self.mxward(&format!("compile --frozen --out {}", out.display()), 0);
            let lookup = std::fs::read_to_string(out.join("mx/tlspolicies.cf")).unwrap();
            std::fs::write(self.etc.join("tlspolicies.cf"), connection + &lookup).unwrap();
        }
        let plan = folder.join("plan.json").display().to_string();
        self.mxward(&format!("plan --out {plan} {flags}"), 0);
        let ran = self.mxward(&format!("apply {plan} {flags}"), 0);
        assert!(ran.stderr.contains(" Verified tls_policy: "), "{}", ran.stderr);
        ran
    }

    /// Sends one mail to all recipients, and gives what became of each.
    #[track_caller]
    pub(super) fn deliver(&mut self, recipients: &[&str]) -> Vec<Logged> {
        let recipients: Vec<String> = recipients.iter().map(|it| (*it).to_owned()).collect();
        self.postfix.deliver(&recipients)
    }

    /// Sends one mail to all recipients.
    pub(super) fn send(&mut self, recipients: &[&str]) {
        self.postfix.send(recipients.iter().copied());
    }

    /// Runs a command beside Postfix.
    #[track_caller]
    pub(super) fn shell(&mut self, line: &str) {
        let printed = self.postfix.command(line);
        assert_eq!(printed.status, 0, "{line}\n{}", printed.stderr);
    }

    /// The folder of Postfix, with all that was started beside it.
    pub(super) fn folder(&self) -> String {
        self.etc.parent().unwrap().display().to_string()
    }

    /// Changes a zone that is not signed, for everybody.
    #[track_caller]
    pub(super) fn change_dns(&mut self, zone: &str, records: &str) {
        self.internet.change(zone, records);
        // The resolver reads all zones again, and forgets what it knew.
        let serial = self.internet.lab().serial();
        let folder = self.folder();
        self.shell(&format!(
            "kill -HUP $(cat {folder}/unbound.pid)\n\
             until drill -Q @127.0.0.1 . SOA | grep -q ' {serial} '; do sleep 0.1; done"
        ));
    }

    /// The text of a map, as it is deployed.
    pub(super) fn map(&self, name: &str) -> String {
        std::fs::read_to_string(self.etc.join(name)).unwrap()
    }
}

impl Maps {
    /// The type of maps in files.
    fn map_type(&self) -> &'static str {
        match self {
            Self::Files(map_type) => map_type,
            Self::Table(_) => "hash",
        }
    }
}
