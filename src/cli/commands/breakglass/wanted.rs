//! What the command line asks for.

use super::against::OTHERS;
use super::until::until;
use crate::cli::args::Breakglass;
use crate::cli::commands::edited::{NOT_INSIDE, is_inside};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::diag::printable;
use crate::names::Recipients;
use crate::postfix::SecurityLevel;
use jiff::civil::Date;

/// So many characters of a reason fit into a line.
const REASON: usize = 200;

/// What the command line asks for.
pub(super) struct Wanted {
    pub(super) named: Vec<Recipients>,
    /// Level, reason and last day; `None` ends exceptions.
    pub(super) exception: Option<(SecurityLevel, String, Date)>,
}

/// Reads the command line; everything that is wrong with it is said.
pub(super) fn wanted(context: &mut Context<'_, '_>, options: &Breakglass) -> Result<Wanted, Exit> {
    let (mut named, mut errors) = (Vec::new(), Vec::new());
    for text in &options.domains {
        match Recipients::parse(text) {
            Ok(recipients) if named.contains(&recipients) => {}
            Ok(recipients) => named.push(recipients),
            Err(error) => errors.push(format!("`{}` is no domain: {error}", printable(text))),
        }
    }
    if options.file.as_ref().is_some_and(|it| !is_inside(it.strip_prefix("./").unwrap_or(it))) {
        errors.push(format!("`--file`: {NOT_INSIDE}"));
    }
    if !context.global.target.is_empty() {
        errors.push(
            "`--target`: an exception stands in the repository, which has no entries for one target alone; give the \
             option to `plan` and `apply`"
                .to_owned(),
        );
    }
    for text in &options.allow {
        let guard = text.split_once('=').map_or(text.as_str(), |(guard, _)| guard);
        if !OTHERS.iter().any(|(_, known, _)| *known == guard) {
            let known = OTHERS.map(|(_, known, _)| known).join(", ");
            errors.push(format!("`--allow {}`: use {known}", printable(text)));
        }
    }
    let mut exception = None;
    if let (Some(last), Some(reason), false) = (&options.until, &options.reason, options.end) {
        let reason = reason.trim();
        if reason.is_empty()
            || reason.chars().count() > REASON
            || reason.chars().any(char::is_control)
            || printable(reason) != reason
        {
            errors.push(format!(
                "`--reason`: write one line of at most {REASON} characters, all of them to be seen"
            ));
        }
        match until(last, context.world.today()) {
            Ok(day) => exception = Some((options.level.level(), reason.to_owned(), day)),
            Err(why) => errors.push(why),
        }
    }
    for error in &errors {
        context.printer.error(error);
    }
    if errors.is_empty() { Ok(Wanted { named, exception }) } else { Err(Exit::Usage) }
}
