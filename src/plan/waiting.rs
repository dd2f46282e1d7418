//! Keys of tables that nothing asks for any more, and that stay for a while.
//!
//! A queue manager has the next hops of its deliveries in memory for as long as these last, and each of
//! them asks the table anew: a row that went with the transports would be missed by those under way. A
//! file does not have that, since a process that reads it keeps the old one open.

use super::steps::{Step, Which};
use crate::diff::{Difference, Entries, Side, affected, differences, find};
use crate::formats::MapEntry;
use std::collections::BTreeSet;

/// The keys of some entries of `smtp_tls_policy_maps` that mail to anybody asks for.
pub(crate) fn asked<'l>(side: &Side<'_>, lines: &'l [MapEntry<'_>]) -> BTreeSet<&'l str> {
    let gone: Vec<Difference<'_>> = lines
        .iter()
        .map(|line| Difference { key: &line.key, before: Some(line), after: None })
        .collect();
    let keys: BTreeSet<&'l str> = lines.iter().map(|line| &*line.key).collect();
    let mut asked = BTreeSet::new();
    for recipient in affected(side, side, &[], &gone) {
        let delivery = side.deliver(&recipient.example());
        asked.extend(delivery.policy_keys().filter_map(|key| keys.get(key).copied()));
    }
    asked
}

/// Lets policies stay that nothing asks for once the steps are done, but for those in `due`, which have
/// waited long enough. Gives the keys that begin to wait.
pub(crate) fn linger<'a>(
    before: &Side<'a>,
    after: &Side<'a>,
    mut steps: Vec<Step<'a>>,
    due: &BTreeSet<String>,
) -> (Vec<Step<'a>>, BTreeSet<String>) {
    let mut gone: Vec<MapEntry<'a>> = before
        .tls_policy
        .iter()
        .filter(|line| find(&after.tls_policy, &line.key).is_none() && !due.contains(&*line.key))
        .cloned()
        .collect();
    let stays = loop {
        let stays = with(&after.tls_policy, &gone);
        let side = Side {
            transport: Entries::Borrowed(&after.transport),
            tls_policy: Entries::Borrowed(&stays),
            settings: after.settings,
        };
        // A key that is asked for still decides, so it goes at once; another one may then be found.
        let asked: BTreeSet<String> = asked(&side, &gone).into_iter().map(str::to_owned).collect();
        if asked.is_empty() {
            break stays;
        }
        gone.retain(|line| !asked.contains(&*line.key));
    };
    if let Some(last) = steps.iter().rposition(|step| step.map == Which::TlsPolicy)
        && !gone.is_empty()
    {
        // Every list of steps ends with the policies of after.
        let earlier = steps[..last].iter().rfind(|step| step.map == Which::TlsPolicy);
        let now = earlier.map_or(&*before.tls_policy, |step| &step.lines);
        if differences(now, &stays).is_empty() {
            steps.remove(last);
        } else {
            steps[last].lines = stays;
        }
    }
    if let [only] = steps.as_mut_slice()
        && only.map == Which::TlsPolicy
        && differences(&before.tls_policy, &only.lines)
            .iter()
            .all(|it| it.after.is_none() && due.contains(it.key))
    {
        (only.what, only.prunes) = ("without policies that nothing asks for any more", true);
    }
    (steps, gone.into_iter().map(|line| line.key.into_owned()).collect())
}

/// Two lists of different keys as one.
fn with<'a>(lines: &[MapEntry<'a>], more: &[MapEntry<'a>]) -> Vec<MapEntry<'a>> {
    let mut all = [lines, more].concat();
    all.sort_unstable_by(|a, b| a.key.cmp(&b.key));
    all
}
