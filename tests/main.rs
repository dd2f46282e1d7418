//! The integration tests, one binary.

mod providers;
