//! Maps, relays, certificates and services.

use super::*;

#[test]
fn what_is_written_with_variables_stays_so() {
    let mut output = PostconfOutput {
        set: "transport_maps = $virtual_alias_maps".to_owned(),
        ..PostconfOutput::default()
    };
    output.all =
        FINE.replace("transport_maps = lmdb:/etc/postfix/transport", "transport_maps = hash:/a");
    let found = shown(&Running::parse(&output), &required());
    only(
        &found,
        "weaker: ",
        "'transport_maps = lmdb:/etc/postfix/transport, $virtual_alias_maps'`",
    );
}

#[test]
fn a_parameter_that_postfix_does_not_know_is_named() {
    let output = PostconfOutput {
        all: FINE.to_owned(),
        warnings:
            "postconf: warning: /etc/postfix/main.cf: unused parameter: smtp_tls_level=dane\n\
                   postconf: warning: /etc/postfix/main.cf: undefined parameter: x\n"
                .to_owned(),
        ..PostconfOutput::default()
    };
    let found = shown(&Running::parse(&output), &required());
    only(&found, "note: `smtp_tls_level` is `dane`: ", "; run `postconf -X smtp_tls_level`");
}

#[test]
fn an_empty_map_that_nobody_asks_is_no_danger() {
    let mut required = required();
    required.transport.keys.clear();
    let found = shown(&running(&["transport_maps ="], ""), &required);
    only(&found, "note: ", "'transport_maps = lmdb:/etc/postfix/transport'`");
}

#[test]
fn later_tables_may_know_what_only_a_parent_is_declared_for() {
    let mut required = required();
    required.tls_policy.keys = vec![".a.example"];
    let maps = "smtp_tls_policy_maps = lmdb:/etc/postfix/tls_policy, socketmap:inet:127.0.0.1:8461:postfix";
    only(&shown(&running(&[maps], ""), &required), "note: ", "[postconf(5) smtp_tls_policy_maps]");
}

#[test]
fn a_database_is_known_by_its_type_alone() {
    let mut required = required();
    required.tls_policy.table = Some(RequiredTable { map_type: "mysql", paths: Vec::new() });
    let maps = "smtp_tls_policy_maps = proxy:mysql:/etc/postfix/any.cf";
    assert_eq!(shown(&running(&[maps], ""), &required), [""; 0]);
    let found = shown(&running(&[], ""), &required);
    only(
        &found,
        "weaker: ",
        "proxy:mysql:$config_directory/tlspolicies.cf, lmdb:/etc/postfix/tls_policy'`",
    );
    let mut running = running(&[maps], "");
    running.set_found("/etc/postfix/any.cf", Presence::Absent);
    only(
        &shown(&running, &required),
        "breaks: ",
        "; `mxward compile` writes one beside the SQL [postconf(5) smtp_tls_policy_maps]",
    );
    required.tls_policy.table = self::required().tls_policy.table;
    required.transport.table = Some(RequiredTable { map_type: "mysql", paths: Vec::new() });
    only(
        &shown(&self::running(&[], ""), &required),
        "weaker: ",
        "proxy:mysql:$config_directory/transport.cf, lmdb:/etc/postfix/transport'`",
    );
    let mut running = self::running(&[], "");
    assert!(running.files(&required).contains("/etc/postfix/transport.cf"));
    running.set_found("/etc/postfix/transport.cf", Presence::Absent);
    only(
        &shown(&running, &required),
        "weaker: ",
        "but put `/etc/postfix/transport.cf` there first, as `mxward compile` writes it and with how to connect, or \
         Postfix defers all mail [postconf(5) transport_maps]; run `postconf -e 'transport_maps = \
         proxy:mysql:$config_directory/transport.cf, lmdb:/etc/postfix/transport'`",
    );
}

#[test]
fn a_map_that_the_target_does_not_manage_is_not_to_be_there() {
    let mut required = required();
    required.transport.table = None;
    only(&shown(&running(&[], ""), &required), "different: ", "[postconf(5) transport_maps]");
    assert_eq!(shown(&running(&["transport_maps ="], ""), &required), [""; 0]);
}

#[test]
fn a_type_that_is_not_installed_is_named_with_its_package() {
    let output = PostconfOutput {
        all: FINE.to_owned(),
        types: "cdb hash".to_owned(),
        ..PostconfOutput::default()
    };
    let found = shown(&Running::parse(&output), &required());
    only(&found, "breaks: `lmdb:` is missing", "in the package `postfix-lmdb` [postconf(1) -m]");
}

#[test]
fn a_target_that_relays_needs_the_relays_that_it_names() {
    let mut required = required();
    required.relayhost = "[relay.example.net]:587".to_owned();
    required.fallback_relay = vec!["[last.example.net]".to_owned()];
    required.parents_match = true;
    let found = shown(&running(&[], ""), &required);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found.iter().all(|it| it.starts_with("different: ")), "{found:#?}");
    assert!(found[1].ends_with("'relayhost = [relay.example.net]:587'`"), "{}", found[1]);
    let right = [
        "relayhost = [Relay.example.net]:587",
        "smtp_fallback_relay = [last.example.net]",
        "parent_domain_matches_subdomains = transport_maps",
    ];
    assert_eq!(shown(&running(&right, ""), &required), [""; 0]);
}

#[test]
fn the_digest_must_be_that_of_the_fingerprints() {
    let mut required = required();
    required.uses.digests = [32].into();
    assert_eq!(shown(&running(&[], ""), &required), [""; 0]);
    let found = shown(&running(&["smtp_tls_fingerprint_digest = md5"], ""), &required);
    only(&found, "breaks: ", "'smtp_tls_fingerprint_digest = sha256'`");
    required.uses.digests = [20].into();
    only(&shown(&running(&[], ""), &required), "breaks: ", "'smtp_tls_fingerprint_digest = sha1'`");
}

#[test]
fn cas_are_where_smtp_finds_them() {
    let folder = ["smtp_tls_CAfile =", "smtp_tls_CApath = /etc/ssl/certs"];
    let mut running = running(&folder, "");
    let inside = "/var/spool/postfix/etc/ssl/certs";
    assert!(running.files(&required()).contains(inside));
    only(&shown(&running, &required()), "note: ", "ca-certificates.crt'`");
    running.set_found(inside, Presence::Folder);
    assert_eq!(shown(&running, &required()), [""; 0]);
    running.set_found(inside, Presence::Absent);
    only(
        &shown(&running, &required()),
        "breaks: ",
        "'smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt'`",
    );
}

#[test]
fn a_ca_file_that_is_not_there_turns_tls_off() {
    let mut running = running(&[], "");
    let file = "/etc/ssl/certs/ca-certificates.crt";
    assert!(running.files(&required()).contains(file));
    running.set_found(file, Presence::Absent);
    let found = shown(&running, &required());
    only(&found, "weaker: `smtp_tls_CAfile` is `/etc/ssl", "ca-certificates.crt'`");
}

/// [Postfix `tls_client.c`: `cannot load Certification Authority data`]
#[test]
fn a_folder_is_no_file_of_cas() {
    let file = "smtp_tls_CAfile = /etc/ssl/certs/";
    let mut running = running(&[file], "");
    running.set_found("/etc/ssl/certs/", Presence::Folder);
    let mut required = required();
    for ca in [None, Some("/etc/ssl/certs/")] {
        required.ca = ca.map(str::to_owned);
        only(
            &shown(&running, &required),
            "weaker: `smtp_tls_CAfile` is `/etc/ssl/certs/`, not `/etc/ssl/certs/ca-certificates.crt`: this is \
             a folder, which `smtp_tls_CApath` names, so TLS is off",
            "'smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt'`",
        );
    }
    // Others trust others.
    required.ca = Some("/etc/ssl/own/".to_owned());
    only(
        &shown(&running, &required),
        "weaker: `smtp_tls_CAfile` is `/etc/ssl/certs/`, not empty: ",
        "; run `postconf -e 'smtp_tls_CAfile ='`",
    );
}

/// [postconf(5) `smtp_tls_CApath`: it must be inside of the chroot]
#[test]
fn a_folder_of_cas_outside_of_the_chroot_is_never_named_as_a_file() {
    let mut required = required();
    for (folder, severity, end) in [
        (
            "/etc/ssl/certs/",
            "breaks: `smtp_tls_CAfile` is empty, not `/etc/ssl/certs/ca-certificates.crt`: ",
            "'smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt'`",
        ),
        (
            "/etc/ssl/own/",
            "breaks: `smtp_tls_CApath` is `/etc/ssl/own/`: ",
            "; run `mkdir -p /var/spool/postfix/etc/ssl/own && cp -L /etc/ssl/own/* \
             /var/spool/postfix/etc/ssl/own/`",
        ),
    ] {
        let set = format!("smtp_tls_CApath = {folder}");
        let mut running = running(&["smtp_tls_CAfile =", &set], "");
        running.set_found(&format!("/var/spool/postfix{folder}"), Presence::Absent);
        required.ca = Some(folder.to_owned());
        only(&shown(&running, &required), severity, end);
        running.set_found(&format!("/var/spool/postfix{folder}"), Presence::Folder);
        assert_eq!(shown(&running, &required), [""; 0]);
    }
}

/// smtp(8) opens them when it looks up the policy, and by then it is in its chroot.
#[test]
fn trust_anchors_of_an_entry_are_where_smtp_reads_them() {
    let mut required = required();
    let policy = TlsPolicy::parse("secure tafile=/etc/ssl/own.pem", Version::series(3, 10));
    required.uses = PolicyUses::of(SecurityLevel::Dane, policy.iter());
    let mut running = running(&[], "");
    let inside = "/var/spool/postfix/etc/ssl/own.pem";
    assert!(running.files(&required).contains(inside));
    assert!(!running.files(&required).contains("/etc/ssl/own.pem"));
    running.set_found("/etc/ssl/own.pem", Presence::File);
    assert_eq!(shown(&running, &required), [""; 0]);
    running.set_found(inside, Presence::Absent);
    only(
        &shown(&running, &required),
        "breaks: `/var/spool/postfix/etc/ssl/own.pem` is missing: smtp(8) reads the `tafile` of an entry inside \
         of its chroot ",
        "; run `mkdir -p /var/spool/postfix/etc/ssl && cp -L /etc/ssl/own.pem \
         /var/spool/postfix/etc/ssl/own.pem`",
    );
    running.set_found(inside, Presence::File);
    assert_eq!(shown(&running, &required), [""; 0]);
}

/// [Postfix `trivial-rewrite`: `transport_maps lookup failure`; smtp(8): `client TLS configuration problem`]
#[test]
fn a_table_that_is_named_and_not_there_stops_all_mail() {
    let mut required = required();
    let mut running = running(&[], "");
    let files = running.files(&required);
    assert!(
        files.contains("/etc/postfix/transport.lmdb") && files.contains("/etc/postfix/transport")
    );
    running.set_found("/etc/postfix/transport", Presence::Absent);
    running.set_found("/etc/postfix/transport.lmdb", Presence::Absent);
    only(
        &shown(&running, &required),
        "breaks: `transport_maps` is `lmdb:/etc/postfix/transport`: `/etc/postfix/transport.lmdb` is not \
         there, so every lookup in this table fails, and Postfix defers all mail; `mxward apply` makes it",
        "[postconf(5) transport_maps]",
    );
    required.transport.keys.clear();
    only(
        &shown(&running, &required),
        "breaks: ",
        "; run `touch /etc/postfix/transport && postmap lmdb:/etc/postfix/transport`",
    );
    running.set_found("/etc/postfix/transport", Presence::File);
    only(&shown(&running, &required), "breaks: ", "; run `postmap lmdb:/etc/postfix/transport`");
    running.set_found("/etc/postfix/transport.lmdb", Presence::File);
    assert_eq!(shown(&running, &required), [""; 0]);
}

#[test]
fn a_table_of_others_that_is_not_there_stops_mail_too() {
    let maps = "smtp_tls_policy_maps = lmdb:/etc/postfix/tls_policy, texthash:/etc/postfix/theirs";
    let mut running = running(&[maps], "");
    running.set_found("/etc/postfix/theirs", Presence::Absent);
    only(
        &shown(&running, &required()),
        "breaks: `smtp_tls_policy_maps` is ",
        "`/etc/postfix/theirs` is not there, so every lookup in this table fails, and Postfix defers all mail for \
         which no table before it has an answer; make it, or take the table out of the list [postconf(5) \
         smtp_tls_policy_maps]",
    );
}

#[test]
fn domains_that_are_left_to_a_resolver_need_one() {
    let mut required = required();
    required.left_to = true;
    only(
        &shown(&running(&[], ""), &required),
        "weaker: `smtp_tls_policy_maps` is `lmdb:/etc/postfix/tls_policy`: it names no resolver, ",
        "[postconf(5) smtp_tls_policy_maps]",
    );
    for resolver in ["socketmap:inet:127.0.0.1:8461:postfix", "tcp:127.0.0.1:8461", "unix:x"] {
        let maps = format!("smtp_tls_policy_maps = lmdb:/etc/postfix/tls_policy, {resolver}");
        assert_eq!(shown(&running(&[&maps], ""), &required), [""; 0]);
    }
    let maps = "smtp_tls_policy_maps = lmdb:/etc/postfix/tls_policy, hash:/etc/postfix/theirs";
    only(
        &shown(&running(&[maps], ""), &required),
        "weaker: ",
        "[postconf(5) smtp_tls_policy_maps]",
    );
}

#[test]
fn the_cas_are_those_that_the_target_names() {
    let mut required = required();
    required.ca = Some("/etc/ssl/own.pem".to_owned());
    only(
        &shown(&running(&[], ""), &required),
        "different: ",
        "'smtp_tls_CAfile = /etc/ssl/own.pem'`",
    );
    required.ca = Some("/etc/ssl/own/".to_owned());
    only(&shown(&running(&[], ""), &required), "different: ", "'smtp_tls_CApath = /etc/ssl/own/'`");
    required.uses.cas = false;
    assert_eq!(shown(&running(&["smtp_tls_CAfile ="], ""), &required), [""; 0]);
}

/// [master(5): `-o` wins over main.cf]
#[test]
fn what_master_cf_sets_counts_for_the_services_in_use() {
    let required = required();
    let found = shown(&running(&[], "smtp/unix/smtp_tls_security_level = may\n"), &required);
    only(
        &found,
        "weaker: `smtp/unix/smtp_tls_security_level` is `may`, not `dane`: ",
        "; run `postconf -P 'smtp/unix/smtp_tls_security_level = dane'`",
    );
    let found = shown(&running(&[], "rewrite/unix/transport_maps =\n"), &required);
    only(&found, "weaker: `rewrite/unix/transport_maps` is empty", "postfix/transport'`");
    let found = shown(&running(&[], "relay/unix/smtp_tls_policy_maps =\n"), &required);
    only(&found, "weaker: `relay/unix/smtp_tls_policy_maps` is empty", "postfix/tls_policy'`");
    // What puts main.cf right for all of them is right.
    let overrides =
        "smtp/unix/smtp_tls_security_level = dane\nrelay/unix/smtp_tls_security_level = dane\n";
    let changes = ["smtp_tls_security_level = may"];
    assert_eq!(shown(&running(&changes, overrides), &required), [""; 0]);
    // A server has no say in what is sent.
    let found = shown(&running(&[], "smtp/inet/smtp_tls_security_level = none\n"), &required);
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_service_that_nobody_runs_is_named() {
    let mut required = required();
    required.services = ["relay2"].into();
    let found = shown(&running(&[], ""), &required);
    only(&found, "breaks: `relay2/unix` is missing", "`mail transport unavailable` [master(5)]");
}

#[test]
fn commands_name_the_configuration_and_quote_what_the_shell_would_read() {
    let changes = ["config_directory = /etc/postfix out", "transport_maps = lmdb:/it's"];
    let found = found(&changes);
    only(
        &found,
        "weaker: ",
        r"run `postconf -c '/etc/postfix out' -e 'transport_maps = lmdb:/etc/postfix/transport, lmdb:/it'\''s'`",
    );
}

#[test]
fn the_worst_comes_first_and_each_once() {
    let found =
        found(&["smtp_tls_CAfile =", "tls_required_enable = yes", "smtp_dns_support_level ="]);
    let severities: Vec<_> = found.iter().map(|it| it.split(':').next().unwrap()).collect();
    assert_eq!(severities, ["breaks", "weaker", "note"]);
}

#[test]
fn a_map_is_made_before_main_cf_names_it() {
    let mut running = running(&["smtp_tls_policy_maps ="], "");
    let file = "/etc/postfix/tls_policy.lmdb";
    assert!(running.files(&required()).contains(file));
    running.set_found(file, Presence::File);
    let first = "; but make the map first, ";
    assert!(!shown(&running, &required())[0].contains(first));
    running.set_found(file, Presence::Absent);
    let found = shown(&running, &required());
    only(&found, "weaker: ", "'smtp_tls_policy_maps = lmdb:/etc/postfix/tls_policy'`");
    assert!(found[0].contains(first), "{}", found[0]);
}
