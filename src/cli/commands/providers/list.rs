//! `mxward providers list`

use super::{hosts, levels};
use crate::cli::printer::Render;
use crate::diag::{Style, printable};
use crate::model::Provider;
use crate::report::markdown_cell;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// All templates, a line each, in the order of their names.
pub(crate) struct List<'a>(pub &'a BTreeMap<String, Provider>);

const HEAD: [&str; 6] = ["name", "title", "policy", "pin", "hosts", "from"];

impl List<'_> {
    fn rows(&self) -> impl Iterator<Item = [String; 6]> {
        self.0.values().map(|provider| {
            [
                provider.name.value.clone(),
                printable(&provider.title).into_owned(),
                levels(provider),
                provider.pin.as_str().to_owned(),
                hosts(provider),
                origin(provider).to_owned(),
            ]
        })
    }
}

impl Render for List<'_> {
    fn text(&self, _style: &Style) -> String {
        let mut rows = vec![HEAD.map(str::to_uppercase)];
        rows.extend(self.rows());
        let mut widths = [0; 6];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let mut text = String::new();
        for row in &rows {
            let mut line = String::new();
            for (width, cell) in widths.iter().zip(row) {
                write!(line, "{cell:width$}  ").expect("a string takes all text");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    fn json(&self) -> Value {
        let list: Vec<Value> = self
            .0
            .values()
            .map(|provider| {
                json!({
                    "name": provider.name.value,
                    "title": provider.title,
                    "kind": provider.kind.as_str(),
                    "builtin": provider.builtin,
                    "policy": super::policy_json(provider.policy.as_ref()),
                    "policy_when_dane": super::policy_json(provider.policy_when_dane.as_ref()),
                    "pin": provider.pin.as_str(),
                    "hosts": hosts(provider),
                })
            })
            .collect();
        json!({ "providers": list })
    }

    fn markdown(&self) -> String {
        let mut text = format!("| {} |\n|{}\n", HEAD.join(" | "), "---|".repeat(HEAD.len()));
        for row in self.rows() {
            writeln!(text, "| {} |", row.map(|cell| markdown_cell(&cell)).join(" | "))
                .expect("a string takes all text");
        }
        text
    }
}

fn origin(provider: &Provider) -> &'static str {
    if provider.builtin { "built in" } else { "providers/" }
}
