//! The few DNS messages that tests send themselves.

use hickory_resolver::proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

/// The serial of the root at a server; `None` when it does not answer, or not yet.
pub(super) fn serial_of_root(server: SocketAddr) -> Option<u32> {
    let mut message = Message::new(1, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(Name::root(), RecordType::SOA));
    let answer = Message::from_vec(&exchange(server, &message.to_vec().unwrap())?).ok()?;
    answer
        .answers
        .iter()
        .find_map(|record| if let RData::SOA(soa) = &record.data { Some(soa.serial) } else { None })
}

/// A record set with its signatures.
pub(super) fn signed_records(server: SocketAddr, name: Name, kind: RecordType) -> Vec<Record> {
    let mut message = Message::new(1, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Query::query(name, kind));
    let mut edns = Edns::new();
    edns.set_max_payload(4096).enable_dnssec();
    message.set_edns(edns);
    let answer = exchange(server, &message.to_vec().unwrap()).unwrap();
    Message::from_vec(&answer).unwrap().answers
}

/// Sends a message by UDP; `None` when no answer comes.
pub(super) fn exchange(server: SocketAddr, bytes: &[u8]) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    socket.connect(server).unwrap();
    socket.send(bytes).ok()?;
    let mut buffer = vec![0; 65_535];
    let length = socket.recv(&mut buffer).ok()?;
    buffer.truncate(length);
    Some(buffer)
}
