//! Many domains at once.

use super::gather::{Gatherer, Options};
use super::judge::Judge;
use super::outcome::Outcome;
use crate::names::DomainName;
use crate::world::Net;
use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::stream;
use std::io;
use std::pin::pin;

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Every domain was judged.
    Done,
    /// The user wanted it to end.
    Interrupted,
    /// The time for everything together was over.
    OutOfTime,
}

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
    let mut ended = Ended::Done;
    net.run(Box::pin(async {
        let one = |domain| async move {
            let facts = gatherer.facts(domain).await;
            let servers = if options.starttls && judge.needs_servers(&facts) {
                Some(gatherer.servers(&facts).await)
            } else {
                None
            };
            judge.judge(&facts, servers.as_deref())
        };
        let work = stream::iter(domains).map(one).buffer_unordered(options.window.max(1));
        let work = pin!(work.for_each(|outcome| {
            take(outcome);
            std::future::ready(())
        }));
        let time = async {
            match options.total {
                Some(time) => net.pause(time).await,
                None => std::future::pending().await,
            }
        };
        let stop = pin!(async {
            match select(pin!(time), net.interrupted()).await {
                Either::Left(_) => Ended::OutOfTime,
                Either::Right(_) => Ended::Interrupted,
            }
        });
        if let Either::Right((how, _)) = select(work, stop).await {
            ended = how;
        }
    }))?;
    Ok(ended)
}
