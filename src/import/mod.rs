//! Maps that are there → a repository that says the same.
//!
//! A [`Source`] is a map as Postfix reads it, with the comments around its lines; [`import`] makes files of one or
//! two of them, and a [`Finding`] for each line of which there is something to say; [`prove`] compares what
//! the files compile to with what was there.

mod assemble;
mod body;
mod dump;
mod eff;
mod finding;
mod keys;
mod maps;
mod notices;
mod options;
mod pins;
mod proof;
mod remarks;
mod respelt;
mod rows;
mod source;
mod templates;
mod tlspol;
mod value;
mod write;

pub(crate) use body::policy_fields;
pub use dump::is_dump;
pub use finding::Finding;
pub use options::{NoneMeans, Options, Placed};
pub use proof::{Proof, prove};
pub use rows::{MAILCOW, MAILCOW_COLUMNS, StoredRow};
pub use source::{Source, SourceEntry};
pub use templates::Templates;

use crate::postfix::SecurityLevel;
use std::collections::BTreeMap;

/// A repository in the making.
#[derive(Debug)]
pub struct Imported {
    /// The files by path, `mxward.yaml` among them.
    pub files: BTreeMap<String, String>,
    /// What is to be said about lines of the old maps, sorted by map and line.
    pub findings: Vec<Finding>,
    /// How many entries name each template.
    pub templates: BTreeMap<String, usize>,
    /// How many domains are declared.
    pub domains: usize,
    /// How many next hops have a policy of their own.
    pub next_hops: usize,
    /// What holds where no entry applies.
    pub security_level: SecurityLevel,
    /// Both maps, as Postfix reads them and as they are meant.
    maps: maps::Maps,
}

/// Makes a repository of what the maps say; `transport` and `tls_policy` in this order.
///
/// Findings that are errors name what a repository cannot say; nothing is to be written while one of them
/// stands.
pub fn import(sources: [Option<Source>; 2], options: &Options, templates: &Templates) -> Imported {
    let mut maps = maps::Maps::read(sources, options);
    let draft = assemble::assemble(&mut maps, options, templates);
    notices::add(&mut maps);
    maps.findings.sort_by(|a, b| (a.map, a.line, a.code).cmp(&(b.map, b.line, b.code)));
    let files = write::files(&draft, &maps, options);
    let mut counts = BTreeMap::new();
    for domain in &draft.domains {
        if let Some(name) = &domain.body.provider {
            *counts.entry(name.to_string()).or_default() += 1;
        }
    }
    Imported {
        files,
        templates: counts,
        domains: draft.domains.len(),
        next_hops: draft.next_hops.len(),
        security_level: maps.security_level,
        findings: std::mem::take(&mut maps.findings),
        maps,
    }
}
