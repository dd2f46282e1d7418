//! `apply --watch-log` beside a Postfix whose maps are broken after they were written.

use super::site::{DOMAINS, FIRST, Maps, Ran, Site};

/// Applies a change while `meanwhile` happens once it is written; the mail is sent after that.
#[track_caller]
fn watched(site: &mut Site, meanwhile: &str, recipients: &[&str], status: i32) -> Ran {
    let apply = site.begin("apply --allow different --watch-log 10m --watch-deliveries 2");
    apply.says(" Watching the log, 600 s at most\n");
    site.shell(meanwhile);
    site.send(recipients);
    let ran = site.ended(&apply, status);
    for person in ["anna", "berta"] {
        assert!(!ran.stderr.contains(person), "{}", ran.stderr);
    }
    ran
}

/// Declares something else, so that there is something to apply.
fn change(site: &Site) {
    site.declare(&format!("{DOMAINS}  new.example: {{ level: encrypt }}\n"));
}

/// A journal of its own, to which Postfix logs; the system's is out of reach.
const JOURNAL: &str = "mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /var/log; mkdir -p /run/log/journal dev
mount -t tmpfs -o mode=755 tmpfs dev
mknod -m 666 dev/null c 1 3; mknod -m 666 dev/zero c 1 5; mknod -m 666 dev/random c 1 8; mknod -m 666 dev/urandom c 1 9
mount --bind dev /dev
/lib/systemd/systemd-journald >>journald 2>&1 &
until [ -S /run/systemd/journal/dev-log ]; do kill -0 $!; sleep 0.1; done
ln -s /run/systemd/journal/dev-log /dev/log";

const MAIL: [&str; 2] = ["anna@gmail.com", "berta@kunde.example"];

#[test]
fn an_apply_looks_at_the_log_until_it_has_seen_enough_or_postfix_complains_of_the_maps() {
    let mut site = Site::start(Maps::Files("lmdb"));
    site.roll_out(FIRST);
    change(&site);
    let ran = watched(&mut site, ":", &MAIL, 0);
    let well = "  Watched the log of the Postfix of /etc/postfix: 2 deliveries, and no complaint about the maps\n";
    assert!(ran.stderr.ends_with(well), "{}", ran.stderr);

    // Each with what repairs it, so that the next apply finds what it left.
    let policies = "cd /etc/postfix; rm -f tls_policy.lmdb; postmap lmdb:tls_policy";
    let transports = "cd /etc/postfix; rm -f transport.lmdb; postmap lmdb:transport";
    let other = |map: &str, change: &str| {
        format!(
            "cd /etc/postfix; sed '{change}' {map} >other; postmap lmdb:other; mv other.lmdb {map}.lmdb; \
             postfix reload"
        )
    };
    let cases = [
        (
            "rm /etc/postfix/tls_policy.lmdb; postfix reload".to_owned(),
            policies,
            "the table `lmdb:/etc/postfix/tls_policy` cannot be read\n",
        ),
        (
            "head -c 9000 /dev/urandom >/etc/postfix/x; mv /etc/postfix/x /etc/postfix/transport.lmdb; \
             postfix reload"
                .to_owned(),
            transports,
            "transports cannot be looked up\n",
        ),
        (other("tls_policy", "s/match=/matches=/"), policies, "`: a TLS policy is invalid\n"),
        (
            other("transport", "s/smtp:/smtp:[192.0.2.300],/"),
            transports,
            "a next hop ended smtp(8)\n",
        ),
        (
            other("transport", "s/smtp:/smpt:/"),
            transports,
            "master.cf has no service `smpt`\n",
        ),
    ];
    for (broken, repair, complaint) in cases {
        site.mxward("rollback --allow different", 0);
        let ran = watched(&mut site, &broken, &MAIL, 8);
        for part in [
            "error: target `mx`: everything was written, but the log of the Postfix of /etc/postfix has ",
            complaint,
            "mail waits meanwhile; `mxward rollback --target mx` puts back what was there before\n",
        ] {
            assert!(ran.stderr.contains(part), "{broken}: {part}\n{}", ran.stderr);
        }
        assert!(!ran.stderr.contains("Watched the log"), "{}", ran.stderr);
        site.shell(repair);
    }
}

#[test]
fn the_journal_of_systemd_is_looked_at_as_a_file_is() {
    let mut site = Site::with(Maps::Files("lmdb"), |setup, _| {
        setup.parameter("maillog_file", "").command(JOURNAL)
    });
    site.settings = ", log: journal";
    site.declare(DOMAINS);
    site.roll_out(FIRST);
    change(&site);
    let ran = watched(&mut site, ":", &MAIL, 0);
    assert!(ran.stderr.contains(": 2 deliveries, and no complaint about the maps\n"), "{ran:?}");
    site.declare(DOMAINS);
    let ran = watched(&mut site, "rm /etc/postfix/tls_policy.lmdb; postfix reload", &MAIL, 8);
    let complaint = " × the table `lmdb:/etc/postfix/tls_policy` cannot be read\n";
    assert!(ran.stderr.contains(complaint), "{}", ran.stderr);
}
