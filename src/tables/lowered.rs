//! What one target gets, not yet written out entry by entry.

use super::pin_list::PinList;
use super::row::{Counts, Row, Rows};
use super::table::{Origin, Table, Tables};
use crate::expand::{Destination, Destinations};
use crate::names::Recipients;
use crate::postfix::{NextHop, TlsPolicy, Transport};
use crate::resolve::Resolved;
use compact_str::CompactString;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

/// The plans of all destinations, checked for one target. Its [`Rows`] are made from them anew at
/// every pass: a million entries need no memory before somebody keeps them.
#[derive(Debug)]
pub struct Lowered<'a> {
    pub(super) destinations: &'a Destinations<Resolved>,
    /// What each plan comes to here.
    pub(super) states: Vec<State>,
    /// The positions of the destinations that the target gets.
    pub(super) selected: Vec<u32>,
    /// Entries beside those of the destinations, sorted by key; none has the key of one of them.
    pub(super) extras: Vec<Extra>,
    /// Whether the transport map may hold keys that are not ASCII.
    pub(super) unicode_in_transport: bool,
    /// Whether the policy map may.
    pub(super) unicode_in_policy: bool,
}

/// What a plan comes to at one target.
#[derive(Debug)]
pub(super) enum State {
    /// No domain of the target uses it.
    Unused,
    /// The reason was reported.
    Failed,
    /// No transport entry; the policy stands under the domain.
    Mx(Option<Arc<TlsPolicy>>),
    /// The same transport for every domain; a policy stands under the domain where the transport
    /// names no next hop. [transport(5)]
    Transport(Transport, Option<Arc<TlsPolicy>>),
    /// Addresses, then the domain; the policy stands under the domain.
    Pinned(PinList, Arc<TlsPolicy>),
    /// No entry at all.
    LeftTo,
}

/// An entry that is not under the key of a destination.
#[derive(Debug)]
pub(super) struct Extra {
    pub(super) key: CompactString,
    pub(super) of: Of,
}

/// Whose entry an [`Extra`] is.
#[derive(Debug)]
pub(super) enum Of {
    /// The policy of a next hop.
    NextHop(Arc<TlsPolicy>, Origin),
    /// The destination at this position, whose key it is with U-labels.
    Destination(u32),
}

impl Extra {
    fn policy(&self) -> Option<&Arc<TlsPolicy>> {
        match &self.of {
            Of::NextHop(policy, _) => Some(policy),
            Of::Destination(_) => None,
        }
    }
}

impl State {
    pub(super) fn transport(&self, recipients: &Recipients) -> Option<Cow<'_, Transport>> {
        match self {
            Self::Unused | Self::Failed | Self::Mx(_) | Self::LeftTo => None,
            Self::Transport(transport, _) => Some(Cow::Borrowed(transport)),
            Self::Pinned(list, _) => {
                let mut next_hops = list.order(&recipients.key_text());
                next_hops.push(NextHop::domain(recipients.name()));
                Some(Cow::Owned(Transport::smtp(next_hops)))
            }
        }
    }

    pub(super) fn policy(&self) -> Option<&Arc<TlsPolicy>> {
        match self {
            Self::Unused | Self::Failed | Self::LeftTo => None,
            Self::Mx(policy) | Self::Transport(_, policy) => policy.as_ref(),
            Self::Pinned(_, policy) => Some(policy),
        }
    }

    pub(super) fn has_transport(&self) -> bool {
        matches!(self, Self::Transport(..) | Self::Pinned(..))
    }
}

/// A key of either map, and whose it is.
enum Line<'a> {
    Destination(Cow<'a, str>, &'a Destination),
    NextHop(&'a str, &'a Arc<TlsPolicy>, &'a Origin),
}

impl<'a> Lowered<'a> {
    /// All entries, to be kept and looked up.
    pub fn tables(&self) -> Tables {
        let counts = self.counts();
        let mut transport = Vec::with_capacity(counts.transport);
        transport.extend(self.transport_rows().map(|row| row.into_entry(Cow::into_owned)));
        let mut tls_policy = Vec::with_capacity(counts.tls_policy);
        tls_policy.extend(self.policy_rows().map(|row| row.into_entry(Arc::clone)));
        Tables { transport: Table::new(transport), tls_policy: Table::new(tls_policy) }
    }

    /// Whether a domain of the target is left to a resolver.
    pub fn leaves_any(&self) -> bool {
        // A plan that is used has a destination.
        self.states.iter().any(|state| matches!(state, State::LeftTo))
    }

    /// The destination and the state under exactly this key.
    pub(super) fn find(&self, key: &str) -> Option<(&'a Destination, &State)> {
        let list = &self.destinations.list;
        let order = |at: &u32| list[*at as usize].recipients.cmp_key(key);
        let at = self.selected.binary_search_by(order).ok()?;
        let destination = &list[self.selected[at] as usize];
        Some((destination, self.state(destination)))
    }

    /// The line of exactly this key.
    fn line(&self, key: &str) -> Option<Line<'_>> {
        if let Ok(at) = self.extras.binary_search_by(|extra| extra.key.as_str().cmp(key)) {
            return Some(self.extra(&self.extras[at]));
        }
        let (destination, _) = self.find(key)?;
        Some(Line::Destination(destination.recipients.key_text(), destination))
    }

    fn extra<'e>(&'e self, extra: &'e Extra) -> Line<'e> {
        match &extra.of {
            Of::NextHop(policy, origin) => Line::NextHop(&extra.key, policy, origin),
            Of::Destination(at) => {
                let destination = &self.destinations.list[*at as usize];
                Line::Destination(Cow::Borrowed(&extra.key), destination)
            }
        }
    }

    fn origin(&self, destination: &Destination) -> Origin {
        let template = self.destinations.plans[destination.plan as usize].template.clone();
        Origin { span: destination.span, template, hosts: None }
    }

    fn state(&self, destination: &Destination) -> &State {
        &self.states[destination.plan as usize]
    }

    /// The destinations with the extras between them, sorted by key.
    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        let list = &self.destinations.list;
        let mut selected = self.selected.iter().map(|at| &list[*at as usize]).peekable();
        let mut extras = self.extras.iter().peekable();
        std::iter::from_fn(move || {
            let order = match (selected.peek(), extras.peek()) {
                (None, None) => return None,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(one), Some(other)) => one.recipients.cmp_key(&other.key),
            };
            if order.is_lt() {
                let destination = selected.next()?;
                return Some(Line::Destination(destination.recipients.key_text(), destination));
            }
            extras.next().map(|extra| self.extra(extra))
        })
    }

    fn row<'r, V>(&'r self, key: Cow<'r, str>, value: V, destination: &Destination) -> Row<'r, V> {
        let template = self.destinations.plans[destination.plan as usize].template.as_ref();
        Row { key, value, span: destination.span, template, hosts: None }
    }
}

impl Rows for Lowered<'_> {
    fn transport_rows(&self) -> impl Iterator<Item = Row<'_, Cow<'_, Transport>>> {
        self.lines().filter_map(|line| {
            let Line::Destination(key, destination) = line else { return None };
            if !self.unicode_in_transport && !key.is_ascii() {
                return None;
            }
            let value = self.state(destination).transport(&destination.recipients)?;
            Some(self.row(key, value, destination))
        })
    }

    fn policy_rows(&self) -> impl Iterator<Item = Row<'_, &Arc<TlsPolicy>>> {
        self.lines().filter_map(|line| match line {
            Line::Destination(key, _) if !self.unicode_in_policy && !key.is_ascii() => None,
            Line::Destination(key, destination) => {
                let value = self.state(destination).policy()?;
                Some(self.row(key, value, destination))
            }
            Line::NextHop(key, value, Origin { span, template, hosts }) => Some(Row {
                key: Cow::Borrowed(key),
                value,
                span: *span,
                template: template.as_ref(),
                hosts: hosts.as_ref(),
            }),
        })
    }

    fn transport_origin(&self, key: &str) -> Option<Origin> {
        let Line::Destination(_, destination) = self.line(key)? else { return None };
        self.state(destination).has_transport().then(|| self.origin(destination))
    }

    fn policy_origin(&self, key: &str) -> Option<Origin> {
        match self.line(key)? {
            Line::NextHop(_, _, origin) => Some(origin.clone()),
            Line::Destination(_, destination) => {
                self.state(destination).policy().map(|_| self.origin(destination))
            }
        }
    }

    fn policies(&self) -> impl Iterator<Item = &Arc<TlsPolicy>> {
        // A plan that is used has a destination.
        self.states
            .iter()
            .filter_map(State::policy)
            .chain(self.extras.iter().filter_map(Extra::policy))
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        let mut add = |at: &u32, in_transport: bool, in_policy: bool| {
            let state = self.state(&self.destinations.list[*at as usize]);
            counts.transport += usize::from(in_transport && state.has_transport());
            counts.tls_policy += usize::from(in_policy && state.policy().is_some());
        };
        self.selected.iter().for_each(|at| add(at, true, true));
        let mut next_hops = 0;
        for Extra { of, .. } in &self.extras {
            match of {
                Of::NextHop(..) => next_hops += 1,
                Of::Destination(at) => {
                    add(at, self.unicode_in_transport, self.unicode_in_policy);
                }
            }
        }
        counts.tls_policy += next_hops;
        counts
    }
}
