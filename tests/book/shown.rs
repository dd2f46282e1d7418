//! Every command that is shown is run, and every link leads somewhere.
#![expect(clippy::disallowed_methods, reason = "reads the documentation")]

use super::page::{Page, pages};
use crate::harness::root;
use clap::Parser as _;
use mxward::cli::Args;
use std::collections::{BTreeMap, BTreeSet};

/// Blocks of `sh` that are not run here, by page and first line, each with the reason.
const NOT_RUN: &[(&str, &str, &str)] = &[
    ("docs/reference/apply.md", "mxward plan --out plan.json", "tests/apply run both"),
    ("docs/reference/apply.md", "mxward update && mxward apply", "asks the system's resolver"),
    ("docs/reference/apply.md", "mxward apply plan.json --canary mx1", "tests/probe/canary.rs"),
    ("docs/reference/apply.md", "mxward apply plan.json --watch-log 30s", "tests/apply/log.rs"),
    ("docs/reference/breakglass.md", "mxward breakglass DOMAIN…", "the forms of the command"),
    ("docs/reference/reports.md", "mxward diff --report json", "jq(1) is not installed everywhere"),
];

#[test]
fn every_block_of_commands_is_run_or_has_a_reason_not_to_be() {
    let mut sources = String::new();
    for entry in std::fs::read_dir(root().join("tests/book")).unwrap() {
        sources.push_str(&std::fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    let mut unused: BTreeSet<_> = NOT_RUN.iter().map(|(page, line, _)| (*page, *line)).collect();
    for name in pages() {
        let is_run = sources.contains(&format!("Page::read(\"{name}\")"));
        for block in &Page::read(&name).blocks {
            let line = block.line;
            match block.kind.as_str() {
                "console" => {
                    assert!(is_run, "{name}:{line}: no test in tests/book reads this page");
                }
                "sh" | "bash" | "shell" => {
                    let first = block.text.lines().next().unwrap_or_default();
                    let known = unused.iter().find(|it| it.0 == name && first.starts_with(it.1));
                    let known = *known.unwrap_or_else(|| {
                        panic!("{name}:{line}: write `console`, or give a reason in {}", file!())
                    });
                    unused.remove(&known);
                }
                "" => assert!(
                    !block.text.lines().any(|it| it.starts_with("mxward ") || it.starts_with("$ ")),
                    "{name}:{line}: write `console` behind the fence"
                ),
                _ => {}
            }
        }
    }
    assert!(unused.is_empty(), "not in the documentation any more: {unused:?}");
}

/// Forms of a command, and commands that only some hosts can run: the program must take their words.
#[test]
fn every_form_of_a_command_is_one_that_the_program_takes() {
    let mut count = 0;
    for name in pages() {
        let text = std::fs::read_to_string(root().join(&name)).unwrap();
        let indented =
            prose(&text).filter_map(|(at, line)| Some((at + 1, line.strip_prefix("    ")?)));
        let page = Page::read(&name);
        let blocks = page.blocks.iter().filter(|it| it.kind == "sh");
        let blocks = blocks.flat_map(|it| it.text.lines().map(|line| (it.line, line)));
        for (at, line) in indented.chain(blocks) {
            let line = line.split(" # ").next().unwrap().replace("cargo run --locked --", "mxward");
            for command in line.split(['|', '&']).map(str::trim) {
                let Some(words) = command.strip_prefix("mxward ") else { continue };
                let words = words.replace("YYYY-MM-DD", "2026-11-30").replace("DAY", "2026-11-30");
                let words: String =
                    words.chars().filter(|c| !matches!(c, '[' | ']' | '…')).collect();
                // A level is one of a few, and a time a number.
                let words = words.replace("--level LEVEL", "--level may").replace("TIME", "30s");
                let words = std::iter::once("mxward").chain(words.split_whitespace());
                if let Err(error) = Args::try_parse_from(words) {
                    panic!("{name}:{at}: {command}\n{error}");
                }
                count += 1;
            }
        }
    }
    assert!(count > 20, "{count}");
}

/// The anchor of a heading, as GitHub and mdBook make it.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let keep = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    heading.chars().filter(keep).map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The lines of a page outside of its blocks.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    text.lines().enumerate().filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    })
}

#[test]
fn every_link_leads_to_a_file_and_its_heading() {
    let mut anchors: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let link = regex::Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut names = pages();
    names.extend(["ARCHITECTURE.md", "CHANGELOG.md"].map(str::to_owned));
    let texts: BTreeMap<String, String> = names
        .into_iter()
        .map(|name| {
            let text = std::fs::read_to_string(root().join(&name)).unwrap();
            (name, text)
        })
        .collect();
    for (name, text) in &texts {
        let headings = prose(text).filter(|(_, line)| line.starts_with('#'));
        anchors.insert(name.clone(), headings.map(|(_, line)| anchor(line)).collect());
    }
    let (mut wrong, mut count) = (Vec::new(), 0);
    for (name, text) in &texts {
        for (at, line) in prose(text) {
            // What stands in code is no link.
            let outside: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
            for found in link.captures_iter(&outside) {
                let target = &found[1];
                if target.contains("://") || target.starts_with("mailto:") {
                    continue;
                }
                count += 1;
                let (path, heading) = target.split_once('#').unwrap_or((target, ""));
                let mut parts: Vec<&str> = name.split('/').collect();
                if path.is_empty() {
                    parts = name.split('/').collect();
                } else {
                    parts.pop();
                    for part in path.split('/') {
                        match part {
                            ".." => drop(parts.pop()),
                            "." => {}
                            part => parts.push(part),
                        }
                    }
                }
                let file = parts.join("/");
                let there = root().join(&file).exists();
                let known =
                    anchors.get(&file).is_none_or(|it| heading.is_empty() || it.contains(heading));
                // The book has what is in its folder.
                let inside = !name.starts_with("docs/") || file.starts_with("docs/");
                if !there || !known || !inside {
                    wrong.push(format!("{name}:{}: {target}", at + 1));
                }
            }
        }
    }
    assert!(count > 50, "{count}");
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}

/// mdBook leaves out what is not in it.
#[test]
fn every_page_is_a_chapter() {
    let summary = std::fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    for name in pages() {
        let Some(page) = name.strip_prefix("docs/").filter(|it| *it != "SUMMARY.md") else {
            continue;
        };
        assert!(summary.contains(&format!("]({page})")), "docs/SUMMARY.md lacks {page}");
    }
}
