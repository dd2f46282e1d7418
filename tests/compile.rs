//! `mxward compile`

mod checked;
mod files;
#[path = "../benches/scale/repository.rs"]
mod repository;
mod rows;
mod same_bytes;

use crate::harness::Test;
use repository::{Repository, State};
use std::path::Path;

/// Writes a repository of so many domains into a folder.
fn generate(folder: &Path, domains: u32) {
    let target = "{ postfix: \"3.7\", security_level: may, map_type: lmdb }";
    let repository = Repository { domains, state: State::After, pins: true, target };
    repository.write(folder).unwrap();
}

#[test]
fn maps_are_printed_with_the_name_of_each_file() {
    Test::new()
        .file(
            "mxward.yaml",
            "version: 1\n\
             domains:\n  \
               partner.example: { level: secure, match: [mx.partner.example] }\n\
             targets:\n  \
               mx: { postfix: \"3.7\", security_level: may, map_type: lmdb }\n",
        )
        .args(["compile"])
        .stdout_has("# ==> mx/tls_policy <==\n")
        .stdout_has("\npartner.example secure match=mx.partner.example\n")
        .run();
}
