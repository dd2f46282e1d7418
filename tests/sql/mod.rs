//! Tables of real databases: MariaDB, PostgreSQL and SQLite.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

mod apply;
mod change;
mod compiled;
mod crash;
mod import;
mod lock;
mod obstacles;
pub(crate) mod place;
pub(crate) mod proxy;
mod rows;
mod server;
mod texts;
mod tls;

use mxward::world::RowChange;

/// Makes a test of each function for each kind of database.
macro_rules! on_every_database {
    ($($name:ident)*) => {
        crate::sql::on_every_server! { $($name)* }
        mod sqlite {
            $(#[test] fn $name() { super::$name(&crate::sql::place::Place::sqlite()); })*
        }
    };
}
use on_every_database;

/// The same without SQLite.
macro_rules! on_every_server {
    ($($name:ident)*) => {
        mod mariadb {
            $(#[test] fn $name() { super::$name(&crate::sql::place::Place::mariadb()); })*
        }
        mod postgres {
            $(#[test] fn $name() { super::$name(&crate::sql::place::Place::postgres()); })*
        }
    };
}
use on_every_server;

/// Policies of every level and form.
const DOMAINS: &str = "domains:
  a.example: { level: encrypt, protocols: \">=TLSv1.2\", ciphers: high }
  b.example: { level: secure, match: [mx.example, .mx.example] }
  .b.example: { level: dane-only }
  c.example: { level: fingerprint, match: [\"AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99\"] }
  d.example: { next_hop: \"[tls.example]:587\", level: secure, match: [tls.example] }
  none.example: { level: none, reason: test, until: 2099-01-01 }
  may.example: { level: may, reason: test, until: 2099-01-01 }
  xn--zrich-kva.example: { level: encrypt }
";

fn change(key: &str, before: Option<&str>, after: Option<&str>) -> RowChange {
    RowChange {
        key: key.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    }
}
