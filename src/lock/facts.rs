//! Recorded facts.

use crate::answer::{Dnssec, MxRecord};
use crate::names::DomainName;
use hashbrown::HashMap;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

/// Everything that `mxward.lock` records.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lock {
    /// The day on which everything was last asked for; `None` in a lock that was never filled. Facts
    /// without a mark were confirmed on that day or later.
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
    /// Empty where nobody needs them; else at least one is current.
    pub addresses: Vec<AddressFact>,
    /// Whether it has usable TLSA records in a secure zone; `None` where nobody needed to know.
    pub dane: Option<bool>,
    /// What kept the last attempt from confirming this; `None` when it was confirmed.
    pub stale: Option<Stale>,
}

/// One address of an MX host.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AddressFact {
    /// The address. That it is public or allowed by `lock.allow_addresses` was checked when it was
    /// looked up, and is checked again before mail is pinned to it.
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
    /// Its MX set, sorted by preference and name; never empty, never a null MX.
    pub mx: Arc<[MxRecord]>,
    /// The day this set was first seen.
    pub since: Date,
    /// What kept the last attempt from confirming this; `None` when it was confirmed. Few domains have one.
    pub stale: Option<Box<Stale>>,
}

/// The mark of a fact that could not be confirmed. It changes nothing that is compiled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stale {
    /// The day of the first attempt that failed, also when later ones failed otherwise.
    pub since: Date,
    /// What happened last: `timeout`, `SERVFAIL`, `bogus`, `unsigned-denial`, or what has to be looked
    /// at, such as `provider-left` or `dnssec-lost`. Letters, digits and `-`.
    pub reason: String,
}

impl Lock {
    /// Gives every fact that a compilation may look at, in order, as text: names, addresses and whether
    /// they are gone, MX sets, and the status of each; no day and no mark.
    pub fn compiled_facts(&self, mut give: impl FnMut(&str)) {
        let mut line = String::new();
        for (name, HostFact { dnssec, addresses, dane, stale: _ }) in &self.hosts {
            line.clear();
            // Writing to a String cannot fail.
            let _ = write!(line, "{name} {dnssec:?} {dane:?}");
            for AddressFact { address, since: _, gone } in addresses {
                let _ = write!(line, " {address} {}", gone.is_some());
            }
            line.push('\n');
            give(&line);
        }
        // Many domains have the MX set of one provider.
        let mut sets: HashMap<*const MxRecord, String> = HashMap::new();
        for (name, DomainFact { dnssec, mx, since: _, stale: _ }) in &self.domains {
            let set = sets.entry(mx.as_ptr()).or_insert_with(|| {
                let mut set = String::new();
                for MxRecord { preference, exchange } in mx.iter() {
                    let host = exchange.as_ref().map_or(".", DomainName::as_str);
                    let _ = write!(set, " {preference} {host}");
                }
                set.push('\n');
                set
            });
            let dnssec = match dnssec {
                Dnssec::Secure => " Secure",
                Dnssec::Insecure => " Insecure",
            };
            line.clear();
            for part in [name.as_str(), dnssec, set] {
                line.push_str(part);
            }
            give(&line);
        }
    }

    /// The last day on which a fact with this mark is known to have been right; `None` when nothing
    /// tells.
    pub fn confirmed(&self, stale: Option<&Stale>) -> Option<Date> {
        match (self.checked, stale) {
            (Some(checked), Some(stale)) => Some(checked.min(stale.since)),
            (None, Some(stale)) => Some(stale.since),
            (checked, None) => checked,
        }
    }
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
