//! What is against a change, in every form.

use super::code;
use crate::cli::page::Page;
use crate::diag::{Severity, printable};
use crate::plan::Refusal;
use crate::report::{Item, wrapped};
use anstyle::AnsiColor;
use serde_json::{Value, json};

/// Adds the refusals, each with the flag that lets it pass.
pub(in super::super) fn refusals(page: &mut Page<'_>, refused: &[Refusal]) {
    for refusal in refused {
        let word = page.paint(AnsiColor::Red.on_default().bold(), "refused");
        let message = format!("target {}: {}", refusal.target, refusal.message);
        let message = wrapped(&printable(&message), page.style.width, 9);
        page.line(&format!("{word}: {message}"));
        if let Some(flag) = &refusal.flag {
            page.line(&format!("         if that is meant: {flag}"));
        }
    }
    if !refused.is_empty() {
        page.line("");
    }
}

/// The same for programs.
pub(in super::super) fn refusals_json(refused: &[Refusal]) -> Value {
    let refused = refused.iter().map(|it| {
        json!({ "guard": it.guard, "target": it.target, "message": it.message, "flag": it.flag })
    });
    refused.collect()
}

/// An item for platforms, without a place.
pub(in super::super) fn refusal_item(rule: &'static str, refusal: &Refusal) -> Item {
    let message = format!("target {} is refused: {}", code(&refusal.target), refusal.message);
    let item = Item::new(Severity::Error, rule, message).same_by(refusal.guard);
    let flag = refusal.flag.as_ref().map(|flag| format!("if that is meant: {flag}"));
    flag.into_iter().fold(item, Item::detail)
}
