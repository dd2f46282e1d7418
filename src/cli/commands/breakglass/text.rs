//! What was written and how it ends, for people and programs.

use super::Report;
use super::asked::Written;
use crate::cli::commands::changes::{self, Shown, rows, summaries, summary, table};
use crate::cli::page::Page;
use crate::cli::printer::Render;
use crate::deployed::MAPS;
use crate::diag::{Severity, Style, printable};
use crate::report::{self, COMMENT_LIMIT, Item, Rule, markdown_cell, wrapped};
use serde_json::{Value, json};
use std::fmt::Write as _;

impl Report<'_> {
    fn shown(&self) -> Vec<Shown<'_>> {
        let shown = self.targets.iter().map(|(sides, compared)| Shown {
            name: &sides.target.name.value,
            span: sides.target.name.span,
            groups: &compared.diff.groups,
            files: MAPS,
            has_lines: [true; 2],
            sources: self.sources,
        });
        shown.collect()
    }

    /// The domains, with blanks between.
    fn names(&self) -> String {
        self.written.iter().map(|it| it.of.to_string()).collect::<Vec<_>>().join(" ")
    }

    /// What happened, in a line.
    fn first_line(&self) -> String {
        let would = if self.done { "" } else { "nothing was written; it would be: " };
        if let Some((level, until)) = &self.exception {
            let what = placed(self.written.iter(), &format!("{level} until {until}"));
            return format!("{would}{what}");
        }
        let gone = self.written.iter().filter(|it| it.back.is_none());
        let mut parts = Vec::new();
        if gone.clone().next().is_some() {
            parts.push(placed(gone, "no exception any more"));
        }
        for it in self.written {
            let Some((level, until)) = it.back else { continue };
            let level = level.map_or_else(String::new, |it| format!("{it} "));
            let what = format!("the exception before it is back, {level}until {until}");
            parts.push(placed([it].into_iter(), &what));
        }
        format!("{would}{}", parts.join("; "))
    }

    /// The commands that put it in force, with the flags that guards ask for.
    fn commands(&self) -> [String; 2] {
        let (mxward, flags, file) = (self.mxward, &self.flags, "breakglass.plan");
        [format!("{mxward} plan{flags} --out {file}"), format!("{mxward} apply{flags} {file}")]
    }

    /// How it ends, in sentences.
    fn ending(&self) -> Option<String> {
        let (_, until) = self.exception?;
        let after = until.tomorrow().map(|it| it.to_string()).unwrap_or_default();
        Some(format!(
            "Nothing ends it by itself: maps are compiled without a look at the date, so that it holds until it is \
             taken out. From {after} on the lint exception-expired fails `check`, and `plan` and `apply` refuse \
             every change until then."
        ))
    }

    fn end_command(&self) -> String {
        format!("{} breakglass {} --end", self.mxward, self.names())
    }

    fn summaries(&self) -> Vec<(&str, String)> {
        let lines = self.targets.iter().map(|(sides, compared)| {
            let count = |effect| compared.diff.count(effect);
            (&*sides.target.name.value, summary(count, compared.diff.is_change()))
        });
        lines.collect()
    }
}

/// Domains, what is so with them, and their files.
fn placed<'w>(of: impl Iterator<Item = &'w Written> + Clone, what: &str) -> String {
    let names: Vec<String> = of.clone().map(|it| it.of.to_string()).collect();
    let mut files: Vec<&str> = of.map(|it| it.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    format!("{}: {what}, in {}", names.join(", "), files.join(", "))
}

impl Render for Report<'_> {
    fn text(&self, style: &Style) -> String {
        let mut page = Page::new(style);
        page.paragraph(0, &self.first_line());
        page.line("");
        for shown in self.shown() {
            if !shown.groups.is_empty() {
                page.heading(&format!("target {}", shown.name));
                page.line("");
                changes::changes(&mut page, &shown);
            }
        }
        for note in &self.notes {
            page.paragraph(0, &format!("note: {note}"));
            page.line("");
        }
        changes::refusals(&mut page, &self.refused);
        summaries(&mut page, &self.summaries());
        if self.stopped {
            return page.text;
        }
        page.line("");
        page.heading("in force with");
        for command in self.commands() {
            page.line(&format!("    {}", printable(&command)));
        }
        if let Some(ending) = self.ending() {
            page.line("");
            page.heading("how it ends");
            page.line(&format!("    {}", wrapped(&ending, style.width, 4)));
            page.line(&format!("    {}", printable(&self.end_command())));
        }
        page.text
    }

    fn json(&self) -> Value {
        let written =
            self.written.iter().map(|it| json!({ "domain": it.of.to_string(), "file": it.file }));
        let exception = self.exception.map(|(level, until)| {
            json!({ "level": level.as_str(), "until": until.to_string(), "end": self.end_command() })
        });
        let targets = self.targets.iter().map(|(sides, compared)| {
            let changes = changes::groups_json(&compared.diff.groups);
            json!({ "target": sides.target.name.value, "changes": changes })
        });
        json!({
            "format_version": 1,
            "written": self.done,
            "domains": written.collect::<Vec<_>>(),
            "exception": exception,
            "targets": targets.collect::<Vec<_>>(),
            "notes": self.notes,
            "refused": changes::refusals_json(&self.refused),
            "commands": if self.stopped { Vec::new() } else { self.commands().to_vec() },
        })
    }

    fn markdown(&self) -> String {
        let mut text = format!("{}\n\n", markdown_cell(&self.first_line()));
        let shown = self.shown();
        for (shown, rows) in shown.iter().zip(rows(&shown, COMMENT_LIMIT / 2)) {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "#### {}\n\n{}", markdown_cell(shown.name), table(shown, &rows));
        }
        for it in &self.refused {
            let _ = writeln!(text, "- refused: {}", markdown_cell(&it.message));
        }
        text
    }

    fn findings(&self) -> Option<report::Report> {
        let mut items = changes::items(&self.shown());
        for note in &self.notes {
            items.push(Item::new(Severity::Note, "breakglass/note", note.clone()));
        }
        let refused = self.refused.iter();
        items.extend(refused.map(|it| changes::refusal_item("breakglass/refused", it)));
        let mut list = report::Report::new("breakglass", self.first_line(), items);
        let rule = |code, summary: &str, help: &str| Rule {
            code,
            summary: summary.to_owned(),
            help: help.to_owned(),
        };
        list.rules = changes::rules()
            .chain([
                rule(
                    "breakglass/note",
                    "what somebody should know of an exception",
                    "Read it before the exception is put in force.",
                ),
                rule(
                    "breakglass/refused",
                    "other domains or protect.yaml stop an exception",
                    "Nothing was written. Correct what it names, or allow it with the flag.",
                ),
            ])
            .collect();
        Some(list)
    }
}
