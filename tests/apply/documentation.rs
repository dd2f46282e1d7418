//! docs/reference/apply.md says what is.
#![expect(clippy::disallowed_methods, reason = "reads the documentation")]

use super::{STRONGER, repository};
use crate::harness::root;
use mxward::cli::Exit;
use mxward::plan::GUARDS;
use std::collections::BTreeSet;

fn page() -> String {
    std::fs::read_to_string(root().join("docs/reference/apply.md")).unwrap()
}

/// The first cells of the table below a heading.
fn table(page: &str, heading: &str) -> BTreeSet<String> {
    let section = page.split("\n## ").find(|it| it.starts_with(heading)).unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    rows.skip(1).map(|cell| cell.trim_matches('`').to_owned()).collect()
}

#[test]
fn every_guard_is_documented_and_nothing_else_is_called_one() {
    let guards: BTreeSet<String> = GUARDS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(table(&page(), "Guards"), guards);
}

#[test]
fn every_status_is_documented() {
    let codes: BTreeSet<String> = Exit::ALL.iter().map(|exit| exit.code().to_string()).collect();
    assert_eq!(table(&page(), "Exit status"), codes);
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    for code in codes {
        assert!(readme.contains(&format!("\n| {code} | ")), "README.md lacks status {code}");
    }
}

#[test]
fn the_protect_yaml_of_the_page_is_one() {
    let page = page();
    let section = page.split("\n## ").find(|it| it.starts_with("protect.yaml")).unwrap();
    let (_, yaml) = section.split_once("```yaml\n").unwrap();
    let (yaml, _) = yaml.split_once("```").unwrap();
    repository(STRONGER, "texthash", "")
        .file("protect.yaml", yaml)
        .args(["plan"])
        .any_stderr()
        .stdout_has("protect.yaml wants at least encrypt for .bank.example, which would have less")
        .status(5)
        .run();
}
