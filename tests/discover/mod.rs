//! `discover` against a private Internet.

mod cases;
mod certificates;
mod command;
mod https;
mod internet;
mod smtp;
mod tls;

/// So many lines.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).flat_map(|n| [line(n), "\n".to_owned()]).collect()
}
