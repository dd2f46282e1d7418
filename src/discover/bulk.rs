//! Many domains at once.

use super::gather::{Gatherer, Options};
use super::judge::Judge;
use super::outcome::Outcome;
use crate::names::DomainName;
use crate::world::{Ended, Net, side_by_side};
use std::io;

/// Finds out about domains side by side, and gives each outcome to `take` as it comes.
///
/// A domain that waits for a dead name server takes no place from others as long as fewer than
/// [`Options::window`] do.
///
/// # Errors
///
/// When nobody can be asked.
pub fn discover(
    net: &dyn Net,
    judge: &Judge<'_>,
    options: &Options,
    domains: &[DomainName],
    take: &mut dyn FnMut(Outcome),
) -> io::Result<Ended> {
    let gatherer = &Gatherer::new(net, options);
    let one = |domain| async move {
        let facts = gatherer.facts(domain).await;
        let servers = if options.starttls && judge.needs_servers(&facts) {
            Some(gatherer.servers(&facts).await)
        } else {
            None
        };
        judge.judge(&facts, servers.as_deref())
    };
    side_by_side(net, (options.window, options.total), domains.iter().map(one), take)
}
