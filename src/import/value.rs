//! Right-hand sides as Postfix reads them, and as a repository can say them.

use crate::postfix::{TlsPolicy, Transport, Version};
use hashbrown::HashMap;
use std::fmt::Display;
use std::ops::Deref;
use std::rc::Rc;

/// A right-hand side, and its text as mxward writes it. Entries that say the same share one.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Written<V> {
    value: V,
    pub(super) text: String,
}

impl<V: Display> Written<V> {
    pub(super) fn new(value: V) -> Rc<Self> {
        Rc::new(Self { text: value.to_string(), value })
    }
}

impl<V> Deref for Written<V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.value
    }
}

/// What a right-hand side comes to.
#[derive(Clone, Debug)]
pub(super) enum Value<V> {
    /// This, and what Postfix passes over in it.
    Means(Rc<Written<V>>, Vec<String>),
    /// Nothing that works, because of a comment behind what is meant.
    Commented(Rc<Written<V>>, String),
    /// Something that a repository cannot say: why, and what to write instead.
    Refused(String, Option<String>),
}

/// Policies by their texts: most of a map are the same few.
#[derive(Debug)]
pub(super) struct Policies {
    version: Version,
    known: HashMap<String, Value<TlsPolicy>>,
}

impl Policies {
    pub(super) fn new(version: Version) -> Self {
        Self { version, known: HashMap::new() }
    }

    /// Reads a policy.
    pub(super) fn read(&mut self, text: &str) -> Value<TlsPolicy> {
        let version = self.version;
        self.known.entry_ref(text).or_insert_with(|| policy(text, version)).clone()
    }
}

fn policy(text: &str, version: Version) -> Value<TlsPolicy> {
    let strict = |text: &str| {
        let policy = TlsPolicy::parse(text, version)?;
        // The repository is read before a target is known.
        TlsPolicy::parse(&policy.to_string(), Version::NEWEST)
            .map(|again| (again == policy, policy))
    };
    match TlsPolicy::parse_as_postfix(text, version) {
        Ok((policy, warnings)) => match strict(&policy.to_string()) {
            Ok((true, again)) if again == policy => {
                let warnings = warnings.iter().map(ToString::to_string).collect();
                Value::Means(Written::new(policy), warnings)
            }
            Ok(_) => Value::Refused("it cannot be written again as it is".to_owned(), None),
            Err(error) => Value::Refused(error.to_string(), error.hint()),
        },
        Err(error) => {
            if let Some((meant, comment)) = comment(text)
                && let Ok((true, policy)) = strict(meant)
            {
                return Value::Commented(Written::new(policy), comment.to_owned());
            }
            Value::Refused(format!("{error}, so Postfix defers the mail"), error.hint())
        }
    }
}

/// Reads a transport.
pub(super) fn transport(text: &str, version: Version) -> Value<Transport> {
    let strict = |text: &str| {
        let transport = Transport::parse(text, version)?;
        let again = transport.to_string();
        if again == text { Ok(transport) } else { Transport::parse(&again, Version::NEWEST) }
    };
    let as_postfix = Transport::parse_as_postfix(text, version);
    let written = as_postfix.as_ref().map_or_else(|_| text.to_owned(), ToString::to_string);
    match (strict(&written), as_postfix) {
        (Ok(transport), Ok(read)) => {
            let spelt = (transport != read).then(|| {
                format!("`{read}` is written `{transport}`, as are the keys of its policies")
            });
            Value::Means(Written::new(transport), spelt.into_iter().collect())
        }
        (Err(error), Ok(_)) => Value::Refused(error.to_string(), error.hint()),
        (_, Err(error)) => {
            if let Some((meant, comment)) = comment(text)
                && let Ok(transport) = strict(meant)
            {
                return Value::Commented(Written::new(transport), comment.to_owned());
            }
            let why = format!("{error}, which ends smtp(8): all mail of the service waits");
            Value::Refused(why, error.hint())
        }
    }
}

/// What stands before a comment, and the comment.
fn comment(text: &str) -> Option<(&str, &str)> {
    let at = text.match_indices('#').map(|(at, _)| at).find(|at| {
        text[..*at].ends_with(|before: char| before.is_ascii_whitespace() || before == ',')
    })?;
    let meant = text[..at].trim_end_matches(|c: char| c.is_ascii_whitespace() || c == ',');
    Some((meant, text[at + 1..].trim()))
}
