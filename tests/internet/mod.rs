//! mxward from end to end: a private Internet, a mail server with a real Postfix, and mail.
//!
//! Everything runs in namespaces of its own, so that names, addresses and ports are those of the real
//! world: the templates that are tested are those that are shipped. mxward is run as its user runs it, and
//! only what the servers took and what Postfix logged is believed.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

mod changes;
mod log_watch;
mod mta_sts;
mod site;
mod verdicts;
mod world;
