//! The two streams: reports to standard output, talk to standard error.

use super::args::{Color, Global};
use super::exit::Exit;
use super::format::{Format, Wanted};
use super::stopped::Said;
use crate::diag::{Diagnostics, Style, printable, render, summary};
use crate::report::{Report, Root, github, gitlab, json_lines, junit, rdjsonl, sarif};
use crate::source::SourceMap;
use crate::world::World;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;

/// A result that can be reported in every form.
pub trait Render {
    /// For people; lines of at most `style.width` where the content allows it.
    fn text(&self, style: &Style) -> String;
    /// An object.
    fn json(&self) -> Value;
    /// GitHub-flavoured Markdown in which no value is markup, short enough for a comment.
    fn markdown(&self) -> String;
    /// What was found or what changes, for platforms; none where the result is nothing of the kind.
    fn findings(&self) -> Option<Report> {
        None
    }
    /// Rows of comma-separated values; none where the result is no table. [RFC 4180 §2]
    fn csv(&self) -> Option<String> {
        None
    }
}

/// Writes to the two streams.
pub struct Printer<'a> {
    stdout: &'a mut dyn Write,
    stderr: &'a mut dyn Write,
    world: &'a dyn World,
    quiet: bool,
    /// Colours and width of standard output.
    style: Style,
    /// Colours and width of standard error.
    talk_style: Style,
    reports: Vec<Wanted>,
    /// Where the repository is, for platforms.
    root: Root,
    /// Whether lines may be commands to the runner of GitHub Actions.
    has_runner: bool,
    /// What came of writing, and of the flags.
    problem: Option<Exit>,
    /// The reports that wait for the exit status.
    pending: Vec<(Pending, Option<PathBuf>)>,
    /// What was said; `None` once there is a result.
    said: Option<Said>,
    /// The messages that were written to standard error.
    told: BTreeSet<Vec<(&'static str, String)>>,
}

/// A report that tells the exit status.
enum Pending {
    Json(Value),
    Lines(Report),
}

impl<'a> Printer<'a> {
    /// A printer as the flags want it.
    pub fn new(
        global: &Global,
        command: &'static str,
        world: &'a dyn World,
        stdout: &'a mut dyn Write,
        stderr: &'a mut dyn Write,
    ) -> Self {
        let terminal = world.terminal();
        let no_color = world.variable("NO_COLOR").is_some_and(|it| !it.is_empty());
        let style = |is_terminal: bool| Style {
            color: match global.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => is_terminal && !no_color,
            },
            width: if is_terminal { terminal.width.clamp(40, 120) } else { 100 },
            limit: if global.verbose { usize::MAX } else { 50 },
        };
        let workspaces = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"].map(|name| world.variable(name));
        let workspace = workspaces.into_iter().flatten().find(|it| !it.is_empty());
        let mut printer = Self {
            stdout,
            stderr,
            world,
            quiet: global.quiet,
            style: style(terminal.stdout),
            talk_style: style(terminal.stderr),
            reports: Vec::new(),
            root: Root::new(&global.directory, workspace.as_deref()),
            has_runner: world.variable("GITHUB_ACTIONS").is_some_and(|it| it == "true"),
            problem: None,
            pending: Vec::new(),
            said: Some(Said::new(command)),
            told: BTreeSet::new(),
        };
        match Wanted::read(&global.report) {
            Ok(reports) => printer.reports = reports,
            Err(message) => {
                printer.error(&message);
                printer.problem = Some(Exit::Usage);
            }
        }
        printer
    }

    /// Whether the flags made sense; [`Self::finish`] gives the status otherwise.
    pub fn usable(&self) -> bool {
        self.problem.is_none()
    }

    /// How standard output is written.
    pub fn style(&self) -> &Style {
        &self.style
    }

    /// Whether what was asked for can be given, before anything is done.
    ///
    /// # Errors
    ///
    /// The status to exit with, when a form lists findings and the command has none; it was said.
    pub fn expects_findings(&mut self, has_findings: bool) -> Result<(), Exit> {
        match self.reports.iter().find(|wanted| wanted.format.is_list()) {
            Some(wanted) if !has_findings => {
                self.cannot_list(wanted.format);
                Err(Exit::Usage)
            }
            Some(_) | None => Ok(()),
        }
    }

    fn cannot_list(&mut self, format: Format) {
        let format = format.name();
        self.error(&format!(
            "this command finds nothing that `{format}` could list: use text, json or markdown"
        ));
        self.problem = Some(Exit::Usage);
    }

    /// Whether a report goes to standard output, so that nothing else may.
    pub fn reports_to_stdout(&self) -> bool {
        self.reports.iter().any(|wanted| wanted.file.is_none())
    }

    /// Writes a text to standard output as it is.
    pub fn out(&mut self, text: &str) {
        let result = self.stdout.write_all(text.as_bytes());
        self.note_failure(&result);
    }

    /// Writes a line of talk, unless `--quiet`.
    pub fn note(&mut self, line: &str) {
        if !self.quiet {
            self.talk(line);
        }
    }

    /// Shows how far it has come: on a terminal in the place of the line before, which an empty one
    /// removes; elsewhere as a line of talk.
    pub fn progress(&mut self, line: &str, terminal: bool) {
        if self.quiet {
            return;
        }
        if !terminal {
            self.talk(line);
            return;
        }
        // Who closed standard error does not want to hear of it.
        let _ignored = write!(self.stderr, "\r{line}\u{1b}[K");
        let _flushed = self.stderr.flush();
    }

    /// Writes an error that has no place in a file.
    pub fn error(&mut self, message: &str) {
        self.talk(&format!("error: {message}"));
        if let Some(said) = &mut self.said {
            said.error(message);
        }
    }

    /// Writes messages to standard error, and how many there are; once, where a repository is compiled anew.
    pub fn diagnostics(&mut self, diagnostics: &Diagnostics, sources: &SourceMap) {
        if let Some(said) = &mut self.said {
            said.messages(diagnostics, sources);
        }
        if diagnostics.is_empty() {
            return;
        }
        // Lines may be others by then.
        let what = diagnostics.iter().map(|it| (it.code, it.message.clone())).collect();
        if self.told.insert(what) {
            let mut text = render(diagnostics, sources, &self.talk_style);
            text.push_str(&summary(diagnostics, &self.talk_style));
            self.talk(&text);
        }
    }

    fn talk(&mut self, text: &str) {
        let text = self.for_log(text);
        // Who closed standard error does not want to hear of it.
        let _ignored = writeln!(self.stderr, "{text}");
    }

    /// Text that is no order to who reads the log.
    fn for_log<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.has_runner { github::harmless(text) } else { Cow::Borrowed(text) }
    }

    /// Gives a result in every form that `--report` asks for; text to standard output when no other
    /// form goes there.
    pub fn report(&mut self, result: &dyn Render) {
        if !self.reports_to_stdout() {
            let text = result.text(&self.style);
            let text = self.for_log(&text).into_owned();
            self.out(&text);
        }
        self.give(result, &self.reports.clone());
        self.said = None;
    }

    /// Gives a result in some forms.
    fn give(&mut self, result: &dyn Render, reports: &[Wanted]) {
        let is_list = |wanted: &Wanted| wanted.format.is_list();
        let findings = if reports.iter().any(is_list) { result.findings() } else { None };
        for wanted in reports {
            let file = wanted.file.clone();
            match (wanted.format, &findings) {
                (Format::Text, _) if file.is_some() => {
                    let plain = Style { color: false, ..self.style };
                    self.deliver(&result.text(&plain), file);
                }
                (Format::Text, _) => {
                    let text = result.text(&self.style);
                    let text = self.for_log(&text);
                    self.deliver(&text, file);
                }
                (Format::Markdown, _) if file.is_some() => self.deliver(&result.markdown(), file),
                (Format::Markdown, _) => {
                    let text = result.markdown();
                    let text = self.for_log(&text);
                    self.deliver(&text, file);
                }
                (Format::Csv, _) => match result.csv() {
                    Some(text) => self.deliver(&text, file),
                    None => self.cannot_list(Format::Csv),
                },
                (Format::Json, _) => self.pending.push((Pending::Json(result.json()), file)),
                (format, None) => self.cannot_list(format),
                (Format::JsonLines, Some(report)) => {
                    self.pending.push((Pending::Lines(report.clone()), file));
                }
                (Format::Sarif, Some(report)) => self.deliver(&sarif(report, &self.root), file),
                (Format::Junit, Some(report)) => self.deliver(&junit(report, &self.root), file),
                (Format::Github, Some(report)) => {
                    self.deliver(&github::github(report, &self.root), file);
                }
                (Format::Gitlab, Some(report)) => self.deliver(&gitlab(report, &self.root), file),
                (Format::Rdjsonl, Some(report)) => self.deliver(&rdjsonl(report, &self.root), file),
            }
        }
    }

    fn deliver(&mut self, text: &str, file: Option<PathBuf>) {
        match file {
            None => self.out(text),
            Some(path) => {
                if let Err(error) = self.world.write(&path, text.as_bytes()) {
                    let path = path.display().to_string();
                    self.error(&format!("cannot write `{}`: {error}", printable(&path)));
                    self.problem = Some(Exit::Failed);
                }
            }
        }
    }

    /// Adds what came later to the objects of the result.
    pub fn add(&mut self, key: &str, value: &Value) {
        for (pending, _) in &mut self.pending {
            if let Pending::Json(Value::Object(object)) = pending {
                object.insert(key.to_owned(), value.clone());
            }
        }
    }

    /// Ends the run: writes what waited for the status, and gives the final one. A run without a
    /// result reports what it said.
    pub fn finish(mut self, exit: Exit) -> Exit {
        let exit = self.problem.unwrap_or(exit);
        if let Some(said) = self.said.take()
            && exit != Exit::Usage
            && said.is_something()
        {
            // Text is on standard error already.
            let mut reports = self.reports.clone();
            reports.retain(|wanted| wanted.format != Format::Text || wanted.file.is_some());
            self.give(&said, &reports);
        }
        for (pending, file) in std::mem::take(&mut self.pending) {
            let text = match pending {
                Pending::Json(mut value) => {
                    if let Value::Object(object) = &mut value {
                        object.insert(
                            "exit".to_owned(),
                            json!({"status": exit.code(), "reason": exit.reason()}),
                        );
                    }
                    format!("{value:#}\n")
                }
                Pending::Lines(report) => json_lines(&report, exit.code(), exit.reason()),
            };
            self.deliver(&text, file);
        }
        let result = self.stdout.flush();
        self.note_failure(&result);
        self.problem.unwrap_or(exit)
    }

    fn note_failure(&mut self, result: &io::Result<()>) {
        match result {
            Ok(()) => {}
            // The reader has seen enough, as in `mxward diff | head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            Err(_) if self.problem == Some(Exit::Failed) => {}
            Err(error) => {
                let message = format!("cannot write to standard output: {error}");
                self.error(&message);
                self.problem = Some(Exit::Failed);
            }
        }
    }
}
