//! Lints: what is valid and still not what anybody wants.
//!
//! Every lint is a file of `rules/` with its documentation; [`RULES`] lists them. They look at a
//! [`View`] and report what they find, one finding for what is written once, however many
//! domains it concerns.
//!
//! A new lint is a file in `rules/`, its line in `rules/mod.rs` and in [`crate::model::LINTS`], and a
//! test below `tests/lints/` that `fires` and one that is `silent`; tests say when one of these lacks.
//! `UPDATE=1 cargo test` adds it to the documentation.

mod errors;
mod findings;
mod page;
mod policy_use;
mod provider_match;
mod public_suffix;
mod rule;
mod rules;
mod target_view;
mod users;
mod view;

pub use errors::{ERRORS, FixedError};
pub use page::page;
pub use rule::{Docs, Rule};
pub use rules::RULES;

use crate::diag::{Diagnostics, Severity};
use crate::expand::Destinations;
use crate::lock::Lock;
use crate::model::{Config, Target};
use crate::resolve::Resolved;
use crate::tables::Tables;
use findings::Findings;
use jiff::civil::Date;
use view::View;

/// What the lints look at.
#[derive(Debug)]
pub struct Linted<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The lock.
    pub lock: &'a Lock,
    /// The destinations, resolved; `None` where an error kept them from being made.
    pub destinations: Option<&'a Destinations<Resolved>>,
    /// The targets that were asked for, with their tables; `None` where an error kept them from
    /// being made.
    pub targets: &'a [(&'a Target, Option<Tables>)],
    /// The day on which expiry and age are judged.
    pub today: Date,
}

/// Runs every lint that is not allowed, as long as it is at least so severe.
pub fn lint(linted: &Linted<'_>, least: Severity, diagnostics: &mut Diagnostics) {
    let view = View::new(linted);
    for rule in RULES {
        let level = linted.config.lints.get(rule.name).copied().unwrap_or(rule.level);
        // The order of severities is that of reports: errors first.
        if let Some(severity) = level.severity().filter(|it| *it <= least) {
            (rule.run)(&view, &mut Findings::new(rule, severity, diagnostics));
        }
    }
}
