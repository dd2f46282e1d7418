//! What `--report` asks for.

use crate::diag::{nearest, printable};
use std::path::PathBuf;

/// The form of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people at a terminal.
    Text,
    /// For programs: one object.
    Json,
    /// For programs: one object a line.
    JsonLines,
    /// For comments on merge requests.
    Markdown,
    /// For code scanning.
    Sarif,
    /// For test reports.
    Junit,
    /// For annotations of GitHub Actions.
    Github,
    /// For Code Quality reports of GitLab.
    Gitlab,
    /// For reviewdog.
    Rdjsonl,
    /// For spreadsheets.
    Csv,
}

/// A report that was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Wanted {
    pub(super) format: Format,
    /// Standard output when there is none.
    pub(super) file: Option<PathBuf>,
}

impl Format {
    /// Every form, by its name.
    pub const ALL: &'static [(&'static str, Self)] = &[
        ("text", Self::Text),
        ("json", Self::Json),
        ("jsonl", Self::JsonLines),
        ("markdown", Self::Markdown),
        ("sarif", Self::Sarif),
        ("junit", Self::Junit),
        ("github", Self::Github),
        ("gitlab", Self::Gitlab),
        ("rdjsonl", Self::Rdjsonl),
        ("csv", Self::Csv),
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, format)| *format == self).map_or("", |(name, _)| name)
    }

    /// Whether it lists findings, one by one.
    pub(super) fn is_list(self) -> bool {
        !matches!(self, Self::Text | Self::Json | Self::Markdown | Self::Csv)
    }

    /// Whether it is read as a whole, so that nothing else may stand in the same stream.
    fn stands_alone(self) -> bool {
        !matches!(self, Self::Text | Self::Markdown | Self::Github)
    }
}

impl Wanted {
    /// Reads `FORMAT[=FILE]`, all of them.
    ///
    /// # Errors
    ///
    /// What is wrong: an unknown form, or two reports that would spoil each other.
    pub(super) fn read(reports: &[String]) -> Result<Vec<Self>, String> {
        let mut list: Vec<Self> = Vec::with_capacity(reports.len());
        for report in reports {
            let (name, file) = match report.split_once('=') {
                Some((name, file)) => (name, Some(PathBuf::from(file))),
                None => (report.as_str(), None),
            };
            let Some((_, format)) = Format::ALL.iter().find(|(known, _)| *known == name) else {
                let names: Vec<&str> = Format::ALL.iter().map(|(name, _)| *name).collect();
                let use_what = match nearest(name, names.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("use {}", names.join(", ")),
                };
                return Err(format!("no report format `{}`: {use_what}", printable(name)));
            };
            list.push(Self { format: *format, file });
        }
        for (at, wanted) in list.iter().enumerate() {
            let others = list[..at].iter().filter(|other| other.file == wanted.file);
            for other in others {
                let (one, two) = (other.format.name(), wanted.format.name());
                match &wanted.file {
                    Some(file) => {
                        let file = file.display().to_string();
                        let file = printable(&file);
                        return Err(format!(
                            "`{one}` and `{two}` would both be written to `{file}`"
                        ));
                    }
                    None if other.format.stands_alone() || wanted.format.stands_alone() => {
                        return Err(format!(
                            "`{one}` and `{two}` cannot share standard output: give one a file, as in `--report {two}=FILE`"
                        ));
                    }
                    None => {}
                }
            }
        }
        Ok(list)
    }
}
