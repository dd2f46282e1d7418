//! `mxward providers list`

use super::{hosts, levels};
use crate::cli::printer::Render;
use crate::diag::{Style, printable, wrap};
use crate::model::{PinAdvice, Provider};
use crate::report::markdown_cell;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// All templates, a line each, in the order of their names.
pub(crate) struct List<'a>(pub &'a BTreeMap<String, Provider>);

const HEAD: [&str; 6] = ["name", "policy", "pin", "hosts", "own", "title"];

/// The fewest characters that are left of a title.
const TITLE: usize = 12;

impl List<'_> {
    fn rows(&self) -> impl Iterator<Item = [String; 6]> {
        self.0.values().map(|provider| {
            let pin = match provider.pin {
                PinAdvice::Ok => "ok",
                PinAdvice::Discouraged => "-",
            };
            let own = if provider.builtin { "" } else { "own" };
            [
                provider.name.value.clone(),
                levels(provider),
                pin.to_owned(),
                hosts(provider),
                own.to_owned(),
                printable(&provider.title).into_owned(),
            ]
        })
    }

    fn legend(&self) -> [String; 3] {
        let (all, own) = (self.0.len(), self.0.values().filter(|it| !it.builtin).count());
        let own = if own > 0 { format!(", {own} of this repository") } else { String::new() };
        [
            format!(
                "{all} templates{own}; `mxward providers show NAME` shows one with its evidence"
            ),
            "policy: the level, in brackets that of DANE-secured domains; `-`: for detection only"
                .to_owned(),
            "pin: `ok` where addresses are stable; hosts: how many, or `MX`: each domain's own"
                .to_owned(),
        ]
    }
}

impl Render for List<'_> {
    fn text(&self, style: &Style) -> String {
        let mut rows = vec![HEAD.map(str::to_uppercase)];
        rows.extend(self.rows());
        let mut widths = [0; 6];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let before: usize = widths[..5].iter().map(|width| width + 2).sum();
        let title = style.width.saturating_sub(before).max(TITLE);
        let mut text = String::new();
        for row in &mut rows {
            if row[5].chars().count() > title {
                row[5] = row[5].chars().take(title - 1).chain(['…']).collect();
            }
            let mut line = String::new();
            for (width, cell) in widths.iter().zip(row.iter()) {
                write!(line, "{cell:width$}  ").expect("a string takes all text");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        for line in self.legend() {
            text.push('\n');
            text.push_str(&wrap(&line, style.width).join("\n"));
        }
        text.push('\n');
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
        json!({ "format_version": 1, "providers": list })
    }

    fn markdown(&self) -> String {
        let mut text = format!("| {} |\n|{}\n", HEAD.join(" | "), "---|".repeat(HEAD.len()));
        for row in self.rows() {
            writeln!(text, "| {} |", row.map(|cell| markdown_cell(&cell)).join(" | "))
                .expect("a string takes all text");
        }
        for line in self.legend() {
            writeln!(text, "\n{}", markdown_cell(&line)).expect("a string takes all text");
        }
        text
    }
}
