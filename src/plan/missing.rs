//! Maps that are not there.
//!
//! To Postfix a lookup in a table that main.cf names and that is not there is an error, not "not found": all
//! mail is deferred. So an apply leaves every map of a target in place, with entries or without.
//! [Postfix `dict_surrogate.c`, `trivial-rewrite/transport.c`]

use super::steps::{Step, Which};
use crate::diff::Side;

/// Adds a step for each map in `missing` that no other step makes. They come last: until then mail waits,
/// and it begins to flow where all policies are there.
pub(crate) fn make_missing<'a>(
    mut steps: Vec<Step<'a>>,
    missing: [bool; 2],
    after: &Side<'a>,
) -> Vec<Step<'a>> {
    for map in [Which::TlsPolicy, Which::Transport] {
        if !missing[map.at()] || steps.iter().any(|step| step.map == map) {
            continue;
        }
        let lines = match map {
            Which::Transport => after.transport.to_vec(),
            Which::TlsPolicy => after.tls_policy.to_vec(),
        };
        // Where its text has entries only the index is missing.
        let what = if lines.is_empty() {
            "an empty map, since there is none"
        } else {
            "the map as it is, since its index is missing"
        };
        steps.push(Step { map, lines, what, prunes: false, settles: false });
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::Entries;
    use crate::formats::MapEntry;
    use crate::postfix::{SecurityLevel, Settings, Version};
    use std::borrow::Cow;

    #[test]
    fn what_no_other_step_makes_is_made_last() {
        let line = |key: &'static str, value: &'static str| {
            vec![MapEntry { key: Cow::Borrowed(key), value: Cow::Borrowed(value), line: 1 }]
        };
        let policies = line("a.example", "encrypt");
        let settings = Settings::new(Version::series(3, 7), SecurityLevel::May);
        let after = Side {
            transport: Entries::Owned(Vec::new()),
            tls_policy: Entries::Owned(policies.clone()),
            settings: &settings,
        };
        let policy = Step {
            map: Which::TlsPolicy,
            lines: policies,
            what: "the new policies",
            prunes: false,
            settles: false,
        };
        let shown = |steps: Vec<Step<'_>>, missing| -> Vec<(Which, usize, &'static str)> {
            let steps = make_missing(steps, missing, &after);
            steps.iter().map(|step| (step.map, step.lines.len(), step.what)).collect()
        };
        let empty = (Which::Transport, 0, "an empty map, since there is none");
        let new = (Which::TlsPolicy, 1, "the new policies");
        assert_eq!(shown(vec![policy.clone()], [true, true]), [new, empty]);
        assert_eq!(shown(vec![policy], [false, true]), [new]);
        let index = (Which::TlsPolicy, 1, "the map as it is, since its index is missing");
        assert_eq!(shown(Vec::new(), [true, true]), [index, empty]);
        assert_eq!(shown(Vec::new(), [false, false]), []);
    }
}
