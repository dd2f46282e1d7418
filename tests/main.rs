//! All integration tests, as modules of one binary.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests are not covered by `allow-unwrap-in-tests`"
)]

mod compile;
mod harness;
mod layers;
mod providers;
mod yaml_differential;
