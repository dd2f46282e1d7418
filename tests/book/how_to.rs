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

#[test]
fn exceptions() {
    Page::read("docs/how-to/exceptions.md").run(&mut Shell::new());
}

#[test]
fn sql() {
    Page::read("docs/how-to/sql.md").run(&mut Shell::new());
}

#[test]
fn logs() {
    Page::read("docs/how-to/logs.md").run(&mut Shell::new());
}

#[test]
fn recover() {
    Page::read("docs/how-to/recover.md").run(&mut Shell::new());
}

#[test]
fn tlspol() {
    Page::read("docs/how-to/tlspol.md").run(&mut Shell::new());
}

#[test]
fn config_management() {
    Page::read("docs/how-to/config-management.md").run(&mut Shell::new());
}
