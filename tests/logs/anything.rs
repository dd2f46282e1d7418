//! Whatever stands in a log: no line ends the program, or is taken for another domain's.

use super::{deferred, evidence, line, sent, summary};
use proptest::prelude::*;

/// Lines of Postfix with a few bytes changed, cut or doubled, between lines of anything.
fn logs() -> impl Strategy<Value = Vec<u8>> {
    let whole = prop_oneof![
        Just(line(1, &summary("Verified"))),
        Just(line(1, &sent("0A1B2C"))),
        Just(line(2, &deferred("0A1B2C", "Server certificate not verified"))),
        Just(line(1, &sent("0A1B2C").replace(", dsn=", ", tls=may:none/requiretls, dsn="))),
        Just(line(1, "0A1B2C: Server certificate not verified")),
        Just(line(1, "certificate verification failed for mx[192.0.2.1]:25: num=62:x")),
        Just(line(1, "TLSRPT: status=failure, domain=a.example, failure_type=x")),
        Just(line(1, "warning: invalid security level \"x\"")),
        Just("<22>1 2026-11-24T15:24:31Z mx1 postfix/smtp 153 - [a b=\"]\"] x\n".to_owned()),
        Just("Tue 2026-11-24 15:24:31 CET mx1 postfix/smtp[1]: x\n".to_owned()),
        Just(
            "__CURSOR=s\nMESSAGE\n\u{5}\0\0\0\0\0\0\0hello\nSYSLOG_IDENTIFIER=a/smtp\n\n"
                .to_owned()
        ),
        Just("{\"MESSAGE\":[1,2,300],\"_PID\":\"1\"}\n".to_owned()),
    ];
    let damage = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
    let damaged = (whole, prop::collection::vec(damage, 0..4)).prop_map(|(text, damages)| {
        let mut bytes = text.into_bytes();
        for (from, to, byte, kind) in damages {
            if bytes.is_empty() {
                break;
            }
            let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
            match kind {
                0 => bytes[from] = byte,
                1 => bytes.truncate(from),
                2 => bytes.insert(from, byte),
                _ => {
                    let part = bytes[from.min(to)..from.max(to)].to_vec();
                    bytes.extend(part);
                }
            }
        }
        bytes
    });
    let noise = prop::collection::vec(any::<u8>(), 0..80);
    prop::collection::vec(prop_oneof![4 => damaged, 1 => noise], 0..12).prop_map(|it| it.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_log_ends_the_program(log in logs()) {
        let evidence = evidence(&log);
        let _shown = super::shown(&evidence);
    }

    /// Whoever chooses an address or the text of a reply cannot make up a delivery of another domain.
    #[test]
    fn nobody_writes_deliveries_for_others(
        local in "[a-z<>@, =\\[\\]:()/.0-9\"\\\\-]{0,40}",
        reply in "[ -~]{0,60}",
        forges in any::<[bool; 2]>(),
    ) {
        let forged = "x@victim.example>, relay=mx.victim.example[192.0.2.9]:25, delay=1, \
                      delays=0/0/0/1, dsn=2.0.0, status=sent (ok)";
        let local = if forges[0] { format!("{forged}{local}") } else { local };
        let reply = if forges[1] { format!("{reply}>, {forged}") } else { reply };
        let text = sent("0A1B2C").replace("anna@", &format!("{local}@")).replace("250 2.0.0", &reply);
        let found = evidence(line(1, &text));
        prop_assert!(found.domains().all(|it| it.name().as_str() != "victim.example"));
    }
}
