//! Lints: what is valid and still not what anybody wants.

use crate::diag::Diagnostics;
use crate::expand::Destinations;
use crate::lock::Lock;
use crate::model::{Config, Target};
use crate::resolve::Resolved;
use crate::tables::Tables;
use jiff::civil::Date;

/// What the lints look at.
pub struct Linted<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The lock.
    pub lock: &'a Lock,
    /// The destinations, resolved.
    pub destinations: &'a Destinations<Resolved>,
    /// The tables of each target.
    pub tables: &'a [(&'a Target, Tables)],
    /// The day on which expiry and age are judged.
    pub today: Date,
}

/// Runs every lint.
pub fn lint(_linted: &Linted<'_>, _diagnostics: &mut Diagnostics) {}
