//! What becomes of mail when the world changes, and when the repository does.

use super::site::{DOMAINS, FIRST, Maps, Site};
use crate::postfix::instance::Logged;

/// The last TLS connection of a delivery.
fn connection(logged: &Logged) -> &str {
    logged.lines.iter().rfind(|it| it.contains(" TLS connection ")).map_or("", String::as_str)
}

/// Who took the mail for a recipient.
fn taken_at(site: &Site, recipient: &str) -> Vec<String> {
    let taken = site.internet.taken();
    let mine = taken.iter().filter(|it| it.to.iter().any(|to| to == recipient));
    mine.map(|it| it.address.clone()).collect()
}

#[track_caller]
fn is_new_address(found: &[String]) {
    assert!(found.len() == 1 && found[0].starts_with("217.26.50."), "{found:?}");
}

#[test]
fn stale_pins_fall_back_to_the_domain_and_an_update_pins_anew() {
    let mut site = Site::start(Maps::Files("lmdb"));
    site.roll_out(FIRST);
    // Hostpoint has moved. One of its addresses is somebody else's by now, and the other one nobody's.
    site.change_dns("hostpoint.ch", "mx1.mail A 217.26.50.1\nmx2.mail A 217.26.50.2");
    site.internet.hand_over("217.26.49.1", "wrong-name");
    site.shell("ip route add unreachable 217.26.49.2/32 table local");
    // And somebody forges the MX records of one of its domains.
    site.change_dns("firma.example", "@ MX 10 mx.wrong-name.example.");
    let logged = site.deliver(&["u@kunde.example", "u@firma.example"]);
    let [kunde, firma] = logged.as_slice() else { panic!("{logged:#?}") };
    is_new_address(&taken_at(&site, "u@kunde.example"));
    assert!(kunde.says("connect to 217.26.49.2[217.26.49.2]:25: No route to host"), "{kunde:#?}");
    assert!(kunde.says("Untrusted TLS connection established to 217.26.49.1["), "{kunde:#?}");
    let verified = "Verified TLS connection established to mx";
    assert!(connection(kunde).starts_with(verified), "{kunde:#?}");
    assert_eq!(firma.end, "Server certificate not verified", "{firma:#?}");
    assert!(taken_at(&site, "u@firma.example").is_empty());

    // The forged records are not believed: what was known of that domain stays, and is told.
    let ran = site.mxward("update", 3);
    let left = "error[provider-left]: `firma.example` has the MX host `mx.wrong-name.example`, ";
    assert!(ran.stderr.contains(left), "{ran:?}");
    site.change_dns(
        "firma.example",
        "@ MX 10 mx1.mail.hostpoint.ch.\n@ MX 10 mx2.mail.hostpoint.ch.",
    );
    site.mxward("update", 0);
    site.roll_out("--allow addresses");
    let logged = site.deliver(&["v@kunde.example", "v@firma.example"]);
    for (logged, to) in logged.iter().zip(["v@kunde.example", "v@firma.example"]) {
        let found = taken_at(&site, to);
        is_new_address(&found);
        // The first pin takes it.
        let direct = format!("Verified TLS connection established to {0}[{0}]:25: ", found[0]);
        assert!(connection(logged).starts_with(&direct), "{logged:#?}");
        assert!(!logged.says("connect to "), "{logged:#?}");
    }

    // Pins need no DNS.
    let folder = site.folder();
    site.shell(&format!("kill $(cat {folder}/unbound.pid)"));
    let logged = site.deliver(&["w@kunde.example", "w@kanzlei.example"]);
    is_new_address(&taken_at(&site, "w@kunde.example"));
    assert!(connection(&logged[0]).starts_with("Verified "), "{:#?}", logged[0]);
    assert!(logged[1].end.starts_with("Host or domain name not found."), "{:#?}", logged[1]);
}

/// A TLS session that is resumed keeps the verdict of the policy that it began under. [tlsmgr(8)]
#[test]
fn the_next_mail_follows_what_was_applied_also_where_servers_resume_sessions() {
    let mut site = Site::start(Maps::Files("hash"));
    site.roll_out(FIRST);
    let send = |site: &mut Site, local: &str| {
        let (partner, gmail) = (format!("{local}@partner.example"), format!("{local}@gmail.com"));
        let logged = site.deliver(&[&partner, &gmail]);
        let taken = site.internet.taken();
        let resumed = taken.iter().find(|it| it.to.contains(&partner)).map(|it| it.resumed);
        (logged, resumed)
    };
    let pinned = "Verified TLS connection established to 142.250.1.26[142.250.1.26]:25: ";
    for (local, expected) in [("a", false), ("b", true)] {
        let (logged, resumed) = send(&mut site, local);
        assert!(connection(&logged[0]).starts_with("Verified "), "{:#?}", logged[0]);
        assert_eq!(resumed, Some(expected), "{:#?}", logged[0]);
        assert!(connection(&logged[1]).starts_with(pinned), "{:#?}", logged[1]);
    }

    // The server must be another one from now on, and Gmail goes by its MX records.
    let changed = DOMAINS
        .replace("match: [tls.partner.example]", "match: [other.partner.example]")
        .replace("gmail.com: google-gmail", "gmail.com: { provider: google-gmail, route: mx }");
    assert_ne!(changed, DOMAINS);
    site.declare(&changed);
    site.roll_out("--allow different");
    let (logged, resumed) = send(&mut site, "c");
    assert_eq!(logged[0].end, "Server certificate not verified", "{:#?}", logged[0]);
    assert_eq!(resumed, None);
    let by_mx =
        "Verified TLS connection established to alt1.gmail-smtp-in.l.google.com[142.250.1.26]:25: ";
    assert!(connection(&logged[1]).starts_with(by_mx), "{:#?}", logged[1]);

    // And back again: no session of the time between is in the way.
    site.mxward("rollback --allow different", 0);
    let (logged, resumed) = send(&mut site, "d");
    assert!(connection(&logged[0]).starts_with("Verified "), "{:#?}", logged[0]);
    assert_eq!(resumed, Some(false), "{:#?}", logged[0]);
    assert!(connection(&logged[1]).starts_with(pinned), "{:#?}", logged[1]);
}
