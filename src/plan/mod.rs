//! What would be done: reviewed by people, applied exactly.

mod steps;

pub use steps::{Exposed, Which};
pub(crate) use steps::{Step, steps};
