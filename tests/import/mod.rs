//! `mxward import`

mod anything;
mod command;
mod sources;
