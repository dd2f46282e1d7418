//! Whether DNS works at all.

use crate::answer::{Answer, UnknownReason};
use crate::diag::{Diagnostic, Severity, printable};
use std::collections::BTreeMap;

/// What came of all questions of a run.
#[derive(Default)]
pub(super) struct Tally {
    asked: usize,
    /// Answers with records, proven denials, and answers that are wrong about one name.
    usable: usize,
    /// "Not there" from unsigned zones.
    denied: usize,
    /// The others, by what happened.
    unknown: BTreeMap<String, usize>,
    /// Whether a name was asked for that the lock knows.
    pub(super) known: bool,
    /// Whether nobody was asked at all, because the network may not be used.
    offline: bool,
}

impl Tally {
    pub(super) fn count(&mut self, answers: &[Answer]) {
        self.asked += answers.len();
        for answer in answers {
            match answer {
                Answer::Secure(_) | Answer::ProvenAbsent => self.usable += 1,
                Answer::Insecure(reply) if !reply.is_empty() => self.usable += 1,
                Answer::Insecure(_) => self.denied += 1,
                Answer::Unknown(reason) if reason.is_of_the_name() => self.usable += 1,
                Answer::Unknown(UnknownReason::Offline) => self.offline = true,
                Answer::Unknown(reason) => {
                    *self.unknown.entry(reason.to_string()).or_default() += 1;
                }
            }
        }
    }

    /// The error when nothing that came back is worth anything.
    ///
    /// Denials from unsigned zones are worth something only where nothing else is known: who can send
    /// one can send them all.
    pub(super) fn silence(&self) -> Option<Diagnostic> {
        let Self { asked, usable, denied, unknown, known, offline } = self;
        if *asked == 0 || *usable > 0 || *offline || (*denied > 0 && !known) {
            return None;
        }
        let mut causes: Vec<(&str, usize)> =
            unknown.iter().map(|(text, count)| (text.as_str(), *count)).collect();
        if *denied > 0 {
            causes.push(("an unsigned denial", *denied));
        }
        causes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let shown = causes.iter().take(3).map(|(text, count)| match count {
            1 => format!("once {}", printable(text)),
            2 => format!("twice {}", printable(text)),
            _ => format!("{count} times {}", printable(text)),
        });
        let shown = shown.collect::<Vec<_>>().join(", ");
        let more = if causes.len() > 3 { ", and others" } else { "" };
        let message = match asked {
            1 => format!("the only question got no usable answer: {}", causes[0].0),
            _ => format!("none of {asked} questions got a usable answer: {shown}{more}"),
        };
        Some(Diagnostic::new(Severity::Error, "dns-silent", message).hint(
            "nothing was changed: try again later, or ask another server with `--dns-server`",
        ))
    }
}
