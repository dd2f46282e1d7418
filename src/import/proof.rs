//! What the imported repository compiles to, beside what was there.

use super::Imported;
use super::maps::borrowed;
use crate::diff::{Group, Maps, Owner, compare};
use crate::formats::{MapEntry, MapText};
use crate::model::Unmanaged;
use crate::postfix::{Effect, Settings, TlsPolicy};
use crate::tables::{Rows, Tables};
use hashbrown::HashMap;
use std::borrow::Cow;
use std::sync::Arc;

/// What an import does to mail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    /// How many keys both old maps have together, those left out that no lookup finds.
    pub keys: usize,
    /// Recipients that are treated otherwise because the import was told so: trailing comments that are
    /// gone, `none` that means nothing, domains under the other form of their name.
    pub meant: Vec<Group>,
    /// Recipients that are treated otherwise, and nobody asked for it.
    pub differences: Vec<Group>,
    /// How many recipients see another order or spelling, without effect.
    pub neutral: usize,
}

/// Compares what was there with what `rows` has.
pub fn prove(imported: &Imported, rows: &impl Rows, settings: &Settings) -> Proof {
    let mut neutral = 0;
    let mut notable = |groups: Vec<Group>| {
        let (same, other): (Vec<Group>, Vec<Group>) =
            groups.into_iter().partition(|it| it.effect == Effect::Neutral);
        neutral += same.iter().map(|it| it.recipients.len()).sum::<usize>();
        other
    };
    let meant = imported.maps.meant();
    let (before, wanted) = (maps(&imported.maps.before, settings), maps(&meant, settings));
    let owners = [Owner::Ours; 2];
    let asked = compare(before, owners, wanted, &Tables::default(), Unmanaged::Remove).diff.groups;
    let asked = notable(asked);
    let texts = rows.policies().map(|policy| (Arc::as_ptr(policy), policy.to_string())).collect();
    let after = after(imported, rows, &texts);
    let after = maps(&after, settings);
    let differences = compare(wanted, owners, after, rows, Unmanaged::Remove).diff.groups;
    let differences = notable(differences);
    let keys = meant.iter().map(|map| map.entries.len()).sum();
    Proof { keys, meant: asked, differences, neutral }
}

fn maps<'a>(maps: &'a [MapText<'_>; 2], settings: &'a Settings) -> Maps<'a> {
    Maps { transport: &maps[0], tls_policy: &maps[1], settings }
}

/// What will be there: what is compiled, by the texts of its policies, and the foreign entries that stay.
fn after<'a>(
    imported: &'a Imported,
    rows: &'a impl Rows,
    texts: &'a HashMap<*const TlsPolicy, String>,
) -> [MapText<'a>; 2] {
    let transport = rows.transport_rows().map(|row| {
        let value = Cow::Owned(row.value.to_string());
        MapEntry { key: row.key, value, line: 0 }
    });
    let tls_policy = rows.policy_rows().map(|row| {
        let value = Cow::Borrowed(texts[&Arc::as_ptr(row.value)].as_str());
        MapEntry { key: row.key, value, line: 0 }
    });
    let mut maps = [transport.collect::<Vec<_>>(), tls_policy.collect()];
    for (map, foreign) in maps.iter_mut().zip(&imported.maps.foreign) {
        map.extend(foreign.iter().map(borrowed));
        map.sort_by(|a, b| a.key.cmp(&b.key));
        // What is compiled comes first.
        map.dedup_by(|second, first| second.key == first.key);
    }
    maps.map(|entries| MapText { entries, ignored: Vec::new() })
}
