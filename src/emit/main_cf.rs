//! `main.cf.required`: the parameters that must agree with the maps.

use super::{Artifact, header};
use crate::compile::Repository;
use crate::model::{Location, Target};
use crate::tables::{Rows, policy_uses};
use std::fmt::Write as _;

pub(super) fn required(repository: &Repository, target: &Target, tables: &impl Rows) -> Artifact {
    let mut text = header(repository, target, "main.cf parameters");
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
            "Asked by next hop; always with the type of the map.",
            "smtp_tls_policy_maps",
            &map,
        );
    }
    parameter("What holds where no entry is found.", "smtp_tls_security_level", level.as_str());
    if uses.cas {
        let value = target.ca.as_ref().map_or("/etc/ssl/certs/ca-certificates.crt", |ca| &ca.value);
        let name = if value.ends_with('/') { "smtp_tls_CApath" } else { "smtp_tls_CAfile" };
        parameter(
            "The CAs of secure and verify: without any, all of their mail is deferred, and\n\
             # tls_append_default_CA alone changes nothing.",
            name,
            value,
        );
    }
    if uses.dane || uses.dane_only {
        parameter(
            "Without DNSSEC dane is may, and dane-only defers. Needs a validating resolver in\n\
             # resolv.conf that is reached safely, such as one on this host.",
            "smtp_dns_support_level",
            "dnssec",
        );
        parameter("DANE asks DNS, not /etc/hosts.", "smtp_host_lookup", "dns");
    }
    if !uses.digests.is_empty() {
        parameter(
            "The digest of all fingerprints; md5 before Postfix 3.6.",
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
         smtp_tls_enforce_peername are unset; no service in\n# master.cf overrides these. After every \
         change of match, CA or level: postfix reload, because resumed TLS\n# sessions keep their old \
         verdict.",
        if target.parent_domain_matches_subdomains { "has" } else { "lacks" },
    );
    Artifact { name: "main.cf.required".to_owned(), text, entries: None }
}

/// The map as main.cf names it, with its type. `None` when the target manages no such map.
fn map(target: &Target, policy: bool) -> Option<String> {
    let (location, name) =
        if policy { (&target.tls_policy, "tls_policy") } else { (&target.transport, "transport") };
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
            let kind = database.dialect().map_type();
            let file = if policy { "tlspolicies" } else { "transport" };
            Some(format!("proxy:{kind}:$config_directory/{file}.cf"))
        }
    }
}
