//! `lints:`

use crate::diag::{Diagnostic, Diagnostics, nearest, values};
use crate::model::{LINTS, LintLevel};
use crate::source::{Node, NodeKind};
use std::collections::BTreeMap;

pub(super) fn read_lints(
    node: Node<'_>,
    diagnostics: &mut Diagnostics,
) -> BTreeMap<&'static str, LintLevel> {
    let mut levels = BTreeMap::new();
    let NodeKind::Mapping(mapping) = node.kind else {
        let message = format!(
            "`lints` must be a mapping from lint to level, not {}",
            values::describe(&node)
        );
        diagnostics.push(Diagnostic::error("wrong-type", node.span, message));
        return levels;
    };
    for (key, node) in mapping.entries {
        let Some((name, lowest)) = LINTS.iter().find(|(name, _)| key.value == *name) else {
            let mut error = Diagnostic::error(
                "unknown-lint",
                key.span,
                format!("no lint named `{}`", key.value),
            );
            if let Some(near) = nearest(&key.value, LINTS.iter().map(|(name, _)| *name)) {
                error = error.hint(format!("did you mean `{near}`?"));
            }
            diagnostics.push(error.hint("docs/reference/lints.md lists all of them"));
            continue;
        };
        let what = format!("the level of `{name}`");
        let Some(level) = values::choice(&node, &what, LintLevel::ALL, diagnostics) else {
            continue;
        };
        if level.value < *lowest {
            let message = format!(
                "`{name}` cannot be set to `{}`: it guards against less security than the \
                 repository says",
                level.value.as_str()
            );
            diagnostics.push(
                Diagnostic::error("lint-guards", level.span, message)
                    .hint(format!("write `{}`", lowest.as_str())),
            );
            continue;
        }
        levels.insert(*name, level.value);
    }
    levels
}
