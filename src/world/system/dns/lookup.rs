//! One question to a validating client.
//!
//! The client validates each record set and each denial. What is left to do here: to follow aliases
//! with their status, to tell a proven denial from one that anybody could have sent, and to find out
//! whether "bogus" means wrong signatures or keys that did not arrive.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "errors, codes and types are open enums of the resolver: what is new there is unknown here"
)]

use super::answers::{alias_of, empty, follow, query, reply};
use super::unsigned::Unsigned;
use super::validating::{Client, PAYLOAD};
use crate::answer::{Alias, Answer, Dnssec, Found, MAX_ALIASES, Question, UnknownReason};
use hickory_resolver::net::xfer::{DnsHandle as _, FirstAnswer as _};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::op::{DnsRequestOptions, DnsResponse, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use std::io::ErrorKind;

/// Asks once.
pub(super) async fn ask(client: &Client, question: &Question, unsigned: &Unsigned) -> Found {
    if let Some(answer) = ask_unsigned(client, question, unsigned).await {
        return answer.into();
    }
    let mut aliases = Vec::new();
    let answer = match walk(client, question, &mut aliases).await {
        // An answer behind aliases is no better than they are.
        Ok(answer) => weakened(answer, weakest_of(&aliases), question),
        Err(reason) => Answer::Unknown(reason),
    };
    if let (Answer::Insecure(_), true) = (&answer, aliases.is_empty()) {
        learn(client, question, unsigned).await;
    }
    Found { answer, aliases }
}

/// The answer for a name in a zone that is known to be unsigned, where validation can find nothing; `None`
/// for all other names, and for aliases, which may lead into signed zones.
async fn ask_unsigned(client: &Client, question: &Question, unsigned: &Unsigned) -> Option<Answer> {
    let (name, kind) = query(question).ok()?;
    if !unsigned.holds(&name) {
        return None;
    }
    let query = Query::query(name.clone(), kind);
    let response = match client.plain.lookup(query, options()).first_answer().await {
        Ok(response) => response,
        Err(error) if error.is_no_records_found() => {
            return Some(Answer::Insecure(empty(question)));
        }
        Err(error) => return Some(Answer::Unknown(reason(&error))),
    };
    match follow(&name, kind, &response.answers) {
        Ok(chain) if !chain.aliases.is_empty() => None,
        Ok(chain) if !chain.found.is_empty() => {
            let reply = reply(question, chain.found.iter().map(|record| &record.data));
            Some(reply.map_or_else(Answer::Unknown, Answer::Insecure))
        }
        Ok(_)
            if matches!(response.response_code, ResponseCode::NoError | ResponseCode::NXDomain) =>
        {
            Some(Answer::Insecure(empty(question)))
        }
        Ok(_) => Some(Answer::Unknown(UnknownReason::Failure(code_name(response.response_code)))),
        Err(reason) => Some(Answer::Unknown(reason)),
    }
}

/// Finds out, after several insecure answers below a name, whether it is the top of an unsigned zone: then
/// its SOA record is proven to be insecure.
async fn learn(client: &Client, question: &Question, unsigned: &Unsigned) {
    let Ok((name, _)) = query(question) else { return };
    let Some(parent) = unsigned.note(&name) else { return };
    let Ok(response) = send(client, &parent, RecordType::SOA).await else { return };
    let mut soa = response.answers.iter().filter(|it| it.record_type() == RecordType::SOA);
    if let (Some(soa), None) = (soa.next(), soa.next())
        && soa.name == parent
        && soa.proof == Proof::Insecure
    {
        unsigned.add(&parent);
    }
}

/// Goes from the name through the aliases, which are collected, to the end.
async fn walk(
    client: &Client,
    question: &Question,
    aliases: &mut Vec<Alias>,
) -> Result<Answer, UnknownReason> {
    let (mut name, kind) = query(question)?;
    for _ in 0..=MAX_ALIASES {
        match step(client, question, &name, kind, aliases).await? {
            Step::End(answer) => return Ok(answer),
            Step::Alias(target) => name = target,
        }
    }
    Err(UnknownReason::AliasLoop)
}

fn weakest_of(aliases: &[Alias]) -> Dnssec {
    aliases.iter().map(|alias| alias.dnssec).max().unwrap_or(Dnssec::Secure)
}

/// What one query brought.
enum Step {
    /// Records, or a denial.
    End(Answer),
    /// The name is another name for this one.
    Alias(Name),
}

async fn step(
    client: &Client,
    question: &Question,
    name: &Name,
    kind: RecordType,
    aliases: &mut Vec<Alias>,
) -> Result<Step, UnknownReason> {
    let response = match send(client, name, kind).await {
        Ok(response) => response,
        // It takes the denial of an alias' target for bogus: so the alias is asked for by itself.
        Err(error) => {
            return match denial(&error) {
                Denial::Unproven => Ok(Step::End(Answer::Insecure(empty(question)))),
                Denial::Bogus => alias(client, name, aliases).await,
                Denial::Other => Err(reason(&error)),
            };
        }
    };
    let chain = follow(name, kind, &response.answers)?;
    for record in &chain.aliases {
        aliases.push(alias_of(record, weakest([record].into_iter())?));
    }
    let status = weakest(chain.found.iter())?;
    if !chain.found.is_empty() {
        let reply = reply(question, chain.found.iter().map(|record| &record.data))?;
        let secure = status == Dnssec::Secure;
        return Ok(Step::End(if secure { Answer::Secure(reply) } else { Answer::Insecure(reply) }));
    }
    if !chain.aliases.is_empty() {
        return Ok(Step::Alias(chain.end));
    }
    if !matches!(response.response_code, ResponseCode::NoError | ResponseCode::NXDomain) {
        return Err(UnknownReason::Failure(code_name(response.response_code)));
    }
    let proven = is_proven(&response.authorities)?;
    let absent = Answer::ProvenAbsent;
    Ok(Step::End(if proven { absent } else { Answer::Insecure(empty(question)) }))
}

async fn send(client: &Client, name: &Name, kind: RecordType) -> Result<DnsResponse, NetError> {
    client.validating.lookup(Query::query(name.clone(), kind), options()).first_answer().await
}

fn options() -> DnsRequestOptions {
    let mut options = DnsRequestOptions::default();
    options.edns_payload_len = PAYLOAD;
    options.edns_set_dnssec_ok = true;
    options
}

/// The alias at a name; without one the answer for the name stays bogus.
async fn alias(
    client: &Client,
    name: &Name,
    aliases: &mut Vec<Alias>,
) -> Result<Step, UnknownReason> {
    let response = match send(client, name, RecordType::CNAME).await {
        Ok(response) => response,
        Err(error) => {
            return Err(match denial(&error) {
                Denial::Unproven | Denial::Bogus => UnknownReason::Bogus,
                Denial::Other => reason(&error),
            });
        }
    };
    let chain = follow(name, RecordType::CNAME, &response.answers)?;
    let mut targets = chain.found.iter().filter_map(|record| match &record.data {
        RData::CNAME(alias) => Some((*record, alias.0.clone())),
        _ => None,
    });
    match (targets.next(), targets.next()) {
        (Some((record, target)), None) => {
            aliases.push(alias_of(record, weakest([record].iter())?));
            Ok(Step::Alias(target))
        }
        _ => Err(UnknownReason::Bogus),
    }
}

/// What an error says about the name.
enum Denial {
    /// There are no such records, and the proof takes more rounds of hashing than a resolver has to do:
    /// then the zone counts as unsigned. [RFC 9276 §3.2]
    Unproven,
    /// The zone is signed, and the answer is not.
    Bogus,
    /// It is another error.
    Other,
}

fn denial(error: &NetError) -> Denial {
    match error {
        NetError::Dns(DnsError::Nsec { proof: Proof::Insecure, response, .. })
            if response.answers.is_empty() =>
        {
            Denial::Unproven
        }
        NetError::Dns(DnsError::Nsec { .. } | DnsError::DnssecBogus) => Denial::Bogus,
        _ => Denial::Other,
    }
}

/// A denial is proven by NSEC or NSEC3 records alone, which were compared with the question where they
/// are secure. A signed SOA record of a zone above proves nothing. [RFC 4035 §5.4]
fn is_proven(authorities: &[Record]) -> Result<bool, UnknownReason> {
    if authorities.iter().any(|record| record.proof == Proof::Bogus) {
        return Err(UnknownReason::Bogus);
    }
    Ok(authorities.iter().any(|record| {
        matches!(record.record_type(), RecordType::NSEC | RecordType::NSEC3)
            && record.proof == Proof::Secure
    }))
}

/// The least of the statuses; secure without any record.
fn weakest<'r>(records: impl Iterator<Item = &'r &'r Record>) -> Result<Dnssec, UnknownReason> {
    let mut status = Dnssec::Secure;
    for record in records {
        match record.proof {
            Proof::Secure => {}
            Proof::Insecure => status = Dnssec::Insecure,
            Proof::Bogus => return Err(UnknownReason::Bogus),
            Proof::Indeterminate => {
                return Err(UnknownReason::Failure("indeterminate".to_owned()));
            }
        }
    }
    Ok(status)
}

/// An answer as good as the way to it.
fn weakened(answer: Answer, status: Dnssec, question: &Question) -> Answer {
    match (answer, status) {
        (Answer::Secure(reply), Dnssec::Insecure) => Answer::Insecure(reply),
        (Answer::ProvenAbsent, Dnssec::Insecure) => Answer::Insecure(empty(question)),
        (answer, _) => answer,
    }
}

/// Why the answer to a question is bogus, which is also said when the keys of a zone did not arrive. Only
/// when every zone above the name answers for its keys are the signatures wrong.
pub(super) async fn why_bogus(client: &Client, question: &Question) -> UnknownReason {
    let Ok((mut zone, _)) = query(question) else { return UnknownReason::Bogus };
    loop {
        for kind in [RecordType::DNSKEY, RecordType::DS] {
            if zone.is_root() && kind == RecordType::DS {
                continue;
            }
            if let Err(error) = send(client, &zone, kind).await
                && matches!(denial(&error), Denial::Other)
            {
                return reason(&error);
            }
        }
        if zone.is_root() {
            return UnknownReason::Bogus;
        }
        zone = zone.base_name();
    }
}

fn reason(error: &NetError) -> UnknownReason {
    match error {
        NetError::Timeout => UnknownReason::Timeout,
        NetError::Io(error) if error.kind() == ErrorKind::TimedOut => UnknownReason::Timeout,
        NetError::NoConnections | NetError::Io(_) => UnknownReason::Unreachable,
        NetError::Dns(DnsError::ResponseCode(code)) => UnknownReason::Failure(code_name(*code)),
        NetError::Dns(DnsError::DnssecBogus | DnsError::Nsec { .. }) => UnknownReason::Bogus,
        NetError::Proto(error) => UnknownReason::Garbled(error.to_string()),
        error => UnknownReason::Failure(error.to_string()),
    }
}

/// The name of a response code as administrators know it. [RFC 8499 §3]
pub(super) fn code_name(code: ResponseCode) -> String {
    match code {
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        other => other.to_string(),
    }
}
