//! What somebody else changed since the last apply, for platforms.

use super::{Shown, code};
use crate::diag::Severity;
use crate::report::{Item, Rule, counted, shortened, thousands};

/// So many keys of an item are shown.
const KEYS: usize = 10;

/// So many characters of what happened to a key are shown.
const PHRASE: usize = 400;

/// An item for one map; `which` is 0 for the transport map and 1 for the policies. None when nobody
/// changed anything.
pub(in super::super) fn drift<'d>(
    shown: &Shown<'_>,
    which: usize,
    keys: impl ExactSizeIterator<Item = &'d str>,
) -> Option<Item> {
    let total = keys.len();
    if total == 0 {
        return None;
    }
    let (target, file) = (code(shown.name), code(shown.files[which]));
    let changed = counted(total, "key");
    let message =
        format!("target {target}: somebody else changed {changed} of {file} since the last apply");
    let item = Item::new(Severity::Warning, "map/drift", message).at(shown.span, shown.sources);
    // One more is shorter than to say that there is one more.
    let most = if total == KEYS + 1 { total } else { KEYS };
    let item = keys.take(most).fold(item, |item, key| item.detail(shortened(key, PHRASE)));
    let rest = (total > most).then(|| format!("and {} more", thousands(total - most)));
    Some(rest.into_iter().fold(item, Item::detail))
}

/// What the code means.
pub(in super::super) fn drift_rule() -> Rule {
    Rule {
        code: "map/drift",
        summary: "entries that mxward applied and somebody else changed or removed since".to_owned(),
        help: "The next apply undoes that, unless the repository says the same. Declare it where it is meant."
            .to_owned(),
    }
}
