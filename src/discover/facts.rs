//! What was found out about a domain.

use crate::answer::{Dnssec, MxRecord};
use crate::dane::TlsaState;
use crate::mta_sts::{Policy, PolicyError, Record, RecordError};
use crate::names::DomainName;
use std::net::IpAddr;
use std::sync::Arc;

/// Everything that was found out about a domain.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The domain.
    pub domain: DomainName,
    /// Where its mail goes.
    pub mail: Mail,
    /// Its MX hosts with their preferences, in the order in which they are tried; of a domain without
    /// MX records the domain itself, when it has an address.
    pub hosts: Vec<(u16, Arc<Host>)>,
    /// What it says about MTA-STS.
    pub sts: Sts,
}

/// Where the mail of a domain goes. [RFC 5321 §5.1]
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mail {
    /// To the hosts of its MX records, none of which is null.
    Mx {
        /// The status of the set, aliases included.
        dnssec: Dnssec,
        /// The records, sorted.
        records: Vec<MxRecord>,
        /// Where the domain's name leads when it is an alias.
        alias: Option<DomainName>,
    },
    /// To its own address, as there are no MX records.
    Implicit {
        /// The status of the answer that there are none.
        dnssec: Dnssec,
    },
    /// Nowhere: it says that it takes no mail. [RFC 7505 §3]
    NullMx {
        /// The status of that record.
        dnssec: Dnssec,
    },
    /// Nowhere: there are neither MX records nor addresses.
    Nowhere {
        /// The status of the answer that there are none.
        dnssec: Dnssec,
    },
    /// Nobody knows, and why.
    Unknown(String),
}

/// What was found out about an MX host.
#[derive(Clone, Debug)]
pub struct Host {
    /// Its name in the MX record.
    pub name: DomainName,
    /// The status of its addresses, aliases included; `None` where there are none.
    pub dnssec: Option<Dnssec>,
    /// Its addresses that may be connected to, sorted, IPv4 first.
    pub addresses: Vec<IpAddr>,
    /// Its addresses that may not, and why.
    pub refused: Vec<(IpAddr, &'static str)>,
    /// Where its name leads when it is an alias, against the rule. [RFC 2181 §10.3]
    pub alias: Option<DomainName>,
    /// Why its addresses are not known.
    pub unknown: Option<String>,
    /// Its TLSA records.
    pub dane: TlsaState,
}

/// What a domain says about MTA-STS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sts {
    /// No record.
    None,
    /// Nobody knows whether there is a record, and why.
    Unknown(String),
    /// Records that are not valid, which counts as none.
    Invalid(RecordError),
    /// A record, and what came of fetching the policy.
    Record {
        /// The record.
        record: Record,
        /// The policy.
        policy: StsPolicy,
    },
}

/// What came of fetching a policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StsPolicy {
    /// It is there and valid.
    Valid(Policy),
    /// It is there and not valid.
    Invalid(PolicyError),
    /// It cannot be had, and why; whether that may pass.
    Unavailable(String, bool),
}

impl Facts {
    /// The policy, where a valid one was fetched.
    pub fn policy(&self) -> Option<&Policy> {
        match &self.sts {
            Sts::Record { policy: StsPolicy::Valid(policy), .. } => Some(policy),
            Sts::None | Sts::Unknown(_) | Sts::Invalid(_) | Sts::Record { .. } => None,
        }
    }
}
