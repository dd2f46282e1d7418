//! What DNS says, in four values: the same from our own validation and from a resolver that validates.

use crate::lab::{Act, Asked, Fake, Lab, Zone};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::rdata::{A, CNAME};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use mxward::answer::{Answer, MxRecord, Question, Reply};
use mxward::names::DomainName;
use mxward::world::system::System;
use mxward::world::{DnsProtocol, DnsServer, DnsSettings, DnsValidation, World as _};
use std::net::SocketAddr;

const DIGEST: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The same records for every zone.
fn records() -> String {
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
        "TLSA" => Question::Tlsa(name),
        _ => panic!("{text}"),
    }
}

fn ask(settings: &DnsSettings, questions: &[&str]) -> Vec<String> {
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
        Reply::Tlsa { usable: 0, unusable: 0 } => Vec::new(),
        Reply::Tlsa { usable, unusable } => vec![format!("{usable} usable, {unusable} not")],
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

fn itself(lab: &Lab, servers: &[SocketAddr]) -> DnsSettings {
    DnsSettings { trust_anchor: Some(lab.anchor()), ..settings(servers, DnsValidation::Local) }
}

fn trusting(servers: &[SocketAddr]) -> DnsSettings {
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
fn check(who: &str, settings: &DnsSettings, expected: &str) {
    let pairs = expected.lines().map(|line| line.split_once(" -> ").unwrap());
    let (questions, expected): (Vec<&str>, Vec<&str>) = pairs.unzip();
    let answers = ask(settings, &questions);
    let lines = |answers: &[&str]| {
        let lines = questions.iter().zip(answers);
        lines.map(|(question, answer)| format!("{question} -> {answer}\n")).collect::<String>()
    };
    let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
    crate::harness::assert_text(who, &lines(&answers), &lines(&expected));
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

fn two_zones() -> Lab {
    Lab::new([
        Zone::signed("signed.example", &records()),
        Zone::unsigned("unsigned.example", &records()),
    ])
}

/// Behind a server that treats the names of mail hosts as `act` says and passes all else on.
fn behind(lab: &Lab, act: impl Fn(&Asked) -> Option<Act> + Send + Sync + 'static) -> Fake {
    let server = lab.plain();
    Fake::new(move |asked| act(asked).unwrap_or(Act::Forward(server)))
}

fn of_mx(asked: &Asked) -> bool {
    asked.name.starts_with("mx.") && matches!(asked.kind, RecordType::A | RecordType::CNAME)
}

fn address(of: &str, last: u8) -> Record {
    let name = Name::from_ascii(of).unwrap();
    Record::from_rdata(name, 60, RData::A(A::new(192, 0, 2, last)))
}

const BOTH: &str = "A mx.signed.example -> SIGNED\nA mx.unsigned.example -> UNSIGNED";

fn both(signed: &str, unsigned: &str) -> String {
    BOTH.replace("UNSIGNED", unsigned).replace("SIGNED", signed)
}

/// Denials that anybody can send prove nothing: of a signed zone they are bogus. [RFC 4035 §5.4]
#[test]
fn denials_without_signatures_are_unknown_where_the_zone_is_signed() {
    let lab = two_zones();
    for code in [ResponseCode::NXDomain, ResponseCode::NoError] {
        let fake = behind(&lab, move |asked| of_mx(asked).then_some(Act::Code(code)));
        let own = itself(&lab, &[fake.address()]);
        let expected = both("unknown: the signatures do not validate", "insecure: nothing");
        check(&format!("{code}"), &own, &expected);
    }
}

/// A signed SOA record of the root is easily had, and stands in every denial of the root.
#[test]
fn a_signed_record_of_a_zone_above_does_not_prove_a_denial() {
    let lab = two_zones();
    let server = lab.plain();
    let fake = behind(&lab, move |asked| {
        of_mx(asked).then(|| Act::DeniedBy(server, Name::root(), RecordType::SOA))
    });
    let own = itself(&lab, &[fake.address()]);
    let expected = both("unknown: the signatures do not validate", "insecure: nothing");
    check("a replayed SOA", &own, &expected);
}

/// Records that were not asked for do not become addresses of the host.
#[test]
fn strangers_in_an_answer_are_passed_over() {
    let lab = two_zones();
    let fake = behind(&lab, |asked| {
        let stranger = address("stranger.unsigned.example.", 66);
        let wanted = address("mx.unsigned.example.", 1);
        (of_mx(asked) && asked.name == "mx.unsigned.example")
            .then(|| Act::Records(vec![stranger, wanted]))
    });
    let own = itself(&lab, &[fake.address()]);
    check("our own validation", &own, "A mx.unsigned.example -> insecure: 192.0.2.1");
}

#[test]
fn error_codes_are_unknown_and_named() {
    let lab = two_zones();
    for (code, name) in [
        (ResponseCode::ServFail, "SERVFAIL"),
        (ResponseCode::Refused, "REFUSED"),
        (ResponseCode::NotImp, "NOTIMP"),
        (ResponseCode::FormErr, "FORMERR"),
    ] {
        let fake = behind(&lab, move |asked| of_mx(asked).then_some(Act::Code(code)));
        let own = itself(&lab, &[fake.address()]);
        let unknown = format!("unknown: {name}");
        check(name, &own, &both(&unknown, &unknown));
        let asked = fake.asked().into_iter().filter(|it| it.name == "mx.signed.example").count();
        assert_eq!(asked, 3, "{name} is asked for three times");
    }
}

#[test]
fn silence_is_unknown_after_the_deadline_and_not_bogus() {
    let lab = two_zones();
    let quick = |settings| DnsSettings { timeout_ms: 600, ..settings };
    let unknown = both("unknown: no answer in time", "unknown: no answer in time");
    let fake = behind(&lab, |asked| of_mx(asked).then_some(Act::Silence));
    check("our own validation", &quick(itself(&lab, &[fake.address()])), &unknown);
    let server = lab.validating();
    let fake =
        Fake::new(move |asked| if of_mx(asked) { Act::Silence } else { Act::Forward(server) });
    check("a resolver that validates", &quick(trusting(&[fake.address()])), &unknown);
}

/// Keys that do not arrive make the resolver say "bogus": that would be a false alarm.
#[test]
fn keys_that_do_not_arrive_are_no_attack() {
    let lab = two_zones();
    for kind in [RecordType::DNSKEY, RecordType::DS] {
        let fake = behind(&lab, move |asked| {
            (asked.kind == kind && asked.name == "signed.example").then_some(Act::Silence)
        });
        let own = DnsSettings { timeout_ms: 900, ..itself(&lab, &[fake.address()]) };
        check(
            &format!("{kind}"),
            &own,
            "A mx.signed.example -> unknown: no answer in time\n\
             A mx.unsigned.example -> insecure: 192.0.2.1, 192.0.2.2",
        );
    }
}

/// What got lost once must not be remembered as bogus.
#[test]
fn keys_that_arrive_at_the_second_try_validate() {
    let lab = two_zones();
    for kind in [RecordType::DNSKEY, RecordType::DS] {
        let lost = std::sync::atomic::AtomicBool::new(false);
        let fake = behind(&lab, move |asked| {
            let first = asked.kind == kind
                && asked.name == "signed.example"
                && !lost.swap(true, std::sync::atomic::Ordering::Relaxed);
            first.then_some(Act::Code(ResponseCode::ServFail))
        });
        let own = itself(&lab, &[fake.address()]);
        check(&format!("{kind}"), &own, "A mx.signed.example -> secure: 192.0.2.1, 192.0.2.2");
    }
}

/// [RFC 7766 §5]
#[test]
fn truncated_answers_are_asked_for_by_tcp() {
    let lab = two_zones();
    let (plain, validating) = (lab.plain(), lab.validating());
    let cut = |server| {
        Fake::new(
            move |asked| {
                if of_mx(asked) && !asked.tcp { Act::Truncate } else { Act::Forward(server) }
            },
        )
    };
    let expected = both("secure: 192.0.2.1, 192.0.2.2", "insecure: 192.0.2.1, 192.0.2.2");
    let (own, resolver) = (cut(plain), cut(validating));
    check("our own validation", &itself(&lab, &[own.address()]), &expected);
    check("a resolver that validates", &trusting(&[resolver.address()]), &expected);
    assert!(own.asked().iter().chain(&resolver.asked()).any(|asked| asked.tcp));
}

/// Also by TCP: then there is no whole answer.
#[test]
fn answers_that_stay_truncated_are_unknown() {
    let lab = two_zones();
    let (plain, validating) = (lab.plain(), lab.validating());
    let cut = |server| {
        Fake::new(move |asked| if of_mx(asked) { Act::Truncate } else { Act::Forward(server) })
    };
    let (own, resolver) = (cut(plain), cut(validating));
    for settings in [itself(&lab, &[own.address()]), trusting(&[resolver.address()])] {
        for answer in ask(&settings, &["A mx.signed.example", "A mx.unsigned.example"]) {
            assert!(answer.starts_with("unknown: "), "{answer}");
        }
    }
}

#[test]
fn garbage_is_unknown() {
    let lab = two_zones();
    let (plain, validating) = (lab.plain(), lab.validating());
    let broken = |server| {
        Fake::new(move |asked| if of_mx(asked) { Act::Garbage } else { Act::Forward(server) })
    };
    let (own, resolver) = (broken(plain), broken(validating));
    for settings in [itself(&lab, &[own.address()]), trusting(&[resolver.address()])] {
        for answer in ask(&settings, &["A mx.signed.example", "A mx.unsigned.example"]) {
            assert!(answer.starts_with("unknown: the answer is no DNS message: "), "{answer}");
        }
    }
}

/// An answer with another number is not the answer. [RFC 5452 §9.1]
#[test]
fn answers_with_another_number_are_not_taken() {
    let lab = two_zones();
    let (plain, validating) = (lab.plain(), lab.validating());
    let wrong = |server| {
        Fake::new(move |asked| {
            if of_mx(asked) {
                Act::WrongNumber(vec![address(&format!("{}.", asked.name), 66)])
            } else {
                Act::Forward(server)
            }
        })
    };
    let (own, resolver) = (wrong(plain), wrong(validating));
    let unknown = both("unknown: no answer in time", "unknown: no answer in time");
    for settings in [itself(&lab, &[own.address()]), trusting(&[resolver.address()])] {
        check("a wrong number", &DnsSettings { timeout_ms: 600, ..settings }, &unknown);
    }
}

#[test]
fn alias_loops_and_long_chains_are_unknown() {
    let lab = two_zones();
    let (plain, validating) = (lab.plain(), lab.validating());
    let alias = |from: &str, to: &str| {
        let (from, to) = (Name::from_ascii(from).unwrap(), Name::from_ascii(to).unwrap());
        Record::from_rdata(from, 60, RData::CNAME(CNAME(to)))
    };
    let aliases = move |server| {
        Fake::new(move |asked| match asked.name.strip_suffix(".unsigned.example") {
            Some(name) if matches!(asked.kind, RecordType::A | RecordType::CNAME) => {
                let next =
                    match name.strip_prefix('n').and_then(|number| number.parse::<u32>().ok()) {
                        Some(number) => format!("n{}.unsigned.example.", number + 1),
                        None if name == "a" => "b.unsigned.example.".to_owned(),
                        None => "a.unsigned.example.".to_owned(),
                    };
                Act::Records(vec![alias(&format!("{}.", asked.name), &next)])
            }
            _ => Act::Forward(server),
        })
    };
    let unknown = "\
A a.unsigned.example -> unknown: more than 8 aliases, or a loop of them
A n1.unsigned.example -> unknown: more than 8 aliases, or a loop of them";
    let own = aliases(plain);
    check("our own validation", &itself(&lab, &[own.address()]), unknown);
    // A resolver follows aliases itself; one that gives only the first has not answered.
    let resolver = aliases(validating);
    check(
        "a resolver that validates",
        &trusting(&[resolver.address()]),
        "A a.unsigned.example -> insecure: nothing",
    );
}

#[test]
fn more_than_64_records_are_unknown() {
    let many: String = (1..=65).map(|last| format!("mx A 192.0.2.{last}\n")).collect();
    let lab = Lab::new([Zone::signed("signed.example", &many)]);
    check_both(&lab, "A mx.signed.example -> unknown: more than 64 records");
}

/// A first server that is dead, or fails at once, does not stand in the way of the second.
#[test]
fn a_second_server_answers_when_the_first_does_not() {
    let lab = two_zones();
    let nobody = crate::lab::fresh_address();
    let broken = Fake::new(|_| Act::Code(ResponseCode::ServFail));
    let silent = Fake::new(|_| Act::Silence);
    let expected = both("secure: 192.0.2.1, 192.0.2.2", "insecure: 192.0.2.1, 192.0.2.2");
    for first in [nobody, broken.address(), silent.address()] {
        check("our own validation", &itself(&lab, &[first, lab.plain()]), &expected);
    }
    for first in [nobody, silent.address()] {
        let trusting = DnsSettings { timeout_ms: 900, ..trusting(&[first, lab.validating()]) };
        check("a resolver that validates", &trusting, &expected);
    }
}
