//! `mxward test`

use super::edited::is_yaml;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::printer::Render;
use crate::compile::Compiled;
use crate::diag::{Diagnostic, Diagnostics, Style, nearest, render};
use crate::expect::{Expectation, read};
use crate::formats::postmap_text;
use crate::model::Target;
use crate::postfix::deliver;
use crate::report::{self, Item, Report, counted};
use crate::source::SourceMap;
use serde_json::{Value, json};

/// The folder of the files with expectations.
const FOLDER: &str = "tests";

/// What came of all expectations.
struct Tested<'a> {
    failures: Diagnostics,
    sources: &'a SourceMap,
    expectations: usize,
    targets: usize,
    /// Those that hold, by name.
    passed: Vec<String>,
}

pub(super) fn run(context: &mut Context<'_, '_>) -> Result<Exit, Exit> {
    let mut compiled = context.compile(context.lock_mode())?;
    let list = read_all(context, &mut compiled)?;
    if list.is_none() {
        context.printer.note(&format!("nothing is tested: there is no {FOLDER}/*.yaml"));
    }
    let list = list.unwrap_or_default();
    let (failures, passed) = test_all(context, &compiled, &list)?;
    let failed = failures.has_errors();
    let targets = context.targets(&compiled.repository.config.targets)?.len();
    let expectations = list.len();
    let sources = &compiled.repository.sources;
    context.printer.report(&Tested { failures, sources, expectations, targets, passed });
    Ok(if failed { Exit::Findings } else { Exit::Done })
}

/// What does not hold, and the names of what does.
fn test_all(
    context: &mut Context<'_, '_>,
    compiled: &Compiled,
    list: &[Expectation],
) -> Result<(Diagnostics, Vec<String>), Exit> {
    let (mut failures, mut passed) = (Diagnostics::new(), Vec::new());
    for target in context.targets(&compiled.repository.config.targets)? {
        test(context, compiled, target, list, &mut failures, &mut passed)?;
    }
    failures.sort();
    Ok((failures, passed))
}

/// What does not hold of `tests/*.yaml`, where there are any.
///
/// # Errors
///
/// The status to exit with; everything was said.
pub(super) fn failures(
    context: &mut Context<'_, '_>,
    compiled: &mut Compiled,
) -> Result<Diagnostics, Exit> {
    let list = read_all(context, compiled)?.unwrap_or_default();
    Ok(test_all(context, compiled, &list)?.0)
}

/// Reads `tests/*.yaml`; `None` where there are none. Its files become known to the repository, so that
/// messages can show them.
fn read_all(
    context: &mut Context<'_, '_>,
    compiled: &mut Compiled,
) -> Result<Option<Vec<Expectation>>, Exit> {
    let folder = context.global.directory.clone();
    let files = context.world.repository(&folder).and_then(|files| {
        let mut texts = Vec::new();
        for path in files.list(FOLDER)?.into_iter().filter(|it| is_yaml(it)) {
            let bytes = files.read(&path)?;
            texts.push((path, bytes));
        }
        Ok(texts)
    });
    let files = files.map_err(|error| {
        context.printer.error(&format!("cannot read `{FOLDER}`: {error}"));
        Exit::Failed
    })?;
    if files.is_empty() {
        return Ok(None);
    }
    let (mut list, mut diagnostics) = (Vec::new(), Diagnostics::new());
    let repository = &mut compiled.repository;
    for (path, bytes) in files {
        let Ok(text) = String::from_utf8(bytes) else {
            context.printer.error(&format!("`{path}` is not UTF-8"));
            return Err(Exit::Findings);
        };
        let file = repository.sources.add(path, text);
        list.extend(read(file, repository.sources.text(file), &mut diagnostics));
    }
    let names = || repository.config.targets.iter().map(|it| it.name.value.as_str());
    for target in list.iter().flat_map(|it| &it.targets) {
        if names().all(|name| name != target.value) {
            let message = format!("no target named `{}`", target.value);
            let error = Diagnostic::error("unknown-target", target.span, message);
            let near = nearest(&target.value, names());
            diagnostics.push(
                near.into_iter()
                    .fold(error, |error, near| error.hint(format!("did you mean `{near}`?"))),
            );
        }
    }
    diagnostics.sort();
    context.printer.diagnostics(&diagnostics, &repository.sources);
    if diagnostics.has_errors() { Err(Exit::Findings) } else { Ok(Some(list)) }
}

fn test(
    context: &mut Context<'_, '_>,
    compiled: &Compiled,
    target: &Target,
    list: &[Expectation],
    failures: &mut Diagnostics,
    passed: &mut Vec<String>,
) -> Result<(), Exit> {
    let (_, artifacts) = super::diff::output(context, compiled, target)?;
    let [transport, tls_policy] =
        artifacts.each_ref().map(|it| postmap_text::read(it.text.as_bytes()));
    let (name, settings) = (&target.name.value, target.settings());
    for expectation in list.iter().filter(|it| it.concerns(name)) {
        let delivery = deliver(
            &expectation.example(),
            &|key| transport.get(key).map(|entry| &*entry.value),
            &|key| tls_policy.get(key).map(|entry| &*entry.value),
            &settings,
        );
        let recipient = expectation.recipient.value.key();
        let found = expectation.failures(&delivery, &settings);
        if found.is_empty() {
            passed.push(format!("target {name}: {recipient}"));
        }
        for failure in found {
            let message = format!("mail for `{recipient}` on target `{name}`: {}", failure.why);
            failures.push(Diagnostic::error("expectation-failed", failure.span, message));
        }
    }
    Ok(())
}

impl Tested<'_> {
    fn summary(&self) -> String {
        if self.expectations == 0 {
            return "no expectations".to_owned();
        }
        let failed = self.failures.iter().count();
        let found = if failed == 0 { "all hold".to_owned() } else { counted(failed, "failure") };
        let expectations = counted(self.expectations, "expectation");
        format!("{expectations}, {}: {found}", counted(self.targets, "target"))
    }

    fn list(&self) -> Report {
        let items = self.failures.iter().map(|it| Item::of(it, self.sources)).collect();
        let report = Report::new("test", self.summary(), items);
        Report { passed: self.passed.clone(), ..report }
    }
}

impl Render for Tested<'_> {
    fn text(&self, style: &Style) -> String {
        format!("{}{}\n", render(&self.failures, self.sources, style), self.summary())
    }

    fn json(&self) -> Value {
        json!({
            "format_version": 1,
            "expectations": self.expectations,
            "targets": self.targets,
            "passed": self.passed,
            "findings": report::findings(&self.list()),
        })
    }

    fn markdown(&self) -> String {
        report::markdown(&self.list())
    }

    fn findings(&self) -> Option<Report> {
        Some(self.list())
    }
}
