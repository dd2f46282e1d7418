//! What the mail log proves of each recipient domain, and what may be raised.
//!
//! Lines go in, counts come out: of a recipient only the domain is kept, of what servers say only a code,
//! so that no report and no error can show the address of a person.

mod advice;
mod collector;
mod decoded;
mod delivery;
mod domain;
mod evidence;
mod level;
mod line;
mod message;
mod process;
mod read;
mod reason;
mod stamp;
mod watch;

pub use advice::{Basis, Doubt, Proposal, Shortfall, Standing, Thresholds, proposal};
pub use collector::{Collector, Totals};
pub use decoded::decoded;
pub use domain::Failed;
pub use evidence::{Connections, DomainEvidence, Evidence, FailureEvidence, HostEvidence};
pub use level::Reached;
pub use message::Trouble;
pub use read::{begins, read};
pub use reason::{Certificate, Reason, ReportedFailure};
pub use watch::{Complaint, Daemon, Watch, Watched};
