//! What DNS says, in four values: the same from our own validation and from a resolver that validates.

use super::lines;
use crate::lab::{Lab, Zone};
use mxward::answer::{Answer, MxRecord, Question, Reply};
use mxward::names::DomainName;
use mxward::world::system::System;
use mxward::world::{DnsProtocol, DnsServer, DnsSettings, DnsValidation, World as _};
use std::net::SocketAddr;

const DIGEST: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The same records for every zone.
pub(super) fn records() -> String {
    format!(
        "@ MX 20 mx2\n@ MX 10 mx\n\
         mx A 192.0.2.1\nmx A 192.0.2.2\nmx AAAA 2001:db8::1\nmx2 A 192.0.2.3\n\
         _25._tcp.mx TLSA 3 1 1 {DIGEST}\n_25._tcp.mx TLSA 1 1 1 {DIGEST}\n\
         _25._tcp.mx2 TLSA 0 1 1 {DIGEST}\n\
         alias CNAME mx2\nchain CNAME alias\nloop CNAME loop2\nloop2 CNAME loop\n\
         to-unsigned CNAME mx.unsigned.example.\nto-signed CNAME mx.signed.example.\n\
         to-nothing CNAME nothing\nto-nothing-signed CNAME nothing.signed.example.\n\
         null MX 0 .\nnumber MX 10 192.0.2.1.\nodd MX 10 a\\032b\n\
         *.wild A 192.0.2.9\n"
    )
}

fn question(text: &str) -> Question {
    let (kind, name) = text.split_once(' ').unwrap();
    let name = DomainName::parse(name).unwrap();
    match kind {
        "MX" => Question::Mx(name),
        "A" => Question::A(name),
        "AAAA" => Question::Aaaa(name),
        "TLSA" => Question::Tlsa(name, 25),
        _ => panic!("{text}"),
    }
}

pub(super) fn ask(settings: &DnsSettings, questions: &[&str]) -> Vec<String> {
    let questions: Vec<Question> = questions.iter().map(|text| question(text)).collect();
    let answers = System::new().dns(settings).unwrap().lookup(&questions).unwrap();
    answers.iter().map(shown).collect()
}

fn shown(answer: &Answer) -> String {
    match answer {
        Answer::Secure(reply) => format!("secure: {}", listed(reply)),
        Answer::ProvenAbsent => "proven absent".to_owned(),
        Answer::Insecure(reply) => format!("insecure: {}", listed(reply)),
        Answer::Unknown(reason) => format!("unknown: {reason}"),
    }
}

fn listed(reply: &Reply) -> String {
    let list: Vec<String> = match reply {
        Reply::Mx(list) => list
            .iter()
            .map(|MxRecord { preference, exchange }| {
                format!("{preference} {}", exchange.as_ref().map_or(".", DomainName::as_str))
            })
            .collect(),
        Reply::A(list) => list.iter().map(ToString::to_string).collect(),
        Reply::Aaaa(list) => list.iter().map(ToString::to_string).collect(),
        Reply::Tlsa(list) if list.is_empty() => Vec::new(),
        Reply::Tlsa(list) => {
            let usable = mxward::dane::usable(list).count();
            vec![format!("{usable} usable, {} not", list.len() - usable)]
        }
        Reply::Txt(list) => list.iter().map(|it| String::from_utf8_lossy(it).into()).collect(),
    };
    if list.is_empty() { "nothing".to_owned() } else { list.join(", ") }
}

fn settings(servers: &[SocketAddr], validation: DnsValidation) -> DnsSettings {
    let plain = |address: &SocketAddr| DnsServer {
        address: *address,
        protocol: DnsProtocol::Plain,
        tls_name: String::new(),
    };
    DnsSettings {
        servers: servers.iter().map(plain).collect(),
        trust_anchor: None,
        validation,
        timeout_ms: 0,
    }
}

pub(super) fn itself(lab: &Lab, servers: &[SocketAddr]) -> DnsSettings {
    DnsSettings { trust_anchor: Some(lab.anchor()), ..settings(servers, DnsValidation::Local) }
}

pub(super) fn trusting(servers: &[SocketAddr]) -> DnsSettings {
    settings(servers, DnsValidation::ResolverAd)
}

/// Asks both ways, and compares with lines of `QUESTION -> ANSWER`.
#[track_caller]
fn check_both(lab: &Lab, expected: &str) {
    let own = itself(lab, &[lab.plain()]);
    let trusting = trusting(&[lab.validating()]);
    check("our own validation", &own, expected);
    check("a resolver that validates", &trusting, expected);
}

#[track_caller]
pub(super) fn check(who: &str, settings: &DnsSettings, expected: &str) {
    let pairs = expected.lines().map(|line| line.split_once(" -> ").unwrap());
    let (questions, expected): (Vec<&str>, Vec<&str>) = pairs.unzip();
    let answers = ask(settings, &questions);
    let shown = |answers: &[&str]| {
        let pairs = questions.iter().zip(answers);
        lines(pairs.map(|(question, answer)| format!("{question} -> {answer}")))
    };
    let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
    crate::harness::assert_text(who, &shown(&answers), &shown(&expected));
}

const SIGNED: &str = "\
MX ZONE -> secure: 10 mx.ZONE, 20 mx2.ZONE
A mx.ZONE -> secure: 192.0.2.1, 192.0.2.2
AAAA mx.ZONE -> secure: 2001:db8::1
AAAA mx2.ZONE -> proven absent
TLSA mx.ZONE -> secure: 1 usable, 1 not
TLSA mx2.ZONE -> secure: 0 usable, 1 not
TLSA alias.ZONE -> proven absent
A alias.ZONE -> secure: 192.0.2.3
AAAA alias.ZONE -> proven absent
A chain.ZONE -> secure: 192.0.2.3
AAAA chain.ZONE -> proven absent
A to-unsigned.ZONE -> insecure: 192.0.2.1, 192.0.2.2
AAAA to-unsigned.ZONE -> insecure: 2001:db8::1
A to-signed.ZONE -> secure: 192.0.2.1, 192.0.2.2
A to-nothing.ZONE -> proven absent
A to-nothing-signed.ZONE -> proven absent
MX nothing.ZONE -> proven absent
A wild.ZONE -> proven absent
MX null.ZONE -> secure: 0 .
MX number.ZONE -> unknown: the MX host `192.0.2.1.` is no host name
MX odd.ZONE -> unknown: the MX host `a\\032b.ZONE.` is no host name
A loop.ZONE -> unknown: SERVFAIL";

/// [RFC 4033 §5; RFC 4035 §5.4]
#[test]
fn answers_of_zones_signed_with_nsec_are_secure_or_proven() {
    let lab = Lab::new([
        Zone::signed("signed.example", &records()),
        Zone::unsigned("unsigned.example", &records()),
    ]);
    check_both(&lab, &SIGNED.replace("ZONE", "signed.example"));
}

/// [RFC 5155 §8.4; RFC 5155 §8.8]
#[test]
fn answers_of_zones_signed_with_nsec3_are_secure_or_proven() {
    let lab = Lab::new([
        Zone::nsec3("nsec3.example", &records()),
        Zone::signed("signed.example", &records()),
        Zone::unsigned("unsigned.example", &records()),
    ]);
    check_both(&lab, &SIGNED.replace("ZONE", "nsec3.example"));
    check_both(
        &lab,
        "A x.wild.nsec3.example -> secure: 192.0.2.9\nAAAA x.wild.nsec3.example -> proven absent",
    );
}

/// Behind an unsigned alias nothing is secure, and no denial proven.
#[test]
fn answers_of_unsigned_zones_are_insecure_also_where_they_point_into_signed_ones() {
    let lab = Lab::new([
        Zone::signed("signed.example", &records()),
        Zone::unsigned("unsigned.example", &records()),
    ]);
    check_both(
        &lab,
        "\
MX unsigned.example -> insecure: 10 mx.unsigned.example, 20 mx2.unsigned.example
A mx.unsigned.example -> insecure: 192.0.2.1, 192.0.2.2
AAAA mx2.unsigned.example -> insecure: nothing
TLSA mx.unsigned.example -> insecure: 1 usable, 1 not
TLSA mx2.unsigned.example -> insecure: 0 usable, 1 not
A alias.unsigned.example -> insecure: 192.0.2.3
AAAA alias.unsigned.example -> insecure: nothing
A to-signed.unsigned.example -> insecure: 192.0.2.1, 192.0.2.2
A to-nothing.unsigned.example -> insecure: nothing
A to-nothing-signed.unsigned.example -> insecure: nothing
MX nothing.unsigned.example -> insecure: nothing
A x.wild.unsigned.example -> insecure: 192.0.2.9
MX null.unsigned.example -> insecure: 0 .",
    );
}

#[test]
fn wrong_and_expired_signatures_make_answers_unknown() {
    let lab = Lab::new([
        Zone::bogus("bogus.example", &records()),
        Zone::expired("expired.example", &records()),
    ]);
    let questions = "\
MX bogus.example -> unknown: WHY
A mx.bogus.example -> unknown: WHY
A alias.bogus.example -> unknown: WHY
A nothing.bogus.example -> unknown: WHY
TLSA mx.bogus.example -> unknown: WHY
MX expired.example -> unknown: WHY
AAAA mx2.expired.example -> unknown: WHY";
    let own = itself(&lab, &[lab.plain()]);
    let why = "the signatures do not validate";
    check("our own validation", &own, &questions.replace("WHY", why));
    let trusting = trusting(&[lab.validating()]);
    check("a resolver that validates", &trusting, &questions.replace("WHY", "SERVFAIL"));
}

/// Our own validation cannot follow the proof that NSEC gives for a wildcard. It errs towards bogus, and
/// the way out is a resolver that validates.
#[test]
fn wildcards_in_zones_with_nsec_need_a_resolver_that_validates() {
    let lab = Lab::new([Zone::signed("signed.example", &records())]);
    let own = itself(&lab, &[lab.plain()]);
    let question = "A x.wild.signed.example -> ";
    let bogus = format!("{question}unknown: the signatures do not validate");
    check("our own validation", &own, &bogus);
    let trusting = trusting(&[lab.validating()]);
    check("a resolver that validates", &trusting, &format!("{question}secure: 192.0.2.9"));
}

#[test]
fn more_than_64_records_are_unknown() {
    let many = lines((1..=65).map(|last| format!("mx A 192.0.2.{last}")));
    let lab = Lab::new([Zone::signed("signed.example", &many)]);
    check_both(&lab, "A mx.signed.example -> unknown: more than 64 records");
}

/// Once a zone is proven to be unsigned, each question costs one query, and aliases out of the zone are
/// followed with validation all the same.
#[test]
fn an_unsigned_zone_is_proven_once() {
    let records: String =
        (0..20).flat_map(|n| [format!("n{n} MX 10 mx"), "\n".to_owned()]).collect();
    let aliases =
        "b A 192.0.2.1\nto-bogus CNAME a.bogus.example.\nto-signed CNAME a.signed.example.\n";
    let lab = Lab::new([
        Zone::unsigned("unsigned.example", &format!("{records}{aliases}")),
        Zone::signed("signed.example", "a A 192.0.2.2\nb A 192.0.2.3\nc A 192.0.2.4"),
        Zone::bogus("bogus.example", "a A 192.0.2.5"),
    ]);
    let server = lab.plain();
    let fake = crate::lab::Fake::new(move |_| crate::lab::Act::Forward(server));
    let settings = itself(&lab, &[fake.address()]);
    let dns = System::new().dns(&settings).unwrap();
    let ask = |text: &str| shown(&dns.lookup(&[question(text)]).unwrap()[0]);
    for n in 0..20 {
        let expected = "insecure: 10 mx.unsigned.example";
        assert_eq!(ask(&format!("MX n{n}.unsigned.example")), expected);
    }
    assert_eq!(ask("A nothing.unsigned.example"), "insecure: nothing");
    assert_eq!(ask("AAAA b.unsigned.example"), "insecure: nothing");
    let asked = fake.asked();
    assert!(asked.len() < 40, "{}: {asked:?}", asked.len());
    // Out of the zone again.
    assert_eq!(ask("A to-signed.unsigned.example"), "insecure: 192.0.2.2");
    assert_eq!(ask("A to-bogus.unsigned.example"), "unknown: the signatures do not validate");
    assert_eq!(ask("A b.signed.example"), "secure: 192.0.2.3");
    assert_eq!(ask("A c.signed.example"), "secure: 192.0.2.4");
    assert_eq!(ask("A nothing.signed.example"), "proven absent");
}
