//! Tables of real databases: MariaDB, PostgreSQL and SQLite.
#![expect(clippy::disallowed_methods, reason = "tests stand outside of the program's world")]

mod apply;
mod change;
mod compiled;
mod crash;
mod lock;
mod obstacles;
mod place;
mod rows;
mod server;
mod texts;
mod tls;

use mxward::world::RowChange;
use std::time::{Duration, Instant};

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

fn change(key: &str, before: Option<&str>, after: Option<&str>) -> RowChange {
    RowChange {
        key: key.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    }
}

/// Looks again until something is there, for at most a minute.
#[track_caller]
fn wait_for<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_mins(1);
    while Instant::now() < end {
        if let Some(found) = found() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{what} did not come");
}
