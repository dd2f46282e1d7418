//! A page of the documentation that can be run.
//!
//! A block behind `<!-- file PATH -->` is written to that file. Blocks of `console` are typed into one
//! shell, line by line behind `$ `, and what follows must come of it: `…` stands for anything, on a line of its
//! own for any number of lines. Days are those of the reader. A command that fails is followed by
//! `$ echo $?`.
#![expect(clippy::disallowed_methods, reason = "types what a reader types")]

use crate::harness::{path, root, wait_for};
use crate::postfix::instance::{Instance, Line};
use regex::Regex;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// A fenced block.
pub(super) struct Block {
    /// The line of its fence, from 1.
    pub(super) line: usize,
    /// What stands behind the fence.
    pub(super) kind: String,
    pub(super) text: String,
    /// The file that it is written to.
    pub(super) file: Option<String>,
}

/// A page.
pub(super) struct Page {
    /// The path from the project's folder.
    pub(super) name: String,
    pub(super) blocks: Vec<Block>,
}

/// A shell that keeps its folder and variables between commands.
pub(super) struct Shell {
    folder: tempfile::TempDir,
    status: i32,
    /// The Postfix beside which commands are typed.
    inside: Option<Instance>,
    /// How many mails were sent.
    sent: usize,
}

static DAY: LazyLock<Regex> = LazyLock::new(|| Regex::new("20[0-9]{2}-[0-9]{2}-[0-9]{2}").unwrap());

impl Page {
    pub(super) fn read(name: &str) -> Self {
        let text = std::fs::read_to_string(root().join(name)).unwrap();
        let (mut blocks, mut file) = (Vec::<Block>::new(), None);
        let mut open: Option<Block> = None;
        for (at, line) in text.lines().enumerate() {
            if let Some(block) = &mut open {
                if line.trim_end() == "```" {
                    blocks.extend(open.take());
                } else {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
            } else if let Some(kind) = line.strip_prefix("```") {
                let (kind, text) = (kind.trim().to_owned(), String::new());
                open = Some(Block { line: at + 1, kind, text, file: file.take() });
            } else if let Some(path) = line.strip_prefix("<!-- file ") {
                file = Some(path.trim_end_matches("-->").trim().to_owned());
            } else if !line.trim().is_empty() {
                assert!(file.is_none(), "{name}:{at}: a block follows `<!-- file … -->`");
            }
        }
        assert!(open.is_none(), "{name}: a block is not closed");
        Self { name: name.to_owned(), blocks }
    }

    /// Writes its files and types its commands, in the order of the page.
    #[track_caller]
    pub(super) fn run(&self, shell: &mut Shell) {
        let mut ran = 0;
        for block in &self.blocks {
            if let Some(file) = &block.file {
                let file = shell.cwd().join(file);
                std::fs::create_dir_all(file.parent().unwrap()).unwrap();
                std::fs::write(file, &block.text).unwrap();
            } else if block.kind == "console" {
                for command in commands(block) {
                    ran += 1;
                    shell.type_in(&self.name, &command);
                }
            }
        }
        assert!(ran > 0, "{} shows no command", self.name);
    }
}

/// A command as it is typed, and what comes of it.
struct Typed {
    line: usize,
    command: String,
    output: Vec<String>,
    /// Whether the page asks for its status next.
    may_fail: bool,
}

fn commands(block: &Block) -> Vec<Typed> {
    let mut list: Vec<Typed> = Vec::new();
    let mut goes_on = false;
    for (at, line) in block.text.lines().enumerate() {
        if let Some(command) = line.strip_prefix("$ ") {
            if command == "echo $?" {
                list.last_mut().unwrap().may_fail = true;
            }
            let (line, command) = (block.line + at + 1, command.to_owned());
            list.push(Typed { line, command, output: Vec::new(), may_fail: false });
        } else {
            let last = list.last_mut().unwrap_or_else(|| panic!("line {}: no command", block.line));
            match line.strip_prefix("> ").filter(|_| goes_on) {
                Some(more) => last.command = format!("{}\n{more}", last.command),
                None => last.output.push(line.to_owned()),
            }
        }
        goes_on = list.last().is_some_and(|it| it.output.is_empty());
    }
    list
}

impl Shell {
    pub(super) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("mxward-book-").tempdir().unwrap();
        let bin = folder.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_mxward"), bin.join("mxward")).unwrap();
        let here = folder.path().join("home");
        std::fs::write(folder.path().join("cwd"), here.to_str().unwrap()).unwrap();
        Self { folder, status: 0, inside: None, sent: 0 }
    }

    /// A shell on the host of a Postfix.
    pub(super) fn inside(instance: Instance) -> Self {
        let shell = Self::new();
        // Others than the one who runs the tests get to it, as daemons do.
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(shell.folder.path(), open).unwrap();
        Self { inside: Some(instance), ..shell }
    }

    /// Puts a program of this text before all others of its name.
    pub(super) fn program(&self, name: &str, text: &str) {
        let path = self.folder.path().join("bin").join(name);
        let _none = std::fs::remove_file(&path);
        std::fs::write(&path, text).unwrap();
        let runs = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&path, runs).unwrap();
    }

    /// The standard output and standard error of a script, and its status.
    fn run(&mut self, script: &str) -> (String, i32) {
        let state = self.folder.path().to_owned();
        let shown = state.display();
        let search = format!("{shown}/bin:{}", path());
        let environment = [
            ("PATH", search),
            ("HOME", format!("{shown}/home")),
            ("LC_ALL", "C.UTF-8".to_owned()),
            ("STATE", shown.to_string()),
        ];
        let Some(instance) = &mut self.inside else {
            let ran = Command::new("bash")
                .args(["-c", script])
                .env_clear()
                .envs(environment)
                .stdin(Stdio::null())
                .output()
                .unwrap();
            return (String::from_utf8(ran.stdout).unwrap(), ran.status.code().unwrap());
        };
        std::fs::write(state.join("script"), script).unwrap();
        let status = state.join("status");
        let _none = std::fs::remove_file(&status);
        let environment = environment.map(|(name, value)| format!("{name}='{value}'")).join(" ");
        instance.run(&format!(
            "if env -i {environment} bash {shown}/script </dev/null >{shown}/output 2>&1; then s=0; else s=$?; fi\n\
             echo $s >{shown}/status.new; mv {shown}/status.new {shown}/status"
        ));
        let status = wait_for("the command ends", || std::fs::read_to_string(&status).ok());
        (std::fs::read_to_string(state.join("output")).unwrap(), status.trim().parse().unwrap())
    }

    /// Where the reader is.
    pub(super) fn cwd(&self) -> PathBuf {
        std::fs::read_to_string(self.folder.path().join("cwd")).unwrap().trim_end().into()
    }

    #[track_caller]
    fn type_in(&mut self, page: &str, typed: &Typed) {
        let Typed { line, command, output, may_fail } = typed;
        let script = format!(
            "exec 2>&1\ncd \"$(cat \"$STATE/cwd\")\" || exit 99\n[ ! -f \"$STATE/env\" ] || . \"$STATE/env\"\n\
             (exit {})\n{command}\nstatus=$?\npwd >\"$STATE/cwd\"\nexport -p >\"$STATE/env\"\nexit $status\n",
            self.status
        );
        let (found, status) = self.run(&script);
        self.status = status;
        if let (true, Some(instance)) = (command.contains("| sendmail"), &mut self.inside) {
            self.sent += 1;
            let sent = self.sent;
            let ends = |line: &Line| line.text.contains(" status=");
            instance.wait(|log| log.iter().filter(|it| ends(it)).count() >= sent);
        }
        assert!(
            self.status == 0 || *may_fail,
            "{page}:{line}: `{command}` exits with {}:\n{found}",
            self.status
        );
        let home = self.folder.path().join("home").display().to_string();
        let found = found.replace(&home, "/home/you");
        let lines: Vec<&str> = found.lines().map(str::trim_end).collect();
        let wanted: Vec<&str> = output.iter().map(|it| it.trim_end()).collect();
        // A blank line at the end of a block is the page's.
        assert!(
            matches(&wanted, &lines),
            "{page}:{line}: `{command}` prints\n{found}\nand the page says\n{}",
            output.join("\n")
        );
    }
}

/// Whether lines are those of the page.
fn matches(wanted: &[&str], found: &[&str]) -> bool {
    match (wanted, found) {
        ([], []) | (["…"], _) => true,
        (["…", rest @ ..], _) => (0..=found.len()).any(|skip| matches(rest, &found[skip..])),
        ([wanted, rest @ ..], [found, more @ ..]) => is_line(wanted, found) && matches(rest, more),
        _ => false,
    }
}

fn is_line(wanted: &str, found: &str) -> bool {
    let day = |text: &str| DAY.replace_all(text, "YYYY-MM-DD").into_owned();
    let (wanted, found) = (day(wanted), day(found));
    let mut rest = found.as_str();
    let parts: Vec<&str> = wanted.split('…').collect();
    for (at, part) in parts.iter().enumerate() {
        let is_last = at + 1 == parts.len();
        let here = if at == 0 {
            rest.starts_with(part).then_some(0)
        } else if is_last {
            rest.ends_with(part).then(|| rest.len() - part.len())
        } else {
            rest.find(part)
        };
        let Some(here) = here else { return false };
        rest = &rest[here + part.len()..];
    }
    rest.is_empty() || parts.last() == Some(&"")
}

#[test]
fn what_matches() {
    for (wanted, found) in [
        ("a", "a"),
        ("a … c", "a b b c"),
        ("until 2026-12-02, x", "until 2027-01-01, x"),
        ("…c", "abc"),
        ("a…", "abc"),
    ] {
        assert!(is_line(wanted, found), "{wanted}");
    }
    for (wanted, found) in [("a", "ab"), ("ab", "a"), ("a…c", "abd"), ("…b", "abc")] {
        assert!(!is_line(wanted, found), "{wanted}");
    }
    assert!(matches(&["a", "…", "c"], &["a", "b", "b", "c"]));
    assert!(!matches(&["a", "…", "c"], &["a", "b", "c", "d"]));
}
/// Every page of the documentation, by its path from the project's folder.
pub(super) fn pages() -> Vec<String> {
    fn walk(folder: &Path, list: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, list);
            } else if path.extension().is_some_and(|it| it == "md") {
                let name = path.strip_prefix(root()).unwrap();
                list.push(name.to_str().unwrap().to_owned());
            }
        }
    }
    let mut list = vec!["README.md".to_owned()];
    walk(&root().join("docs"), &mut list);
    list.sort();
    list
}
