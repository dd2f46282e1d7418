//! From DNS records to checked replies.

use crate::answer::{
    Alias, Dnssec, MAX_ALIASES, MAX_RECORDS, MxRecord, Question, Reply, UnknownReason,
};
use crate::dane::Tlsa;
use crate::names::DomainName;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use std::fmt::Write as _;

/// The name and type to ask for.
pub(super) fn query(question: &Question) -> Result<(Name, RecordType), UnknownReason> {
    let (text, kind) = match question {
        Question::Mx(name) => (format!("{name}."), RecordType::MX),
        Question::A(name) => (format!("{name}."), RecordType::A),
        Question::Aaaa(name) => (format!("{name}."), RecordType::AAAA),
        Question::Tlsa(name, port) => (format!("_{port}._tcp.{name}."), RecordType::TLSA),
        Question::Txt(name) => (format!("{name}."), RecordType::TXT),
    };
    let name = Name::from_ascii(&text).map_err(|_| UnknownReason::Malformed(text))?;
    Ok((name, kind))
}

/// A reply without records.
pub(super) fn empty(question: &Question) -> Reply {
    match question {
        Question::Mx(_) => Reply::Mx(Vec::new()),
        Question::A(_) => Reply::A(Vec::new()),
        Question::Aaaa(_) => Reply::Aaaa(Vec::new()),
        Question::Tlsa(..) => Reply::Tlsa(Vec::new()),
        Question::Txt(_) => Reply::Txt(Vec::new()),
    }
}

/// The way from a name through aliases to records.
#[derive(Debug)]
pub(super) struct Chain<'r> {
    /// The aliases, in order; at most [`MAX_ALIASES`].
    pub(super) aliases: Vec<&'r Record>,
    /// The records of the wanted type at [`Self::end`]; empty where the answer holds none.
    pub(super) found: Vec<&'r Record>,
    /// The name behind the last alias, or the first name where there is none.
    pub(super) end: Name,
}

/// Follows the aliases of an answer.
///
/// Only records on the way count: a server, or somebody on the way, may add any others.
///
/// # Errors
///
/// [`UnknownReason::AliasLoop`], or [`UnknownReason::Malformed`] when a name has two aliases.
pub(super) fn follow<'r>(
    start: &Name,
    kind: RecordType,
    records: &'r [Record],
) -> Result<Chain<'r>, UnknownReason> {
    let mut chain = Chain { aliases: Vec::new(), found: Vec::new(), end: start.clone() };
    loop {
        let here = || records.iter().filter(|record| record.name == chain.end);
        chain.found = here().filter(|record| record.record_type() == kind).collect();
        if !chain.found.is_empty() {
            return Ok(chain);
        }
        let mut target: Option<(&Record, &Name)> = None;
        for record in here() {
            let RData::CNAME(alias) = &record.data else { continue };
            if target.is_some_and(|(_, other)| *other != alias.0) {
                return Err(UnknownReason::Malformed("two aliases at one name".to_owned()));
            }
            target = Some((record, &alias.0));
        }
        let Some((record, target)) = target else { return Ok(chain) };
        if chain.aliases.len() == MAX_ALIASES {
            return Err(UnknownReason::AliasLoop);
        }
        chain.end = target.clone();
        chain.aliases.push(record);
    }
}

/// The records that answer the question, sorted and unique; records of other types are passed over.
///
/// # Errors
///
/// [`UnknownReason::Malformed`] when an MX host is no name, such as an address, or a null MX stands
/// beside others; [`UnknownReason::TooMany`].
pub(super) fn reply<'r>(
    question: &Question,
    records: impl Iterator<Item = &'r RData>,
) -> Result<Reply, UnknownReason> {
    let mut reply = empty(question);
    for record in records {
        match (&mut reply, record) {
            (Reply::Mx(list), RData::MX(mx)) => {
                let exchange = if mx.exchange.is_root() { None } else { Some(name(&mx.exchange)?) };
                list.push(MxRecord { preference: mx.preference, exchange });
            }
            (Reply::A(list), RData::A(address)) => list.push(address.0),
            (Reply::Aaaa(list), RData::AAAA(address)) => list.push(address.0),
            (Reply::Tlsa(list), RData::TLSA(tlsa)) => list.push(Tlsa::new(
                tlsa.cert_usage.into(),
                tlsa.selector.into(),
                tlsa.matching.into(),
                tlsa.cert_data.clone(),
            )),
            (Reply::Txt(list), RData::TXT(txt)) => list.push(txt.txt_data.concat()),
            _ => {}
        }
    }
    let length = match &mut reply {
        Reply::Mx(list) => {
            let length = sorted(list);
            if length > 1 && list.iter().any(|mx| mx.exchange.is_none()) {
                let message = "a null MX beside other MX records [RFC 7505 §3]";
                return Err(UnknownReason::Malformed(message.to_owned()));
            }
            length
        }
        Reply::A(list) => sorted(list),
        Reply::Aaaa(list) => sorted(list),
        Reply::Tlsa(list) => sorted(list),
        Reply::Txt(list) => sorted(list),
    };
    if length > MAX_RECORDS { Err(UnknownReason::TooMany) } else { Ok(reply) }
}

/// Puts a list in order, each once, and gives its length.
fn sorted<T: Ord>(list: &mut Vec<T>) -> usize {
    list.sort();
    list.dedup();
    list.len()
}

/// Where an alias leads.
pub(super) fn alias_of(record: &Record, dnssec: Dnssec) -> Alias {
    let target = if let RData::CNAME(target) = &record.data { name(&target.0).ok() } else { None };
    Alias { target, dnssec }
}

fn name(name: &Name) -> Result<DomainName, UnknownReason> {
    // A label may hold any bytes, the dot included: only those of host names are read as text.
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let is_plain = name.iter().all(|label| label.iter().all(plain));
    let parsed = if is_plain { DomainName::parse(&name.to_ascii()).ok() } else { None };
    parsed.ok_or_else(|| {
        UnknownReason::Malformed(format!("the MX host `{}` is no host name", shown(name)))
    })
}

/// A name as zone files write it, cut to a length for messages. [RFC 1035 §5.1]
fn shown(name: &Name) -> String {
    let mut text = String::new();
    for label in name {
        for &byte in label {
            match byte {
                b'.' | b'\\' => text.extend(['\\', char::from(byte)]),
                _ if byte.is_ascii_graphic() => text.push(char::from(byte)),
                _ => {
                    // Writing to a String cannot fail.
                    let _ = write!(text, "\\{byte:03}");
                }
            }
        }
        text.push('.');
    }
    if text.len() > 80 {
        text.truncate(80);
        text.push('\u{2026}');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_resolver::proto::rr::rdata::{A, CNAME, MX};

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    fn alias(from: &str, to: &str) -> Record {
        Record::from_rdata(name(from), 60, RData::CNAME(CNAME(name(to))))
    }

    fn address(of: &str, last: u8) -> Record {
        Record::from_rdata(name(of), 60, RData::A(A::new(192, 0, 2, last)))
    }

    fn mx(preference: u16, exchange: &str) -> RData {
        RData::MX(MX::new(preference, name(exchange)))
    }

    /// [RFC 1034 §3.6.2]
    #[test]
    fn only_records_on_the_way_from_the_name_count() {
        let records = [
            address("stranger.example.", 66),
            address("c.example.", 1),
            alias("B.example.", "c.example."),
            alias("a.example.", "b.example."),
            alias("stranger.example.", "a.example."),
        ];
        let chain = follow(&name("a.example."), RecordType::A, &records).unwrap();
        assert_eq!(chain.aliases, [&records[3], &records[2]]);
        assert_eq!(chain.found, [&records[1]]);
        assert_eq!(chain.end, name("c.example."));
        let none = follow(&name("a.example."), RecordType::AAAA, &records).unwrap();
        assert!(none.found.is_empty());
        assert_eq!(none.end, name("c.example."));
    }

    #[test]
    fn loops_and_forks_of_aliases_are_no_way() {
        let circle = [alias("a.example.", "b.example."), alias("b.example.", "a.example.")];
        let way = follow(&name("a.example."), RecordType::A, &circle);
        assert_eq!(way.unwrap_err(), UnknownReason::AliasLoop);
        let fork = [alias("a.example.", "b.example."), alias("a.example.", "c.example.")];
        let way = follow(&name("a.example."), RecordType::A, &fork);
        assert_eq!(way.unwrap_err().word(), "malformed");
        let long: Vec<Record> = (0..9)
            .map(|n| alias(&format!("n{n}.example."), &format!("n{}.example.", n + 1)))
            .collect();
        let way =
            |from: &str| follow(&name(from), RecordType::A, &long).map(|chain| chain.aliases.len());
        assert_eq!(way("n1.example."), Ok(8));
        assert_eq!(way("n0.example."), Err(UnknownReason::AliasLoop));
    }

    #[test]
    fn the_order_of_an_answer_does_not_matter() {
        let question = Question::Mx(DomainName::parse("kunde.example").unwrap());
        let records = [mx(20, "b.example."), mx(10, "C.example."), mx(10, "a.example.")];
        let turned = [&records[2], &records[0], &records[1], &records[0]];
        let reply_to = |records: &[&RData]| reply(&question, records.iter().copied());
        assert_eq!(reply_to(&records.each_ref()), reply_to(&turned));
    }

    #[test]
    fn mx_hosts_that_are_no_host_names_are_refused() {
        let question = Question::Mx(DomainName::parse("kunde.example").unwrap());
        let of = |records: &[RData]| reply(&question, records.iter());
        let labels: [&[u8]; 9] =
            [b"a b", b"\x1b[31m", b"a\nb", b"a.b", b"a\0b", b"\xff", b"z\xc3\xbcrich", b"-a", b"*"];
        let odd = labels.map(|label| Name::from_labels([label, b"example"]).unwrap());
        for host in odd.into_iter().chain([name("192.0.2.1.")]) {
            let odd = RData::MX(MX::new(10, host.clone()));
            let found = of(&[odd, mx(10, "mx.example.")]).unwrap_err();
            assert_eq!(found.word(), "malformed", "{host}");
            assert!(found.to_string().chars().all(|c| c.is_ascii_graphic() || c == ' '), "{found}");
        }
        // [RFC 7505 §3]
        assert_eq!(of(&[mx(0, "."), mx(10, "mx.example.")]).unwrap_err().word(), "malformed");
        assert_eq!(
            of(&[mx(0, ".")]),
            Ok(Reply::Mx(vec![MxRecord { preference: 0, exchange: None }]))
        );
    }

    #[test]
    fn more_records_than_a_mail_server_has_are_refused() {
        let host = DomainName::parse("mx.example").unwrap();
        let addresses: Vec<RData> =
            (0..=64_u8).map(|last| RData::A(A::new(192, 0, 2, last))).collect();
        let of = |records: &[RData]| reply(&Question::A(host.clone()), records.iter());
        assert_eq!(of(&addresses), Err(UnknownReason::TooMany));
        assert!(of(&addresses[1..]).is_ok());
    }

    #[test]
    fn the_strings_of_a_text_record_are_joined() {
        use hickory_resolver::proto::rr::rdata::TXT;
        let question = Question::Txt(DomainName::parse("_mta-sts.kunde.example").unwrap());
        let record = RData::TXT(TXT::new(vec!["v=STSv1; id=".to_owned(), "a;".to_owned()]));
        let joined = Reply::Txt(vec![b"v=STSv1; id=a;".to_vec()]);
        assert_eq!(reply(&question, [&record, &record].into_iter()), Ok(joined));
    }
}
