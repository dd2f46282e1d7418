//! What a repository is made of: maps, lists and dumps of others.

use super::{Memory, files, text};
use mxward::compile::Repository;
use mxward::diag::{Diagnostics, Severity};
use mxward::import::{
    Imported, NoneMeans, Options, Placed, Proof, Source, StoredRow, Templates, import, prove,
};
use mxward::model::MapType;
use mxward::plan::Which;
use mxward::postfix::{SecurityLevel, Settings, Version, fold_key};
use mxward::resolve::resolve;
use mxward::tables::{Tables, lower};
use std::fmt::Write as _;
use std::sync::LazyLock;

static TEMPLATES: LazyLock<Templates> = LazyLock::new(Templates::builtin);

/// What came of an import.
pub(crate) struct Ran {
    /// The repository.
    pub(crate) imported: Imported,
    /// What it compiles to.
    pub(crate) tables: Tables,
    /// For this target.
    pub(crate) settings: Settings,
    /// How that compares with what was there.
    pub(crate) proof: Proof,
}

/// Imports, and compiles what comes of it; `None` when nothing would be written.
pub(crate) fn run(
    sources: [Option<Source>; 2],
    options: &Options,
    templates: &Templates,
) -> Option<Ran> {
    let imported = import(sources, options, templates);
    if imported.findings.iter().any(|it| it.severity == Severity::Error) {
        return None;
    }
    let bytes = |(path, text): (&String, &String)| (path.clone(), text.clone().into_bytes());
    let files = Memory(imported.files.iter().map(bytes).collect());
    let mut found = Diagnostics::new();
    let mut repository = Repository::load(&files, &mut found);
    let valid = |found: &Diagnostics| {
        let errors: Vec<_> = found.iter().filter(|it| it.severity == Severity::Error).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{:#?}", imported.files);
    };
    let destinations = repository.expand(&mut found);
    valid(&found);
    let destinations = destinations.expect("nothing is wrong");
    let resolved = resolve(&repository.config, destinations, &repository.lock, &mut found);
    valid(&found);
    let (resolved, target) = (resolved.expect("nothing is wrong"), &repository.config.targets[0]);
    let lowered = lower(&resolved, target, &mut found);
    valid(&found);
    let (lowered, settings) = (lowered.expect("nothing is wrong"), target.settings());
    let proof = prove(&imported, &lowered, &settings);
    let tables = lowered.tables();
    Some(Ran { imported, tables, settings, proof })
}

/// How maps are read; inputs of different lengths are read differently.
fn options(length: usize) -> Options {
    let pick = |at: usize| length.checked_div(at).unwrap_or_default();
    let versions = [(3, 7), (3, 11), (3, 5), (3, 4)].map(|(a, b)| Version::series(a, b));
    let levels = [SecurityLevel::May, SecurityLevel::Dane, SecurityLevel::Encrypt];
    Options {
        version: versions[length % 4],
        version_given: true,
        security_level: Some(levels[pick(4) % 3]),
        map_type: MapType::Hash,
        map_type_given: true,
        relayhost: None,
        none: Some(if pick(12) % 2 == 0 { NoneMeans::Keep } else { NoneMeans::Absent }),
        keep_foreign: true,
        unicode: true,
        placed: Placed::default(),
        today: jiff::civil::date(2026, 11, 29),
    }
}

/// What is imported compiles without an error, and to the same effect.
fn proven(sources: [Option<Source>; 2], length: usize) {
    let Some(ran) = run(sources, &options(length), &TEMPLATES) else { return };
    assert_eq!(ran.proof.differences, [], "{:#?}", ran.imported.files);
    for finding in &ran.imported.findings {
        assert!(!finding.message.is_empty() && !finding.place().is_empty());
    }
}

/// Maps as text: `smtp_tls_policy_maps`, and behind `=== transport` the other one.
pub(super) fn maps(data: &[u8]) {
    let files = files(data, "tls_policy");
    let source = |name: &str, map| Some(Source::of_map(name, map, files.get(name)?, true));
    proven(
        [source("transport", Which::Transport), source("tls_policy", Which::TlsPolicy)],
        data.len(),
    );
}

/// EFF's list.
pub(super) fn eff(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match Source::of_eff("policy.json", text) {
        Ok(source) => proven([None, Some(source)], data.len()),
        Err(error) => assert!(!error.is_empty()),
    }
}

/// Answers of postfix-tlspol.
pub(super) fn tlspol(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match Source::of_tlspol("answers", text) {
        Ok(source) => proven([None, Some(source)], data.len()),
        Err(error) => assert!(!error.is_empty()),
    }
}

/// Dumps are read whatever they hold, and what a database writes of a text is read back as that text.
pub(super) fn dump(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for map in [Which::Transport, Which::TlsPolicy] {
        match Source::of_dump("dump.sql", map, text) {
            Ok(source) if map == Which::TlsPolicy => proven([None, Some(source)], data.len()),
            Ok(source) => proven([Some(source), None], data.len()),
            Err(error) => assert!(!error.is_empty()),
        }
    }
    let (key, value) = text.split_once('\n').unwrap_or(("a.example", text));
    if text.contains('\0') || value.trim().is_empty() {
        return;
    }
    let lookup = fold_key(key.trim_end()).into_owned();
    let is_key = !lookup.is_empty() && !lookup.contains(char::is_whitespace);
    let row = StoredRow {
        key: key.to_owned(),
        lookup: is_key.then_some(lookup),
        value: Some(value.to_owned()),
        line: 2,
        active: true,
    };
    let expected = Source::of_rows("dump.sql", Which::TlsPolicy, vec![row]);
    for dump in [mysqldump(key, value), sqlite(key, value), pg_dump(key, value)] {
        let read = Source::of_dump("dump.sql", Which::TlsPolicy, &dump);
        assert_eq!(read.map(|it| it.entries), Ok(expected.entries.clone()), "{dump:?}");
    }
}

/// A row as mysqldump(1) writes it. [MariaDB `mysql_real_escape_string()`]
fn mysqldump(key: &str, value: &str) -> String {
    let quote = |text: &str| {
        let mut quoted = String::from("'");
        for c in text.chars() {
            match c {
                '\n' => quoted.push_str("\\n"),
                '\r' => quoted.push_str("\\r"),
                '\u{1a}' => quoted.push_str("\\Z"),
                '\\' | '\'' | '"' => quoted.extend(['\\', c]),
                c => quoted.push(c),
            }
        }
        quoted + "'"
    };
    format!(
        "CREATE TABLE `tlspolicies` (`domain` varchar(255), `policy` text);\n\
         INSERT INTO `tlspolicies` VALUES ({},{});\n",
        quote(key),
        quote(value)
    )
}

/// A row as the `.dump` of sqlite3(1) writes texts without control characters.
fn sqlite(key: &str, value: &str) -> String {
    let quote = |text: &str| format!("'{}'", text.replace('\'', "''"));
    format!(
        "CREATE TABLE tlspolicies (domain TEXT, policy TEXT);\n\
         INSERT INTO tlspolicies VALUES({},{});\n",
        quote(key),
        quote(value)
    )
}

/// A row as `pg_dump(1)` writes it. [PostgreSQL COPY, "Text Format"]
fn pg_dump(key: &str, value: &str) -> String {
    let cell = |text: &str| {
        let mut cell = String::new();
        for c in text.chars() {
            // Writing to a String cannot fail.
            let _ = match c {
                '\\' => write!(cell, "\\\\"),
                '\u{8}' => write!(cell, "\\b"),
                '\u{b}' => write!(cell, "\\v"),
                '\u{c}' => write!(cell, "\\f"),
                '\n' => write!(cell, "\\n"),
                '\r' => write!(cell, "\\r"),
                '\t' => write!(cell, "\\t"),
                c => write!(cell, "{c}"),
            };
        }
        cell
    };
    format!(
        "COPY public.tlspolicies (domain, policy) FROM stdin;\n{}\t{}\n\\.\n",
        cell(key),
        cell(value)
    )
}
