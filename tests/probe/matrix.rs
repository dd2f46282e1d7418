//! All cases at once: mxward probes and Postfix delivers in one namespace, with the same maps.

use super::case::{Case, Hop};
use super::cases::cases;
use crate::harness::{Test, valid};
use crate::lab::{Lab, Zone};
use crate::postfix::instance::{Instance, Logged, Setup};
use crate::servers::pki::{Identity, Wanted};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// All certificates, and the folder with their files.
pub(super) struct Identities {
    list: BTreeMap<&'static str, Identity>,
    folder: String,
}

impl Identities {
    pub(super) fn get(&self, name: &str) -> &Identity {
        &self.list[name]
    }

    pub(super) fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.folder)
    }

    /// Makes them, with a file of key and chain for each server.
    fn make(folder: &Path) -> Self {
        let named = |name| Wanted { common_name: name, ..Wanted::default() };
        let root = |name| Identity::self_signed(Wanted { authority: true, ..named(name) });
        let mx = Wanted { names: &["mx.test"], ..Wanted::default() };
        let (ca, lost, ta) = (root("Test Root"), root("Lost Root"), root("Anchor of the domain"));
        let authority = Wanted { authority: true, ..named("Test Intermediate") };
        let middle = ca.issue(authority);
        let old = ca.issue(Wanted { from: -20, until: -2, ..authority });
        let no_authority = ca.issue(named("No authority"));
        let expired = Wanted { from: -20, until: -2, ..mx };
        let below = Wanted { names: &["*.signed.test"], ..Wanted::default() };
        let mut list = BTreeMap::new();
        let mut add = |name: &'static str, identity: Identity, others: &[&Identity]| {
            identity.write(&folder.join(name), others);
            list.insert(name, identity);
        };
        add("good", ca.issue(mx), &[]);
        add("self", Identity::self_signed(mx), &[]);
        add("expired", ca.issue(expired), &[]);
        add("expired-other", ca.issue(Wanted { names: &["other.test"], ..expired }), &[]);
        add("future", ca.issue(Wanted { from: 5, ..mx }), &[]);
        add("chain", middle.issue(mx), &[&middle]);
        add("missing", middle.issue(mx), &[]);
        add("old-chain", old.issue(mx), &[&old]);
        add("lost", lost.issue(mx), &[]);
        add("lost-sent", lost.issue(mx), &[&lost]);
        add("client", ca.issue(Wanted { client: true, ..mx }), &[]);
        add("no-authority", no_authority.issue(mx), &[&no_authority]);
        add("weak", ca.issue(Wanted { rsa: Some(768), ..mx }), &[]);
        add("wildcard", ca.issue(Wanted { names: &["*.mail.test"], ..mx }), &[]);
        add("common", ca.issue(named("mx.test")), &[]);
        add("common-beside", ca.issue(Wanted { names: &["other.test"], ..named("mx.test") }), &[]);
        add("mx", ca.issue(Wanted { names: &["*.unsigned.test"], ..mx }), &[]);
        add("named", ca.issue(below), &[]);
        add("ta-leaf", ta.issue(below), &[&ta]);
        add("ta-leaf-alone", ta.issue(below), &[]);
        add("ta-other", ta.issue(mx), &[&ta]);
        add("ta-expired", ta.issue(Wanted { from: -20, until: -2, ..below }), &[&ta]);
        fs::write(folder.join("ca.pem"), ca.pem()).unwrap();
        fs::write(folder.join("lost-root.pem"), lost.pem()).unwrap();
        fs::write(folder.join("lost-root.key"), lost.key_pem()).unwrap();
        fs::write(folder.join("self.pem"), list["self"].pem()).unwrap();
        list.extend([("ca", ca), ("ta", ta)]);
        Self { list, folder: folder.display().to_string() }
    }
}

/// A case with its place.
struct Placed {
    case: Case,
    address: String,
    next_hop: String,
}

fn place(number: usize, case: Case) -> Placed {
    let address = match case.hop {
        Hop::Address6 => "::1".to_owned(),
        Hop::Address | Hop::Host(_) | Hop::Domain(_) | Hop::Text(_) => {
            format!("127.3.{}.{}", number / 200, number % 200 + 1)
        }
    };
    let next_hop = match case.hop {
        Hop::Address | Hop::Address6 => format!("[{address}]"),
        Hop::Host(zone) => format!("[mx{number}.{zone}]"),
        Hop::Domain(zone) => format!("c{number}.{zone}"),
        Hop::Text(text) => filled(text, number, &address),
    };
    Placed { case, address, next_hop }
}

/// Puts the number of the case for a capital N in names, and its address for `ADDRESS`.
fn filled(text: &str, number: usize, address: &str) -> String {
    let numbered = |word: &str| match word {
        "MX" | "TLSA" | "CNAME" | "ADDRESS" | "A" | "AAAA" => word.replace("ADDRESS", address),
        _ => word.replace('N', &number.to_string()).replace("ADDRESS", address),
    };
    text.split(' ').map(numbered).collect::<Vec<_>>().join(" ")
}

fn zones(placed: &[Placed]) -> Vec<Zone> {
    let mut records: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let zone_of = |name: &str| {
        ["signed.test", "unsigned.test", "bogus.test"].into_iter().find(|zone| {
            name.strip_suffix(zone).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    };
    let mut add = |line: String| {
        let (name, rest) = line.split_once(' ').unwrap();
        let zone = zone_of(name).unwrap();
        records.entry(zone).or_default().insert(format!("{name}. {rest}"));
    };
    for (number, Placed { case, address, .. }) in placed.iter().enumerate() {
        let zone = match case.hop {
            Hop::Host(zone) | Hop::Domain(zone) => Some(zone),
            Hop::Text(_) if !case.tlsa.is_empty() || case.records.contains("mxN.signed") => {
                Some("signed.test")
            }
            Hop::Text(_) | Hop::Address | Hop::Address6 => None,
        };
        if let Some(zone) = zone {
            add(format!("mx{number}.{zone} A {address}"));
            add(format!("c{number}.{zone} MX 10 mx{number}.{zone}."));
            for record in &case.tlsa {
                add(format!("_25._tcp.mx{number}.{zone} TLSA {record}"));
            }
        }
        for line in case.records.split('|').filter(|it| !it.is_empty()) {
            add(filled(line, number, address));
        }
    }
    add("x.bogus.test MX 10 mx.bogus.test.".to_owned());
    add("mx.bogus.test A 127.9.9.9".to_owned());
    let text = |zone: &str| records[zone].iter().fold(String::new(), |text, it| text + it + "\n");
    vec![
        Zone::signed("signed.test", &text("signed.test")),
        Zone::unsigned("unsigned.test", &text("unsigned.test")),
        Zone::bogus("bogus.test", &text("bogus.test")),
    ]
}

fn servers(placed: &[Placed], known: &Identities) -> Value {
    let mut list = Vec::new();
    for (number, Placed { case, address, .. }) in placed.iter().enumerate() {
        let Some(Value::Object(mut server)) = case.server.clone() else { continue };
        server.insert("address".to_owned(), address.as_str().into());
        server.entry("port").or_insert_with(|| json!(25));
        if let Some(Value::String(file)) = server.get("certificate") {
            let path = known.path(file);
            server.insert("certificate".to_owned(), path.into());
        }
        if let Some(Value::Object(names)) = server.get("names") {
            let names = names.iter().map(|(name, file)| {
                (name.replace('N', &number.to_string()), known.path(file.as_str().unwrap()).into())
            });
            let names = Value::Object(names.collect());
            server.insert("names".to_owned(), names);
        }
        list.push(Value::Object(server));
    }
    Value::Array(list)
}

fn repository(placed: &[Placed], known: &Identities) -> String {
    let mut text = format!(
        "version: 1\nlock: {{ allow_addresses: [127.0.0.0/8, \"::1/128\"] }}\ntargets:\n  mx:\n    \
         postfix: 3.7.11\n    security_level: dane\n    map_type: hash\n    ca: {}\n    \
         address_families: [ipv4, ipv6]\ndomains:\n",
        known.path("ca.pem")
    );
    for (number, Placed { case, next_hop, .. }) in placed.iter().enumerate() {
        writeln!(text, "  d{number}.example: {{ next_hop: \"{next_hop}\", {} }}", case.policy)
            .unwrap();
    }
    text
}

/// Postfix and all servers in one namespace.
fn start(placed: &[Placed], known: &Identities, lab: &Lab, maps: [String; 2]) -> Instance {
    let [transport, tls_policy] = maps;
    Setup::new()
        .parameter("inet_protocols", "all")
        // Its own addresses are no others' servers.
        .parameter("inet_interfaces", "127.0.0.1")
        .parameter("smtp_tls_security_level", "dane")
        .parameter("smtp_dns_support_level", "dnssec")
        .parameter("smtp_tls_fingerprint_digest", "sha256")
        .parameter("smtp_tls_CAfile", &known.path("ca.pem"))
        .parameter("smtp_connect_timeout", "3s")
        .parameter("smtp_helo_timeout", "3s")
        .parameter("smtp_starttls_timeout", "3s")
        .parameter("smtp_per_request_deadline", "yes")
        .file("transport", transport)
        .file("tls_policy", tls_policy)
        .signed_dns(lab)
        .servers(&servers(placed, known))
        .start()
}

/// What Postfix did: the status, the words, and how it called the connection.
fn postfix_did(logged: &Logged) -> (String, String, Option<String>) {
    let last = logged.lines.iter().rfind(|it| it.contains(": to=<")).map_or("", String::as_str);
    let status = last.split("status=").nth(1).unwrap_or("").split(' ').next().unwrap_or("");
    let connection = logged.lines.iter().rfind(|it| it.contains(" TLS connection established to "));
    (status.to_owned(), logged.end.clone(), connection.cloned())
}

/// What is wrong with a case, by what mxward says and by what Postfix does.
fn compare(placed: &Placed, hop: &Value, logged: &Logged) -> Vec<String> {
    let Placed { case, .. } = placed;
    let mut wrong = Vec::new();
    let does = hop["does"].as_str().unwrap_or_default();
    let servers = hop["servers"].as_array().unwrap();
    let told = servers.iter().find(|it| it["does"] == does).unwrap_or_else(|| &hop["problem"]);
    let list = |name: &str| -> Vec<String> {
        let list = told[name].as_array().into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (text, log) = (told["text"].as_str().unwrap_or_default(), list("log"));
    if does != case.does {
        wrong.push(format!("mxward: {does}, not {}", case.does));
    }
    let says = |it: &str| it.contains(case.says);
    if !says(text) && !log.iter().any(|it| says(it)) {
        wrong.push(format!("mxward does not say `{}`", case.says));
    }
    if !list("notes").iter().any(|it| it.contains(case.notes)) && !case.notes.is_empty() {
        wrong.push(format!("mxward does not note `{}`", case.notes));
    }
    let (status, end, connection) = postfix_did(logged);
    let expected = match does {
        "delivers" | "delivers-in-clear" => "sent",
        "defers" | "defers-then-clear" => "deferred",
        "bounces" => "bounced",
        _ => "",
    };
    if status != expected {
        wrong.push(format!("Postfix: {status}, not {expected}"));
    }
    if expected != "sent"
        && !text.starts_with("Host or domain")
        && end != text.trim_end_matches(')')
    {
        wrong.push(format!("Postfix says `{end}`, mxward `{text}`"));
    }
    // All that mxward says would be in the log is there, letter by letter.
    for line in &log {
        if !logged.lines.iter().any(|it| it.starts_with(line.as_str())) {
            wrong.push(format!("not in the log: {line}"));
        }
    }
    let word = log.iter().find(|it| it.contains(" TLS connection established to "));
    if word.is_some() != connection.is_some() {
        wrong.push(format!("mxward: {word:?}, Postfix: {connection:?}"));
    }
    if !wrong.is_empty() {
        wrong.push(format!("{hop:#}\n{:#?}", logged.lines));
    }
    wrong
}

/// [Postfix smtp(8); RFC 7672; OpenSSL `SSL_dane_enable(3)`]
#[test]
fn verdicts_are_those_of_postfix() {
    let files = tempfile::Builder::new().prefix("mxward-probe-").tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(files.path(), open).unwrap();
    let known = Identities::make(files.path());
    let placed: Vec<Placed> =
        cases(&known).into_iter().enumerate().map(|(number, case)| place(number, case)).collect();
    let names: BTreeSet<&str> = placed.iter().map(|it| it.case.name).collect();
    assert!(names.len() == placed.len() && names.len() > 100, "{}", names.len());
    let ran = Test::new()
        .file("mxward.yaml", repository(&placed, &known))
        .args(["compile", "--frozen", "--out", "out"])
        .any_stderr()
        .run();
    let maps = ["out/mx/transport", "out/mx/tls_policy"].map(|it| ran.read(it));
    let lab = Lab::new(zones(&placed));
    let mut postfix = start(&placed, &known, &lab, maps);
    let program = env!("CARGO_BIN_EXE_mxward");
    let probe = postfix.begin(&format!(
        "{program} -C {} probe --timeout 3 --helo client.example --dns-server 127.0.0.1:53 \
         --dns-validation resolver --report json={}",
        ran.path().display(),
        known.path("report.json")
    ));
    let recipients: Vec<String> = (0..placed.len()).map(|it| format!("u@d{it}.example")).collect();
    let logged = postfix.deliver(&recipients);
    let ended = postfix.ended(&probe);
    assert_eq!(ended.status, 3, "{}", ended.stderr);
    let report = fs::read_to_string(known.path("report.json")).unwrap();
    valid("probe-report", &report);
    let report: Value = serde_json::from_str(&report).unwrap();
    let hops = report["targets"][0]["next_hops"].as_array().unwrap();
    let mut wrong = Vec::new();
    for (number, (placed, logged)) in placed.iter().zip(&logged).enumerate() {
        let recipient = format!("d{number}.example");
        let mine = |hop: &&Value| hop["recipients"].as_array().unwrap().contains(&json!(recipient));
        let found = match hops.iter().find(mine) {
            Some(hop) => compare(placed, hop, logged),
            None => vec![format!("mxward says nothing of {}", placed.next_hop)],
        };
        if !found.is_empty() {
            wrong.push(format!("== {}: {}", placed.case.name, found.join("\n   ")));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), placed.len(), wrong.join("\n"));
}
