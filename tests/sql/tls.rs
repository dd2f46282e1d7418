//! What a server must prove, and what is never told.

use super::place::{Place, open};
use super::server::Server;
use mxward::sql::{Dialect, TableMapping};
use mxward::world::DatabaseError;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpListener;
use std::time::Duration;

fn servers() -> [Place; 2] {
    [Place::mariadb(), Place::postgres()]
}

fn file(place: &Place, name: &str) -> String {
    place.server().folder.join(name).to_str().unwrap().to_owned()
}

#[track_caller]
fn refused(url: &str) -> String {
    match open(url, Some("geheim")) {
        Ok(_) => panic!("{url} was not refused"),
        Err(DatabaseError::Failed(why)) => why,
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn a_server_on_this_host_needs_no_certificate() {
    for place in servers() {
        place.with_table();
        for host in ["127.0.0.1", "localhost"] {
            let mut database = open(&place.tcp_url(host, ""), Some("geheim")).unwrap();
            assert_eq!(database.rows(&TableMapping::tls_policies()), Ok(Vec::new()));
        }
    }
}

#[test]
fn a_certificate_of_the_named_authority_is_proof() {
    for place in servers() {
        let ca = file(&place, "ca.pem");
        for host in ["127.0.0.1", "localhost"] {
            open(&place.tcp_url(host, &format!("?ca={ca}")), Some("geheim")).unwrap();
        }
    }
}

#[test]
fn a_certificate_of_another_authority_is_none() {
    for place in servers() {
        let why =
            refused(&place.tcp_url("127.0.0.1", &format!("?ca={}", file(&place, "other-ca.pem"))));
        assert!(why.contains("invalid peer certificate: UnknownIssuer"), "{why}");
    }
}

/// To Linux 0.0.0.0 is this host, but nothing says so: it stands for any other address.
#[test]
fn a_server_elsewhere_must_prove_its_name() {
    for place in servers() {
        let why = refused(&place.tcp_url("0.0.0.0", ""));
        assert!(why.contains("invalid peer certificate: UnknownIssuer"), "{why}");
        let why = refused(&place.tcp_url("0.0.0.0", &format!("?ca={}", file(&place, "ca.pem"))));
        assert!(why.contains("invalid peer certificate: certificate not valid for name"), "{why}");
    }
}

#[test]
fn a_file_without_certificates_is_an_error() {
    for place in servers() {
        for (name, expected) in
            [("server.key", "there are none in it"), ("none.pem", "No such file")]
        {
            let why = refused(&place.tcp_url("127.0.0.1", &format!("?ca={}", file(&place, name))));
            assert!(
                why.contains("cannot read the certificates") && why.contains(expected),
                "{why}"
            );
        }
    }
}

/// A server that says it has no TLS, as an attacker on the way would. Gives what it was told.
fn without_tls(dialect: Dialect) -> (u16, std::thread::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        if dialect == Dialect::Postgres {
            let mut request = [0; 8];
            stream.read_exact(&mut request).unwrap();
            // [PostgreSQL `protocol-message-formats` SSLRequest]
            assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47]);
            stream.write_all(b"N").unwrap();
        } else {
            // Protocol 10 with all capabilities of today but CLIENT_SSL, which is 0x0800.
            let mut greeting = b"\x0a10.11.0-MariaDB\0\x01\0\0\0abcdefgh\0".to_vec();
            greeting.extend([0xff, 0xf7, 45, 2, 0, 0xff, 0x81, 21]);
            greeting.extend([0; 10]);
            greeting.extend(b"ijklmnopqrst\0mysql_native_password\0");
            let length = u8::try_from(greeting.len()).unwrap();
            stream.write_all(&[length, 0, 0, 0]).unwrap();
            stream.write_all(&greeting).unwrap();
        }
        let mut told = Vec::new();
        match stream.read_to_end(&mut told) {
            Ok(_) => told,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => told,
            Err(error) => panic!("{error}"),
        }
    });
    (port, server)
}

#[test]
fn a_server_elsewhere_without_tls_is_told_nothing() {
    for dialect in [Dialect::Mysql, Dialect::Postgres] {
        let (port, server) = without_tls(dialect);
        let why = refused(&format!("{}://mail@0.0.0.0:{port}/mail", dialect.scheme()));
        assert!(why.contains("server does not support TLS"), "{why}");
        let told = server.join().unwrap();
        assert_eq!(told, b"", "{dialect:?}");
    }
}

#[test]
fn no_error_holds_the_password() {
    for place in servers() {
        let url = place.tcp_url("127.0.0.1", "");
        let DatabaseError::Failed(why) = open(&url, Some("wrong-secret")).err().unwrap() else {
            panic!("no refusal");
        };
        assert!(why.contains("mail") && !why.contains("wrong-secret"), "{why}");
        assert!(!format!("{:?}", super::place::location(&url)).contains("geheim"));
    }
}

/// Nothing but what the caller gives is tried as a password.
#[test]
fn without_a_password_there_is_none() {
    for place in servers() {
        let DatabaseError::Failed(why) = open(&place.tcp_url("127.0.0.1", ""), None).err().unwrap()
        else {
            panic!("no refusal");
        };
        assert!(why.contains("cannot connect to"), "{why}");
    }
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let place = Place::mariadb();
    let socket = Server::mariadb().folder.join("nothing");
    let url = format!("mysql://root@/{}?socket={}", place.name, socket.display());
    let why = refused(&url);
    assert!(why.starts_with(&format!("cannot connect to `{url}`: ")), "{why}");
    let why = refused("sqlite:/nowhere/policies.sqlite");
    assert_eq!(why, "cannot connect to `sqlite:/nowhere/policies.sqlite`: there is no such file");
}
