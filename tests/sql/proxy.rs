//! Something between a client and a server that hides TLS and may cut the connection.

use super::place::Place;
use mxward::sql::Dialect;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What becomes of something that a client sends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// It is passed on, and so is the answer.
    Passes,
    /// The connection is cut instead of passing it on.
    IsCut,
    /// It is passed on, and the connection is cut as soon as the server has answered it; the answer is not
    /// passed on.
    HasNoAnswer,
}

/// Waits for one connection to the server of a place; gives the port on 127.0.0.1. A client waits for
/// the answer before it sends more, so that each statement is one thing sent.
pub(crate) fn between(place: &Place, mut fate: impl FnMut(&[u8]) -> Fate + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, to) = (listener.local_addr().unwrap().port(), place.server().port);
    let dialect = place.dialect;
    std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = TcpStream::connect(("127.0.0.1", to)).unwrap();
        hide_tls(dialect, &mut client, &mut server);
        let is_cut = Arc::new(AtomicBool::new(false));
        let (mut from, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        let cut_after = Arc::clone(&is_cut);
        let answers = std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                if cut_after.load(Ordering::SeqCst) || back.write_all(&buffer[..count]).is_err() {
                    break;
                }
            }
            let _ignored = (back.shutdown(Shutdown::Both), from.shutdown(Shutdown::Both));
        });
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = client.read(&mut buffer) {
            match fate(&buffer[..count]) {
                Fate::Passes => {}
                Fate::IsCut => {
                    let _ignored = client.shutdown(Shutdown::Both);
                    break;
                }
                Fate::HasNoAnswer => is_cut.store(true, Ordering::SeqCst),
            }
            if server.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        // What a client that ends has sent is there before the end.
        let _ignored = server.shutdown(Shutdown::Write);
        answers.join().unwrap();
    });
    port
}

/// Lets both sides believe that the other one has no TLS, so that statements can be read.
fn hide_tls(dialect: Dialect, client: &mut TcpStream, server: &mut TcpStream) {
    if dialect == Dialect::Postgres {
        client.read_exact(&mut [0; 8]).unwrap();
        client.write_all(b"N").unwrap();
        return;
    }
    let mut head = [0; 4];
    server.read_exact(&mut head).unwrap();
    let mut greeting = vec![0; usize::from(u16::from_le_bytes([head[0], head[1]]))];
    server.read_exact(&mut greeting).unwrap();
    let version = greeting.iter().position(|byte| *byte == 0).unwrap();
    // Behind the version: connection, 8 bytes of salt, 0; then the capabilities. CLIENT_SSL is 0x0800.
    greeting[version + 15] &= !0x08;
    client.write_all(&head).unwrap();
    client.write_all(&greeting).unwrap();
}
