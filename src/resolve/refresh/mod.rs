//! From DNS answers to a new lock.
//!
//! Unknown never weakens. A fact that cannot be confirmed stays as it is, and is marked `stale` in the
//! lock with what happened and since when, so that its age is seen by who reads the lock without the
//! log of this run. That holds for answers that are none (SERVFAIL, timeout, bogus, an unsigned "not
//! there" for a name that the lock knows) and for answers that must not become facts before somebody
//! has looked: another provider's hosts, a refused address, the loss of DNSSEC or DANE, for which a name
//! must be given to `update`. The mark changes the file and nothing else: what is compiled stays
//! byte for byte the same.
//!
//! One case leaves no marks. When not one question got a usable answer, the network or the name server
//! is broken, which says nothing about any name: then the lock is not touched at all, and the run
//! fails. A mark on every fact would only hide the ones that mean something.

mod addresses;
mod domains;
mod hosts;
mod problem;
mod tally;
mod verdict;

use super::lock_event::LockEvent;
use crate::answer::{Answer, Question, UnknownReason};
use crate::diag::Diagnostics;
use crate::lock::{Lock, Needs, Stale};
use crate::model::LockSettings;
use crate::names::DomainName;
use crate::source::Span;
use crate::world::Dns;
use jiff::civil::Date;
use problem::Problem;
use std::collections::BTreeSet;
use std::io;
use tally::Tally;

/// Which facts are asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Scope {
    /// What the lock lacks; all else stays, also what nobody needs.
    Fill,
    /// What the lock lacks.
    Missing,
    /// Everything.
    All,
    /// The names with the hosts of those that are domains, and what the lock lacks. Who names a name has
    /// looked at it: losses are accepted that otherwise wait.
    Named(BTreeSet<DomainName>),
}

/// What came of asking.
#[derive(Debug)]
pub struct Refreshed {
    /// The new lock: also after errors it holds nothing that is weaker than before.
    pub lock: Lock,
    /// What changed, sorted.
    pub events: Vec<LockEvent>,
    /// Errors for what is not known or must be looked at, warnings for what could not be confirmed.
    pub diagnostics: Diagnostics,
    /// Whether DNS is to blame for an error: it gave no answer for what the lock lacks, or none at all.
    pub failed: bool,
}

/// The [`Dns`] of a run that may not use the network.
#[derive(Clone, Copy, Debug)]
pub struct Offline;

impl Dns for Offline {
    fn lookup(&self, questions: &[Question]) -> io::Result<Vec<Answer>> {
        Ok(questions.iter().map(|_| Answer::Unknown(UnknownReason::Offline)).collect())
    }
}

/// Asks DNS for the facts in `scope`, and drops what nobody needs but for [`Scope::Fill`].
///
/// # Errors
///
/// When nobody can be asked.
pub fn refresh(
    old: &Lock,
    needs: &Needs,
    scope: &Scope,
    settings: &LockSettings,
    today: Date,
    dns: &dyn Dns,
) -> io::Result<Refreshed> {
    let mut refresh = Refresh {
        old,
        scope,
        settings,
        today,
        dns,
        lock: Lock { checked: old.checked, ..Lock::default() },
        events: Vec::new(),
        diagnostics: Diagnostics::new(),
        tally: Tally::default(),
        failed: false,
    };
    refresh.domains(&needs.domains)?;
    refresh.hosts(needs)?;
    if let Some(error) = refresh.tally.silence() {
        let mut diagnostics = Diagnostics::new();
        diagnostics.push(error);
        return Ok(Refreshed { lock: old.clone(), events: Vec::new(), diagnostics, failed: true });
    }
    refresh.forget();
    let Refresh { mut lock, mut events, diagnostics, failed, .. } = refresh;
    let first = old.hosts.is_empty() && old.domains.is_empty();
    if *scope == Scope::All || (first && lock != Lock::default()) {
        lock.checked = Some(today);
    }
    events.sort();
    Ok(Refreshed { lock, events, diagnostics, failed })
}

struct Refresh<'a> {
    old: &'a Lock,
    scope: &'a Scope,
    settings: &'a LockSettings,
    today: Date,
    dns: &'a dyn Dns,
    lock: Lock,
    events: Vec<LockEvent>,
    diagnostics: Diagnostics,
    tally: Tally,
    failed: bool,
}

impl Refresh<'_> {
    /// Whether a fact is asked for; `named` when it belongs to a name of [`Scope::Named`].
    fn asks_for(&self, known: bool, named: bool) -> bool {
        match self.scope {
            Scope::Fill | Scope::Missing => !known,
            Scope::All => true,
            Scope::Named(_) => !known || named,
        }
    }

    /// Whether the user has named this name.
    fn named(&self, name: &DomainName) -> bool {
        matches!(self.scope, Scope::Named(names) if names.contains(name))
    }

    /// Asks, and counts what came of it.
    fn ask(&mut self, questions: &[Question]) -> io::Result<Vec<Answer>> {
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        let answers = self.dns.lookup(questions)?;
        self.tally.count(&answers);
        Ok(answers)
    }

    /// Reports a problem with a fact; gives the mark for the fact that stays in the lock.
    fn report(
        &mut self,
        name: &DomainName,
        span: Span,
        problem: &Problem,
        known: bool,
        before: Option<&Stale>,
    ) -> Stale {
        self.failed |= !known && problem.is_unknown();
        self.diagnostics.push(problem.diagnostic(name, span, known));
        // The day is that of the first failure, also when another one follows.
        let since = before.map_or(self.today, |stale| stale.since);
        Stale { since, reason: problem.word() }
    }

    /// Tells what is not taken over from the old lock, or takes it over.
    fn forget(&mut self) {
        if *self.scope == Scope::Fill {
            for (name, fact) in &self.old.hosts {
                self.lock.hosts.entry(name.clone()).or_insert_with(|| fact.clone());
            }
            for (name, fact) in &self.old.domains {
                self.lock.domains.entry(name.clone()).or_insert_with(|| fact.clone());
            }
            return;
        }
        let hosts = self.old.hosts.keys().filter(|name| !self.lock.hosts.contains_key(*name));
        let domains = self.old.domains.keys().filter(|name| !self.lock.domains.contains_key(*name));
        let names: BTreeSet<&DomainName> = hosts.chain(domains).collect();
        self.events.extend(names.into_iter().cloned().map(LockEvent::Remove));
    }
}
