//! One question to the validating resolver.

use super::answers::{empty, query, reply};
use crate::answer::{Answer, Question, UnknownReason};
use hickory_resolver::TokioResolver;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::dnssec::Proof;
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RecordType};

pub(super) async fn ask(resolver: &TokioResolver, question: &Question) -> Answer {
    let (name, kind) = match query(question) {
        Ok(query) => query,
        Err(reason) => return Answer::Unknown(reason),
    };
    match resolver.lookup(name.clone(), kind).await {
        Ok(lookup) => {
            let records = lookup.answers();
            let proof = weakest(records.iter().map(|record| record.proof));
            let reply = match reply(question, records.iter().map(|record| &record.data)) {
                Ok(reply) => reply,
                Err(reason) => return Answer::Unknown(reason),
            };
            match proof {
                Proof::Secure if reply.is_empty() => Answer::ProvenAbsent,
                Proof::Secure => Answer::Secure(reply),
                Proof::Insecure => Answer::Insecure(reply),
                Proof::Bogus => Answer::Unknown(UnknownReason::Bogus),
                Proof::Indeterminate => {
                    Answer::Unknown(UnknownReason::Failure("indeterminate".to_owned()))
                }
            }
        }
        Err(NetError::Dns(DnsError::NoRecordsFound(none))) => match none.response_code {
            ResponseCode::NXDomain | ResponseCode::NoError => {
                let records = none.authorities.as_deref().unwrap_or_default();
                match weakest(records.iter().map(|record| record.proof)) {
                    Proof::Secure if !records.is_empty() => Answer::ProvenAbsent,
                    Proof::Bogus => bogus(resolver, &name).await,
                    Proof::Secure | Proof::Insecure | Proof::Indeterminate => {
                        Answer::Insecure(empty(question))
                    }
                }
            }
            code => failure(code),
        },
        Err(NetError::Dns(DnsError::ResponseCode(code))) => failure(code),
        // No error of its own tells a missing key from a wrong one.
        Err(NetError::Dns(DnsError::DnssecBogus)) => bogus(resolver, &name).await,
        Err(NetError::Dns(DnsError::Nsec { proof, .. })) => match proof {
            Proof::Secure => Answer::ProvenAbsent,
            Proof::Insecure => Answer::Insecure(empty(question)),
            Proof::Bogus | Proof::Indeterminate => bogus(resolver, &name).await,
        },
        Err(NetError::Timeout | NetError::NoConnections | NetError::Io(_)) => {
            Answer::Unknown(UnknownReason::Timeout)
        }
        Err(error) => Answer::Unknown(UnknownReason::Failure(error.to_string())),
    }
}

/// The least of the proofs; secure without any.
fn weakest(proofs: impl Iterator<Item = Proof>) -> Proof {
    let rank = |proof: &Proof| match proof {
        Proof::Bogus => 0,
        Proof::Indeterminate => 1,
        Proof::Insecure => 2,
        Proof::Secure => 3,
    };
    proofs.min_by_key(rank).unwrap_or(Proof::Secure)
}

fn failure(code: ResponseCode) -> Answer {
    let text = match code {
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        other => other.to_string(),
    };
    Answer::Unknown(UnknownReason::Failure(text))
}

/// The resolver says bogus also when the keys of a zone did not arrive. Only when every zone above the
/// name answers for its keys are the signatures wrong.
async fn bogus(resolver: &TokioResolver, name: &Name) -> Answer {
    let mut zone = name.clone();
    loop {
        match resolver.lookup(zone.clone(), RecordType::DNSKEY).await {
            Err(NetError::Timeout | NetError::NoConnections | NetError::Io(_)) => {
                return Answer::Unknown(UnknownReason::Timeout);
            }
            Err(NetError::Dns(DnsError::ResponseCode(code))) => return failure(code),
            Ok(_) | Err(_) => {}
        }
        if zone.is_root() {
            return Answer::Unknown(UnknownReason::Bogus);
        }
        zone = zone.base_name();
    }
}
