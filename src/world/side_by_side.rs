//! Much to be asked at once.

use super::Net;
use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::stream;
use std::io;
use std::pin::pin;
use std::time::Duration;

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Everything was asked.
    Done,
    /// The user wanted it to end.
    Interrupted,
    /// The time for everything together was over.
    OutOfTime,
}

/// Does work side by side, at most `window` pieces at once and for at most `total`, and gives what comes
/// of each to `take` as it comes.
///
/// # Errors
///
/// When nobody can be asked.
pub fn side_by_side<T>(
    net: &dyn Net,
    (window, total): (usize, Option<Duration>),
    work: impl Iterator<Item = impl Future<Output = T>>,
    mut take: impl FnMut(T),
) -> io::Result<Ended> {
    let mut ended = Ended::Done;
    net.run(Box::pin(async {
        let work = pin!(stream::iter(work).buffer_unordered(window.max(1)).for_each(|found| {
            take(found);
            std::future::ready(())
        }));
        let time = async {
            match total {
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
