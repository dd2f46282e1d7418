//! One question to a validating resolver.
//!
//! The resolver validates each record set and each denial. What is left to do here: to follow aliases
//! with their status, to tell a proven denial from one that anybody could have sent, and to find out
//! whether "bogus" means wrong signatures or keys that did not arrive.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "errors, codes and types are open enums of the resolver: what is new there is unknown here"
)]

use super::answers::{empty, follow, query, reply};
use crate::answer::{Answer, Dnssec, MAX_ALIASES, Question, UnknownReason};
use hickory_resolver::TokioResolver;
use hickory_resolver::net::{DnsError, NetError, NoRecords};
use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use std::io::ErrorKind;

/// Asks once.
pub(super) async fn ask(resolver: &TokioResolver, question: &Question) -> Answer {
    let (mut name, kind) = match query(question) {
        Ok(query) => query,
        Err(reason) => return Answer::Unknown(reason),
    };
    // The status of the aliases so far.
    let mut status = Dnssec::Secure;
    for _ in 0..=MAX_ALIASES {
        match step(resolver, question, &name, kind).await {
            Ok(Step::End(answer)) => return weakened(answer, status, question),
            Ok(Step::Alias(target, of_alias)) => {
                status = status.max(of_alias);
                name = target;
            }
            Err(reason) => return Answer::Unknown(reason),
        }
    }
    Answer::Unknown(UnknownReason::AliasLoop)
}

/// What one query brought.
enum Step {
    /// Records, or a denial.
    End(Answer),
    /// The name is another name for this one.
    Alias(Name, Dnssec),
}

async fn step(
    resolver: &TokioResolver,
    question: &Question,
    name: &Name,
    kind: RecordType,
) -> Result<Step, UnknownReason> {
    match resolver.lookup(name.clone(), kind).await {
        Ok(lookup) => {
            let chain = follow(name, kind, lookup.answers())?;
            let status = weakest(chain.aliases.iter().chain(&chain.found))?;
            if !chain.found.is_empty() {
                let reply = reply(question, chain.found.iter().map(|record| &record.data))?;
                let secure = status == Dnssec::Secure;
                let answer = if secure { Answer::Secure(reply) } else { Answer::Insecure(reply) };
                return Ok(Step::End(answer));
            }
            if chain.aliases.is_empty() {
                // The resolver's cache keeps the target's records under the alias, and not the alias.
                let message = "no record of the answer is about the name".to_owned();
                return alias(resolver, name, UnknownReason::Malformed(message)).await;
            }
            Ok(Step::Alias(chain.end, status))
        }
        // Of the aliases before a denial the resolver keeps nothing, and it takes one together with its
        // alias for bogus: so the alias is asked for by itself.
        Err(error) => match denial(&error, name) {
            Denial::Proven => Ok(Step::End(Answer::ProvenAbsent)),
            Denial::Unproven => Ok(Step::End(Answer::Insecure(empty(question)))),
            Denial::Bogus => alias(resolver, name, UnknownReason::Bogus).await,
            Denial::AnotherName => {
                let message = "a denial of another name".to_owned();
                alias(resolver, name, UnknownReason::Malformed(message)).await
            }
            Denial::Other => Err(reason(&error)),
        },
    }
}

/// The alias at a name; without one the answer for the name is `otherwise`.
async fn alias(
    resolver: &TokioResolver,
    name: &Name,
    otherwise: UnknownReason,
) -> Result<Step, UnknownReason> {
    let lookup = match resolver.lookup(name.clone(), RecordType::CNAME).await {
        Ok(lookup) => lookup,
        Err(error) => {
            return Err(match denial(&error, name) {
                Denial::Other => reason(&error),
                Denial::Proven | Denial::Unproven | Denial::AnotherName | Denial::Bogus => {
                    otherwise
                }
            });
        }
    };
    let chain = follow(name, RecordType::CNAME, lookup.answers())?;
    let status = weakest(chain.found.iter())?;
    let mut targets = chain.found.iter().filter_map(|record| match &record.data {
        RData::CNAME(alias) => Some(alias.0.clone()),
        _ => None,
    });
    match (targets.next(), targets.next()) {
        (Some(target), None) => Ok(Step::Alias(target, status)),
        _ => Err(otherwise),
    }
}

/// What an error of the resolver says about the name.
enum Denial {
    /// There are no such records, and the zone has signed that.
    Proven,
    /// There are no such records, or somebody on the way says so: the zone is not signed.
    Unproven,
    /// The name is an alias, and it is its target that has no such records.
    AnotherName,
    /// The zone is signed, and the answer is not.
    Bogus,
    /// It is no denial.
    Other,
}

fn denial(error: &NetError, name: &Name) -> Denial {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain | ResponseCode::NoError if none.query.name() != name => {
                Denial::AnotherName
            }
            ResponseCode::NXDomain | ResponseCode::NoError => of_authorities(none),
            _ => Denial::Other,
        },
        // More rounds of hashing than a resolver has to do. [RFC 9276 §3.2]
        NetError::Dns(DnsError::Nsec { proof: Proof::Insecure, query, response, .. })
            if response.answers.is_empty() =>
        {
            if query.name() == name {
                Denial::Unproven
            } else {
                Denial::AnotherName
            }
        }
        NetError::Dns(DnsError::Nsec { .. } | DnsError::DnssecBogus) => Denial::Bogus,
        _ => Denial::Other,
    }
}

/// A denial is proven by NSEC or NSEC3 records alone, which the resolver has compared with the question
/// where they are secure. A signed SOA record of a zone above proves nothing. [RFC 4035 §5.4]
fn of_authorities(none: &NoRecords) -> Denial {
    let records = none.authorities.as_deref().unwrap_or_default();
    if records.iter().any(|record| record.proof == Proof::Bogus) {
        return Denial::Bogus;
    }
    let proves = |record: &Record| {
        matches!(record.record_type(), RecordType::NSEC | RecordType::NSEC3)
            && record.proof == Proof::Secure
    };
    if records.iter().any(proves) { Denial::Proven } else { Denial::Unproven }
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

/// An answer behind aliases is no better than they are.
fn weakened(answer: Answer, status: Dnssec, question: &Question) -> Answer {
    match (answer, status) {
        (Answer::Secure(reply), Dnssec::Insecure) => Answer::Insecure(reply),
        (Answer::ProvenAbsent, Dnssec::Insecure) => Answer::Insecure(empty(question)),
        (answer, _) => answer,
    }
}

/// Why the answer to a question is bogus, which the resolver also says when the keys of a zone did not
/// arrive. Only when every zone above the name answers for its keys are the signatures wrong.
pub(super) async fn why_bogus(resolver: &TokioResolver, question: &Question) -> UnknownReason {
    let Ok((mut zone, _)) = query(question) else { return UnknownReason::Bogus };
    loop {
        for kind in [RecordType::DNSKEY, RecordType::DS] {
            if zone.is_root() && kind == RecordType::DS {
                continue;
            }
            if let Err(error) = resolver.lookup(zone.clone(), kind).await
                && matches!(denial(&error, &zone), Denial::Other)
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
        NetError::NoConnections => UnknownReason::Unreachable,
        NetError::Io(error) if error.kind() == ErrorKind::TimedOut => UnknownReason::Timeout,
        NetError::Io(_) => UnknownReason::Unreachable,
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
