//! What comes of servers that fail, lie or break off.

use super::answers::{ask, check, itself, records, trusting};
use crate::lab::{Act, Asked, Fake, Lab, Zone};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::rdata::{A, CNAME};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use mxward::world::DnsSettings;
use std::sync::atomic::{AtomicBool, Ordering};

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
        let lost = AtomicBool::new(false);
        let fake = behind(&lab, move |asked| {
            let first = asked.kind == kind
                && asked.name == "signed.example"
                && !lost.swap(true, Ordering::Relaxed);
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
