//! YAML text as events, and events as nodes.
//!
//! Read are YAML 1.2 files of one document. Refused, each with its place: tags, merge keys, keys
//! that are not text, a second document, directives, control characters. Aliases are replaced by
//! what their anchor names, within [`MAX_ALIAS_EVENTS`].
//!
//! Small files are read whole with [`parse`]; large ones entry by entry with [`Reader`].

mod entries;
mod error;
mod event;
mod fast_lane;
mod granit;
mod granit_error;
mod lane;
mod quoted;
mod reader;
#[cfg(test)]
mod tests;

pub use error::YamlError;
pub use event::{Event, EventKind, Events};
pub use fast_lane::FastLane;
pub use granit::GranitEvents;
pub use quoted::scalar;
pub use reader::{Reader, parse};

/// The largest YAML file that is read: 1 GiB.
pub const MAX_BYTES: usize = 1 << 30;

/// How deep collections may stand in each other, aliases followed.
pub const MAX_DEPTH: usize = 64;

/// How many events the aliases of one file may produce together, unless the file has more bytes: then
/// as many as that, so that a million domains may share an anchored policy.
pub const MAX_ALIAS_EVENTS: usize = 100_000;
