//! `mxward probe` against real servers, and beside a real Postfix.

mod case;
mod cases;
mod matrix;
mod pki;
