//! `docs/how-to`: pages that need no network.

use super::page::{Page, Shell};

#[test]
fn import() {
    Page::read("docs/how-to/import.md").run(&mut Shell::new());
}

#[test]
fn gitops() {
    Page::read("docs/how-to/gitops.md").run(&mut Shell::new());
}
