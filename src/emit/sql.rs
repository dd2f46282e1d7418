//! `tlspolicies.sql` and the lookup file beside it.

use super::{Artifact, header};
use crate::compile::Repository;
use crate::diag::{Diagnostic, Diagnostics};
use crate::formats::tlspolicies_sql::{Dialect, MAX_PARAMS, Row, query, write};
use crate::model::Target;
use crate::tables::Tables;

pub(super) fn files(
    repository: &Repository,
    target: &Target,
    tables: &Tables,
    scheme: &str,
    url: &str,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Artifact>> {
    let dialect = Dialect::of_scheme(scheme)?;
    let entries = tables.tls_policy.entries();
    let mut failed = false;
    let values: Vec<String> = entries.iter().map(|entry| entry.value.to_string()).collect();
    for (entry, value) in entries.iter().zip(&values) {
        let long = Row::new(&entry.key, value).params.is_some_and(|it| it.len() > MAX_PARAMS);
        if long {
            failed = true;
            diagnostics.push(
                Diagnostic::error(
                    "params-too-long",
                    entry.origin.span,
                    format!(
                        "the attributes of `{}` do not fit into {MAX_PARAMS} characters",
                        entry.key
                    ),
                )
                .hint("the column `params` would cut the list: shorten `match`"),
            );
        }
    }
    if failed {
        return None;
    }
    let table = table(url);
    // A key that is not ASCII cannot stand in a latin1 column, and nothing asks for it there: the
    // A-label form stands beside it.
    let rows = entries
        .iter()
        .zip(&values)
        .filter(|(entry, _)| entry.key.is_ascii())
        .map(|(entry, value)| Row::new(&entry.key, value));
    let count = rows.clone().count();
    let statements = write(dialect, table, rows);
    let head = header(repository, target, "smtp_tls_policy_maps");
    let text = format!("{}{statements}", head.replace("# ", "-- "));
    let sql = Artifact { name: "tlspolicies.sql".to_owned(), text, entries: Some(count) };
    let connection = match dialect {
        Dialect::Mysql => {
            "# hosts = inet:db.example.net:3306\n# user = postfix\n# password = \n# dbname = mail\n\
             # tls_verify_cert = yes\n"
        }
        Dialect::Postgres => {
            "# hosts = postgresql://postfix@db.example.net/mail?sslmode=verify-full\n# dbname = mail\n"
        }
        Dialect::Sqlite => "# dbpath = /etc/postfix/policies.sqlite\n",
    };
    let text = format!(
        "{head}# Add how to connect; mxward knows no password.\n{connection}query = {}\n",
        query(dialect, table)
    );
    let lookup = Artifact { name: "tlspolicies.cf".to_owned(), text, entries: None };
    Some(vec![sql, lookup])
}

/// The table that the URL names, `tlspolicies` without a name.
fn table(url: &str) -> &str {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let named = query.split('&').find_map(|pair| pair.strip_prefix("table="));
    let plain = |name: &&str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    named.filter(plain).unwrap_or("tlspolicies")
}
