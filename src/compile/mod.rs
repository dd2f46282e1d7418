//! The story of a compilation: load, expand, resolve, lower.

mod repository;

pub use repository::{LOCK_FILE, Repository};

use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::expand::Destinations;
use crate::lock::LockMode;
use crate::model::Target;
use crate::names::{DomainName, Recipients};
use crate::resolve::{LockEvent, Resolved, Scope, Way, needs, refresh, resolve};
use crate::tables::{Lowered, Tables, lower};
use crate::world::{DnsSettings, World};

/// A repository with every fact filled in; what is left is one pass per target.
#[derive(Debug)]
pub struct Compiled {
    /// What was read.
    pub repository: Repository,
    /// The destinations, resolved.
    pub destinations: Destinations<Resolved>,
    /// What changed in the lock; the caller writes [`Repository::lock`] when this is not empty.
    pub lock_events: Vec<LockEvent>,
}

/// Why a compilation stopped; the messages are among the diagnostics.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// The repository is invalid.
    Invalid,
    /// The lock lacks facts, and the mode does not allow to look them up.
    LockOutdated,
    /// DNS or the system failed.
    CouldNot,
}

/// Expands and resolves; looks missing facts up where `mode` allows it.
///
/// # Errors
///
/// [`Stopped`], with the messages in `diagnostics`; what was read is returned for their places.
pub fn compile(
    world: &dyn World,
    mut repository: Repository,
    mode: LockMode,
    dns: &DnsSettings,
    diagnostics: &mut Diagnostics,
) -> Result<Compiled, (Stopped, Box<Repository>)> {
    let Some(destinations) = repository.expand(diagnostics) else {
        return Err((Stopped::Invalid, Box::new(repository)));
    };
    let mut found = Diagnostics::new();
    let destinations = match resolve(&repository.config, destinations, &repository.lock, &mut found)
    {
        Ok(destinations) => {
            diagnostics.extend(found);
            return Ok(Compiled { repository, destinations, lock_events: Vec::new() });
        }
        Err(destinations) => destinations,
    };
    let only_incomplete = found.iter().all(|it| it.code == "lock-incomplete");
    if !only_incomplete || mode != LockMode::Fill {
        diagnostics.extend(found);
        let stopped = if only_incomplete { Stopped::LockOutdated } else { Stopped::Invalid };
        return Err((stopped, Box::new(repository)));
    }
    let needs = needs(&repository.config, &destinations);
    let (lock, settings) = (&repository.lock, &repository.config.lock);
    let refreshed = world
        .dns(dns)
        .and_then(|dns| refresh(lock, &needs, &Scope::Fill, settings, world.today(), &*dns));
    let refreshed = match refreshed {
        Ok(refreshed) => refreshed,
        Err(error) => {
            let message = format!("cannot ask DNS: {error}");
            diagnostics.push(Diagnostic::new(Severity::Error, "dns", message));
            return Err((Stopped::CouldNot, Box::new(repository)));
        }
    };
    let wrong = refreshed.diagnostics.has_errors();
    diagnostics.extend(refreshed.diagnostics);
    if wrong {
        let stopped = if refreshed.failed { Stopped::CouldNot } else { Stopped::Invalid };
        return Err((stopped, Box::new(repository)));
    }
    repository.lock = refreshed.lock;
    match resolve(&repository.config, destinations, &repository.lock, diagnostics) {
        Ok(destinations) => {
            Ok(Compiled { repository, destinations, lock_events: refreshed.events })
        }
        Err(_) => Err((Stopped::Invalid, Box::new(repository))),
    }
}

impl Compiled {
    /// The resolver that a domain is left to; `None` when it is declared otherwise, or not at all.
    pub fn left_to(&self, domain: &DomainName) -> Option<&str> {
        let key = Recipients::Domain(domain.clone());
        let Destinations { list, plans, .. } = &self.destinations;
        let at = list.binary_search_by(|it| it.recipients.cmp(&key)).ok()?;
        match &plans[list[at].plan as usize].way {
            Way::LeftTo(resolver) => Some(resolver),
            Way::Mx | Way::Transport(_) | Way::Pinned(_) => None,
        }
    }

    /// What one target gets, to be passed over. `None` after an error.
    pub fn lowered(&self, target: &Target, diagnostics: &mut Diagnostics) -> Option<Lowered<'_>> {
        lower(&self.destinations, target, diagnostics)
    }

    /// The tables of one target, to be looked up. `None` after an error.
    pub fn tables(&self, target: &Target, diagnostics: &mut Diagnostics) -> Option<Tables> {
        self.lowered(target, diagnostics).map(|lowered| lowered.tables())
    }
}
