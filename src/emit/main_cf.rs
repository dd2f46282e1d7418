//! `main.cf.required`: the parameters that must agree with the maps.

use super::{Artifact, header};
use crate::compile::Repository;
use crate::model::{DomainFilter, Location, Target};
use crate::postfix::main_cf::table_of_database;
use crate::tables::{Rows, policy_uses};
use std::fmt::Write as _;

pub(super) fn required(repository: &Repository, target: &Target, tables: &impl Rows) -> Artifact {
    let left_to = target.domains != DomainFilter::None
        && repository.config.bodies.iter().any(|body| body.leave_to.is_some());
    let mut text = header(repository.digest(), target, "main.cf parameters");
    text.push_str("# What main.cf must say for the maps to mean what the repository says.\n");
    let mut parameter = |why: &str, name: &str, value: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "\n# {why}\n{name} = {value}");
    };
    let uses = policy_uses(target, tables);
    let level = target.security_level.value;
    if let Some(map) = map(target, false) {
        parameter(
            "Asked by recipient domain; always with the type of the map.",
            "transport_maps",
            &map,
        );
    }
    if let Some(map) = map(target, true) {
        parameter(
            if left_to {
                "Asked by next hop; always with the type of the map. Domains are left to another resolver:\n\
                 # its map follows, such as `, socketmap:inet:127.0.0.1:8461:postfix`."
            } else {
                "Asked by next hop; always with the type of the map."
            },
            "smtp_tls_policy_maps",
            &map,
        );
    }
    parameter("What holds where no entry is found.", "smtp_tls_security_level", level.as_str());
    if uses.cas {
        let why = "The CAs of secure and verify: without any, all of their mail is deferred, and\n\
                   # tls_append_default_CA alone changes nothing.";
        match &target.ca {
            Some(ca) if ca.value.ends_with('/') => {
                let why = format!(
                    "{why}\n# The folder must also be there inside of the chroot of smtp(8), which Debian has."
                );
                parameter(&why, "smtp_tls_CApath", &ca.value);
            }
            Some(ca) => parameter(why, "smtp_tls_CAfile", &ca.value),
            // A file that is not there turns TLS off.
            None => parameter(
                &format!(
                    "{why} The target declares no `ca:`, so which file that is\n# is not known here; on Debian:"
                ),
                "# smtp_tls_CAfile",
                "/etc/ssl/certs/ca-certificates.crt",
            ),
        }
    }
    if uses.dane || uses.dane_only {
        parameter(
            "Without DNSSEC dane is may, and dane-only defers. Needs a validating resolver in\n\
             # resolv.conf that is reached safely, such as one on this host.",
            "smtp_dns_support_level",
            "dnssec",
        );
        parameter("DANE asks DNS, not /etc/hosts.", "smtp_host_lookup", "dns");
        if target.postfix.at_least(3, 1) {
            parameter(
                "Before 3.6.17, 3.7.13, 3.8.8 and 3.9.2 the default is may for every level but this one.",
                "smtp_tls_dane_insecure_mx_policy",
                "dane",
            );
        }
    }
    if !uses.digests.is_empty() {
        parameter(
            "The digest of all fingerprints; the default depends on version and compatibility_level.",
            "smtp_tls_fingerprint_digest",
            "sha256",
        );
    }
    let relayhost = target.relayhost.as_ref().map_or("", |it| it.value.as_str());
    parameter("The next hop of domains without a transport entry.", "relayhost", relayhost);
    let relays: Vec<&str> = target.fallback_relay.iter().map(|it| it.value.as_str()).collect();
    parameter(
        "Tried when all next hops failed, with a policy under its own name.",
        "smtp_fallback_relay",
        &relays.join(", "),
    );
    for name in ["sender_dependent_relayhost_maps", "sender_dependent_default_transport_maps"] {
        parameter("The next hop must not depend on the sender.", name, "");
    }
    parameter("The service of domains without a transport entry.", "default_transport", "smtp");
    if target.postfix.at_least(3, 10) {
        parameter(
            "Otherwise any sender opts out of every policy with the header TLS-Required: no.",
            "tls_required_enable",
            "no",
        );
    }
    let families = match (target.ipv4, target.ipv6) {
        (true, true) => "ipv4 and ipv6",
        (false, _) => "ipv6",
        (true, false) => "ipv4",
    };
    let _ = writeln!(
        text,
        "\n# Not set here, but assumed: inet_protocols has {families}; parent_domain_matches_subdomains \
         {} transport_maps;\n# smtp_tls_per_site, smtp_use_tls, smtp_enforce_tls and \
         smtp_tls_enforce_peername are unset; protocols, ciphers\n# and excluded ciphers of smtp_tls_* are \
         the defaults or stricter; mydestination, relay_domains and\n# virtual_mailbox_domains hold no \
         domain with an entry in transport_maps; no service in master.cf overrides\n# these. After every \
         change of match, CA or level: postfix reload, because resumed TLS sessions keep their\n# old verdict.",
        if target.parent_domain_matches_subdomains { "has" } else { "lacks" },
    );
    Artifact { name: "main.cf.required".to_owned(), text, entries: None }
}

/// The map as main.cf names it, with its type. `None` when the target manages no such map.
fn map(target: &Target, policy: bool) -> Option<String> {
    let (location, name, parameter) = if policy {
        (&target.tls_policy, "tls_policy", "smtp_tls_policy_maps")
    } else {
        (&target.transport, "transport", "transport_maps")
    };
    let kind = target.map_type.value.as_str();
    match location.as_ref().map(|it| &it.value) {
        // Only compiled: the folder is not known, and $config_directory is where it mostly goes.
        None if target.transport.is_none() && target.tls_policy.is_none() => {
            Some(format!("{kind}:$config_directory/{name}"))
        }
        None => None,
        Some(Location::File(path)) if path.starts_with('/') => Some(format!("{kind}:{path}")),
        Some(Location::File(_)) => Some(format!("{kind}:$config_directory/{name}")),
        Some(Location::Ssh { path, .. }) => Some(format!("{kind}:{path}")),
        Some(Location::Sql { database, .. }) => {
            Some(table_of_database(database.dialect().map_type(), parameter))
        }
    }
}
