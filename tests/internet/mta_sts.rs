//! Domains that are left to a resolver of MTA-STS policies.

use super::site::{FIRST, Maps, Site};

/// The resolver behind our map, as Debian has it: postfix-mta-sts-resolver.
const TABLES: &str = "lmdb:/etc/postfix/tls_policy, socketmap:inet:127.0.0.1:8461:postfix";

const RESOLVER: &str = "host: 127.0.0.1
port: 8461
cache: { type: internal, options: { cache_size: 100 } }
default_zone: { strict_testing: false, timeout: 30 }
";

/// Asks the resolver itself: there is a warning where it does not answer.
const ASK: &str = "postmap -q none.example socketmap:inet:127.0.0.1:8461:postfix";

/// `leave_to: mta-sts` promises that mxward writes nothing, so that what the resolver knows holds.
/// [RFC 8461 §5; postconf(5) `smtp_tls_policy_maps`]
#[test]
fn a_domain_that_is_left_to_the_resolver_follows_its_policy_and_all_others_do_without_it() {
    let mut site = Site::with(Maps::Files("lmdb"), |setup, internet| {
        let ca = internet.path("ca.pem");
        setup.parameter("smtp_tls_policy_maps", TABLES).file("mta-sts.yml", RESOLVER).command(
            &format!(
                "SSL_CERT_FILE={ca} mta-sts-daemon -c /etc/postfix/mta-sts.yml >>resolver 2>&1 &\n\
                 echo $! >resolver.pid\n\
                 while {ASK} 2>&1 | grep -q warning; do kill -0 $!; sleep 0.1; done"
            ),
        )
    });
    let ca = site.internet.path("ca.pem");
    let found = site.mxward(&format!("discover sts.example --ca {ca}"), 0);
    assert!(found.stdout.contains("sts.example: { leave_to: mta-sts }"), "{found:?}");

    site.roll_out(FIRST);
    for map in ["transport", "tls_policy"] {
        assert!(!site.map(map).contains("sts"), "{}", site.map(map));
    }
    let explained = site.mxward("explain u@sts.example", 0).stdout;
    assert!(explained.contains("leave_to: mta-sts"), "{explained}");

    let logged = site.deliver(&["u@sts.example", "u@sts-forged.example", "u@gmail.com"]);
    let verified = "Verified TLS connection established to mx.sts.example[185.200.6.1]:25: ";
    assert!(logged[0].says(verified) && logged[0].says("status=sent"), "{:#?}", logged[0]);
    // Its MX host is none of the policy.
    assert_eq!(logged[1].end, "Server certificate not verified", "{:#?}", logged[1]);
    assert!(logged[2].says("Verified ") && logged[2].says("status=sent"), "{:#?}", logged[2]);

    // Without the resolver nobody knows what is wanted, and nothing is assumed.
    let folder = site.folder();
    site.shell(&format!(
        "kill -KILL $(cat {folder}/resolver.pid); until {ASK} 2>&1 | grep -q warning; do sleep 0.1; done"
    ));
    let logged = site.deliver(&["v@sts.example", "v@gmail.com"]);
    assert_eq!(logged[0].end, "client TLS configuration problem", "{:#?}", logged[0]);
    assert!(logged[1].says("Verified ") && logged[1].says("status=sent"), "{:#?}", logged[1]);
    let taken = site.internet.taken();
    let left: Vec<_> =
        taken.iter().filter(|it| it.to.iter().any(|to| to.contains("sts"))).collect();
    assert_eq!(left.len(), 1, "{left:?}");
}
