//! The entries of both maps, one after the other.

use super::table::{Entry, Origin, Tables};
use crate::postfix::{TlsPolicy, Transport};
use crate::source::Span;
use std::borrow::Cow;
use std::sync::Arc;

/// One entry in passing; the parts are those of [`Entry`] and [`Origin`].
#[derive(Clone, Debug)]
pub struct Row<'a, V> {
    /// The lookup key.
    pub key: Cow<'a, str>,
    /// The right-hand side.
    pub value: V,
    /// The declaration.
    pub span: Span,
    /// The name of the template, if one was used.
    pub template: Option<&'a Arc<str>>,
    /// The MX hosts that an address key stands for.
    pub hosts: Option<&'a Arc<str>>,
}

/// The entries of one target, sorted by key, each key once: at hand as [`Tables`], or made while
/// they are passed over as in [`super::Lowered`], which takes no memory.
pub trait Rows {
    /// Those of `transport_maps`.
    fn transport_rows(&self) -> impl Iterator<Item = Row<'_, Cow<'_, Transport>>>;

    /// Those of `smtp_tls_policy_maps`.
    fn policy_rows(&self) -> impl Iterator<Item = Row<'_, &Arc<TlsPolicy>>>;

    /// What caused the entry of `transport_maps` under exactly this key.
    fn transport_origin(&self, key: &str) -> Option<Origin>;

    /// What caused the entry of `smtp_tls_policy_maps` under exactly this key.
    fn policy_origin(&self, key: &str) -> Option<Origin>;

    /// Every policy that has an entry, at least once, in no order.
    fn policies(&self) -> impl Iterator<Item = &Arc<TlsPolicy>>;

    /// How many there are.
    fn counts(&self) -> Counts;
}

/// How many entries the maps have.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// `transport_maps`.
    pub transport: usize,
    /// `smtp_tls_policy_maps`.
    pub tls_policy: usize,
}

impl<'a, V> Row<'a, V> {
    /// A row of a table.
    fn of<T>(entry: &'a Entry<T>, value: impl FnOnce(&'a T) -> V) -> Self {
        let Origin { span, template, hosts } = &entry.origin;
        Self {
            key: Cow::Borrowed(entry.key.as_str()),
            value: value(&entry.value),
            span: *span,
            template: template.as_ref(),
            hosts: hosts.as_ref(),
        }
    }

    /// The entry, to be kept.
    pub(super) fn into_entry<T>(self, value: impl FnOnce(V) -> T) -> Entry<T> {
        let (template, hosts) = (self.template.cloned(), self.hosts.cloned());
        let origin = Origin { span: self.span, template, hosts };
        Entry { key: self.key.into(), value: value(self.value), origin }
    }
}

impl Rows for Tables {
    fn transport_rows(&self) -> impl Iterator<Item = Row<'_, Cow<'_, Transport>>> {
        self.transport.entries().iter().map(|entry| Row::of(entry, Cow::Borrowed))
    }

    fn policy_rows(&self) -> impl Iterator<Item = Row<'_, &Arc<TlsPolicy>>> {
        self.tls_policy.entries().iter().map(|entry| Row::of(entry, |policy| policy))
    }

    fn transport_origin(&self, key: &str) -> Option<Origin> {
        self.transport.get(key).map(|entry| entry.origin.clone())
    }

    fn policy_origin(&self, key: &str) -> Option<Origin> {
        self.tls_policy.get(key).map(|entry| entry.origin.clone())
    }

    fn policies(&self) -> impl Iterator<Item = &Arc<TlsPolicy>> {
        self.tls_policy.entries().iter().map(|entry| &entry.value)
    }

    fn counts(&self) -> Counts {
        Counts { transport: self.transport.len(), tls_policy: self.tls_policy.len() }
    }
}
