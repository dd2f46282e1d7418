//! Where maps live, as URLs.

use crate::diag::{Diagnostic, Diagnostics};
use crate::model::Location;
use crate::source::Spanned;
use crate::sql::{BadUrl, TableMapping, read_url};

/// Reads `file:`, `ssh:`, `mysql:`, `postgres:` and `sqlite:` URLs. `None` after an error.
///
/// `table` says what an SQL table is like where its URL does not; without it there can be none.
pub(super) fn read_location(
    text: &Spanned<String>,
    table: Option<TableMapping>,
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<Location>> {
    let mut refuse = |message: String, hint: &str| {
        diagnostics.push(Diagnostic::error("bad-location", text.span, message).hint(hint));
        None
    };
    let url = text.value.as_str();
    let Some((scheme, rest)) = url.split_once(':') else {
        if url.starts_with('/') {
            return refuse(format!("`{url}` is not a URL"), &format!("write `file://{url}`"));
        }
        return refuse(
            format!("`{url}` is not a URL"),
            "write `file:PATH`, `ssh://HOST/PATH`, `mysql://…`, `postgres://…` or `sqlite:PATH`",
        );
    };
    // What ends a name in main.cf, or is expanded there. [postconf(5)]
    let special =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | '$' | '{' | '}');
    if let ("file" | "ssh", Some(c)) = (scheme, rest.chars().find(|&c| special(c))) {
        let message = format!("`{url}`: main.cf cannot name a map with `{c}` in its path");
        return refuse(message, "choose a folder with a plain name");
    }
    let location = match scheme {
        "file" => {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            if path.is_empty() || (rest.starts_with("//") && !path.starts_with('/')) {
                return refuse(
                    format!("`{url}` names no path"),
                    "write `file:///etc/postfix`, or `file:deployed` relative to mxward.yaml",
                );
            }
            Location::File(path.trim_end_matches('/').to_owned())
        }
        "ssh" => {
            let rest = rest.strip_prefix("//").unwrap_or_default();
            match rest.split_once('/') {
                // A leading `-` would be an option of ssh(1).
                Some((host, path)) if !host.is_empty() && !host.starts_with('-') => Location::Ssh {
                    destination: host.to_owned(),
                    path: format!("/{}", path.trim_end_matches('/')),
                },
                _ => {
                    return refuse(
                        format!("`{url}` names no host and path"),
                        "write `ssh://user@host/etc/postfix`",
                    );
                }
            }
        }
        "mysql" | "postgres" | "sqlite" => {
            let Some(table) = table else {
                return refuse(
                    format!("`{scheme}:` is a database, which runs no Postfix"),
                    "write `file:PATH` or `ssh://HOST/PATH`",
                );
            };
            match read_url(url, table) {
                Ok((database, table)) => Location::Sql { database, table: Box::new(table) },
                Err(BadUrl { message, hint }) => return refuse(message, hint),
            }
        }
        _ => {
            return refuse(
                format!("`{scheme}:` is not known"),
                "write `file:PATH`, `ssh://HOST/PATH`, `mysql://…`, `postgres://…` or `sqlite:PATH`",
            );
        }
    };
    Some(Spanned::new(location, text.span))
}

/// Reads where a Postfix is to be reloaded: as [`read_location`], or a host alone, whose path is then
/// empty.
pub(super) fn read_postfix(
    text: &Spanned<String>,
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<Location>> {
    match text.value.strip_prefix("ssh://") {
        Some(host) if !host.is_empty() && !host.contains('/') && !host.starts_with('-') => {
            let location = Location::Ssh { destination: host.to_owned(), path: String::new() };
            Some(Spanned::new(location, text.span))
        }
        Some(_) | None => read_location(text, None, diagnostics),
    }
}

/// The map of the given name inside of a folder.
pub(super) fn inside(folder: &Location, name: &str) -> Option<Location> {
    match folder {
        Location::File(path) => Some(Location::File(format!("{path}/{name}"))),
        Location::Ssh { destination, path } => {
            Some(Location::Ssh { destination: destination.clone(), path: format!("{path}/{name}") })
        }
        Location::Sql { .. } => None,
    }
}
