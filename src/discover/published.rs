//! Whether a domain is secured by DANE.

use super::facts::{Facts, Mail};
use crate::answer::Dnssec;
use crate::dane::{TlsaState, usable};

/// How far DANE secures a domain. [RFC 7672 §2.2]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DaneState {
    /// Every MX host has usable records, and the MX set is secure.
    All,
    /// Some hosts have, and the MX set is secure: `dane-only` would leave the others out.
    Some,
    /// Hosts have, but anybody on the way can change the MX set.
    InsecureMx,
    /// There are records, and a mail client can use none of them.
    Unusable,
    /// No host has.
    None,
    /// Nobody knows about one of the hosts.
    Unknown,
}

/// How far DANE secures a domain.
pub fn dane_state(facts: &Facts) -> DaneState {
    let secure = match &facts.mail {
        Mail::Mx { dnssec, .. } | Mail::Implicit { dnssec } => *dnssec == Dnssec::Secure,
        Mail::NullMx { .. } | Mail::Nowhere { .. } | Mail::Unknown(_) => return DaneState::None,
    };
    let (mut with, mut without, mut unusable, mut unknown) = (0, 0, 0, 0);
    for (_, host) in &facts.hosts {
        match &host.dane {
            TlsaState::Records { records, .. } if usable(records).next().is_some() => with += 1,
            TlsaState::Records { .. } => unusable += 1,
            TlsaState::Unknown(_) => unknown += 1,
            TlsaState::InsecureHost if host.unknown.is_some() => unknown += 1,
            TlsaState::InsecureHost | TlsaState::None => without += 1,
        }
    }
    match (with, without + unusable, unknown) {
        (_, _, 1..) => DaneState::Unknown,
        (1.., _, 0) if !secure => DaneState::InsecureMx,
        (1.., 0, 0) => DaneState::All,
        (1.., 1.., 0) => DaneState::Some,
        (0, ..) if unusable > 0 => DaneState::Unusable,
        (..) => DaneState::None,
    }
}
