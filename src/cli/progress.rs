//! How far a run has come.

use super::printer::Printer;
use crate::report::{counted, thousands};
use crate::world::World;
use jiff::Timestamp;

/// Milliseconds between two lines on a terminal.
const OFTEN: i64 = 200;

/// Milliseconds between two lines in a log.
const SELDOM: i64 = 10_000;

/// How far a run has come, told now and then.
#[derive(Debug)]
pub(super) struct Progress {
    /// What is counted, one of it.
    what: &'static str,
    total: usize,
    done: usize,
    start: Timestamp,
    told: Timestamp,
    terminal: bool,
    shown: bool,
}

impl Progress {
    /// Nothing of `total` is done yet; `what` is one of it.
    pub(super) fn new(world: &dyn World, total: usize, what: &'static str) -> Self {
        let start = world.now();
        let terminal = world.terminal().stderr;
        Self { what, total, done: 0, start, told: start, terminal, shown: false }
    }

    /// One more is done.
    pub(super) fn step(&mut self, world: &dyn World, printer: &mut Printer<'_>) {
        self.done += 1;
        let now = world.now();
        let pause = if self.terminal { OFTEN } else { SELDOM };
        if milliseconds(self.told, now) < pause {
            return;
        }
        self.told = now;
        self.shown = true;
        printer.progress(&self.line(now), self.terminal);
    }

    fn line(&self, now: Timestamp) -> String {
        let passed = u64::try_from(milliseconds(self.start, now)).unwrap_or_default().max(1);
        let (done, left) = (self.done as u64, (self.total - self.done) as u64);
        let remaining = usize::try_from(left * passed / done.max(1) / 1000).unwrap_or(usize::MAX);
        let rate = usize::try_from(done * 1000 / passed).unwrap_or(usize::MAX);
        format!(
            "{} of {}, {} a second, {} left",
            thousands(self.done),
            counted(self.total, self.what),
            thousands(rate),
            time(remaining),
        )
    }

    /// Clears the line.
    pub(super) fn end(&self, printer: &mut Printer<'_>) {
        if self.shown && self.terminal {
            printer.progress("", true);
        }
    }
}

fn milliseconds(from: Timestamp, to: Timestamp) -> i64 {
    to.as_millisecond() - from.as_millisecond()
}

/// Seconds as people say them.
fn time(seconds: usize) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_the_rate_and_what_is_left() {
        let start = Timestamp::UNIX_EPOCH;
        let (what, total, done, terminal, shown) = ("next hop", 12_000, 3_000, false, false);
        let progress = Progress { what, total, done, start, told: start, terminal, shown };
        let after = |seconds| Timestamp::from_second(seconds).unwrap();
        assert_eq!(progress.line(after(30)), "3,000 of 12,000 next hops, 100 a second, 90 s left");
        assert_eq!(progress.line(after(3_000)), "3,000 of 12,000 next hops, 1 a second, 2 h left");
        assert_eq!(
            Progress { done: 0, ..progress }.line(start),
            "0 of 12,000 next hops, 0 a second, 12 s left"
        );
    }
}
