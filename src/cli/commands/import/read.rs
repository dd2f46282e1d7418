//! Reads a map from where it is, in whatever form.

use crate::cli::args::{Import, MapForm};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::deployed::read_map;
use crate::diag::printable;
use crate::import::{MAILCOW, MAILCOW_COLUMNS, Options, Source, StoredRow, is_dump};
use crate::model::{Location, MapType};
use crate::plan::Which;
use crate::sql::{DatabaseLocation, Dialect, TableMapping, read_url};
use crate::world::Row;
use std::path::Path;

/// Reads one map, and notes where it is.
pub(super) fn source(
    context: &mut Context<'_, '_>,
    args: &Import,
    map: Which,
    spec: &str,
    options: &mut Options,
) -> Result<Source, Exit> {
    let (scheme, rest) = spec.split_once(':').unwrap_or(("", spec));
    let known = MapType::ALL.iter().find(|(name, _)| *name == scheme).map(|it| it.1);
    match (scheme, known) {
        (_, Some(map_type)) => {
            if !options.map_type_given {
                (options.map_type, options.map_type_given) = (map_type, true);
            }
            deployed(context, map, &Location::File(rest.to_owned()), map_type, options)
        }
        ("ssh", None) => {
            let host = rest.strip_prefix("//").and_then(|it| it.split_once('/'));
            let Some((host, path)) = host.filter(|it| !it.0.is_empty() && !it.0.starts_with('-'))
            else {
                let spec = printable(spec);
                context
                    .printer
                    .error(&format!("`{spec}` names no host and path: write `ssh://HOST/PATH`"));
                return Err(Exit::Usage);
            };
            let location = Location::Ssh { destination: host.to_owned(), path: format!("/{path}") };
            let map_type =
                if options.map_type_given { options.map_type } else { MapType::Texthash };
            deployed(context, map, &location, map_type, options)
        }
        ("mysql" | "postgres" | "sqlite", None) => table(context, args, map, spec, options),
        ("file", None) => {
            text(context, args, map, rest.strip_prefix("//").unwrap_or(rest), options)
        }
        (_, None) => text(context, args, map, spec, options),
    }
}

/// A map as Postfix reads it: the index, where there is one.
fn deployed(
    context: &mut Context<'_, '_>,
    map: Which,
    location: &Location,
    map_type: MapType,
    options: &mut Options,
) -> Result<Source, Exit> {
    let mut notes = Vec::new();
    let mut hosts = context.hosts();
    let read = read_map(&mut hosts, Path::new(""), location, map_type, &mut notes);
    for note in &notes {
        context.printer.note(note);
    }
    match read {
        Ok(Some(read)) if read.exists => {
            place(map, location, options);
            Ok(Source::of_map(&read.name, map, &read.bytes, read.has_lines))
        }
        Ok(_) => {
            context.printer.error("a map that is not there cannot be imported");
            Err(Exit::Failed)
        }
        Err(error) => {
            context.printer.error(&error);
            Err(Exit::Failed)
        }
    }
}

/// A text of any form.
fn text(
    context: &mut Context<'_, '_>,
    args: &Import,
    map: Which,
    path: &str,
    options: &mut Options,
) -> Result<Source, Exit> {
    let bytes = match context.world.read(Path::new(path)) {
        Ok(bytes) => bytes,
        Err(error) => {
            context.printer.error(&format!("cannot read `{}`: {error}", printable(path)));
            return Err(Exit::Failed);
        }
    };
    if let Some((map_type, text)) = index(path).filter(|_| bytes.contains(&0)) {
        context.printer.error(&format!(
            "`{}` is an index, not a text: write `{map_type}:{}`",
            printable(path),
            printable(text)
        ));
        return Err(Exit::Usage);
    }
    let form = args.format.filter(|_| map == Which::TlsPolicy);
    let form = match (form, &args.eff, &args.tlspol) {
        (Some(form), ..) => form,
        (None, Some(_), _) if map == Which::TlsPolicy => MapForm::Eff,
        (None, _, Some(_)) if map == Which::TlsPolicy => MapForm::Tlspol,
        (None, ..) => recognised(&bytes),
    };
    let written = String::from_utf8_lossy(&bytes);
    let source = match form {
        MapForm::Map => {
            place(map, &Location::File(path.to_owned()), options);
            Ok(Source::of_map(path, map, &bytes, true))
        }
        MapForm::Dump => Source::of_dump(path, map, &written),
        MapForm::Eff => Source::of_eff(path, &written),
        MapForm::Tlspol => Source::of_tlspol(path, &written),
    };
    source.map_err(|why| {
        context.printer.error(&format!("cannot import `{}`: {}", printable(path), printable(&why)));
        Exit::Findings
    })
}

/// The type of the map whose index has such a name, and the path of its text.
fn index(path: &str) -> Option<(&'static str, &str)> {
    let text = |map_type: MapType| path.strip_suffix(map_type.index_suffix()?);
    MapType::ALL.iter().find_map(|(name, map_type)| Some((*name, text(*map_type)?)))
}

/// The form of a text.
fn recognised(bytes: &[u8]) -> MapForm {
    let Ok(text) = std::str::from_utf8(bytes) else { return MapForm::Map };
    if text.trim_start().starts_with(['{', '['])
        && let Some(Ok(first)) =
            serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>().next()
    {
        return if first.get("policies").is_some() { MapForm::Eff } else { MapForm::Tlspol };
    }
    if is_dump(text) { MapForm::Dump } else { MapForm::Map }
}

/// A live table.
fn table(
    context: &mut Context<'_, '_>,
    args: &Import,
    map: Which,
    url: &str,
    options: &mut Options,
) -> Result<Source, Exit> {
    let mut url = url.to_owned();
    let is_mailcow = url.split(['?', '&']).any(|it| it.strip_prefix("table=") == Some(MAILCOW));
    if is_mailcow && !url.contains("key=") {
        url = format!("{url}&{MAILCOW_COLUMNS}");
    }
    let usual = match map {
        Which::TlsPolicy => TableMapping::tls_policies(),
        Which::Transport => TableMapping::transports(),
    };
    let mut fail = |exit, message: String| {
        context.printer.error(&message);
        exit
    };
    let (location, table) = read_url(&url, usual)
        .map_err(|bad| fail(Exit::Usage, format!("{}; {}", printable(&bad.message), bad.hint)))?;
    let name = format!("{location} {}", table.table);
    let rows = rows(context, &location, &table, args.password_env.as_deref()).map_err(|error| {
        let message = format!("cannot read `{}`: {error}", printable(&name));
        context.printer.error(&message);
        Exit::Failed
    })?;
    options.unicode &= match location.dialect() {
        Dialect::Sqlite => true,
        Dialect::Postgres => options.version.at_least(3, 8),
        Dialect::Mysql => false,
    };
    let is_absolute = match &location {
        DatabaseLocation::Server(_) => true,
        DatabaseLocation::Sqlite(path) => path.starts_with('/'),
    };
    if is_absolute {
        options.placed.password_env.clone_from(&args.password_env);
        match map {
            Which::Transport => options.placed.transport = Some(url),
            Which::TlsPolicy => options.placed.tls_policy = Some(url),
        }
    }
    Ok(Source::of_rows(&name, map, rows))
}

/// All rows, those included that the fixed columns leave out.
fn rows(
    context: &Context<'_, '_>,
    location: &DatabaseLocation,
    table: &TableMapping,
    variable: Option<&str>,
) -> Result<Vec<StoredRow>, String> {
    let database = context.hosts().database(Path::new(""), location, variable)?;
    let read =
        |table: &TableMapping| database.borrow_mut().rows(table).map_err(|error| error.to_string());
    let stored = |row: Row, active| StoredRow {
        lookup: row.lookup_key().map(str::to_owned),
        key: row.key,
        value: row.value.filter(|it| !it.trim().is_empty()),
        line: 0,
        active,
    };
    let live = read(table)?;
    let mut rest = if table.fixed.is_empty() {
        Vec::new()
    } else {
        read(&TableMapping { fixed: Vec::new(), ..table.clone() })?
    };
    // Each row that is looked up is there once more, and both lists are sorted.
    let mut known = live.iter().peekable();
    rest.retain(|row| known.next_if(|it| *it == row).is_none());
    let live = live.into_iter().map(|row| stored(row, true));
    Ok(live.chain(rest.into_iter().map(|row| stored(row, false))).collect())
}

/// Notes where a map is deployed, if its path says so from everywhere and main.cf can name it.
fn place(map: Which, location: &Location, options: &mut Options) {
    let special =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | '$' | '{' | '}');
    let url = match location {
        Location::File(path) if path.starts_with('/') => format!("file://{path}"),
        Location::Ssh { destination, path } => format!("ssh://{destination}{path}"),
        Location::File(_) | Location::Sql { .. } => return,
    };
    if url.contains(special) {
        return;
    }
    match map {
        Which::Transport => options.placed.transport = Some(url),
        Which::TlsPolicy => options.placed.tls_policy = Some(url),
    }
}
