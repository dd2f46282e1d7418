//! Recorded facts.

use crate::answer::{Dnssec, MxRecord};
use crate::names::DomainName;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Everything that `mxward.lock` records.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lock {
    /// The day on which `update` last confirmed everything; `None` in a lock that was never filled.
    pub checked: Option<Date>,
    /// MX hosts by name.
    pub hosts: BTreeMap<DomainName, HostFact>,
    /// Domains whose own MX set is known, by name.
    pub domains: BTreeMap<DomainName, DomainFact>,
}

/// What is known of an MX host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostFact {
    /// The DNSSEC status of its addresses.
    pub dnssec: Dnssec,
    /// Its addresses, sorted: current ones and those that vanished less than `lock.retain` days ago.
    pub addresses: Vec<AddressFact>,
    /// Whether it has usable TLSA records in a secure zone; `None` where nobody needed to know.
    pub dane: Option<bool>,
    /// Why the last attempt to confirm this brought nothing.
    pub stale: Option<Stale>,
}

/// One address of an MX host.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AddressFact {
    /// The address; public, or allowed by `lock.allow_addresses`.
    pub address: IpAddr,
    /// The day it was first seen.
    pub since: Date,
    /// The day it was first missed; `None` while it is there.
    pub gone: Option<Date>,
}

/// What is known of a domain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DomainFact {
    /// The DNSSEC status of its MX set.
    pub dnssec: Dnssec,
    /// Its MX set, sorted by preference and name; never empty.
    pub mx: Vec<MxRecord>,
    /// The day this set was first seen.
    pub since: Date,
    /// Why the last attempt to confirm this brought nothing.
    pub stale: Option<Stale>,
}

/// A fact that could not be confirmed: what the resolver said, and since when it does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stale {
    /// The day of the first attempt that failed.
    pub since: Date,
    /// What happened, such as `timeout`, `SERVFAIL`, `bogus` or `unsigned-denial`.
    pub reason: String,
}

/// What a run may do with the lock. [the modes of cargo(1)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LockMode {
    /// Add what is missing, touch nothing else.
    Fill,
    /// Ask again for everything, or for the named ones, and drop what nobody needs.
    Update,
    /// `--locked`: the network may be used, but the lock must not change.
    Locked,
    /// `--offline`: no network; what is missing is an error.
    Offline,
    /// `--frozen`: both.
    Frozen,
}
