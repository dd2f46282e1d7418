//! The command line (placeholder).

pub mod commands;
pub mod printer;
