//! `mxward diff`
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

mod applied;
mod deployed;
mod effects;
mod revisions;

/// A repository with one target, whose maps lie in `deployed/`.
fn repository(domains: &str, target: &str) -> String {
    let comma = if target.is_empty() { "" } else { ", " };
    format!(
        "version: 1\ndomains:\n{domains}targets:\n  \
         mx: {{ postfix: \"3.7\", security_level: may, map_type: lmdb, deployed: \"file:deployed\"{comma}{target} }}\n"
    )
}
