//! `discover` against a private Internet.

mod cases;
mod certificates;
mod command;
mod https;
mod internet;
mod smtp;
mod tls;
