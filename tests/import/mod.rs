//! `mxward import`

mod anything;
mod command;
