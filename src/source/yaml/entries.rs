//! The entries of a mapping under construction.

use super::YamlError;
use crate::source::{Node, Spanned};
use hashbrown::HashMap;
use std::borrow::Cow;

/// From how many entries on a mapping looks its keys up in a table.
const TABLE_FROM: usize = 16;

/// Entries whose keys are unique.
#[derive(Default)]
pub(super) struct Entries<'src> {
    list: Vec<(Spanned<Cow<'src, str>>, Node<'src>)>,
    /// Keys to their places in `list`; none below [`TABLE_FROM`] entries.
    table: Option<Box<HashMap<Cow<'src, str>, usize>>>,
}

impl<'src> Entries<'src> {
    /// Adds an entry, or gives the error when its key is there already.
    pub(super) fn add(
        &mut self,
        key: Spanned<Cow<'src, str>>,
        value: Node<'src>,
    ) -> Option<YamlError> {
        if let Some(at) = self.find(&key.value) {
            let message = format!("the key `{}` stands twice in this mapping", key.value);
            let error = YamlError::new("duplicate-key", key.span, message);
            return Some(error.related(self.list[at].0.span, "first written here"));
        }
        if let Some(table) = &mut self.table {
            table.insert(key.value.clone(), self.list.len());
        }
        self.list.push((key, value));
        if self.list.len() == TABLE_FROM {
            let keys = self.list.iter().enumerate();
            self.table =
                Some(Box::new(keys.map(|(at, (key, _))| (key.value.clone(), at)).collect()));
        }
        None
    }

    /// The entries in the order of adding.
    pub(super) fn into_list(self) -> Vec<(Spanned<Cow<'src, str>>, Node<'src>)> {
        self.list
    }

    fn find(&self, key: &str) -> Option<usize> {
        match &self.table {
            Some(table) => table.get(key).copied(),
            None => self.list.iter().position(|(other, _)| other.value == key),
        }
    }
}
