//! `mxward probe` against real servers, and beside a real Postfix.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

mod canary;
mod case;
mod cases;
mod commands;
mod matrix;
