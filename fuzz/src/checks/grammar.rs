//! What stands on either side of a map, and the names in it.

use super::text;
use mxward::formats::postmap_text;
use mxward::names::{DomainName, Recipients};
use mxward::postfix::{NextHop, TlsPolicy, Transport, TransportReader, Version, fold_key};
use mxward::sql::{DatabaseLocation, Dialect, TableMapping, read_url};

/// Those between which something that is read here changes.
const VERSIONS: [Version; 10] = [
    Version::series(2, 11),
    Version::series(3, 4),
    Version::series(3, 5),
    Version { major: 3, minor: 5, patch: Some(4) },
    Version::series(3, 6),
    Version::series(3, 7),
    Version::series(3, 8),
    Version::series(3, 9),
    Version::series(3, 10),
    Version::series(3, 11),
];

/// A right-hand side that is emitted is what Postfix finds under its key.
fn is_right_hand_side(value: &str) {
    let line = format!("a.example {value}\n");
    let map = postmap_text::read(line.as_bytes());
    assert_eq!(map.ignored, [], "{line:?}");
    let found: Vec<_> = map.entries.iter().map(|it| (&*it.key, &*it.value)).collect();
    assert_eq!(found, [("a.example", value)], "{line:?}");
}

/// A key that is emitted is what Postfix asks for.
fn is_key(key: &str) {
    let line = format!("{key} encrypt\n");
    let map = postmap_text::read(line.as_bytes());
    assert_eq!(map.ignored, [], "{line:?}");
    let found: Vec<_> = map.entries.iter().map(|it| (&*it.key, &*it.value)).collect();
    assert_eq!(found, [(key, "encrypt")], "{line:?}");
}

/// What may be emitted Postfix takes without a warning and reads alike, and so is what is written of it.
pub(super) fn policy(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for version in VERSIONS {
        let as_postfix = TlsPolicy::parse_as_postfix(text, version);
        match TlsPolicy::parse(text, version) {
            Ok(policy) => {
                assert_eq!(as_postfix, Ok((policy.clone(), Vec::new())), "{text:?} {version}");
                let written = policy.to_string();
                assert_eq!(
                    TlsPolicy::parse(&written, version),
                    Ok(policy),
                    "{written:?} {version}"
                );
                is_right_hand_side(&written);
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                assert!(error.hint().is_none_or(|hint| !hint.is_empty()));
                let is_silent = as_postfix.is_ok_and(|(_, warnings)| warnings.is_empty());
                assert!(!is_silent, "nothing tells why not: {text:?} {version}");
            }
        }
    }
}

/// What may be emitted is one key, which smtp(8) takes as it is.
pub(super) fn next_hop(data: &[u8]) {
    let Some(text) = text(data) else { return };
    if let Ok(next_hop) = NextHop::parse(text) {
        let written = next_hop.as_str();
        assert_eq!(NextHop::parse(written).as_ref(), Ok(&next_hop), "{text:?}");
        assert_eq!(NextHop::parse_as_postfix(written).as_ref(), Ok(&next_hop), "{text:?}");
        is_key(written);
        is_right_hand_side(&format!("smtp:{written}"));
        assert!(next_hop.port() != 0 && !next_hop.host_part().is_empty());
        if let Some(domain) = next_hop.bare_domain() {
            let domain = DomainName::parse(domain).expect("a bare domain is one");
            assert_eq!(NextHop::domain(&domain), next_hop);
        }
    }
    if let Ok(next_hop) = NextHop::parse_as_postfix(text) {
        assert_eq!(next_hop.as_str(), fold_key(text));
        // What letters fold to may be no host any more, such as `ß-` to `ss-`.
        let again = NextHop::parse_as_postfix(next_hop.as_str());
        let is_another = next_hop.as_str() != text.to_lowercase();
        assert!(again.as_ref() == Ok(&next_hop) || is_another, "{text:?}: {again:?}");
        assert!(next_hop.port() != 0);
        assert!(!next_hop.is_address() || next_hop.bare_domain().is_none(), "{text:?}");
    }
}

/// What may be emitted Postfix reads alike, by whichever way it is read here.
pub(super) fn transport(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for version in VERSIONS {
        match Transport::parse(text, version) {
            Ok(transport) => {
                let written = transport.to_string();
                let read = Transport::parse(&written, version);
                assert_eq!(read.as_ref(), Ok(&transport), "{text:?} {version}");
                let read = Transport::parse_as_postfix(&written, version);
                assert_eq!(read.as_ref(), Ok(&transport), "{text:?} {version}");
                assert!(TransportReader::new(version).reads_as(&written, &transport));
                assert!(TransportReader::new(version).reads_as(text, &transport), "{text:?}");
                is_right_hand_side(&written);
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                if let Ok(other) = Transport::parse_as_postfix(text, version) {
                    assert!(!TransportReader::new(version).reads_as(text, &other), "{text:?}");
                }
            }
        }
    }
}

/// A name is stored in one way, however it is written, and is a key of a map in both its forms.
pub(super) fn names(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(recipients) = Recipients::parse(text) else { return };
    let key = recipients.key();
    assert_eq!(Recipients::parse(&key).as_ref(), Ok(&recipients), "{text:?}");
    assert_eq!((fold_key(&key), &*recipients.key_text()), ((&*key).into(), &*key));
    assert!(key.is_ascii() && recipients.name().labels().count() > 0);
    is_key(&key);
    if let Some(unicode) = recipients.unicode_key() {
        assert_eq!(Recipients::parse(&unicode).as_ref(), Ok(&recipients), "{text:?}");
        is_key(&fold_key(&unicode));
    }
    let name = recipients.name();
    assert!(name.parent().is_none_or(|parent| name.is_below(parent)));
    assert!(!name.is_below(name.as_str()));
}

/// What a URL says of a table stands in a query without ending any of its quotes.
pub(super) fn sql_url(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok((location, table)) = read_url(text, TableMapping::tls_policies()) else { return };
    let parts = match &location {
        DatabaseLocation::Sqlite(path) => vec![path],
        DatabaseLocation::Server(it) => {
            let mut parts = vec![&it.user, &it.host, &it.database];
            parts.extend(it.socket.iter().chain(&it.ca));
            parts
        }
    };
    assert!(parts.iter().all(|part| !part.contains(char::is_control)), "{location:?}");
    for dialect in [Dialect::Mysql, Dialect::Postgres, Dialect::Sqlite] {
        let query = table.query(dialect);
        assert!(!query.contains(char::is_control), "{query}");
        // Only Postfix's own `%s` is replaced.
        assert_eq!(query.matches('%').count(), 1, "{query}");
        let quotes = |quote: char| query.matches(quote).count();
        let expected = 2 * (1 + table.fixed.len());
        let rest = if table.rest.is_none() { 0 } else { 2 + 2 };
        let rest = if dialect == Dialect::Sqlite && rest > 0 { rest + 2 } else { rest };
        assert_eq!(quotes('\''), expected + rest, "{query}");
        assert!(
            !query.contains(['\\', ';', '$']) || table.fixed.iter().any(|it| it.1.contains(';'))
        );
    }
}
