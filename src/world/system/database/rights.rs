//! What the user of a database may do.

use super::Connection;
use super::columns::text;
use super::link::Link;
use crate::sql::Dialect;
use crate::world::DatabaseError;

/// What changes of rows need.
pub(super) const ROWS: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

/// Which of these rights on a table are missing, in a phrase.
pub(super) fn missing(
    connection: &mut Connection,
    table: &str,
    rights: &[&str],
) -> Result<Option<String>, DatabaseError> {
    let link = &mut *connection.link;
    let missing = match connection.dialect {
        // Who may open the file may do everything.
        Dialect::Sqlite => None,
        Dialect::Postgres => {
            let list: Vec<String> = rights.iter().map(|right| format!("'{right}'")).collect();
            let list = list.join(", ");
            let sql = format!(
                "SELECT string_agg(p, ', ') FROM unnest(ARRAY[{list}]) AS p WHERE NOT \
                 has_table_privilege(to_regclass('\"{table}\"'), p)"
            );
            text(link, &sql)?
        }
        Dialect::Mysql => {
            let mut missing = Vec::new();
            if tells(link)? {
                for right in rights {
                    if !granted(link, Some(table), right)? {
                        missing.push(*right);
                    }
                }
            }
            (!missing.is_empty()).then(|| missing.join(", "))
        }
    };
    Ok(missing.map(|missing| format!("the user has no right of {missing} on `{table}`")))
}

/// Sequences of PostgreSQL from which a new row would take a number, and which the user may not use. That
/// of an identity column needs no right.
pub(super) fn sequences(
    connection: &mut Connection,
    table: &str,
) -> Result<Option<String>, DatabaseError> {
    if connection.dialect != Dialect::Postgres {
        return Ok(None);
    }
    let sql = format!(
        "SELECT string_agg('`' || s.relname || '`', ', ') FROM pg_depend d JOIN pg_class s ON s.oid = d.objid \
         WHERE d.classid = 'pg_class'::regclass AND d.refobjid = to_regclass('\"{table}\"') AND d.deptype = \
         'a' AND CASE WHEN s.relkind = 'S' THEN NOT has_sequence_privilege(s.oid, 'USAGE, UPDATE') ELSE \
         false END"
    );
    let missing = text(&mut *connection.link, &sql)?;
    Ok(missing.map(|missing| format!("the user has no right of USAGE on the sequence {missing}")))
}

/// Whether nothing is known against making a table.
pub(super) fn may_make_tables(connection: &mut Connection) -> Result<bool, DatabaseError> {
    let link = &mut *connection.link;
    match connection.dialect {
        Dialect::Sqlite => Ok(true),
        Dialect::Postgres => {
            let sql =
                "SELECT CASE WHEN has_schema_privilege(current_schema(), 'CREATE') THEN '1' END";
            Ok(text(link, sql)?.as_deref() == Some("1"))
        }
        Dialect::Mysql => Ok(!tells(link)? || granted(link, None, "CREATE")?),
    }
}

/// The user of this connection as the tables of privileges write it: a name may hold `@`, a host not.
const GRANTEE: &str = "CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - \
     CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1), '''@''', \
     SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')";

/// Whether what is granted to the user of MariaDB or MySQL is all that it may do: a role may do more.
fn tells(link: &mut dyn Link) -> Result<bool, DatabaseError> {
    // Servers without roles do not know the function.
    let role = text(link, "SELECT CURRENT_ROLE()").unwrap_or_default();
    if role.is_some_and(|role| !role.eq_ignore_ascii_case("NONE")) {
        return Ok(false);
    }
    let sql = format!(
        "SELECT '1' FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = {GRANTEE} LIMIT 1"
    );
    Ok(text(link, &sql)?.is_some())
}

/// Whether a right is granted, for the server, the database, or the table or some of its columns.
fn granted(link: &mut dyn Link, table: Option<&str>, right: &str) -> Result<bool, DatabaseError> {
    let of = |kind: &str, more: &str| {
        // MariaDB grants to everybody as PUBLIC.
        format!(
            "SELECT '1' FROM information_schema.{kind}_PRIVILEGES WHERE (GRANTEE = {GRANTEE} OR GRANTEE \
             LIKE '%PUBLIC%') AND PRIVILEGE_TYPE = '{right}'{more}"
        )
    };
    let database = " AND DATABASE() LIKE TABLE_SCHEMA";
    let mut queries = vec![of("USER", ""), of("SCHEMA", database)];
    if let Some(table) = table {
        let table = format!(" AND TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '{table}'");
        queries.extend([of("TABLE", &table), of("COLUMN", &table)]);
    }
    Ok(text(link, &queries.join(" UNION "))?.is_some())
}
