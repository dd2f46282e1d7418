//! Runs the program in a folder of its own, and checks everything that it leaves behind.
//!
//! A [`Test`] is written like a page of the manual: files, arguments, and what must come of them.
//! Standard output and standard error are empty and the status is 0 unless the test says otherwise.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

mod compare;
pub(crate) mod golden;
pub(crate) mod postmap;
mod python;
mod wait;

pub(crate) use compare::assert_text;
pub(crate) use python::{python, valid, validate};
pub(crate) use wait::{wait, wait_for};

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Guards that are not what a test is about.
pub(crate) const ALLOW: [&str; 10] = [
    "--allow",
    "weaker",
    "--allow",
    "different",
    "--allow",
    "share",
    "--allow",
    "empty",
    "--allow",
    "breaks",
];

/// What a stream must hold.
enum Expected {
    /// Exactly this text.
    Text(String),
    /// Each of these somewhere.
    Parts(Vec<String>),
    /// Anything: the test looks at it itself.
    Any,
}

/// One run of the program in the making.
pub(crate) struct Test {
    folder: Folder,
    args: Vec<String>,
    variables: Vec<(String, String)>,
    stdout: Expected,
    stderr: Expected,
    status: i32,
    files: Vec<(String, Option<String>)>,
    golden: Option<PathBuf>,
}

/// A folder that lives as long as the runs in it.
struct Folder(std::rc::Rc<TempDir>);

/// What a run left behind.
pub(crate) struct Ran {
    folder: Folder,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Test {
    /// A run in an empty folder.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("mxward-test-").tempdir().unwrap();
        Self::inside(Folder(std::rc::Rc::new(folder)))
    }

    fn inside(folder: Folder) -> Self {
        Self {
            folder,
            args: Vec::new(),
            variables: Vec::new(),
            stdout: Expected::Text(String::new()),
            stderr: Expected::Text(String::new()),
            status: 0,
            files: Vec::new(),
            golden: None,
        }
    }

    /// A run in a copy of `examples/NAME`.
    pub(crate) fn example(name: &str) -> Self {
        let test = Self::new();
        let from = root().join("examples").join(name);
        assert!(from.is_dir(), "there is no example {name}");
        copy(&from, test.path());
        test
    }

    /// Writes a file first.
    pub(crate) fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let file = self.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
        self
    }

    /// Removes a file first.
    pub(crate) fn without(self, path: &str) -> Self {
        std::fs::remove_file(self.path().join(path)).unwrap();
        self
    }

    /// The arguments behind the program's name.
    pub(crate) fn args<'a>(mut self, args: impl IntoIterator<Item = &'a str>) -> Self {
        self.args.extend(args.into_iter().map(str::to_owned));
        self
    }

    /// Sets an environment variable; the program sees only `PATH` otherwise.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The whole of standard output.
    pub(crate) fn stdout(mut self, text: impl Into<String>) -> Self {
        self.stdout = Expected::Text(text.into());
        self
    }

    /// Something that standard output holds; repeatable.
    pub(crate) fn stdout_has(mut self, part: &str) -> Self {
        self.stdout.add(part);
        self
    }

    /// Standard output may hold anything.
    pub(crate) fn any_stdout(mut self) -> Self {
        self.stdout = Expected::Any;
        self
    }

    /// The whole of standard error.
    pub(crate) fn stderr(mut self, text: impl Into<String>) -> Self {
        self.stderr = Expected::Text(text.into());
        self
    }

    /// Something that standard error holds; repeatable.
    pub(crate) fn stderr_has(mut self, part: &str) -> Self {
        self.stderr.add(part);
        self
    }

    /// Standard error may hold anything.
    pub(crate) fn any_stderr(mut self) -> Self {
        self.stderr = Expected::Any;
        self
    }

    /// The exit status.
    pub(crate) fn status(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    /// The whole of a file afterwards. `[SHA256]` stands for 64 hexadecimal digits.
    pub(crate) fn expect_file(mut self, path: &str, text: impl Into<String>) -> Self {
        self.files.push((path.to_owned(), Some(text.into())));
        self
    }

    /// A file must not be there afterwards.
    pub(crate) fn expect_no_file(mut self, path: &str) -> Self {
        self.files.push((path.to_owned(), None));
        self
    }

    /// Compares both streams and the files below `out/` with `tests/golden/NAME`, which
    /// `UPDATE=1 cargo test` writes anew.
    pub(crate) fn golden(mut self, name: &str) -> Self {
        self.golden = Some(root().join("tests/golden").join(name));
        (self.stdout, self.stderr) = (Expected::Any, Expected::Any);
        self
    }

    /// Where the run takes place.
    pub(crate) fn path(&self) -> &Path {
        self.folder.0.path()
    }

    /// Runs the program and checks what it leaves behind.
    #[track_caller]
    pub(crate) fn run(self) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mxward"));
        command
            .args(&self.args)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", path())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let output = command.output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let line = format!("mxward {}", self.args.join(" "));
        self.stderr.check(&format!("standard error of `{line}`"), &stderr);
        self.stdout.check(&format!("standard output of `{line}`"), &stdout);
        assert_eq!(output.status.code(), Some(self.status), "status of `{line}`\n{stdout}{stderr}");
        for (path, text) in &self.files {
            let found = std::fs::read_to_string(self.path().join(path)).ok();
            match (found, text) {
                (Some(found), Some(text)) => assert_text(path, &found, text),
                (None, Some(_)) => panic!("`{path}` was not written by `{line}`"),
                (Some(found), None) => panic!("`{path}` was written by `{line}`:\n{found}"),
                (None, None) => {}
            }
        }
        if let Some(golden) = &self.golden {
            golden::check(golden, self.path(), &stdout, &stderr);
        }
        Ran { folder: self.folder, stdout, stderr }
    }
}

impl Ran {
    /// Another run in the same folder.
    pub(crate) fn then(&self) -> Test {
        Test::inside(Folder(std::rc::Rc::clone(&self.folder.0)))
    }

    /// Where the run took place.
    pub(crate) fn path(&self) -> &Path {
        self.folder.0.path()
    }

    /// The text of a file.
    #[track_caller]
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap()
    }
}

impl Expected {
    fn add(&mut self, part: &str) {
        match self {
            Self::Parts(parts) => parts.push(part.to_owned()),
            Self::Text(_) | Self::Any => *self = Self::Parts(vec![part.to_owned()]),
        }
    }

    #[track_caller]
    fn check(&self, what: &str, found: &str) {
        match self {
            Self::Any => {}
            Self::Text(text) => assert_text(what, found, text),
            Self::Parts(parts) => {
                for part in parts {
                    assert!(found.contains(part.as_str()), "{what} lacks {part:?}:\n{found}");
                }
            }
        }
    }
}

/// The folder of the project.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `PATH` with the folders in which Debian keeps the programs of Postfix and name servers.
pub(crate) fn path() -> String {
    format!("/usr/sbin:/sbin:{}", std::env::var("PATH").unwrap_or_default())
}

/// Copies everything in a folder into another one.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
