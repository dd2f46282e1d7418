//! The rows of the table, for the script of the page.

use super::class::Class;
use super::overview::{Overview, Row};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The data as JSON, one row a line.
pub(super) fn data(overview: &Overview) -> String {
    let targets: Vec<_> = overview
        .targets
        .iter()
        .map(|it| json!({ "name": it.name, "default": it.default.0, "place": it.default.1 }))
        .collect();
    let classes: Vec<_> = Class::all().map(|it| [it.letter(), it.name(), it.family()]).collect();
    let mut texts = Texts::default();
    let rows: Vec<String> =
        overview.rows.iter().map(|it| row(it, &mut texts).to_string()).collect();
    format!(
        "{{\"targets\":{},\n\"classes\":{},\n\"outcomes\":{},\n\"texts\":{},\n\"rows\":[\n{}\n]}}",
        json!(targets),
        json!(classes),
        json!(overview.outcomes),
        json!(texts.list),
        rows.join(",\n"),
    )
}

/// Texts that many rows share, each once: a list of 100,000 domains says its provider once.
#[derive(Default)]
struct Texts<'r> {
    list: Vec<&'r str>,
    known: BTreeMap<&'r str, usize>,
}

impl<'r> Texts<'r> {
    fn at(&mut self, text: &'r str) -> usize {
        *self.known.entry(text).or_insert_with(|| {
            self.list.push(text);
            self.list.len() - 1
        })
    }
}

/// Columns as `page.js` reads them; those that are shared are positions.
fn row<'r>(row: &'r Row, texts: &mut Texts<'r>) -> Value {
    // The line and the column are the row's own.
    let parts: Vec<&str> = row.origin.rsplitn(3, ':').collect();
    let (file, position) = match parts[..] {
        [_, _, file] => row.origin.split_at(file.len()),
        _ => (&*row.origin, ""),
    };
    json!([
        row.domain,
        texts.at(&row.unicode),
        texts.at(&row.provider),
        texts.at(&row.published),
        texts.at(&row.exception),
        texts.at(file),
        position,
        row.mail,
        row.outcomes,
    ])
}
