//! URLs of databases.

use super::{Dialect, Identifier, TableMapping};
use std::fmt;

/// Where a database is. It holds no password, and a URL with one is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DatabaseLocation {
    /// A server.
    Server(Server),
    /// A file of SQLite; a relative path starts at the repository.
    Sqlite(String),
}

/// A database of a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Server {
    /// [`Dialect::Mysql`] or [`Dialect::Postgres`].
    pub dialect: Dialect,
    /// The user.
    pub user: String,
    /// A name or address, without brackets; empty for a socket.
    pub host: String,
    /// The port; `None` is the default one.
    pub port: Option<u16>,
    /// The socket: of PostgreSQL the folder in which it lies.
    pub socket: Option<String>,
    /// The database.
    pub database: String,
    /// Certificates in PEM that are trusted beside those of the system; a relative path starts at the
    /// repository.
    pub ca: Option<String>,
}

impl DatabaseLocation {
    /// The dialect.
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Server(server) => server.dialect,
            Self::Sqlite(_) => Dialect::Sqlite,
        }
    }
}

impl Server {
    /// Whether nothing that is said leaves this host, so that nobody can listen.
    pub fn is_local(&self) -> bool {
        let address = || self.host.parse::<std::net::IpAddr>();
        self.socket.is_some()
            || self.host == "localhost"
            || address().is_ok_and(|address| address.to_canonical().is_loopback())
    }
}

impl fmt::Display for DatabaseLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = match self {
            Self::Sqlite(path) => return write!(f, "sqlite:{path}"),
            Self::Server(server) => server,
        };
        write!(f, "{}://{}@", server.dialect.scheme(), server.user)?;
        let host = &server.host;
        if host.contains(':') {
            write!(f, "[{host}]")?;
        } else {
            f.write_str(host)?;
        }
        if let Some(port) = server.port {
            write!(f, ":{port}")?;
        }
        write!(f, "/{}", server.database)?;
        server.socket.as_ref().map_or(Ok(()), |socket| write!(f, "?socket={socket}"))
    }
}

/// Why a URL is none of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadUrl {
    /// What is wrong, in a phrase.
    pub message: String,
    /// What to write instead.
    pub hint: &'static str,
}

const SERVER: &str = "write `mysql://user@db.example.net/database?table=tlspolicies`";

/// Reads the URL of a table: `mysql:`, `postgres:` or `sqlite:`.
///
/// What its query does not say about the table is as in `table`. Everything is percent-decoded but
/// the host.
///
/// # Errors
///
/// [`BadUrl`], also for a password: the repository is no place for it.
pub fn read_url(
    url: &str,
    table: TableMapping,
) -> Result<(DatabaseLocation, TableMapping), BadUrl> {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = address.split_once(':').unwrap_or((address, ""));
    let dialect = Dialect::of_scheme(scheme)
        .ok_or_else(|| bad(format!("`{scheme}:` is no database"), SERVER))?;
    let mut location = match dialect {
        Dialect::Mysql | Dialect::Postgres => DatabaseLocation::Server(server(dialect, rest)?),
        Dialect::Sqlite => DatabaseLocation::Sqlite(sqlite(url, rest)?),
    };
    let mut table = table;
    let mut seen = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decode(value)?;
        if seen.contains(&name) {
            return Err(bad(format!("`{name}` stands twice in the URL"), "write it once"));
        }
        seen.push(name);
        if !of_table(&mut table, name, &value)? && !of_server(&mut location, name, &value)? {
            return Err(bad(
                format!("`{name}` is not known in a URL of {}", dialect.scheme()),
                "write `table`, `key`, `value`, `rest`, `length` or `fixed.COLUMN`; of a server also \
                 `socket` and `ca`",
            ));
        }
    }
    if let DatabaseLocation::Server(server) = &location {
        match (&server.socket, server.host.as_str()) {
            (None, "") => {
                return Err(bad(
                    "the URL names no host".to_owned(),
                    "write one, or `?socket=PATH`",
                ));
            }
            (Some(_), host) if !matches!(host, "" | "localhost") => {
                let message = format!("the URL names the host `{host}` and a socket");
                return Err(bad(message, "write one of them"));
            }
            (None | Some(_), _) => {}
        }
    }
    Ok((location, table))
}

fn bad(message: String, hint: &'static str) -> BadUrl {
    BadUrl { message, hint }
}

/// Reads `//user@host:port/database`.
fn server(dialect: Dialect, rest: &str) -> Result<Server, BadUrl> {
    let named = |what: &str| bad(format!("the URL names no {what}"), SERVER);
    let rest = rest.strip_prefix("//").ok_or_else(|| named("host"))?;
    let (authority, database) = rest.split_once('/').ok_or_else(|| named("database"))?;
    let (user, host) = authority.rsplit_once('@').ok_or_else(|| named("user"))?;
    if user.contains(':') {
        return Err(bad(
            "the URL holds a password".to_owned(),
            "name the environment variable that holds it as `password_env`",
        ));
    }
    let (user, database) = (decode(user)?, decode(database)?);
    if user.is_empty() || database.is_empty() {
        return Err(named(if user.is_empty() { "user" } else { "database" }));
    }
    let (host, port) = match host.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((address, port)) => (address, port.strip_prefix(':')),
        None => host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port))),
    };
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':');
    if !host.bytes().all(plain) {
        return Err(bad(format!("`{host}` is not the name of a host"), SERVER));
    }
    let port = port
        .map(|port| port.parse().map_err(|_| bad(format!("`{port}` is no port"), SERVER)))
        .transpose()?;
    let host = host.to_ascii_lowercase();
    Ok(Server { dialect, user, host, port, socket: None, database, ca: None })
}

/// Reads `PATH` or `///PATH`.
fn sqlite(url: &str, rest: &str) -> Result<String, BadUrl> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() || (rest.starts_with("//") && !path.starts_with('/')) {
        return Err(bad(
            format!("`{url}` names no path"),
            "write `sqlite:///var/lib/postfix/policies.sqlite`, or `sqlite:policies.sqlite` relative to \
             mxward.yaml",
        ));
    }
    decode(path)
}

/// Takes what the URL says about the table; `false` when it is not about it.
fn of_table(table: &mut TableMapping, name: &str, value: &str) -> Result<bool, BadUrl> {
    let identifier = |name: &str| {
        Identifier::parse(name).ok_or_else(|| {
            bad(
                format!("`{name}` cannot name a table or column"),
                "use up to 63 letters, digits and `_`",
            )
        })
    };
    match name {
        "table" => table.table = identifier(value)?,
        "key" => table.key = identifier(value)?,
        "value" => table.value = identifier(value)?,
        "rest" => table.rest = (!value.is_empty()).then(|| identifier(value)).transpose()?,
        "length" => {
            let length = value.parse().ok().filter(|length| *length > 0);
            table.length = length.ok_or_else(|| {
                let hint = "write how many characters the columns hold, such as `length=1024`";
                bad(format!("`{value}` is no length"), hint)
            })?;
        }
        _ => {
            let Some(column) = name.strip_prefix("fixed.") else { return Ok(false) };
            // It stands between quotes in the file for Postfix, where `%` would be replaced.
            let plain = |c: char| c == ' ' || (c.is_ascii_graphic() && !"'\"`\\%$".contains(c));
            if value.is_empty() || !value.chars().all(plain) {
                let message = format!("`{value}` cannot be the text of `{column}`");
                return Err(bad(message, "use ASCII without quotes, `\\`, `%` and `$`"));
            }
            table.fixed.push((identifier(column)?, value.to_owned()));
        }
    }
    Ok(true)
}

/// Takes what the URL says about the server; `false` when it is not about it.
fn of_server(location: &mut DatabaseLocation, name: &str, value: &str) -> Result<bool, BadUrl> {
    let DatabaseLocation::Server(server) = location else { return Ok(false) };
    match name {
        "socket" if value.starts_with('/') => server.socket = Some(value.to_owned()),
        "socket" => {
            let message = format!("`{value}` is not the path of a socket");
            let hint = match server.dialect {
                Dialect::Postgres => "write its folder, such as `socket=/run/postgresql`",
                Dialect::Mysql | Dialect::Sqlite => {
                    "write it absolute, such as `socket=/run/mysqld/mysqld.sock`"
                }
            };
            return Err(bad(message, hint));
        }
        "ca" if !value.is_empty() => server.ca = Some(value.to_owned()),
        _ => return Ok(false),
    }
    Ok(true)
}

/// Replaces `%41` by `A`.
fn decode(text: &str) -> Result<String, BadUrl> {
    let wrong = || bad(format!("`{text}` is not percent-encoded text"), "write `%25` for `%`");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else { return Err(wrong()) };
        bytes.push(u8::try_from(high * 16 + low).map_err(|_| wrong())?);
    }
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    if text.chars().any(char::is_control) { Err(wrong()) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> (DatabaseLocation, TableMapping) {
        read_url(url, TableMapping::tls_policies()).unwrap()
    }

    fn message(url: &str) -> String {
        read_url(url, TableMapping::tls_policies()).unwrap_err().message
    }

    #[test]
    fn a_url_names_a_server_and_a_table() {
        let (location, table) = read(
            "mysql://mail%40cow@[2001:DB8::1]:3307/mailcow?table=tls_policy_override&key=dest&rest=\
             parameters&fixed.active=1&ca=db-ca.pem&length=1024",
        );
        let DatabaseLocation::Server(server) = &location else { panic!("no server") };
        assert_eq!((server.user.as_str(), server.host.as_str()), ("mail@cow", "2001:db8::1"));
        assert_eq!((server.port, server.ca.as_deref()), (Some(3307), Some("db-ca.pem")));
        assert_eq!(location.to_string(), "mysql://mail@cow@[2001:db8::1]:3307/mailcow");
        assert_eq!(table.table.as_str(), "tls_policy_override");
        assert_eq!((table.key.as_str(), table.value.as_str()), ("dest", "policy"));
        assert_eq!(table.rest.unwrap().as_str(), "parameters");
        assert_eq!(table.fixed, [(Identifier::parse("active").unwrap(), "1".to_owned())]);
        assert_eq!(table.length, 1024);
    }

    #[test]
    fn what_a_url_does_not_say_is_as_in_the_default() {
        assert_eq!(read("postgres://u@h/d").1, TableMapping::tls_policies());
        assert_eq!(read("postgres://u@h/d?rest=").1.rest, None);
        assert_eq!(read("sqlite:a/b.sqlite").0, DatabaseLocation::Sqlite("a/b.sqlite".to_owned()));
        assert_eq!(read("sqlite:///a%20b").0, DatabaseLocation::Sqlite("/a b".to_owned()));
    }

    #[test]
    fn only_sockets_and_loopback_are_local() {
        let local = |url: &str| match read(url).0 {
            DatabaseLocation::Server(server) => server.is_local(),
            DatabaseLocation::Sqlite(_) => true,
        };
        assert!(local("mysql://u@/d?socket=/run/s") && local("postgres://u@localhost/d"));
        assert!(local("mysql://u@127.1.2.3/d") && local("mysql://u@[::1]/d"));
        assert!(local("mysql://u@[::ffff:127.0.0.1]/d"));
        for host in ["0.0.0.0", "192.0.2.1", "localhost.example", "[::]", "127.0.0.1.example"] {
            assert!(!local(&format!("mysql://u@{host}/d")), "{host}");
        }
    }

    #[test]
    fn what_a_url_may_not_say_is_named() {
        for (url, expected) in [
            ("mysql://u:secret@h/d", "the URL holds a password"),
            ("mysql:u@h/d", "the URL names no host"),
            ("mysql://h/d", "the URL names no user"),
            ("mysql://@h/d", "the URL names no user"),
            ("mysql://u@h", "the URL names no database"),
            ("mysql://u@h/", "the URL names no database"),
            ("mysql://u@/d", "the URL names no host"),
            ("mysql://u@h:x/d", "`x` is no port"),
            ("mysql://u@h h/d", "`h h` is not the name of a host"),
            ("mysql://u@h/d?socket=/s", "the URL names the host `h` and a socket"),
            ("mysql://u@/d?socket=s", "`s` is not the path of a socket"),
            ("mysql://u@h/d?tabel=x", "`tabel` is not known in a URL of mysql"),
            ("mysql://u@h/d?table=x&table=y", "`table` stands twice in the URL"),
            ("mysql://u@h/d?table=x;y", "`x;y` cannot name a table or column"),
            ("mysql://u@h/d?table=", "`` cannot name a table or column"),
            ("mysql://u@h/d?key=a%60b", "`a`b` cannot name a table or column"),
            ("mysql://u@h/d?fixed.a=%27", "`'` cannot be the text of `a`"),
            ("mysql://u@h/d?length=0", "`0` is no length"),
            ("mysql://u@h/d%0a", "`d%0a` is not percent-encoded text"),
            ("mysql://u@h/d%", "`d%` is not percent-encoded text"),
            ("sqlite:p?ca=x", "`ca` is not known in a URL of sqlite"),
            ("sqlite:", "`sqlite:` names no path"),
            ("sqlite://p", "`sqlite://p` names no path"),
        ] {
            assert_eq!(message(url), expected, "{url}");
        }
    }
}
