//! What changed in the lock, as `mxward lock` and `update` tell it.

use crate::names::DomainName;
use std::fmt;
use std::net::IpAddr;

/// One change of the lock.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LockEvent {
    /// A host was added, with so many addresses.
    AddHost(DomainName, usize),
    /// A domain was added with its MX set.
    AddDomain(DomainName, String),
    /// A host has another address.
    NewAddress(DomainName, IpAddr),
    /// An address that had vanished is there again.
    AddressBack(DomainName, IpAddr),
    /// An address is not in DNS any more, and stays for some days.
    AddressGone(DomainName, IpAddr),
    /// An address was gone long enough.
    AddressDropped(DomainName, IpAddr),
    /// A domain has another MX set.
    NewMx(DomainName, String, String),
    /// The DNSSEC status of a name changed.
    Dnssec(DomainName, &'static str),
    /// Whether a host has usable TLSA records, which was otherwise before or not known.
    Dane(DomainName, bool),
    /// Nobody needs the name any more.
    Remove(DomainName),
}

impl fmt::Display for LockEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = |word: &str, name: &DomainName, rest: fmt::Arguments<'_>| {
            write!(f, "{word:>9} {name}{rest}")
        };
        match self {
            Self::AddHost(name, 0) => line("Adding", name, format_args!("")),
            Self::AddHost(name, 1) => line("Adding", name, format_args!(" (1 address)")),
            Self::AddHost(name, count) => {
                line("Adding", name, format_args!(" ({count} addresses)"))
            }
            Self::AddDomain(name, mx) => line("Adding", name, format_args!(" (MX {mx})")),
            Self::NewAddress(name, address) => line("New", name, format_args!(" {address}")),
            Self::AddressBack(name, address) => line("Back", name, format_args!(" {address}")),
            Self::AddressGone(name, address) => line("Gone", name, format_args!(" {address}")),
            Self::AddressDropped(name, address) => {
                line("Dropping", name, format_args!(" {address}"))
            }
            Self::NewMx(name, old, new) => {
                line("Changing", name, format_args!(" MX {old} -> {new}"))
            }
            Self::Dnssec(name, status) => line("Changing", name, format_args!(" is {status} now")),
            Self::Dane(name, true) => {
                line("Changing", name, format_args!(" has usable TLSA records"))
            }
            Self::Dane(name, false) => {
                line("Changing", name, format_args!(" has no usable TLSA records"))
            }
            Self::Remove(name) => line("Removing", name, format_args!("")),
        }
    }
}
