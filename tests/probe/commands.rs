//! `mxward probe`, `plan --probe` and `apply --probe`: what they say, and how they end.

use crate::harness::{Test, valid, wait_for};
use crate::lab::fresh_address;
use crate::servers::pki::{Identity, Wanted};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};

/// Servers, and the authority that most of their certificates are from; all ends with it.
pub(super) struct Servers {
    child: Child,
    addresses: Vec<SocketAddr>,
}

impl Servers {
    /// One for each of these, with files of the folder of `test`.
    fn start(test: &Test, servers: &[Value]) -> Self {
        let folder = test.path();
        let named = Wanted { names: &["mx.example"], ..Wanted::default() };
        let ca = Identity::self_signed(Wanted {
            common_name: "Test Root",
            authority: true,
            ..Wanted::default()
        });
        fs::write(folder.join("ca.pem"), ca.pem()).unwrap();
        ca.issue(named).write(&folder.join("good"), &[]);
        Identity::self_signed(named).write(&folder.join("self"), &[]);
        ca.issue(Wanted { until: 5, ..named }).write(&folder.join("old"), &[]);
        let mut addresses = Vec::new();
        let mut list = Vec::new();
        for (at, server) in (0..).zip(servers) {
            let mut address = fresh_address();
            if let IpAddr::V4(ip) = address.ip() {
                // Each has an address of its own: one is spoken with by one at a time.
                let [first, second, third, fourth] = ip.octets();
                address.set_ip(Ipv4Addr::new(first, second + 64 * at, third, fourth).into());
            }
            let Value::Object(mut server) = server.clone() else { panic!("{server}") };
            server.insert("address".to_owned(), json!(address.ip()));
            server.insert("port".to_owned(), json!(address.port()));
            list.push(server);
            addresses.push(address);
        }
        fs::write(folder.join("servers.json"), json!(list).to_string()).unwrap();
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "python3"])
            .arg(crate::servers::program())
            .args(["servers.json", "ready"])
            .current_dir(folder)
            .env("PATH", crate::harness::path())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        wait_for("the servers", || folder.join("ready").exists().then_some(()));
        Self { child, addresses }
    }

    fn next_hop(&self, at: usize) -> String {
        let address = self.addresses[at];
        format!("[{}]:{}", address.ip(), address.port())
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// A repository in which `dN.example` is sent to the server N, and must show a certificate.
pub(super) fn repository(servers: &[Value], more: &str) -> (Test, Servers) {
    let test = Test::new();
    let started = Servers::start(&test, servers);
    let mut domains = String::new();
    for at in 0..servers.len() {
        let next_hop = started.next_hop(at);
        writeln!(
            domains,
            "  d{at}.example: {{ next_hop: \"{next_hop}\", level: secure, match: [mx.example] }}"
        )
        .unwrap();
    }
    let folder = test.path().to_owned();
    let test = test.file(
        "mxward.yaml",
        format!(
            "version: 1\nlock: {{ allow_addresses: [127.0.0.0/8] }}\ntargets:\n  mx: {{ postfix: \"3.7\", \
             security_level: may, map_type: texthash, ca: {}/ca.pem, deployed: \"file:maps\"{more} }}\n\
             domains:\n{domains}",
            folder.display()
        ),
    );
    fs::create_dir(test.path().join("maps")).unwrap();
    (test, started)
}

pub(super) fn good() -> Value {
    json!({ "certificate": "good" })
}

pub(super) fn self_signed() -> Value {
    json!({ "certificate": "self" })
}

const HELO: [&str; 2] = ["--helo", "client.example"];

#[test]
fn servers_that_satisfy_their_policies_are_one_line_each_and_the_status_is_0() {
    let (test, servers) = repository(&[good()], "");
    let ran = test.args(["probe"]).args(HELO).any_stdout().any_stderr().run();
    let ok = format!("ok {}  Verified TLS connection established to ", servers.next_hop(0));
    assert!(ran.stdout.contains(&ok), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("mx  1 next hop: 1 well\n"), "{}", ran.stdout);
}

#[test]
fn a_server_that_fails_its_domains_is_told_in_words_of_postfix_and_the_status_is_3() {
    let (test, servers) = repository(&[good(), self_signed()], "");
    let args =
        ["probe", "--report", "text", "--report", "json=out.json", "--report", "markdown=out.md"];
    let args = args.into_iter().chain(["--report", "sarif=out.sarif"]).chain(HELO);
    let ran = test.args(args).any_stdout().any_stderr().status(3).run();
    let joined = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in [
        &format!("fails {} secure match=mx.example", servers.next_hop(1)),
        "would defer: Server certificate not verified",
        ": self-signed certificate",
        "next hop of 1 domain: d1.example",
        "mx 2 next hops: 1 failing, 1 well",
    ] {
        assert!(joined.contains(part), "{part}\n{}", ran.stdout);
    }
    valid("probe-report", &ran.read("out.json"));
    let report: Value = serde_json::from_str(&ran.read("out.json")).unwrap();
    assert_eq!(report["exit"]["status"], 3);
    let hops = &report["targets"][0]["next_hops"];
    assert_eq!((&hops[0]["does"], &hops[1]["does"]), (&json!("delivers"), &json!("defers")));
    assert_eq!(hops[1]["stranded"], json!(["d1.example"]));
    assert_eq!(hops[0]["servers"][0]["tls"]["path"][1]["subject"], "/O=Test/CN=Test Root");
    assert!(ran.read("out.md").contains("Server certificate not verified"));
    assert!(ran.read("out.sarif").contains("probe/fails"));
}

#[test]
fn only_what_is_named_is_probed() {
    let (test, _servers) = repository(&[good(), self_signed()], "");
    let ran = test.args(["probe", "--domain", "d0.example"]).args(HELO).any_stdout().any_stderr();
    assert!(ran.run().stdout.ends_with("mx  1 next hop: 1 well\n"));
}

#[test]
fn a_certificate_that_expires_soon_is_a_warning() {
    let (test, _servers) = repository(&[json!({ "certificate": "old" })], "");
    let ran = test.args(["probe"]).args(HELO).any_stdout().any_stderr().run();
    assert!(
        ran.stdout.contains("warning [") && ran.stdout.contains("expires in 5 days"),
        "{}",
        ran.stdout
    );
}

#[test]
fn without_a_ca_file_nobody_is_trusted_and_that_is_told() {
    let (test, _servers) = repository(&[good()], "");
    let yaml = fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    let ca = format!("ca: {}/ca.pem, ", test.path().display());
    let test = test.file("mxward.yaml", yaml.replace(&ca, ""));
    let ran = test.args(["probe"]).args(HELO).any_stdout().any_stderr().status(3).run();
    assert!(ran.stdout.contains("the target names no `ca`"), "{}", ran.stdout);
    let joined = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(joined.contains("untrusted issuer /O=Test/CN=Test Root"), "{}", ran.stdout);
}

#[test]
fn a_ca_file_that_is_not_there_is_an_error() {
    let (test, _servers) = repository(&[good()], "");
    fs::remove_file(test.path().join("ca.pem")).unwrap();
    let file = format!("{}/ca.pem", test.path().display());
    let message =
        format!("error: target `mx`: cannot read the CA file `{file}`: there is no such file\n");
    test.args(["probe"]).args(HELO).stderr(message).status(1).run();
}

#[test]
fn addresses_that_lead_inside_are_not_connected_to() {
    let (test, _servers) = repository(&[good()], "");
    let yaml = fs::read_to_string(test.path().join("mxward.yaml")).unwrap();
    let test =
        test.file("mxward.yaml", yaml.replace("lock: { allow_addresses: [127.0.0.0/8] }\n", ""));
    let ran = test.args(["probe"]).args(HELO).any_stdout().any_stderr().run();
    let joined = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        joined.contains("is loopback [RFC 1122 §3.2.1.3]; `lock.allow_addresses`"),
        "{}",
        ran.stdout
    );
}

#[test]
fn offline_opens_no_connection() {
    let (test, _servers) = repository(&[good()], "");
    let message = "error: servers are connected to, which `--offline` and `--frozen` forbid\n";
    test.args(["probe", "--offline"]).stderr(message).status(64).run();
}

#[test]
fn when_the_time_is_over_what_was_found_is_told() {
    let (test, _servers) = repository(&[json!({ "greeting": "hang" }), good()], "");
    let args = ["probe", "--deadline", "2", "--timeout", "60"];
    let ran = test.args(args).args(HELO).any_stdout().any_stderr().status(1).run();
    assert!(
        ran.stderr.contains("the time of --deadline is over: 1 next hop not probed"),
        "{}",
        ran.stderr
    );
    assert!(ran.stdout.contains("1 well, 1 not probed"), "{}", ran.stdout);
}

#[test]
fn what_a_server_says_does_not_reach_the_terminal_as_it_is() {
    let greeting = "554 \u{1b}]0;title\u{7}\u{1b}[31mred \u{202e}txet";
    let (test, _servers) = repository(&[json!({ "greeting": greeting })], "");
    let ran = test.args(["probe"]).args(HELO).any_stdout().any_stderr().status(3).run();
    assert!(ran.stdout.contains("\\u{1b}]0;title"), "{}", ran.stdout);
    assert!(!ran.stdout.contains(['\u{1b}', '\u{7}', '\u{202e}']));
}

#[test]
fn a_plan_is_refused_when_servers_would_not_take_the_mail() {
    let (test, _servers) = repository(&[good(), self_signed()], "");
    let args = ["plan", "--probe", "--report", "text", "--report", "json=out.json"];
    let ran = test.args(args).any_stdout().any_stderr().status(5).run();
    valid("plan-report", &ran.read("out.json"));
    let joined = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let message = "refused: target mx: the servers of 1 next hop would not take mail: `[127.";
    assert!(joined.contains(message), "{}", ran.stdout);
    assert!(joined.contains("if that is meant: --allow probe=1"), "{}", ran.stdout);
    let again = |args: &[&str]| ran.then().args(args.iter().copied()).any_stdout().any_stderr();
    again(&["apply", "--probe"]).status(5).run();
    assert!(!ran.path().join("maps/tls_policy").exists());
    again(&["plan", "--probe", "--allow", "probe=1"]).run();
    again(&["apply", "--probe", "--allow", "probe=1"]).run();
    assert!(ran.path().join("maps/tls_policy").exists());
    // Nothing changes any more, and so nothing is probed.
    let ran = ran.then().args(["probe", "--changed"]).args(HELO).any_stdout().any_stderr().run();
    assert!(ran.stdout.ends_with("mx  0 next hops\n"), "{}", ran.stdout);
}

#[test]
fn protect_yaml_can_demand_a_probe() {
    let (test, _servers) = repository(&[good()], "");
    let test = test.file("protect.yaml", "version: 1\nprobe: true\n");
    let ran = test.args(["apply"]).any_stdout().any_stderr().status(5).run();
    let joined = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        joined.contains("protect.yaml wants the servers of what changes to be probed"),
        "{joined}"
    );
    let ran = ran.then().args(["apply", "--probe"]).any_stdout().any_stderr().run();
    assert!(ran.stdout.contains("ok ["), "{}", ran.stdout);
}
