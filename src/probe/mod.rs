//! Whether real servers satisfy compiled policies: what Postfix would do with them.
//!
//! [`probe`] finds the servers of each next hop as smtp(8) does and speaks with them; [`judge()`] makes a
//! [`Verdict`] of a policy and what a server said, which is a pure function.

mod anchors;
mod ask;
mod judge;
mod level;
mod names;
mod route;
mod run;
mod site;
mod verdict;

pub use anchors::anchors;
pub use ask::{Asked, ask};
pub use judge::judge;
pub use level::{Decided, decide};
pub use route::{Endpoint, Host, Route};
pub use run::{Found, Job, Options, Server, probe};
pub use site::Site;
pub use verdict::{Does, Verdict};
