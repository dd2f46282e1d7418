//! What the policies rest on: the level without an entry, CAs, DNSSEC, digests.

use super::checker::Checker;
use super::difference::{MainCfDifference, Severity};
use super::running::{Presence, View};
use super::table_list::elements;
use crate::diag::shell_word;
use crate::postfix::protocols::allowed;
use crate::postfix::{NextHop, Promises, SecurityLevel, TlsPolicy};

/// Where Debian, and many others, keep the CAs.
const CA_FILE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The folder with the same.
const CA_FOLDER: &str = "/etc/ssl/certs";

/// Digests by their length in bytes.
const DIGESTS: [(&str, usize); 6] =
    [("sha256", 32), ("sha1", 20), ("md5", 16), ("sha224", 28), ("sha384", 48), ("sha512", 64)];

impl Checker<'_> {
    pub(super) fn levels(&mut self) {
        for view in self.smtp_views() {
            self.level(view);
            self.cas(view);
            self.tafiles(view);
            self.dns(view);
            self.matches(view);
            self.digests(view);
            self.cryptography(view);
        }
        self.rest();
    }

    /// What holds where no entry is found.
    fn level(&mut self, view: View<'_>) {
        let required = self.required.security_level;
        let text = view.text("smtp_tls_security_level");
        let running =
            if text.is_empty() { Some(old_level(view)) } else { SecurityLevel::parse(text) };
        let name = "smtp_tls_security_level";
        let Some(running) = running else {
            let why = "Postfix knows no such level";
            return self.wrong(view, Severity::Breaks, name, required.as_str(), why);
        };
        if running == required {
            return;
        }
        let domain = NextHop::parse("example.com").ok();
        let promises = |level| Promises::of(&TlsPolicy::new(level), domain.as_ref()?);
        let (severity, why) = if promises(running) < promises(required) {
            let why = format!("mail without an entry is sent as by `{running}`");
            (Severity::Weaker, why)
        } else {
            let why = format!(
                "mail without an entry is sent as by `{running}`, which the target does not say"
            );
            (Severity::Different, why)
        };
        self.wrong(view, severity, name, required.as_str(), &why);
    }

    /// What `verify` and `secure` trust.
    fn cas(&mut self, view: View<'_>) {
        let (file, folder) = (view.text("smtp_tls_CAfile"), view.text("smtp_tls_CApath"));
        let same = |a: &str, b: &str| a.trim_end_matches('/') == b.trim_end_matches('/');
        let wanted = self.required.ca.clone();
        let is_folder = wanted.as_ref().is_some_and(|it| it.ends_with('/'));
        let name = if is_folder { "smtp_tls_CApath" } else { "smtp_tls_CAfile" };
        let needed = wanted.as_deref().unwrap_or(CA_FILE);
        // A folder is no file, and no other folder than this one has the CAs of that file.
        let needed_file = match &wanted {
            Some(wanted) if is_folder && !same(wanted, CA_FOLDER) => "",
            Some(_) if is_folder => CA_FILE,
            _ => needed,
        };
        // Without the file smtp(8) has no TLS at all. [Postfix `tls_client.c` `tls_client_init`]
        let off = match self.running.found(file).filter(|_| !file.is_empty()) {
            Some(Presence::Absent) => Some("without this file"),
            Some(Presence::Folder) => Some("this is a folder, which `smtp_tls_CApath` names, so"),
            Some(Presence::File) | None => None,
        };
        if let Some(off) = off {
            let why = format!(
                "{off} TLS is off: mail of mandatory levels waits, and mail of `may` goes in plain text"
            );
            return self.wrong(view, Severity::Weaker, "smtp_tls_CAfile", needed_file, &why);
        }
        if !self.required.uses.cas {
            return;
        }
        if file.is_empty() && folder.is_empty() {
            let why = "no CA is trusted: all mail of `verify` and `secure` waits, and `tls_append_default_CA` \
                       alone changes nothing";
            return self.wrong(view, Severity::Breaks, name, needed, why);
        }
        if wanted.is_some() && !same(file, needed) && !same(folder, needed) {
            let why = "other CAs are trusted than the target says";
            return self.wrong(view, Severity::Different, name, needed, why);
        }
        if file.is_empty() && view.is_chrooted() {
            let inside = view.inside_chroot(folder).unwrap_or_default();
            let (severity, why) = match self.running.is_present(&inside) {
                Some(true) => return,
                Some(false) => (Severity::Breaks, "is not there"),
                None => (Severity::Note, "must be there"),
            };
            let why = format!(
                "`smtp_tls_CApath` is looked for inside of the chroot, where `{inside}` {why}"
            );
            if same(folder, CA_FOLDER) {
                let why = format!("{why}; this file, with the same CAs, is read before");
                return self.wrong(view, severity, "smtp_tls_CAfile", CA_FILE, &why);
            }
            let copy = format!(
                "mkdir -p {to} && cp -L {from}/* {to}/",
                from = shell_word(folder.trim_end_matches('/')),
                to = shell_word(inside.trim_end_matches('/'))
            );
            let why = format!("{why}; copy it there, or name a file, which is read before");
            self.tell(view, severity, "smtp_tls_CApath", None, &why, Some(copy));
        }
    }

    /// The trust anchors of single policies. [Postfix `smtp_tls_policy.c` `tls_policy_lookup_one`]
    fn tafiles(&mut self, view: View<'_>) {
        let required = self.required;
        for path in &required.uses.tafiles {
            let seen = view.seen_path(path);
            if self.running.is_present(&seen) != Some(false) {
                continue;
            }
            let (place, command) = if view.is_chrooted() {
                let (from, to) = (shell_word(path), shell_word(&seen));
                let folder = shell_word(seen.rsplit_once('/').map_or("/", |(folder, _)| folder));
                let command = format!("mkdir -p {folder} && cp -L {from} {to}");
                (" inside of its chroot", Some(command))
            } else {
                ("", None)
            };
            self.other(MainCfDifference {
                severity: Severity::Breaks,
                parameter: seen.clone(),
                found: None,
                needed: None,
                why: format!(
                    "smtp(8) reads the `tafile` of an entry{place} with every message, and without it mail waits \
                     with `client TLS configuration problem`"
                ),
                source: "postconf(5) smtp_tls_policy_maps".to_owned(),
                command,
            });
        }
    }

    /// What MX lookups and DANE ask.
    fn dns(&mut self, view: View<'_>) {
        let (uses, support) = (&self.required.uses, view.text("smtp_dns_support_level"));
        let off = support.is_empty() && view.is_yes("disable_dns_lookups");
        if off || support == "disabled" {
            let needed = if uses.dane || uses.dane_only { "dnssec" } else { "enabled" };
            let why = "no MX record is looked up";
            return self.wrong(view, Severity::Breaks, "smtp_dns_support_level", needed, why);
        }
        if !uses.dane && !uses.dane_only {
            return;
        }
        let (severity, what) = if uses.dane {
            (Severity::Weaker, "`dane` is `may`, and `dane-only` waits")
        } else {
            (Severity::Breaks, "mail of `dane-only` waits")
        };
        if support != "dnssec" {
            let why = format!("without DNSSEC {what}");
            self.wrong(view, severity, "smtp_dns_support_level", "dnssec", &why);
        }
        // [Postfix `smtp.c`: each of these turns DANE off with a warning]
        let lookup = view.text("smtp_host_lookup");
        if !elements(lookup).iter().any(|it| it.eq_ignore_ascii_case("dns")) {
            let why = format!("DANE asks DNS alone: otherwise {what}");
            self.wrong(view, severity, "smtp_host_lookup", "dns", &why);
        }
        if view.is_yes("ignore_mx_lookup_error") {
            let why = format!("DANE needs every answer: otherwise {what}");
            self.wrong(view, severity, "ignore_mx_lookup_error", "no", &why);
        }
        let options = view.text("smtp_dns_resolver_options").to_ascii_lowercase();
        if elements(&options).iter().any(|it| matches!(*it, "res_defnames" | "res_dnsrch")) {
            let why = format!("DANE needs whole names: otherwise {what}");
            self.wrong(view, severity, "smtp_dns_resolver_options", "", &why);
        }
        let insecure = view.get("smtp_tls_dane_insecure_mx_policy");
        if uses.dane && insecure.is_some_and(|it| it != "dane") {
            let why = "what `dane` promises is not kept where the MX records of a domain are not signed and \
                       those of its MX hosts are";
            self.wrong(view, Severity::Note, "smtp_tls_dane_insecure_mx_policy", "dane", why);
        }
    }

    /// The names of `verify` and `secure` without `match`.
    fn matches(&mut self, view: View<'_>) {
        let uses = &self.required.uses;
        let lists = [
            (
                uses.secure_match,
                "smtp_tls_secure_cert_match",
                ["nexthop", "dot-nexthop"].as_slice(),
            ),
            (uses.verify_match, "smtp_tls_verify_cert_match", ["hostname"].as_slice()),
        ];
        for (used, parameter, default) in lists {
            let Some(text) = view.get(parameter).filter(|_| used) else { continue };
            let text = text.to_ascii_lowercase().replace(':', " ");
            let names = elements(&text);
            if names == default {
                continue;
            }
            let by_dns = names.contains(&"hostname") && !default.contains(&"hostname");
            let (severity, why) = if by_dns {
                (
                    Severity::Weaker,
                    "`hostname` is a name from DNS, which whoever answers there chooses",
                )
            } else {
                (Severity::Different, "entries without `match` take other names than Postfix's own")
            };
            self.wrong(view, severity, parameter, &default.join(", "), why);
        }
    }

    /// The digest of fingerprints is one for all.
    fn digests(&mut self, view: View<'_>) {
        let name = "smtp_tls_fingerprint_digest";
        let Some(running) = view.get(name) else { return };
        let length = |name: &str| {
            let known = DIGESTS.iter().find(|(digest, _)| digest.eq_ignore_ascii_case(name));
            known.map(|(_, length)| *length)
        };
        let other = self.required.uses.digests.iter().find(|it| length(running) != Some(**it));
        let Some(used) = other.copied() else { return };
        let Some((needed, _)) = DIGESTS.iter().find(|(_, length)| *length == used) else { return };
        let why = format!(
            "fingerprints of {used} bytes match no certificate; the default is `md5` before Postfix 3.6, and \
             below `compatibility_level` 3.6"
        );
        self.wrong(view, Severity::Breaks, name, needed, &why);
    }

    /// What handshakes allow where an entry says nothing.
    fn cryptography(&mut self, view: View<'_>) {
        let (uses, version) = (&self.required.uses, self.required.version);
        let grade = view.text("smtp_tls_mandatory_ciphers").to_ascii_lowercase();
        // From 3.8 on `export` and `low` are read as `medium`. [postconf(5)]
        let weak = grade == "null"
            || (matches!(grade.as_str(), "export" | "low") && !version.at_least(3, 8));
        if uses.ciphers && weak {
            let why = "entries without `ciphers` take ciphers that are broken";
            self.wrong(view, Severity::Weaker, "smtp_tls_mandatory_ciphers", "medium", why);
        }
        let name = "smtp_tls_mandatory_protocols";
        let default = if version.at_least(3, 6) { ">=TLSv1" } else { "!SSLv2, !SSLv3" };
        match view.get(name).filter(|_| uses.protocols).map(|it| allowed(it, version)) {
            Some(Ok([sslv2, sslv3, ..])) if sslv2 || sslv3 => {
                let why = "entries without `protocols` allow SSLv2 or SSLv3";
                self.wrong(view, Severity::Weaker, name, default, why);
            }
            Some(Err(why)) => {
                let why = format!("no handshake is started: {why}");
                self.wrong(view, Severity::Breaks, name, default, &why);
            }
            Some(Ok(_)) | None => {}
        }
        if view.is_yes("smtp_tls_wrappermode") && view.owner("smtp_tls_wrappermode").is_none() {
            let why = "every next hop is met with TLS from the first byte, as on port 465, which MX hosts do \
                       not speak";
            self.wrong(view, Severity::Different, "smtp_tls_wrappermode", "no", why);
        }
    }

    /// What is good to know.
    fn rest(&mut self) {
        let main = self.main();
        if main.is_yes("tls_required_enable") {
            let why = "any sender opts out of every policy with the header `TLS-Required: no` [RFC 8689 §5]";
            self.wrong(main, Severity::Note, "tls_required_enable", "no", why);
        }
        if !main.text("smtp_tls_session_cache_database").is_empty() {
            let why = "a resumed session keeps its old verdict: `postfix reload` after every change of a match, \
                       a CA or a level";
            self.noted(main, Severity::Note, "smtp_tls_session_cache_database", why);
        }
        if main.text("smtp_tls_loglevel") == "0" {
            let why = "the log does not say how mail was encrypted";
            self.wrong(main, Severity::Note, "smtp_tls_loglevel", "1", why);
        }
        for (name, why) in [
            ("smtp_tls_per_site", "it is passed over where `smtp_tls_policy_maps` is set"),
            ("smtp_use_tls", "it counts only where `smtp_tls_security_level` is empty"),
            ("smtp_enforce_tls", "it counts only where `smtp_tls_security_level` is empty"),
            (
                "smtp_tls_enforce_peername",
                "it counts only where `smtp_tls_security_level` is empty",
            ),
        ] {
            if self.running.written(name).is_some_and(|it| !it.is_empty()) {
                self.unwanted(Severity::Note, name, why);
            }
        }
    }
}

/// The level where `smtp_tls_security_level` is empty. [Postfix `smtp.c`]
fn old_level(view: View<'_>) -> SecurityLevel {
    match (view.is_yes("smtp_enforce_tls"), view.is_yes("smtp_tls_enforce_peername")) {
        (true, true) => SecurityLevel::Verify,
        (true, false) => SecurityLevel::Encrypt,
        (false, _) if view.is_yes("smtp_use_tls") => SecurityLevel::May,
        (false, _) => SecurityLevel::None,
    }
}
