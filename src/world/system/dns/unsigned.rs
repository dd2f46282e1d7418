//! Zones that are proven to be unsigned, below which nothing has to be validated.

use hashbrown::{HashMap, HashSet};
use hickory_resolver::proto::rr::{LowerName, Name};
use std::sync::{Mutex, PoisonError};

/// More names than this are not remembered.
const CAPACITY: usize = 65_536;

/// Zones that are proven to be unsigned. Whatever lies at or below the top of one is insecure, since no
/// signature there leads up to a trust anchor. [RFC 4035 §5.2]
#[derive(Default)]
pub(super) struct Unsigned(Mutex<Known>);

#[derive(Default)]
struct Known {
    zones: HashSet<LowerName>,
    /// Names with an insecure answer for a name directly below, and whether they were looked at.
    parents: HashMap<LowerName, bool>,
}

impl Unsigned {
    /// Whether a name lies in one of the zones.
    pub(super) fn holds(&self, name: &Name) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.zones.is_empty() {
            return false;
        }
        let mut name = name.clone();
        while !name.is_root() {
            if known.zones.contains(&LowerName::new(&name)) {
                return true;
            }
            name = name.base_name();
        }
        false
    }

    /// Notes an insecure answer. Gives the name above when it is worth to find out whether it is the top
    /// of an unsigned zone: once, and not for the first name below it, which may be the only one.
    pub(super) fn note(&self, name: &Name) -> Option<Name> {
        let parent = name.base_name();
        if parent.is_root() {
            return None;
        }
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.parents.len() >= CAPACITY {
            return None;
        }
        let key = LowerName::new(&parent);
        match known.parents.get_mut(&key) {
            None => {
                known.parents.insert(key, false);
                None
            }
            Some(true) => None,
            Some(looked) => {
                *looked = true;
                Some(parent)
            }
        }
    }

    /// Adds a zone by its top, whose own SOA record was proven to be insecure.
    pub(super) fn add(&self, top: &Name) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.zones.insert(LowerName::new(top));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_hold_what_is_at_or_below_their_top() {
        let name = |text: &str| Name::from_ascii(text).unwrap();
        let unsigned = Unsigned::default();
        assert!(!unsigned.holds(&name("a.example.")));
        unsigned.add(&name("Zone.example."));
        for inside in ["zone.example.", "a.zone.example.", "a.b.ZONE.example."] {
            assert!(unsigned.holds(&name(inside)), "{inside}");
        }
        for outside in ["example.", "azone.example.", "zone.example.net.", "."] {
            assert!(!unsigned.holds(&name(outside)), "{outside}");
        }
    }

    #[test]
    fn a_name_is_looked_at_once_and_with_the_second_below_it() {
        let name = |text: &str| Name::from_ascii(text).unwrap();
        let unsigned = Unsigned::default();
        assert_eq!(unsigned.note(&name("a.zone.example.")), None);
        assert_eq!(unsigned.note(&name("b.zone.example.")), Some(name("zone.example.")));
        assert_eq!(unsigned.note(&name("c.zone.example.")), None);
        assert_eq!(unsigned.note(&name("example.")), None);
    }
}
