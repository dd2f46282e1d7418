//! What an exception changes in the files of a repository.

use super::asked::{Asked, Written};
use super::before::{Before, Way, attributes};
use crate::cli::commands::edited::{Edited, declared, is_inside, is_yaml};
use crate::diag::printable;
use crate::edit::{
    Ended, ExceptionError, InsertError, Mark, end, insert, renew, replace, strike, unstrike,
};
use crate::names::Recipients;
use crate::source::SourceMap;
use crate::world::Files;
use std::io;

/// Where exceptions go that stand in for nothing of a YAML file, when mxward.yaml includes it.
const FILE: &str = "domains/breakglass.yaml";

/// The file that every repository has.
const ROOT: &str = "mxward.yaml";

/// Reads a file as it is going to be.
fn text(edited: &Edited<'_>, path: &str) -> Result<String, String> {
    match edited.read(path) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| format!("`{path}` is not UTF-8")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(format!("cannot read `{path}`: {error}")),
    }
}

/// Puts an exception into the files.
///
/// # Errors
///
/// Why it cannot be written, in a phrase, with the line for those who write it by hand.
pub(super) fn except(
    edited: &mut Edited<'_>,
    before: &Before,
    of: &Recipients,
    asked: &Asked<'_>,
) -> Result<Written, String> {
    let id = SourceMap::new().add("", "");
    let known = before.files.get(of);
    let (line, body) = asked.entry(of, before.way(of), attributes(&before.declared, of));
    let by_hand = |why: String| format!("{why}; write it by hand: `{line}`");
    let above = |list: Option<&String>| mark(of, asked, list.cloned());
    if let Some(path) = known.filter(|it| is_yaml(it)) {
        let old = text(edited, path)?;
        if let Ok(Some(ended)) = end(&old, id, of) {
            return other(edited, before, of, asked, (path, &old, &ended));
        }
        let new = replace(&old, id, of, (&above(None), &line))
            .map_err(|error| by_hand(format!("cannot write to `{path}`: {error}")))?
            .ok_or_else(|| by_hand(format!("`{path}` was not understood")))?;
        edited.texts.insert(path.clone(), new);
        return Ok(Written::new(of, path, body));
    }
    let above = above(known);
    if let Some(list) = known {
        if list.contains(char::is_control) {
            return Err(by_hand(format!("`{}` cannot stand in a comment", printable(list))));
        }
        let struck = strike(&text(edited, list)?, of)
            .map_err(|error| by_hand(format!("cannot write to `{list}`: {error}")))?
            .ok_or_else(|| by_hand(format!("`{list}` was not understood")))?;
        if struck.lines().map(str::trim).all(|it| it.is_empty() || it.starts_with('#')) {
            return Err(format!(
                "no domain would be left in `{list}`, and a list names at least one; by hand: write `{line}` into a \
                 YAML file, and remove the list until that ends (where `include` has no other for its pattern, that \
                 line of mxward.yaml, too)"
            ));
        }
        edited.texts.insert(list.clone(), struck);
    }
    let candidates: &[&str] = match &asked.file {
        Some(file) => &[file.strip_prefix("./").unwrap_or(file)],
        None => &[FILE, ROOT],
    };
    let mut last = String::new();
    for path in candidates {
        let old = text(edited, path)?;
        let new = match insert(&old, id, &[above.clone(), line.clone()]) {
            Ok(new) => new,
            Err(
                error @ (InsertError::Invalid | InsertError::NoMapping | InsertError::NotABlock),
            ) => {
                last = format!("cannot write to `{}`: {error}", printable(path));
                continue;
            }
        };
        let kept = edited.texts.insert((*path).to_owned(), new);
        match declared(edited) {
            Ok(declared) if declared.entries.contains_key(of) => {
                return Ok(Written::new(of, path, body));
            }
            Ok(_) => last = format!("mxward.yaml does not include `{}`", printable(path)),
            Err(why) => last = why,
        }
        match kept {
            Some(kept) => edited.texts.insert((*path).to_owned(), kept),
            None => edited.texts.remove(*path),
        };
    }
    Err(by_hand(last))
}

/// The line above an exception.
fn mark(of: &Recipients, asked: &Asked<'_>, list: Option<String>) -> String {
    Mark { of: of.clone(), level: asked.level, until: asked.until, list }.to_string()
}

/// Puts another exception in the place of one that was written here, so that one `--end` brings back what stood
/// there before both.
fn other(
    edited: &mut Edited<'_>,
    before: &Before,
    of: &Recipients,
    asked: &Asked<'_>,
    (path, old, ended): (&str, &str, &Ended),
) -> Result<Written, String> {
    let Some(body) = before.declared.entries.get(of) else {
        return Err(format!("`{path}` was not understood"));
    };
    // The level of the one that is there may have left attributes out, and somebody may have added some.
    let mut without = edited.clone();
    end_of(&mut without, before, of)?;
    let without = declared(&without)?;
    let mut kept = body.policy.attributes.clone();
    for it in attributes(&without, of) {
        if kept.iter().all(|mine| mine.name != it.name) {
            kept.push(it.clone());
        }
    }
    let (line, body) = asked.entry(of, Way::of(body), &kept);
    let id = SourceMap::new().add("", "");
    let above = mark(of, asked, ended.mark.list.clone());
    let failed = |error: ExceptionError| format!("cannot write to `{path}`: {error}");
    let new = renew(old, id, of, (&above, &line)).map_err(failed)?;
    let new = new.ok_or_else(|| format!("`{path}` was not understood"))?;
    edited.texts.insert(path.to_owned(), new);
    Ok(Written { former: Some(ended.mark.level), ..Written::new(of, path, body) })
}

/// Takes an exception out of the files, and brings back what stood there before.
///
/// # Errors
///
/// Why not, in a phrase.
pub(super) fn end_of(
    edited: &mut Edited<'_>,
    before: &Before,
    of: &Recipients,
) -> Result<Written, String> {
    let path = before.files.get(of).ok_or_else(|| format!("`{of}` has no entry of its own"))?;
    let old = text(edited, path)?;
    let id = SourceMap::new().add("", "");
    let ended = if is_yaml(path) { end(&old, id, of) } else { Ok(None) };
    let ended = ended
        .map_err(|error| format!("`{of}` in `{path}`: {error}"))?
        .ok_or_else(|| format!("`{of}` in `{path}` is no exception of `breakglass`"))?;
    if !is_as_written(&ended, before, of) {
        let list = ended.mark.list.map(|it| format!(" of `{}`", printable(&it)));
        return Err(format!(
            "`{of}` in `{}`: the exception was changed after `breakglass` wrote it, and what it says now would be \
             lost; by hand: remove the mark above it, and either the comments `#|` or the exception; then the `#|` \
             of the lines{} that shall hold again",
            printable(path),
            list.unwrap_or_default()
        ));
    }
    edited.texts.insert(path.clone(), ended.text);
    let mut file = path.clone();
    if let Some(list) = ended.mark.list {
        if !is_inside(&list) {
            return Err(format!("`{}` is no file of the repository", printable(&list)));
        }
        let back = unstrike(&text(edited, &list)?, of)
            .map_err(|error| format!("`{}`: {error}", printable(&list)))?;
        let back = back.ok_or_else(|| {
            format!("`{}` has no line `#| {of}` to be brought back", printable(&list))
        })?;
        edited.texts.insert(list.clone(), back);
        file = list;
    }
    Ok(Written { of: of.clone(), file, expected: None, former: None, back: None })
}

/// Whether an exception is still what was written with its mark; words of the reason may be others.
fn is_as_written(ended: &Ended, before: &Before, of: &Recipients) -> bool {
    let Some(body) = before.declared.entries.get(of) else { return false };
    let (Some(level), Some(reason), Some(until)) = (&body.policy.level, &body.reason, &body.until)
    else {
        return false;
    };
    let (level, until) = (level.value, until.value);
    let asked = Asked { level, reason: &reason.value, until, file: None };
    let (line, _) = asked.entry(of, Way::of(body), &body.policy.attributes);
    (level, until, line.as_str()) == (ended.mark.level, ended.mark.until, ended.line.as_str())
}
