//! `mxward init`

use crate::cli::args::{Ci, SchemaKind};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::report::counted;
use std::path::Path;

/// A file of the repository, and what is in it.
type File = (&'static str, &'static str);

const FILES: [File; 8] = [
    ("mxward.yaml", include_str!("init/starter/mxward.yaml")),
    ("domains/first.yaml", include_str!("init/starter/domains/first.yaml")),
    ("tests/first.yaml", include_str!("init/starter/tests/first.yaml")),
    ("protect.yaml", include_str!("init/starter/protect.yaml")),
    ("README.md", include_str!("init/starter/README.md")),
    (".gitignore", include_str!("init/starter/.gitignore")),
    (".yamllint", include_str!("init/starter/.yamllint")),
    (".pre-commit-config.yaml", include_str!("init/starter/.pre-commit-config.yaml")),
];

const GITHUB: [File; 2] = [
    (".github/workflows/mxward.yaml", include_str!("init/starter/.github/workflows/mxward.yaml")),
    (
        ".github/workflows/mxward-update.yaml",
        include_str!("init/starter/.github/workflows/mxward-update.yaml"),
    ),
];

const GITLAB: [File; 1] = [(".gitlab-ci.yml", include_str!("init/starter/.gitlab-ci.yml"))];

/// What stands in the files for the version of mxward that wrote them: pipelines install that one, since one of
/// them holds a key to the mail servers.
const VERSION: &str = "@VERSION@";

/// What editors need for the files of a repository.
const SCHEMAS: [(&str, SchemaKind); 5] = [
    ("schemas/mxward.schema.json", SchemaKind::Mxward),
    ("schemas/domains.schema.json", SchemaKind::Domains),
    ("schemas/provider.schema.json", SchemaKind::Provider),
    ("schemas/tests.schema.json", SchemaKind::Tests),
    ("schemas/protect.schema.json", SchemaKind::Protect),
];

pub(super) fn run(
    context: &mut Context<'_, '_>,
    folder: Option<&Path>,
    ci: &[Ci],
) -> Result<Exit, Exit> {
    let directory = context.global.directory.as_path();
    let folder = match folder {
        Some(folder) if directory == Path::new(".") => folder.to_owned(),
        Some(folder) => directory.join(folder),
        None => directory.to_owned(),
    };
    let of = |which: Ci, files: &'static [File]| if ci.contains(&which) { files } else { &[] };
    let files = [&FILES[..], of(Ci::Github, &GITHUB), of(Ci::Gitlab, &GITLAB)];
    let mut files: Vec<(&str, String)> =
        files.concat().into_iter().map(|(path, text)| (path, versioned(text))).collect();
    files.extend(SCHEMAS.map(|(path, kind)| (path, kind.text())));
    let there = files.iter().map(|(path, _)| folder.join(path));
    let there: Vec<_> = there.filter(|path| context.world.exists(path)).collect();
    if !there.is_empty() {
        let shown = there.iter().map(|path| format!("`{}`", Context::shown(path)));
        let shown = shown.collect::<Vec<_>>().join(", ");
        context.printer.error(&format!(
            "nothing was written, since this is there already: {shown}; name a folder without it, or move it away"
        ));
        return Err(Exit::Failed);
    }
    for (path, text) in &files {
        let path = folder.join(path);
        if let Err(error) = context.world.write(&path, text.as_bytes()) {
            let path = Context::shown(&path);
            context.printer.error(&format!("cannot write `{path}`: {error}"));
            return Err(Exit::Failed);
        }
    }
    let shown = Context::shown(&folder);
    let (place, option) = match &*shown {
        "." => ("this folder".to_owned(), String::new()),
        _ => (shown.clone(), format!("-C {shown} ")),
    };
    context.printer.note(&format!(
        "Wrote {} to {place}. Next: `mxward {option}check`, then put your own domains into \
         domains/first.yaml and your own Postfix into mxward.yaml.",
        counted(files.len(), "file")
    ));
    Ok(Exit::Done)
}

/// A file of the starter with the version of this mxward.
fn versioned(text: &str) -> String {
    text.replace(VERSION, env!("CARGO_PKG_VERSION"))
}
