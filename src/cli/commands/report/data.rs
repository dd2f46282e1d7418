//! The rows of the table, for the script of the page.

use super::class::Class;
use super::overview::Overview;
use serde_json::json;

/// The data as JSON.
pub(super) fn data(overview: &Overview) -> String {
    let targets: Vec<_> = overview
        .targets
        .iter()
        .map(|it| json!({ "name": it.name, "default": it.default.0, "place": it.default.1 }))
        .collect();
    let classes: Vec<_> = Class::all().map(|it| [it.letter(), it.name(), it.family()]).collect();
    json!({
        "targets": targets,
        "classes": classes,
        "outcomes": overview.outcomes,
        "rows": overview.rows,
    })
    .to_string()
}
