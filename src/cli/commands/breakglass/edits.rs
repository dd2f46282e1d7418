//! What an exception changes in the files of a repository.

use crate::cli::commands::edited::{Declared, Edited, declared, is_inside, is_yaml, said};
use crate::diag::printable;
use crate::edit::{Ended, InsertError, Mark, end, insert, replace, strike, unstrike};
use crate::model::{Body, Config, PolicySpec, Route};
use crate::names::Recipients;
use crate::postfix::{SecurityLevel, Transport};
use crate::source::yaml::scalar;
use crate::source::{SourceMap, Span, Spanned};
use crate::world::Files;
use jiff::civil::Date;
use std::collections::BTreeMap;
use std::io;

/// Where exceptions go that stand in for nothing of a YAML file, when mxward.yaml includes it.
const FILE: &str = "domains/breakglass.yaml";

/// The file that every repository has.
const ROOT: &str = "mxward.yaml";

/// What is declared of those who are named, and of their parents.
pub(super) struct Before {
    /// Everything.
    pub(super) declared: Declared,
    /// What `next_hops` has policies of.
    next_hops: Vec<String>,
    /// The file of each who is named and declared.
    files: BTreeMap<Recipients, String>,
    route: Option<Route>,
}

impl Before {
    /// Takes the declarations out of a repository.
    pub(super) fn new(config: Config, sources: &SourceMap, named: &[Recipients]) -> Self {
        let mut files = BTreeMap::new();
        for it in config.declarations.iter().filter(|it| named.contains(&it.recipients)) {
            files.insert(it.recipients.clone(), sources.name(it.span.file).to_owned());
        }
        let route = config.default_route.as_ref().map(|it| it.value);
        let next_hops = config.next_hops.iter().map(|it| it.next_hop.value.as_str().to_lowercase());
        let next_hops = next_hops.collect();
        Self { declared: config.into(), next_hops, files, route }
    }

    /// What decides about somebody: a declaration of their own, or of the nearest parent.
    fn deciding(&self, of: &Recipients) -> Option<(&Recipients, &Body)> {
        let mut name = match of {
            Recipients::Domain(name) => name.parent(),
            Recipients::Subdomains(_) => of.name().parent(),
        };
        if let Some(own) = self.declared.entries.get_key_value(of) {
            return Some(own);
        }
        while let Some(parent) = name {
            let Ok(key) = Recipients::parse(&format!(".{parent}")) else { break };
            if let Some(found) = self.declared.entries.get_key_value(&key) {
                return Some(found);
            }
            name = parent.split_once('.').map(|(_, behind)| behind);
        }
        None
    }

    /// The way that mail goes by a declaration, where that is not by the MX records of its domain.
    fn way(&self, of: &Recipients) -> Way {
        let Some((key, body)) = self.deciding(of) else { return Way::default() };
        let way = Way { next_hop: body.next_hop.clone(), transport: body.transport.clone() };
        let route = body.route.as_ref().map(|it| it.value).or(self.route);
        let is_hosts = body.provider.is_some() && route == Some(Route::Host);
        if key != of && is_hosts && way.next_hop.is_none() && way.transport.is_none() {
            // Else the entry of the parent would go on to decide where mail goes.
            let transport = Spanned::new(Transport::smtp(Vec::new()), body.span);
            return Way { transport: Some(transport), ..way };
        }
        way
    }

    /// Others whose mail goes to one of the next hops of those who are named, with a policy of their own.
    pub(super) fn sharing(&self, named: &[Recipients]) -> Vec<&Recipients> {
        let mine = self.next_hops_of(named);
        let others = self.declared.entries.iter().filter(|(key, body)| {
            let has_policy = body.policy.level.is_some() || body.provider.is_some();
            has_policy && !named.contains(key) && hops(body).iter().any(|it| mine.contains(it))
        });
        others.map(|(key, _)| key).collect()
    }

    /// A next hop of those who are named that has its policy from `next_hops`.
    pub(super) fn of_next_hops(&self, named: &[Recipients]) -> Option<String> {
        self.next_hops_of(named).into_iter().find(|it| self.next_hops.contains(it))
    }

    fn next_hops_of(&self, named: &[Recipients]) -> Vec<String> {
        let bodies = named.iter().filter_map(|it| self.deciding(it));
        bodies.flat_map(|(_, body)| hops(body)).collect()
    }
}

/// The next hops that a declaration names.
fn hops(body: &Body) -> Vec<String> {
    let own = body.next_hop.iter().map(|it| &it.value);
    let listed = body.transport.iter().flat_map(|it| &it.value.next_hops);
    own.chain(listed).map(|it| it.as_str().to_lowercase()).collect()
}

/// A next hop or service that mail goes to.
#[derive(Default)]
struct Way {
    next_hop: Option<Spanned<crate::postfix::NextHop>>,
    transport: Option<Spanned<Transport>>,
}

/// What is asked for.
pub(super) struct Asked<'o> {
    pub(super) level: SecurityLevel,
    pub(super) reason: &'o str,
    pub(super) until: Date,
    /// The file for entries that stand in for nothing of a YAML file.
    pub(super) file: Option<&'o str>,
}

impl Asked<'_> {
    /// The entry of somebody, and what it must be read as.
    fn entry(&self, of: &Recipients, way: Way) -> (String, Body) {
        let next_hop = way.next_hop.as_ref().map(|it| it.value.as_str());
        let next_hop = next_hop.map(|it| format!("next_hop: {}, ", scalar(it)));
        let transport = way.transport.as_ref().map(|it| it.value.to_string());
        let transport = transport.map(|it| format!("transport: {}, ", scalar(&it)));
        let line = format!(
            "{}: {{ {}{}level: {}, reason: {}, until: {} }}",
            scalar(&of.key_text()),
            next_hop.unwrap_or_default(),
            transport.unwrap_or_default(),
            self.level,
            scalar(self.reason),
            self.until
        );
        let nowhere = Span::new(SourceMap::new().add("", ""), 0, 0);
        let mut body = Body::new(nowhere);
        body.policy = PolicySpec { level: Some(Spanned::new(self.level, nowhere)), ..body.policy };
        body.reason = Some(Spanned::new(self.reason.to_owned(), nowhere));
        body.until = Some(Spanned::new(self.until, nowhere));
        (body.next_hop, body.transport) = (way.next_hop, way.transport);
        (line, body)
    }
}

/// What somebody has from now on, in which file; `None` where nothing is left.
pub(super) struct Written {
    pub(super) of: Recipients,
    pub(super) file: String,
    expected: Option<Body>,
}

impl Written {
    /// Whether a declaration says what it should; what comes back says what it says.
    pub(super) fn says(&self, body: &Body) -> bool {
        self.expected.as_ref().is_none_or(|it| said(it) == said(body))
    }
}

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
    let (line, body) = asked.entry(of, before.way(of));
    let by_hand = |why: String| format!("{why}; write it by hand: `{line}`");
    let above = |list: Option<&String>| {
        let (level, until) = (asked.level, asked.until);
        Mark { of: of.clone(), level, until, list: list.cloned() }.to_string()
    };
    let id = SourceMap::new().add("", "");
    let written = |file: &str| Written {
        of: of.clone(),
        file: file.to_owned(),
        expected: Some(body.clone()),
    };
    let known = before.files.get(of);
    if let Some(path) = known.filter(|it| is_yaml(it)) {
        let old = text(edited, path)?;
        let new = replace(&old, id, of, (&above(None), &line))
            .map_err(|error| by_hand(format!("cannot write to `{path}`: {error}")))?
            .ok_or_else(|| by_hand(format!("`{path}` was not understood")))?;
        edited.texts.insert(path.clone(), new);
        return Ok(written(path));
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
            Ok(declared) if declared.entries.contains_key(of) => return Ok(written(path)),
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
    Ok(Written { of: of.clone(), file, expected: None })
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
    let way = Way { next_hop: body.next_hop.clone(), transport: body.transport.clone() };
    let (line, _) = asked.entry(of, way);
    (level, until, line.as_str()) == (ended.mark.level, ended.mark.until, ended.line.as_str())
}
