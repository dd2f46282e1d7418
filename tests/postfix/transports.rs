//! Transport results: what smtp(8) takes, and what ends it.

use super::instance::{Logged, Setup};
use super::tools::version;
use mxward::postfix::Transport;
use std::fmt::Write as _;

/// Sends one mail by each result; `RESULT` is what stands behind the name of the service.
fn deliver(results: &[&str]) -> Vec<Logged> {
    let mut setup = Setup::new().dns(&[]).file("tls_policy", "");
    let (mut transport, mut recipients) = (String::new(), Vec::new());
    for (at, result) in results.iter().enumerate() {
        setup = setup.service(&format!("p{at} unix - - n - 1 smtp -o max_use=1"));
        writeln!(transport, "d{at}.example p{at}:{result}").unwrap();
        recipients.push(format!("u@d{at}.example"));
    }
    setup.file("transport", transport).start().deliver(&recipients)
}

fn ends_smtp(logged: &Logged) -> bool {
    logged.end.ends_with("socket: malformed response")
}

/// A process that dies leaves the mail without a word about its recipient, and master(8) starts no other
/// one for a minute. [Postfix `smtp_connect.c` `smtp_parse_destination`, `host_port.c`; transport(5)]
#[test]
fn next_hops_end_smtp_exactly_where_mxward_says_so() {
    let long = format!("[{}.example]", "a".repeat(63));
    let too_long = format!("[{}.example]", "a".repeat(64));
    let results = [
        // What is taken.
        "",
        ",",
        " , ",
        "mx.example",
        "MX.Example",
        "mx.example:25",
        "mx.example:smtp",
        "mx.example:",
        "[mx.example]",
        "[mx.example]:",
        "[mx.example]:25",
        "[mx.example]:2525",
        "[mx.example]:smtp",
        "[mx.example]:submission",
        "[127.0.9.9]",
        "[127.0.9.9]:25",
        "127.0.9.9",
        "127.0.9.9:25",
        "[::1]",
        "[IPv6:::1]",
        "[ipv6:::1]:25",
        "[IPV6:2001:db8::1]",
        "[2001:DB8::1]:2525",
        "[_mx.example]",
        "_dmarc.mx_1.example",
        "mx",
        "[mx]",
        "[mx.example]:00025",
        "[mx.example]:65535",
        &long,
        "[xn--a.example]",
        "xn--a.example",
        "[a.123]",
        "[1mx.example]",
        "[12.34.56.78x]",
        "[ü.example]",
        "ü.example",
        "[XN--MNCHEN-3YA.example]",
        // Lists.
        "[a.example],[b.example]",
        "[a.example], [b.example]",
        "[a.example] [b.example]",
        "[a.example]\t,[b.example],",
        ",[a.example]",
        "a.example,b.example:2525,[127.0.9.9]",
        // What ends it.
        "[mx.example.]",
        "mx.example.",
        "[mx.example",
        "mx.example]",
        "[mx.example]x",
        "[mx.example]25",
        "[*.example]",
        "*.example",
        ".example",
        "[.example]",
        "[-a.example]",
        "[a-.example]",
        "-a.example",
        "[a..example]",
        "a..example",
        "[1.2.3]",
        "1.2.3",
        "[123]",
        "123",
        "[127.0.9.256]",
        "[fe80::1%eth0]",
        "[IPv6:127.0.9.9]",
        "[IPv6:mx.example]",
        "2001:db8::1",
        "[mx.example]:25x",
        "[mx.example]:0",
        "[mx.example]:65536",
        "[mx.example]:99999999999",
        "[mx.example]:nosuchservice",
        "[mx.example]:-1",
        "[mx.example]:+25",
        "[]",
        "[]:25",
        ":25",
        "[",
        "]",
        &too_long,
        "[a b]",
        "#",
        "[mx.example] # comment",
        "[a.example],smtp:[b.example]",
        "smtp:[b.example]",
        "inet:mx.example",
        "[a.example],b.example.",
        "[ü..example]",
        "[mx.example];25",
        "<mx.example>",
        "u@mx.example",
        "[u@mx.example]",
        "mx.example/25",
        "[mx.example:25]",
        "mx.example:25:25",
        "[[mx.example]]",
    ];
    let mut wrong = Vec::new();
    for (result, logged) in results.iter().zip(deliver(&results)) {
        let parsed = Transport::parse_as_postfix(&format!("smtp:{result}"), version());
        if parsed.is_err() != ends_smtp(&logged) {
            wrong.push(format!("{result:?}: mxward says {parsed:?}, Postfix {logged:#?}"));
        }
        // What may be written is among what is taken.
        if Transport::parse(&format!("smtp:{result}"), version()).is_ok() && ends_smtp(&logged) {
            wrong.push(format!("{result:?} would be written"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), results.len(), wrong.join("\n"));
}

/// [transport(5)]
#[test]
fn a_result_that_names_no_service_of_master_cf_delivers_nothing() {
    let transport = "d0.example smtp\nd1.example SMTP:[127.0.9.9]\nd2.example [127.0.9.9]\n\
                     d3.example smpt:[127.0.9.9]\nd4.example smtp:[127.0.9.9]\nd5.example error:no mail\n";
    let recipients: Vec<String> = (0..6).map(|at| format!("u@d{at}.example")).collect();
    let setup = Setup::new().dns(&[]).file("tls_policy", "").file("transport", transport);
    let ends: Vec<String> =
        setup.start().deliver(&recipients).into_iter().map(|logged| logged.end).collect();
    assert_eq!(ends[0], "connect to d0.example[127.0.9.9]:25: Connection refused");
    for end in &ends[1..4] {
        assert_eq!(end, "mail transport unavailable");
    }
    assert_eq!(ends[4], "connect to 127.0.9.9[127.0.9.9]:25: Connection refused");
    assert_eq!(ends[5], "no mail");
}
