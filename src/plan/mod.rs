//! What would be done: reviewed by people, applied exactly.

mod guards;
mod missing;
#[expect(clippy::module_inception, reason = "files are named after their main type")]
mod plan;
mod protect;
pub mod schema;
mod steps;
mod waiting;

pub use guards::{Allowed, GUARDS, Refusal};
pub(crate) use guards::{Guarded, refusals};
pub(crate) use missing::make_missing;
pub use plan::{
    Change, Digests, DriftPlan, EntryChange, FORMAT_VERSION, Plan, Stale, StepPlan, TargetPlan,
    WaitingPlan,
};
pub use protect::{Protect, Waiver};
pub use steps::{Exposed, Which};
pub(crate) use steps::{Step, steps};
pub(crate) use waiting::{asked, linger};
