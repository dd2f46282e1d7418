//! A running Postfix with a stream of mail, while its maps are changed.

use super::scene::repository;
use crate::harness::wait_for;
use crate::postfix::certificates::Authority;
use crate::postfix::instance::{Instance, Line, Setup};
use crate::sql::place::Place;
use std::collections::BTreeMap;
use std::path::Path;

/// The servers, by the last number of their addresses. `a` leaves the first one to `b`, whose it has been
/// for a while; `c` moves from one address of its own to another.
const SERVERS: [(u8, &str); 7] =
    [(1, "two"), (2, "two"), (3, "one"), (4, "one"), (5, "two"), (6, "three"), (7, "three")];

/// The servers that each domain's mail may go to.
const HOMES: [(&str, &[u8]); 3] = [("a", &[3, 4]), ("b", &[1, 2, 5]), ("c", &[6, 7])];

const DNS: &[&str] = &[
    "a.example. 60 IN MX 10 mx.one.example.",
    "b.example. 60 IN MX 10 mx.two.example.",
    "c.example. 60 IN MX 10 mx.three.example.",
    "mx.one.example. 60 IN A 127.0.9.4",
    "mx.two.example. 60 IN A 127.0.9.5",
    "mx.three.example. 60 IN A 127.0.9.6",
];

/// What mail for `a`, `b` and `c` is pinned to.
const OLD: [u8; 3] = [1, 2, 6];
const NEW: [u8; 3] = [3, 1, 7];

fn write_repository(folder: &Path, [a, b, c]: [u8; 3], policies: Option<&Place>) {
    let pins = [("a", "one", a), ("b", "two", b), ("c", "three", c)];
    let pins = pins
        .map(|(domain, name, last)| (format!("{domain}.example"), name, format!("127.0.9.{last}")));
    let maps = match policies {
        None => String::from("deployed: \"file:///etc/postfix\""),
        Some(place) => format!(
            "transport: \"file:///etc/postfix/transport\", tls_policy: \"{}\", \
             password_env: MXWARD_DB_PASSWORD",
            place.mail_url()
        ),
    };
    let target = format!("map_type: hash, ca: /etc/postfix/ca.pem, {maps}");
    repository(folder, &pins, "127.0.0.0/8", "", &target);
}

/// How mail went out.
#[derive(Debug, Default)]
struct Count {
    sent: usize,
    waiting: usize,
    weak: Vec<String>,
}

/// Judges the mail whose recipients start with a letter.
fn count(log: &[Line], letter: char) -> Count {
    let mut count = Count::default();
    // TLS lines name no message: they belong to the next ends of the same process.
    let mut tls: BTreeMap<(&str, u32), Vec<&str>> = BTreeMap::new();
    for line in log {
        let process = (line.process.as_str(), line.pid);
        if line.text.contains(" TLS connection established to ") {
            tls.entry(process).or_default().push(&line.text);
        }
        let Some((_, rest)) = line.text.split_once(&format!(": to=<{letter}")) else { continue };
        let domain = rest.split_once('@').unwrap().1.split_once('.').unwrap().0;
        if !rest.contains("status=sent") {
            assert!(rest.contains("status=deferred"), "{}", line.text);
            count.waiting += 1;
            continue;
        }
        count.sent += 1;
        let relay = rest.split_once("relay=").unwrap().1.split_once(',').unwrap().0;
        let server = relay.split_once("[127.0.9.").unwrap().1.split_once(']').unwrap().0;
        let homes = HOMES.iter().find(|(name, _)| *name == domain).unwrap().1;
        let last =
            tls.remove(&process).and_then(|lines| lines.last().copied()).unwrap_or("clear text");
        let verified =
            last.starts_with("Verified ") && last.contains(&format!("[127.0.9.{server}]"));
        if !(verified && homes.contains(&server.parse().unwrap())) {
            count.weak.push(format!("{last}\n{}", line.text));
        }
    }
    count
}

/// How often a line of the log has a text.
fn times(log: &[Line], text: &str) -> usize {
    log.iter().filter(|line| line.text.contains(text)).count()
}

/// Sends so many messages, and more until the maps were changed forth and back some times; waits for the
/// end.
fn stream(postfix: &mut Instance, letter: char, messages: usize, changes: &str) -> Vec<Line> {
    slow_stream(postfix, letter, messages, ":", changes)
}

/// The same with a pause before each message.
fn slow_stream(
    postfix: &mut Instance,
    letter: char,
    messages: usize,
    pause: &str,
    changes: &str,
) -> Vec<Line> {
    let sent = postfix.command(&format!(
        "( while [ ! -e {letter}.end ]; do {changes}; echo >>{letter}.changes; done; : >{letter}.over ) \
         </dev/null >>changes 2>&1 &\n\
         : >>{letter}.changes; n=0\n\
         while [ $n -lt {messages} ] || [ $(wc -l <{letter}.changes) -lt 4 ]; do n=$((n + 1)); {pause}\n\
         case $((n % 3)) in 0) d=a ;; 1) d=b ;; *) d=c ;; esac\n\
         printf 'Subject: x\\n\\nx\\n' | sendmail -f '<>' {letter}$n@$d.example; done\n\
         : >{letter}.end; while [ ! -e {letter}.over ]; do sleep 0.1; done; echo $n"
    ));
    let sent: usize = String::from_utf8_lossy(&sent.stdout).trim().parse().unwrap();
    let start = format!(": to=<{letter}");
    postfix.wait(|log| times(log, &start) >= sent)
}

/// A Postfix with servers for all domains, and the command that applies one of two repositories; the maps
/// are the old ones, and each pair of maps is also in a folder of its name.
fn scene(folder: &Path) -> (Instance, impl Fn(&str) -> String) {
    let setup = Setup::new();
    let apply = repositories(folder, None);
    let setup = ["new", "old"].into_iter().fold(setup, |setup, name| {
        // What somebody would copy who does without mxward.
        setup.command(&format!(
            "{}\nmkdir {name}\ncp -p /etc/postfix/transport.db /etc/postfix/tls_policy.db {name}",
            apply(name)
        ))
    });
    (start(setup), apply)
}

/// The same with the policies in a table of MariaDB, which is reached by its socket. The rows of each pair
/// of maps are also in a table of its name.
fn scene_with_table(folder: &Path, place: &Place) -> (Instance, impl Fn(&str) -> String) {
    let lookup = format!(
        "{}query = SELECT CONCAT_WS(' ', policy, params) FROM tlspolicies WHERE domain = '%s'\n",
        place.lookup_by_socket()
    );
    let mut setup = Setup::new()
        .parameter("smtp_tls_policy_maps", "mysql:/etc/postfix/policies.cf")
        .file("policies.cf", lookup)
        .file("tls_policy", "");
    let client = place.client_line();
    let apply = repositories(folder, Some(place));
    for name in ["new", "old"] {
        // Each from nothing, so that nothing waits to be pruned.
        setup = setup.command(&format!(
            "rm -rf /etc/postfix/.mxward /etc/postfix/transport /etc/postfix/transport.db\n\
             {client} -e 'DELETE FROM tlspolicies; DROP TABLE IF EXISTS mxward_applied, mxward_generations'\n\
             {}\nmkdir {name}\ncp -p /etc/postfix/transport.db {name}\n\
             {client} -e 'CREATE TABLE rows_{name} AS SELECT domain, policy, params FROM tlspolicies'",
            apply(name)
        ));
    }
    (start(setup), apply)
}

/// Two repositories, and the command that applies one of them.
fn repositories(folder: &Path, policies: Option<&Place>) -> impl Fn(&str) -> String + use<> {
    for (name, pins) in [("old", OLD), ("new", NEW)] {
        write_repository(&folder.join(name), pins, policies);
    }
    let folder = folder.to_owned();
    move |name: &str| {
        format!(
            "MXWARD_DB_PASSWORD=geheim {} -C {} apply --allow addresses --allow stale-lock --allow empty",
            env!("CARGO_BIN_EXE_mxward"),
            folder.join(name).display()
        )
    }
}

/// Starts it with servers for all domains.
fn start(setup: Setup) -> Instance {
    let mut setup = setup
        .dns(DNS)
        .long_lived()
        .parameter("smtp_tls_CAfile", "/etc/postfix/ca.pem")
        .parameter("smtp_tls_security_level", "may")
        .parameter("smtp_tls_loglevel", "summary,untrusted,cache")
        .parameter("smtp_tls_session_cache_database", "btree:${data_directory}/smtp_scache")
        .parameter("qmgr_message_active_limit", "1000");
    let authority = Authority::new(&setup.path(""), "ca");
    for name in ["one", "two", "three"] {
        authority.issue(name, &format!("DNS:mx.{name}.example"));
    }
    for (last, name) in SERVERS {
        setup = setup.sink(last, name, "sink.example");
    }
    setup.start()
}

#[test]
fn no_mail_leaves_weaker_while_maps_are_applied_and_much_does_when_they_are_just_replaced() {
    let folder = tempfile::Builder::new().prefix("mxward-mail-").tempdir().unwrap();
    let (mut postfix, apply) = scene(folder.path());
    let log = stream(&mut postfix, 'm', 540, &format!("{}; {}", apply("new"), apply("old")));
    let applied = count(&log, 'm');
    assert!(applied.weak.is_empty(), "{}\n{}", applied.weak.len(), applied.weak[0]);
    assert!(applied.sent >= 500, "{applied:?}");
    assert!(times(&log, "Reusing old session") > 0);
    assert!(times(&log, "reload -- version") > 10);
    let replace = |name: &str| {
        format!("cp -p {name}/* .; mv transport.db tls_policy.db /etc/postfix; sleep 1")
    };
    let log = stream(&mut postfix, 'n', 180, &format!("{}; {}", replace("new"), replace("old")));
    let replaced = count(&log, 'n');
    assert!(!replaced.weak.is_empty(), "{replaced:?}");
}

/// A delivery under way asks a table anew for each of its next hops, so that it would see what is written
/// for its successors.
#[test]
fn no_mail_leaves_weaker_while_a_table_is_applied_and_much_does_when_its_rows_are_just_replaced() {
    let folder = tempfile::Builder::new().prefix("mxward-mail-").tempdir().unwrap();
    let place = Place::mariadb();
    place.with_table();
    let (mut postfix, apply) = scene_with_table(folder.path(), &place);
    let output = folder.path().join("output");
    let said = format!(">>{} 2>&1", output.display());
    let changes = format!("{} {said}; {} {said}", apply("new"), apply("old"));
    let log = slow_stream(&mut postfix, 'm', 600, "sleep 0.05", &changes);
    let said = std::fs::read_to_string(&output).unwrap();
    assert!(!said.contains("error"), "{said}");
    let waited = said.matches(" Waiting for deliveries under way, 300 s at most\n").count();
    assert!(waited >= 4, "{said}");
    let applied = count(&log, 'm');
    assert!(applied.weak.is_empty(), "{}\n{}", applied.weak.len(), applied.weak[0]);
    assert!(applied.sent >= 500, "{applied:?}");
    assert!(times(&log, "Reusing old session") > 0);
    let client = place.client_line();
    let replace = |name: &str| {
        format!(
            "cp -p {name}/* .; {client} -e 'START TRANSACTION; DELETE FROM tlspolicies; \
             INSERT INTO tlspolicies (domain, policy, params) SELECT * FROM rows_{name}; COMMIT'; \
             mv transport.db /etc/postfix; sleep 1"
        )
    };
    let log = stream(&mut postfix, 'n', 180, &format!("{}; {}", replace("new"), replace("old")));
    let replaced = count(&log, 'n');
    assert!(!replaced.weak.is_empty(), "{replaced:?}");
}

/// `postfix reload` only sends a signal: until the queue manager has seen it, it hands out deliveries to
/// next hops of before.
#[test]
fn policies_change_only_once_the_queue_manager_has_seen_the_reload() {
    let folder = tempfile::Builder::new().prefix("mxward-mail-").tempdir().unwrap();
    let (mut postfix, apply) = scene(folder.path());
    let seen = folder.path().join("seen");
    let seen = seen.display();
    postfix.run(&format!(
        "read master <spool/pid/master.pid; until manager=$(pgrep -x qmgr -P $master); do sleep 0.1; done\n\
         kill -STOP $manager; {} >{seen}.out 2>&1 & apply=$!\n\
         until grep -q 'reload -- version' log; do sleep 0.1; done; sleep 1\n\
         postmap -q '[127.0.9.1]' hash:/etc/postfix/tls_policy >{seen}.before\n\
         kill -CONT $manager; wait $apply; echo $? >{seen}.status\n\
         postmap -q '[127.0.9.1]' hash:/etc/postfix/tls_policy >{seen}.after; : >{seen}",
        apply("new")
    ));
    let read =
        |ending: &str| std::fs::read_to_string(format!("{seen}{ending}")).unwrap_or_default();
    wait_for("apply", || Path::new(&format!("{seen}")).exists().then_some(()));
    assert_eq!(read(".status"), "0\n", "{}", read(".out"));
    assert_eq!(read(".before"), "secure match=.one.example\n", "{}", read(".out"));
    assert_eq!(read(".after"), "secure match=.two.example\n", "{}", read(".out"));
}

/// A delivery that began before its next hop changed hands may end its handshake after that; deliveries to
/// the new owner of the next hop would resume its TLS session, whatever name the policy asks for.
#[test]
fn a_session_of_a_delivery_under_way_is_not_resumed_for_the_next_owner_of_its_next_hop() {
    let folder = tempfile::Builder::new().prefix("mxward-mail-").tempdir().unwrap();
    let (mut postfix, apply) = scene(folder.path());
    let output = folder.path().join("output");
    let output = output.display();
    let send =
        |to: &str| format!("printf 'Subject: x\\n\\nx\\n' | sendmail -f '<>' {to}@{to}.example");
    // The server of `b` takes its time to greet.
    postfix.run(&format!(
        "{} >{output} 2>&1\n\
         postconf -e smtpd_delay_reject=no 'smtpd_client_restrictions=sleep 10'; postfix reload\n\
         {}; until grep -q 'smtpd.*: connect from' log; do sleep 0.1; done\n\
         postconf -e smtpd_client_restrictions=; {} >>{output} 2>&1\n\
         until grep -q ': to=<b' log; do sleep 0.1; done; {}",
        apply("new"),
        send("b"),
        apply("old"),
        send("a"),
    ));
    let log = postfix.wait(|log| times(log, ": to=<a") >= 1 && times(log, ": to=<b") >= 1);
    let said = std::fs::read_to_string(output.to_string()).unwrap();
    let (own, others) = (count(&log, 'b'), count(&log, 'a'));
    assert_eq!((own.sent, own.weak.len()), (1, 0), "{own:?}\n{said}");
    assert!(others.weak.is_empty(), "{others:?}\n{said}");
    assert!(said.contains(" Waiting for deliveries under way, 300 s at most\n"), "{said}");
}
