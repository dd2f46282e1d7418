mod tables;

use super::*;
use crate::postfix::{SecurityLevel, TlsPolicy, Version};

/// A Postfix on which nothing is wrong: the parameters, then the services.
const FINE: &str = "\
    compatibility_level = 3.6\n\
    config_directory = /etc/postfix\n\
    content_filter =\n\
    default_database_type = hash\n\
    default_transport = smtp\n\
    disable_dns_lookups = no\n\
    ignore_mx_lookup_error = no\n\
    inet_protocols = all\n\
    mail_version = 3.10.5\n\
    mydestination = mx1.example.net, localhost\n\
    parent_domain_matches_subdomains = debug_peer_list,relay_domains,smtpd_access_maps\n\
    queue_directory = /var/spool/postfix\n\
    relay_domains =\n\
    relayhost =\n\
    sender_dependent_default_transport_maps =\n\
    sender_dependent_relayhost_maps =\n\
    smtp_dns_resolver_options =\n\
    smtp_dns_support_level = dnssec\n\
    smtp_fallback_relay =\n\
    smtp_host_lookup = dns\n\
    smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt\n\
    smtp_tls_CApath =\n\
    smtp_tls_dane_insecure_mx_policy = dane\n\
    smtp_tls_fingerprint_digest = sha256\n\
    smtp_tls_loglevel = 1\n\
    smtp_tls_mandatory_ciphers = medium\n\
    smtp_tls_mandatory_protocols = >=TLSv1\n\
    smtp_tls_policy_maps = lmdb:/etc/postfix/tls_policy\n\
    smtp_tls_secure_cert_match = nexthop, dot-nexthop\n\
    smtp_tls_security_level = dane\n\
    smtp_tls_session_cache_database =\n\
    smtp_tls_verify_cert_match = hostname\n\
    smtp_tls_wrappermode = no\n\
    tls_required_enable = no\n\
    transport_maps = lmdb:/etc/postfix/transport\n\
    virtual_alias_domains =\n\
    virtual_mailbox_domains =\n";

const SERVICES: &str = "\
    smtp       inet  n       -       y       -       -       smtpd\n\
    rewrite    unix  -       -       y       -       -       trivial-rewrite\n\
    smtp       unix  -       -       y       -       -       smtp\n\
    relay      unix  -       -       y       -       -       smtp -o syslog_name=postfix/$service_name\n";

const POLICIES: &[&str] = &["secure match=mx.example.com", "dane", "dane-only", "verify", "secure"];

fn running(changes: &[&str], overrides: &str) -> Running {
    let changed = |line: &str| {
        let name = line.split(" =").next().unwrap();
        changes.iter().find(|it| it.split(" =").next().unwrap() == name).copied()
    };
    let mut all: Vec<&str> = FINE.lines().map(|line| changed(line).unwrap_or(line)).collect();
    all.extend(changes);
    let all = all.join("\n");
    Running::parse(&PostconfOutput {
        set: changes.join("\n"),
        all,
        services: SERVICES.to_owned(),
        overrides: overrides.to_owned(),
        types: "btree cdb hash lmdb mysql pgsql proxy socketmap sqlite texthash".to_owned(),
        warnings: String::new(),
    })
}

fn required() -> Requirements<'static> {
    let policies: Vec<TlsPolicy> =
        POLICIES.iter().map(|it| TlsPolicy::parse(it, Version::series(3, 10)).unwrap()).collect();
    let table = |path: &str| RequiredTable { map_type: "lmdb", paths: vec![path.to_owned()] };
    Requirements {
        version: Version::series(3, 10),
        security_level: SecurityLevel::Dane,
        transport: RequiredMap {
            table: Some(table("/etc/postfix/transport")),
            keys: vec!["a.example", "sub.b.example"],
        },
        tls_policy: RequiredMap {
            table: Some(table("/etc/postfix/tls_policy")),
            keys: vec!["[192.0.2.1]", "a.example", "c.example"],
        },
        relayhost: String::new(),
        fallback_relay: Vec::new(),
        parents_match: false,
        ipv4: true,
        ipv6: false,
        ca: None,
        uses: PolicyUses::of(SecurityLevel::Dane, policies.iter()),
        left_to: false,
        services: ["relay"].into(),
    }
}

fn shown(running: &Running, required: &Requirements<'_>) -> Vec<String> {
    let differences = differences(running, required);
    let line = |it: &MainCfDifference| {
        let run = it.command.as_ref().map(|command| format!("; run `{command}`"));
        format!("{}: {it}{}", it.severity.as_str(), run.unwrap_or_default())
    };
    differences.iter().map(line).collect()
}

/// The differences of a Postfix with these parameters.
fn found(changes: &[&str]) -> Vec<String> {
    shown(&running(changes, ""), &required())
}

/// The only difference, of which the start and the end are given.
#[track_caller]
fn only(found: &[String], start: &str, end: &str) {
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with(start) && found[0].ends_with(end), "{}", found[0]);
}

#[test]
fn a_postfix_that_is_as_it_should_be_differs_in_nothing() {
    assert_eq!(found(&[]), [""; 0]);
}

/// One changed parameter, and what is said of it: its start and its end.
#[test]
fn each_parameter_that_is_not_as_it_should_be_is_named_with_its_command() {
    for (change, start, end) in [
        (
            "smtp_tls_policy_maps =",
            "weaker: `smtp_tls_policy_maps` is empty, not `lmdb:/etc/postfix/tls_policy`: no lookup",
            "; run `postconf -e 'smtp_tls_policy_maps = lmdb:/etc/postfix/tls_policy'`",
        ),
        (
            "smtp_tls_policy_maps = socketmap:inet:127.0.0.1:8461:postfix",
            "weaker: ",
            " 'smtp_tls_policy_maps = lmdb:/etc/postfix/tls_policy, socketmap:inet:127.0.0.1:8461:postfix'`",
        ),
        (
            "smtp_tls_policy_maps = socketmap:inet:127.0.0.1:8461:postfix lmdb:/etc/postfix/tls_policy",
            "different: ",
            " 'smtp_tls_policy_maps = lmdb:/etc/postfix/tls_policy, socketmap:inet:127.0.0.1:8461:postfix'`",
        ),
        (
            "smtp_tls_policy_maps = hash:/etc/postfix/tls_policy",
            "weaker: ",
            "; run `postconf -e 'smtp_tls_policy_maps = lmdb:/etc/postfix/tls_policy'`",
        ),
        (
            "smtp_tls_policy_maps = /etc/postfix/tls_policy",
            "weaker: ",
            "lmdb:/etc/postfix/tls_policy'`",
        ),
        (
            "transport_maps =",
            "weaker: `transport_maps` is empty, not `lmdb:/etc/postfix/transport`: no lookup",
            "; run `postconf -e 'transport_maps = lmdb:/etc/postfix/transport'`",
        ),
        (
            "transport_maps = hash:/etc/postfix/other, proxy:lmdb:/etc/postfix/transport",
            "different: ",
            "; run `postconf -e 'transport_maps = lmdb:/etc/postfix/transport, hash:/etc/postfix/other'`",
        ),
        (
            "smtp_tls_security_level = may",
            "weaker: `smtp_tls_security_level` is `may`, not `dane`: ",
            "; run `postconf -e 'smtp_tls_security_level = dane'`",
        ),
        (
            "smtp_tls_security_level =",
            "weaker: `smtp_tls_security_level` is empty, not `dane`: ",
            "dane'`",
        ),
        ("smtp_tls_security_level = encrypt", "different: ", "dane'`"),
        ("smtp_tls_security_level = dane-only", "different: ", "dane'`"),
        ("smtp_tls_security_level = half-dane", "breaks: ", "dane'`"),
        (
            "smtp_tls_CAfile =",
            "breaks: `smtp_tls_CAfile` is empty, not `/etc/ssl/certs/ca-certificates.crt`: no CA",
            "; run `postconf -e 'smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt'`",
        ),
        (
            "smtp_dns_support_level =",
            "weaker: `smtp_dns_support_level` is empty, not `dnssec`: without DNSSEC `dane` is `may`",
            "; run `postconf -e 'smtp_dns_support_level = dnssec'`",
        ),
        ("smtp_dns_support_level = disabled", "breaks: ", "dnssec'`"),
        ("smtp_host_lookup = native", "weaker: ", "; run `postconf -e 'smtp_host_lookup = dns'`"),
        (
            "ignore_mx_lookup_error = yes",
            "weaker: ",
            "; run `postconf -e 'ignore_mx_lookup_error = no'`",
        ),
        (
            "smtp_dns_resolver_options = res_defnames",
            "weaker: ",
            "; run `postconf -e 'smtp_dns_resolver_options ='`",
        ),
        ("smtp_tls_dane_insecure_mx_policy = may", "note: ", "dane'`"),
        ("smtp_tls_secure_cert_match = hostname, nexthop", "weaker: ", "= nexthop, dot-nexthop'`"),
        ("smtp_tls_secure_cert_match = nexthop", "different: ", "= nexthop, dot-nexthop'`"),
        ("smtp_tls_verify_cert_match = nexthop", "different: ", "= hostname'`"),
        ("smtp_tls_mandatory_ciphers = null", "weaker: ", "= medium'`"),
        ("smtp_tls_mandatory_protocols = !SSLv2", "weaker: ", "= >=TLSv1'`"),
        ("smtp_tls_mandatory_protocols = TLSv9", "breaks: ", "= >=TLSv1'`"),
        ("smtp_tls_wrappermode = yes", "different: ", "'smtp_tls_wrappermode = no'`"),
        (
            "mail_version = 3.9.14",
            "breaks: `mail_version` is `3.9.14`, not `3.10`: ",
            "[postconf(5) mail_version]",
        ),
        ("mail_version = 3.11.1", "note: ", "[postconf(5) mail_version]"),
        (
            "relayhost = [relay.example.net]:587",
            "weaker: `relayhost` is `[relay.example.net]:587`, not empty: mail without an entry goes there, by \
             the policy of that next hop alone: those of domains are not asked; write \
             `relayhost: \"[relay.example.net]:587\"` into the target, or set it to nothing, but only where",
            "servers of all domains [postconf(5) relayhost]",
        ),
        ("relayhost = relay.example.net:smtp:x", "weaker: ", "; run `postconf -e 'relayhost ='`"),
        ("sender_dependent_relayhost_maps = hash:/x", "different: ", "_relayhost_maps]"),
        ("sender_dependent_default_transport_maps = hash:/x", "different: ", "_transport_maps]"),
        (
            "default_transport = smtp:[relay.example.net]",
            "different: ",
            "'default_transport = smtp'`",
        ),
        ("content_filter = smtp:[127.0.0.1]:10025", "note: ", "[postconf(5) content_filter]"),
        (
            "smtp_fallback_relay = relay.example.net",
            "weaker: `smtp_fallback_relay` is `relay.example.net`, not empty: mail that no next hop took goes \
             there, by the policy of that next hop; write `fallback_relay: \"relay.example.net\"` into",
            "servers of all domains [postconf(5) smtp_fallback_relay]",
        ),
        (
            "smtp_fallback_relay = [a.example]:587, [b.example]",
            "weaker: ",
            "write `fallback_relay: [\"[a.example]:587\", \"[b.example]\"]` into the target, or set it to \
             nothing, but only where this host may itself send to the servers of all domains [postconf(5) \
             smtp_fallback_relay]",
        ),
        ("smtp_fallback_relay = [a.example]x", "weaker: ", "'smtp_fallback_relay ='`"),
        (
            "parent_domain_matches_subdomains = relay_domains, transport_maps",
            "different: ",
            "'parent_domain_matches_subdomains = relay_domains'`",
        ),
        ("inet_protocols = ipv6", "different: ", "'inet_protocols = ipv6, ipv4'`"),
        (
            "mydestination = localhost, A.example",
            "breaks: `mydestination` is `localhost, A.example`, not `localhost`: mail for a.example is",
            "; run `postconf -e 'mydestination = localhost'`",
        ),
        (
            "mydestination = .b.example",
            "breaks: `mydestination` is `.b.example`: mail for sub.b.example is",
            "[postconf(5) mydestination]",
        ),
        ("mydestination = c.example", "note: ", "'mydestination ='`"),
        ("virtual_mailbox_domains = a.example", "breaks: ", "'virtual_mailbox_domains ='`"),
        ("virtual_alias_domains = a.example", "note: ", "'virtual_alias_domains ='`"),
        ("relay_domains = b.example", "note: ", "[postconf(5) relay_domains]"),
        ("virtual_mailbox_domains = mysql:/etc/postfix/domains.cf", "note: ", "_domains]"),
        ("tls_required_enable = yes", "note: ", "'tls_required_enable = no'`"),
        ("smtp_tls_session_cache_database = btree:/x", "note: ", "_cache_database]"),
        ("smtp_tls_loglevel = 0", "note: ", "'smtp_tls_loglevel = 1'`"),
        ("smtp_tls_per_site = hash:/x", "note: ", "; run `postconf -X smtp_tls_per_site`"),
        ("smtp_use_tls = yes", "note: ", "; run `postconf -X smtp_use_tls`"),
        ("smtp_enforce_tls = yes", "note: ", "; run `postconf -X smtp_enforce_tls`"),
        (
            "smtp_tls_enforce_peername = no",
            "note: ",
            "; run `postconf -X smtp_tls_enforce_peername`",
        ),
        ("compatibility_level = 0", "note: ", "'compatibility_level = 3.6'`"),
    ] {
        only(&found(&[change]), start, end);
    }
}

#[test]
fn what_does_no_harm_is_passed_over() {
    for change in [
        "smtp_tls_policy_maps = lmdb:/etc/postfix/tls_policy socketmap:inet:127.0.0.1:8461:postfix",
        "smtp_tls_policy_maps = proxy:lmdb:/etc/postfix/tls_policy",
        "smtp_tls_security_level = DANE",
        "inet_protocols = ipv4",
        "relay_domains = c.example",
        "mydestination = other.example, .c.example",
        "mydestination = !a.example",
        "virtual_mailbox_domains = b.example",
    ] {
        assert_eq!(found(&[change]), [""; 0], "{change}");
    }
}

/// [Postfix `smtp.c`: the parameters of Postfix 2.2 count where the level is empty]
#[test]
fn without_a_level_the_old_parameters_make_it() {
    let level = |changes: &[&str]| {
        let all = found(&[&["smtp_tls_security_level ="], changes].concat());
        all.into_iter().find(|it| it.contains("`smtp_tls_security_level` is empty")).unwrap()
    };
    assert!(level(&["smtp_use_tls = yes"]).contains("sent as by `may`"));
    assert!(level(&["smtp_enforce_tls = yes"]).contains("sent as by `encrypt`"));
    let verify = level(&["smtp_enforce_tls = yes", "smtp_tls_enforce_peername = yes"]);
    assert!(verify.contains("sent as by `verify`"), "{verify}");
}

#[test]
fn a_table_without_type_counts_where_the_default_is_the_right_one() {
    let found =
        found(&["default_database_type = lmdb", "smtp_tls_policy_maps = /etc/postfix/tls_policy"]);
    only(&found, "note: ", "'smtp_tls_policy_maps = lmdb:/etc/postfix/tls_policy'`");
}

#[test]
fn a_folder_that_is_a_link_is_the_same_folder() {
    let mut running = running(&["transport_maps = lmdb:/srv/link/transport"], "");
    assert!(running.table_folders().contains("/srv/link"));
    running.set_real_folder("/srv/link", "/etc/postfix");
    assert_eq!(shown(&running, &required()), [""; 0]);
}
