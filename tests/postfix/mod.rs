//! What is said here of Postfix, asked of the Postfix that is installed.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

mod attacker;
mod certificate_names;
pub(crate) mod certificates;
mod databases;
pub(crate) mod instance;
mod levels;
mod logs;
mod map_facts;
mod map_text;
mod output;
mod pinned_mail;
mod pins;
mod policies;
mod promises;
mod search;
mod sql;
mod templates;
pub(crate) mod tools;
mod transports;
