//! How long an address that vanished stays.

use crate::lock::AddressFact;
use jiff::civil::Date;
use std::net::IpAddr;

/// What happened to one address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Change {
    /// It was not there before.
    New(IpAddr),
    /// It had vanished, and is there again.
    Back(IpAddr),
    /// It vanished, and stays for some days.
    Gone(IpAddr),
    /// It was gone long enough.
    Dropped(IpAddr),
}

/// The addresses of a host after an answer, sorted.
///
/// An address stays `retain` days after the one on which it was first missed. Those for which `unknown`
/// holds are as they were: nobody could be asked about them.
pub(super) fn retained(
    known: &[AddressFact],
    current: &[IpAddr],
    unknown: impl Fn(&IpAddr) -> bool,
    today: Date,
    retain: u16,
) -> Vec<AddressFact> {
    let mut facts = Vec::new();
    for fact in known {
        if current.contains(&fact.address) {
            facts.push(AddressFact { gone: None, ..fact.clone() });
        } else if unknown(&fact.address) {
            facts.push(fact.clone());
        } else {
            let gone = fact.gone.unwrap_or(today);
            let days = today.since(gone).map_or(0, |span| span.get_days());
            if days < i32::from(retain) {
                facts.push(AddressFact { gone: Some(gone), ..fact.clone() });
            }
        }
    }
    for address in current {
        if known.iter().all(|fact| fact.address != *address) {
            facts.push(AddressFact { address: *address, since: today, gone: None });
        }
    }
    facts.sort();
    facts
}

/// What is different between two lists.
pub(super) fn changes(old: &[AddressFact], new: &[AddressFact]) -> Vec<Change> {
    let of = |list: &[AddressFact], address| {
        list.iter().find(|fact| fact.address == address).map(|fact| fact.gone.is_some())
    };
    let dropped = old.iter().filter(|fact| of(new, fact.address).is_none());
    let dropped = dropped.map(|fact| Change::Dropped(fact.address));
    let others = new.iter().filter_map(|fact| {
        let address = fact.address;
        match (of(old, address), fact.gone.is_some()) {
            (None, _) => Some(Change::New(address)),
            (Some(true), false) => Some(Change::Back(address)),
            (Some(false), true) => Some(Change::Gone(address)),
            (Some(true), true) | (Some(false), false) => None,
        }
    });
    dropped.chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn addresses(list: &[&str]) -> Vec<IpAddr> {
        list.iter().map(|it| it.parse().unwrap()).collect()
    }

    /// The addresses from day to day, `-` before one that has vanished.
    fn history(retain: u16, answers: &[(&str, &[&str])]) -> Vec<String> {
        let mut facts = Vec::new();
        let mut seen = Vec::new();
        for (today, answer) in answers {
            facts = retained(&facts, &addresses(answer), |_| false, day(today), retain);
            let shown = facts
                .iter()
                .map(|it| format!("{}{}", if it.gone.is_some() { "-" } else { "" }, it.address));
            seen.push(shown.collect::<Vec<_>>().join(" "));
        }
        seen
    }

    #[test]
    fn an_address_that_vanished_stays_for_the_days_of_retain() {
        let (both, one): (&[&str], &[&str]) = (&["192.0.2.1", "192.0.2.2"], &["192.0.2.1"]);
        let days = [
            ("2026-01-01", both),
            ("2026-01-02", one),
            ("2026-01-08", one),
            ("2026-01-09", one),
            ("2026-01-10", one),
        ];
        assert_eq!(
            history(7, &days),
            [
                "192.0.2.1 192.0.2.2",
                "192.0.2.1 -192.0.2.2",
                "192.0.2.1 -192.0.2.2",
                "192.0.2.1",
                "192.0.2.1",
            ]
        );
        assert_eq!(history(0, &days[..2])[1], "192.0.2.1");
        assert_eq!(history(1, &days[..3])[1..], ["192.0.2.1 -192.0.2.2", "192.0.2.1"]);
    }

    #[test]
    fn a_clock_that_goes_back_drops_nothing() {
        let days: [(&str, &[&str]); 3] = [
            ("2026-02-01", &["192.0.2.1", "192.0.2.2"]),
            ("2026-02-02", &["192.0.2.1"]),
            ("2020-01-01", &["192.0.2.1"]),
        ];
        assert_eq!(history(7, &days)[2], "192.0.2.1 -192.0.2.2");
    }

    #[test]
    fn what_nobody_could_be_asked_about_is_as_it_was() {
        let known = [
            AddressFact {
                address: "192.0.2.1".parse().unwrap(),
                since: day("2025-01-01"),
                gone: None,
            },
            AddressFact {
                address: "192.0.2.2".parse().unwrap(),
                since: day("2025-01-01"),
                gone: Some(day("2025-01-02")),
            },
        ];
        let current = addresses(&["2001:db8::1"]);
        let facts = retained(&known, &current, IpAddr::is_ipv4, day("2026-01-01"), 7);
        assert_eq!(facts[..2], known);
        assert_eq!(changes(&known, &facts), [Change::New(current[0])]);
    }
}
