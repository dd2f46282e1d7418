//! What people have agreed to, and what protect.yaml says.

use crate::cli::args::Consent;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::diag::{Diagnostics, printable};
use crate::plan::{Allowed, Protect, Refusal};
use crate::postfix::Effect;
use crate::source::SourceMap;
use std::io::ErrorKind;

/// The file in the repository, where the command line names no other.
const PROTECT_FILE: &str = "protect.yaml";

/// Flags and protect.yaml, read.
pub(super) struct Consented {
    pub(super) allowed: Allowed,
    pub(super) protect: Protect,
    /// The only effects that may be; `None` is all.
    only: Option<Vec<Effect>>,
}

impl Consented {
    /// Reads the flags and protect.yaml.
    ///
    /// # Errors
    ///
    /// The status to exit with; everything was said.
    pub(super) fn read(context: &mut Context<'_, '_>, consent: &Consent) -> Result<Self, Exit> {
        let mut allowed = Allowed::default();
        for text in &consent.allow {
            if let Err(why) = allowed.add(text) {
                context.printer.error(&format!("`--allow {}`: {why}", printable(text)));
                return Err(Exit::Usage);
            }
        }
        let mut only = Vec::with_capacity(consent.only.len());
        for text in &consent.only {
            let Some(effect) = Effect::ALL.iter().find(|it| it.as_str() == text) else {
                let names: Vec<&str> = Effect::ALL.iter().map(|it| it.as_str()).collect();
                let (text, names) = (printable(text).into_owned(), names.join(", "));
                context.printer.error(&format!("`--only {text}`: use {names}"));
                return Err(Exit::Usage);
            };
            only.push(*effect);
        }
        let protect = protect(context, consent)?;
        Ok(Self { allowed, protect, only: (!only.is_empty()).then_some(only) })
    }

    /// What `--only` has against the effects of a target.
    pub(super) fn beyond(&self, target: &str, count: impl Fn(Effect) -> usize) -> Vec<Refusal> {
        let Some(only) = &self.only else { return Vec::new() };
        let others = Effect::ALL.iter().filter(|effect| !only.contains(effect));
        let refusal = |effect: &Effect| {
            let count = count(*effect);
            (count > 0).then(|| Refusal {
                guard: "only",
                target: target.to_owned(),
                message: format!(
                    "{} would be {effect}, and --only does not name that",
                    crate::report::counted(count, "domain")
                ),
                flag: None,
            })
        };
        others.filter_map(refusal).collect()
    }
}

fn protect(context: &mut Context<'_, '_>, consent: &Consent) -> Result<Protect, Exit> {
    let (path, shown) = match &consent.protect {
        Some(path) => (path.clone(), Context::shown(path)),
        None => (context.path(PROTECT_FILE), PROTECT_FILE.to_owned()),
    };
    let bytes = match context.world.read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound && consent.protect.is_none() => {
            return Ok(Protect::default());
        }
        Err(error) => {
            context.printer.error(&format!("cannot read `{shown}`: {error}"));
            return Err(Exit::Failed);
        }
    };
    let Ok(text) = String::from_utf8(bytes) else {
        context.printer.error(&format!("`{shown}` is not UTF-8"));
        return Err(Exit::Findings);
    };
    let (mut sources, mut diagnostics) = (SourceMap::new(), Diagnostics::new());
    let file = sources.add(shown, text);
    let protect = Protect::read(file, sources.text(file), &mut diagnostics);
    context.printer.diagnostics(&diagnostics, &sources);
    protect.ok_or(Exit::Findings)
}
