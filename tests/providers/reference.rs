//! `docs/reference/providers.md`, whose end is made from the templates.
#![expect(clippy::disallowed_methods, reason = "looks at the documentation, and writes it")]

use crate::harness::{Test, assert_text, root};
use mxward::diag::Diagnostics;
use mxward::model::{builtin, load_provider};
use mxward::source::SourceMap;

const MARK: &str =
    "<!-- Made by `UPDATE=1 cargo test` from `providers/`: everything below this line. -->\n";

/// What a command reports as Markdown.
fn markdown(args: &[&str]) -> String {
    let args = ["providers"].into_iter().chain(args.iter().copied());
    Test::new().args(args).args(["--report", "markdown"]).any_stdout().run().stdout
}

#[test]
fn the_catalogue_is_made_from_the_templates() {
    let file = root().join("docs/reference/providers.md");
    let written = std::fs::read_to_string(&file).unwrap();
    let (before, _) = written.split_once(MARK).expect("the mark stands in the page");
    let mut page = format!("{before}{MARK}\n{}", markdown(&["list"]));
    for name in builtin::names() {
        page.push('\n');
        page.push_str(&markdown(&["show", name]));
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &page).unwrap();
        return;
    }
    assert_text("docs/reference/providers.md (UPDATE=1 writes it anew)", &written, &page);
}

#[test]
fn the_template_on_the_page_is_one() {
    let page = std::fs::read_to_string(root().join("docs/reference/providers.md")).unwrap();
    let (_, rest) = page.split_once("```yaml\n").unwrap();
    let (template, _) = rest.split_once("```\n").unwrap();
    let (mut sources, mut found) = (SourceMap::new(), Diagnostics::new());
    let file = sources.add("providers/example.yaml", template);
    let provider = load_provider(file, template, Some("example"), false, &mut found);
    assert!(provider.is_some() && found.is_empty(), "{found:?}");
    assert!(builtin("example").is_none(), "the name of the page is free");
}
