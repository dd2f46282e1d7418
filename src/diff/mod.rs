//! What a change does: entries of two maps compared, and judged by what Postfix would do.

mod affected;
mod dead;
mod describe;
mod differ;
mod drift;
mod map_comparison;
mod overruled;
mod sealed_text;
mod side;

pub(crate) use affected::{Recipient, affected};
pub(crate) use dead::dead;
pub(crate) use describe::describe;
pub(crate) use differ::{Compared, compare, compare_sealed};
pub(crate) use map_comparison::MapComparison;
pub(crate) use side::{Difference, Entries, Side, differences, find};

pub use drift::{Drift, Fate};

use crate::formats::{Ignored, MapText};
use crate::postfix::{Effect, Settings};
use crate::source::Span;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Both maps of one side, and what decides beside them.
#[derive(Clone, Copy, Debug)]
pub struct Maps<'a> {
    /// `transport_maps`.
    pub transport: &'a MapText<'a>,
    /// `smtp_tls_policy_maps`.
    pub tls_policy: &'a MapText<'a>,
    /// The parameters of main.cf.
    pub settings: &'a Settings,
}

/// What is known of who wrote the entries of a deployed map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Owner<'a> {
    /// mxward wrote all of them: one that is not compiled any more goes.
    Ours,
    /// mxward applied these last; keys that we compile too are adopted, all others are foreign.
    Applied(&'a MapText<'a>),
    /// Nobody knows: keys that we compile too are adopted, all others are foreign.
    Unknown,
}

/// What changes for one target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diff {
    /// The entries of `transport_maps`.
    pub transport: MapDiff,
    /// The entries of `smtp_tls_policy_maps`.
    pub tls_policy: MapDiff,
    /// Recipients that are treated otherwise than before, worst first; those with the same cause
    /// stand together.
    pub groups: Vec<Group>,
    /// Recipients about whom foreign entries that stay decide otherwise than what is declared, sorted.
    pub overruled: Vec<String>,
}

/// What changes in one map.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MapDiff {
    /// Keys that are new.
    pub added: usize,
    /// Keys with another right-hand side.
    pub changed: usize,
    /// Keys that go.
    pub removed: usize,
    /// Keys that stay as they are, foreign ones left out.
    pub unchanged: usize,
    /// Keys that were there before mxward, and are compiled by it now.
    pub adopted: usize,
    /// Deployed entries that are not ours, sorted by line.
    pub foreign: Vec<DeployedLine>,
    /// Whether the foreign entries stay.
    pub keeps_foreign: bool,
    /// Entries that somebody changed or removed since mxward applied them, sorted by key.
    pub drift: Vec<Drift>,
    /// Deployed lines that do not do what they seem to, sorted by line.
    pub ignored: Vec<Ignored>,
    /// Deployed entries that no lookup reaches, sorted by line.
    pub dead: Vec<DeployedLine>,
}

/// An entry of a deployed map.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DeployedLine {
    /// The line, from 1.
    pub line: u32,
    /// The lookup key.
    pub key: String,
    /// The right-hand side.
    pub value: String,
}

/// Recipients to whom the same happens for the same reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// What it does to them.
    pub effect: Effect,
    /// The template that they get their entries from.
    pub template: Option<Arc<str>>,
    /// What happens with their mail before, in a phrase.
    pub before: String,
    /// And after.
    pub after: String,
    /// The recipients, sorted; never empty.
    pub recipients: Vec<String>,
    /// Addresses that some of them are sent to only after the change.
    pub new_addresses: BTreeSet<String>,
    /// Addresses that some of them were sent to only before it.
    pub old_addresses: BTreeSet<String>,
    /// Where the first of them was decided.
    pub cause: Cause,
}

/// Where a treatment was decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// A declaration.
    Declared(Span),
    /// The line of a deployed entry that goes; the map is `transport` or `tls_policy`.
    Deployed(&'static str, u32),
    /// Parameters of the target.
    Settings,
}

impl MapDiff {
    /// Whether any entry changes.
    pub fn is_change(&self) -> bool {
        self.added + self.changed + self.removed > 0
    }
}

impl Diff {
    /// Whether anything changes, be it without effect.
    pub fn is_change(&self) -> bool {
        self.transport.is_change() || self.tls_policy.is_change() || !self.groups.is_empty()
    }

    /// How many recipients see an effect.
    pub fn count(&self, effect: Effect) -> usize {
        let of_effect = self.groups.iter().filter(|group| group.effect == effect);
        of_effect.map(|group| group.recipients.len()).sum()
    }
}
