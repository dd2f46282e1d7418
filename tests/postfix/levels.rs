//! Levels of entries, of tables and of main.cf, on a real smtp(8).

use super::certificates::Authority;
use super::instance::{Logged, Setup};

/// A client of one server that offers TLS and refuses every recipient; all names have its address.
fn client() -> Setup {
    let setup = Setup::new()
        .dns(&[])
        .parameter("smtp_tls_CAfile", "/etc/postfix/ca.pem")
        .file("transport", "")
        .service(
            "127.0.9.9:25 inet n - n - - smtpd -o myhostname=sink.example \
             -o smtpd_recipient_restrictions=reject -o smtpd_tls_security_level=may \
             -o smtpd_tls_chain_files=/etc/postfix/sink.pem",
        );
    Authority::new(&setup.path(""), "ca").issue("sink", "DNS:sink.example");
    setup
}

fn deliver(setup: Setup, names: &[&str]) -> Vec<Logged> {
    let recipients: Vec<String> = names.iter().map(|name| format!("u@{name}")).collect();
    setup.start().deliver(&recipients)
}

/// An entry is not a minimum: it replaces the level of main.cf. [postconf(5) `smtp_tls_policy_maps`]
#[test]
fn an_entry_overrides_a_stronger_level_of_main_cf() {
    let setup = client()
        .parameter("smtp_tls_security_level", "secure")
        .file("tls_policy", "d0.example may\nd1.example none\n.d2.example may\n");
    let logged = deliver(setup, &["d0.example", "d1.example", "a.d2.example", "d3.example"]);
    let tls = |logged: &Logged| logged.says("TLS connection established to");
    assert!(tls(&logged[0]) && logged[0].end.contains("said: 554"), "{:#?}", logged[0]);
    assert!(!tls(&logged[1]) && logged[1].end.contains("said: 554"), "`none` is plain text");
    assert!(logged[2].end.contains("said: 554"));
    assert_eq!(logged[3].end, "Server certificate not verified");
}

/// [postconf(5) `smtp_tls_CAfile`, `tls_append_default_CA`]
#[test]
fn without_any_ca_secure_delivers_nothing_whatever_the_default_cas() {
    let setup = client()
        .parameter("smtp_tls_CAfile", "")
        .parameter("tls_append_default_CA", "yes")
        .file("tls_policy", "d0.example secure match=sink.example\nd1.example encrypt\n");
    let logged = deliver(setup, &["d0.example", "d1.example"]);
    assert_eq!(logged[0].end, "Server certificate not verified");
    assert!(logged[0].says("untrusted issuer"), "{:#?}", logged[0]);
    assert!(logged[1].end.contains("said: 554"));
}

/// The file is opened when the policy is looked up. [postconf(5) `smtp_tls_policy_maps`]
#[test]
fn a_tafile_that_is_not_there_makes_the_policy_invalid() {
    let setup =
        client().file("tls_policy", "d0.example secure match=sink.example tafile=/nowhere.pem\n");
    let logged = deliver(setup, &["d0.example"]);
    assert_eq!(logged[0].end, "client TLS configuration problem");
}

/// [postconf(5) `smtp_dns_support_level`]
#[test]
fn without_dnssec_dane_is_may_and_dane_only_delivers_nothing() {
    let setup = client().file("tls_policy", "d0.example dane\nd1.example dane-only\n");
    let logged = deliver(setup, &["d0.example", "d1.example"]);
    assert!(logged[0].end.contains("said: 554") && logged[0].says("dnssec"), "{:#?}", logged[0]);
    assert_eq!(logged[1].end, "client TLS configuration problem");
}

/// Daemons open `texthash:` without the flag that makes a duplicate a mere warning.
/// [Postfix `dict_thash.c`]
#[test]
fn a_duplicate_in_texthash_ends_all_lookups() {
    let setup = client()
        .parameter("smtp_tls_policy_maps", "texthash:/etc/postfix/text")
        .file("tls_policy", "")
        .file("text", "d0.example may\nd1.example may\nD1.example may\n");
    let logged = deliver(setup, &["d0.example", "d2.example"]);
    for logged in logged {
        assert_eq!(logged.end, "client TLS configuration problem", "{logged:#?}");
    }
}

/// [postconf(5) `smtp_tls_policy_maps`]
#[test]
fn a_table_that_is_not_there_never_means_the_default_level() {
    let setup = client()
        .parameter("smtp_tls_policy_maps", "hash:/etc/postfix/tls_policy hash:/etc/postfix/missing")
        .file("tls_policy", "d0.example may\n");
    let logged = deliver(setup, &["d0.example", "d1.example"]);
    assert!(logged[0].end.contains("said: 554"), "tables before it still answer: {:#?}", logged[0]);
    assert_eq!(logged[1].end, "client TLS configuration problem");
}

/// [transport(5): with `.parent` keys in one table and the domain in another, the domain wins]
#[test]
fn the_domain_in_a_later_table_wins_over_a_parent_in_an_earlier_one() {
    let setup = client()
        .parameter("smtp_tls_policy_maps", "hash:/etc/postfix/tls_policy hash:/etc/postfix/later")
        .file("tls_policy", ".example encrypt k1=x\n")
        .file("later", "d0.example may\n")
        .command("postmap hash:/etc/postfix/later");
    let logged = deliver(setup, &["d0.example", "d1.example"]);
    assert!(logged[0].end.contains("said: 554"), "{:#?}", logged[0]);
    assert!(logged[1].says("invalid attribute name: \"k1\""), "{:#?}", logged[1]);
}
