//! Placeholder.
pub mod providers;
