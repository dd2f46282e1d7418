//! The version, and the services of master.cf.

use super::checker::Checker;
use super::difference::{MainCfDifference, Severity};
use crate::postfix::Version;

impl Checker<'_> {
    /// The version that runs is the one that the maps are compiled for.
    pub(super) fn version(&mut self) {
        let required = self.required.version;
        let Some(text) = self.running.get("mail_version") else { return };
        let Ok(running) = Version::parse(text) else { return };
        let series = |it: Version| (it.major, it.minor);
        let (severity, why) = if series(running) < series(required) {
            let why = "the maps may hold what this Postfix does not know, and one unknown attribute defers \
                       all mail of its key";
            (Severity::Breaks, why)
        } else if series(running) > series(required) {
            (Severity::Note, "the target could say so, and use what is new in it")
        } else if running.patch < required.patch {
            (Severity::Different, "what later patch levels put right is taken for granted")
        } else {
            return;
        };
        self.other(MainCfDifference {
            severity,
            parameter: "mail_version".to_owned(),
            found: Some(text.to_owned()),
            needed: Some(required.to_string()),
            why: why.to_owned(),
            source: "postconf(5) mail_version".to_owned(),
            command: None,
        });
    }

    /// The services that entries name are there, and no old defaults hold.
    pub(super) fn services(&mut self) {
        let (running, required) = (self.running, self.required);
        if running.knows_services() {
            for name in std::iter::once("smtp").chain(required.services.iter().copied()) {
                if running.service(name).is_none() {
                    self.other(MainCfDifference {
                        severity: Severity::Breaks,
                        parameter: format!("{name}/unix"),
                        found: None,
                        needed: None,
                        why: "mail for this transport waits with `mail transport unavailable`"
                            .to_owned(),
                        source: "master(5)".to_owned(),
                        command: None,
                    });
                }
            }
        }
        for (name, value) in running.unused() {
            self.other(MainCfDifference {
                severity: Severity::Note,
                parameter: name.clone(),
                found: Some(value.clone()),
                needed: None,
                why: "Postfix knows no such parameter".to_owned(),
                source: "postconf(1)".to_owned(),
                command: Some(self.removal(name)),
            });
        }
        let main = self.main();
        if main.text("compatibility_level") == "0" {
            let needed = if required.version.at_least(3, 6) { "3.6" } else { "2" };
            let why = "the defaults of Postfix before 3.0 hold: a `-` in master.cf means a chroot, and keys \
                       beyond ASCII are not folded";
            self.wrong(main, Severity::Note, "compatibility_level", needed, why);
        }
    }
}
