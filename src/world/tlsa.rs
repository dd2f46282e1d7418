//! Looks for TLSA records.

use super::Net;
use crate::answer::{Answer, Question, Reply};
use crate::dane::TlsaState;
use crate::names::DomainName;

/// The TLSA records under the first of the base domains that has any. [RFC 7672 §2.2.2]
pub async fn tlsa_state(net: &dyn Net, bases: Vec<DomainName>, port: u16) -> TlsaState {
    let mut state = TlsaState::InsecureHost;
    for base in bases {
        match net.ask(Question::Tlsa(base.clone(), port)).await.answer {
            Answer::Secure(Reply::Tlsa(records)) if !records.is_empty() => {
                return TlsaState::Records { base, records };
            }
            Answer::Unknown(reason) => return TlsaState::Unknown(reason.to_string()),
            Answer::Secure(_) | Answer::Insecure(_) | Answer::ProvenAbsent => {
                state = TlsaState::None;
            }
        }
    }
    state
}
