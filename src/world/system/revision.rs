//! The files of a repository as they were at a revision of git(1).

use crate::world::{Command, CommandOutput, Files, World};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// A folder of a git repository at one revision.
pub(super) struct Revision {
    world: super::System,
    folder: String,
    commit: String,
    files: BTreeSet<String>,
}

impl Revision {
    pub(super) fn open(world: super::System, folder: &Path, revision: &str) -> io::Result<Self> {
        let Some(folder) = folder.to_str() else {
            return Err(io::Error::other("the name of the folder is not UTF-8"));
        };
        if revision.is_empty() || revision.starts_with('-') {
            return Err(io::Error::other(format!("`{revision}` is not a revision")));
        }
        let mut opened = Self {
            world,
            folder: folder.to_owned(),
            commit: String::new(),
            files: BTreeSet::new(),
        };
        let wanted = format!("{revision}^{{commit}}");
        let commit =
            opened.git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
        let commit = String::from_utf8_lossy(&commit.stdout).trim().to_owned();
        if commit.is_empty() {
            let mut message = format!("git knows no revision `{revision}` here");
            let shallow = opened.git(&["rev-parse", "--is-shallow-repository"])?;
            if shallow.stdout.starts_with(b"true") {
                message.push_str(
                    ", and the clone is shallow: fetch its history, in pipelines with a depth of 0",
                );
            }
            return Err(io::Error::other(message));
        }
        opened.commit = commit;
        // Paths are relative to the folder, which may lie inside of the work tree.
        let list = opened.git(&["ls-tree", "-r", "-z", "--name-only", &opened.commit])?;
        let list = String::from_utf8(list.stdout)
            .map_err(|_| io::Error::other("the name of a file is not UTF-8"))?;
        opened.files = list.split('\0').filter(|it| !it.is_empty()).map(str::to_owned).collect();
        Ok(opened)
    }
}

impl Revision {
    fn git(&self, args: &[&str]) -> io::Result<CommandOutput> {
        let mut all = vec!["-C".to_owned(), self.folder.clone()];
        all.extend(args.iter().map(|&arg| arg.to_owned()));
        let command = Command { program: "git".to_owned(), args: all, stdin: Vec::new() };
        let output = self
            .world
            .run(&command)
            .map_err(|error| io::Error::new(error.kind(), format!("cannot run git: {error}")))?;
        if output.status != Some(0) && !output.stderr.is_empty() {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(io::Error::other(text.trim().to_owned()));
        }
        Ok(output)
    }
}

impl Files for Revision {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if !self.files.contains(path) {
            return Err(io::Error::new(io::ErrorKind::NotFound, "not in this revision"));
        }
        let object = format!("{}:./{path}", self.commit);
        Ok(self.git(&["cat-file", "blob", &object])?.stdout)
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let below = |path: &&String| {
            folder.is_empty() || path.strip_prefix(folder).is_some_and(|it| it.starts_with('/'))
        };
        Ok(self.files.iter().filter(below).cloned().collect())
    }
}
