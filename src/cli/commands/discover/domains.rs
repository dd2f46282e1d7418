//! Which domains are meant.

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::diag::printable;
use crate::names::DomainName;
use std::collections::BTreeSet;
use std::path::Path;

/// Errors that are shown; a file with more is the wrong file.
const SHOWN: usize = 20;

/// The domains of the command line and of the file, each once, in order.
pub(super) fn read(
    context: &mut Context<'_, '_>,
    typed: &[String],
    from: Option<&Path>,
) -> Result<Vec<DomainName>, Exit> {
    let mut texts: Vec<(String, String)> =
        typed.iter().map(|text| (text.clone(), String::new())).collect();
    if let Some(file) = from {
        let shown = Context::shown(file);
        let text = match context.world.read(file) {
            Ok(bytes) => bytes,
            Err(error) => {
                context.printer.error(&format!("cannot read `{shown}`: {error}"));
                return Err(Exit::Failed);
            }
        };
        for (at, line) in String::from_utf8_lossy(&text).lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if !line.is_empty() {
                texts.push((line.to_owned(), format!("{shown}:{}: ", at + 1)));
            }
        }
    }
    let (mut domains, mut seen, mut wrong) = (Vec::new(), BTreeSet::new(), 0);
    for (text, place) in texts {
        match DomainName::parse(&text) {
            Ok(name) => {
                if seen.insert(name.clone()) {
                    domains.push(name);
                }
            }
            Err(error) => {
                wrong += 1;
                if wrong <= SHOWN {
                    let text = printable(&text);
                    context.printer.error(&format!("{place}`{text}` is not a domain: {error}"));
                }
            }
        }
    }
    if wrong > SHOWN {
        context.printer.error(&format!("and {} more lines", wrong - SHOWN));
    }
    if wrong > 0 {
        return Err(Exit::Usage);
    }
    if domains.is_empty() {
        context.printer.error("no domain: name some, or a file with `--from FILE`");
        return Err(Exit::Usage);
    }
    Ok(domains)
}
