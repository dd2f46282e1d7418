//! What a domain publishes about its mail, and which entry it deserves.
//!
//! [`discover`] asks for many domains at once; [`Facts`] are what it finds out about one, and [`Judge`] makes findings and a proposal of them, which is a pure function.

mod bulk;
mod entry;
mod facts;
mod findings;
mod gather;
mod journal;
mod judge;
mod outcome;
mod published;
mod servers;

pub use bulk::discover;
pub use entry::Entry;
pub use facts::{Facts, Host, Mail, Sts, StsPolicy};
pub use gather::Options;
pub use journal::{Journal, JournalError};
pub use judge::Judge;
pub use outcome::{Finding, Outcome, Verdict};
pub use published::{DaneState, dane_state};
