//! A stub that trusts the AD bit of a resolver on this host.

use super::answers::{empty, query, reply};
use crate::answer::{Answer, Question, UnknownReason};
use crate::world::{DnsProtocol, DnsSettings};
use hickory_resolver::proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RecordType};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};

/// A resolver on a loopback address that validates DNSSEC.
#[derive(Clone, Debug)]
pub(super) struct Stub {
    server: SocketAddr,
    timeout: Duration,
}

impl Stub {
    /// # Errors
    ///
    /// When no server is set, or one that is not on this host: the AD bit of a far resolver can be set
    /// by anybody on the way. [RFC 4035 §4.9.3]
    pub(super) fn new(settings: &DnsSettings, deadline: Duration) -> io::Result<Self> {
        let [server] = settings.servers.as_slice() else {
            return Err(io::Error::other(
                "`validation: resolver` needs one server on a loopback address",
            ));
        };
        if !server.address.ip().is_loopback() || server.protocol != DnsProtocol::Plain {
            return Err(io::Error::other(format!(
                "the resolver {} may not be trusted to validate: it is not on a loopback address",
                server.address
            )));
        }
        Ok(Self { server: server.address, timeout: deadline / 5 })
    }

    /// Asks for the keys of the root, which every validating resolver answers with the AD bit.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub(super) async fn test_itself(&self) -> io::Result<()> {
        let message = self.exchange(&Name::root(), RecordType::DNSKEY).await?;
        if message.metadata.authentic_data && !message.answers.is_empty() {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "the resolver {} does not validate DNSSEC: it answers for the root without the AD bit",
            self.server
        )))
    }

    pub(super) async fn ask(&self, question: &Question) -> Answer {
        let (name, kind) = match query(question) {
            Ok(query) => query,
            Err(reason) => return Answer::Unknown(reason),
        };
        let message = match self.exchange(&name, kind).await {
            Ok(message) => message,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                return Answer::Unknown(UnknownReason::Malformed(error.to_string()));
            }
            Err(_) => return Answer::Unknown(UnknownReason::Timeout),
        };
        let secure = message.metadata.authentic_data;
        match message.metadata.response_code {
            ResponseCode::NoError | ResponseCode::NXDomain => {}
            ResponseCode::ServFail => {
                return Answer::Unknown(UnknownReason::Failure("SERVFAIL".to_owned()));
            }
            code => return Answer::Unknown(UnknownReason::Failure(code.to_string())),
        }
        match reply(question, message.answers.iter().map(|record| &record.data)) {
            Ok(reply) if reply.is_empty() && secure => Answer::ProvenAbsent,
            Ok(reply) if reply.is_empty() => Answer::Insecure(empty(question)),
            Ok(reply) if secure => Answer::Secure(reply),
            Ok(reply) => Answer::Insecure(reply),
            Err(reason) => Answer::Unknown(reason),
        }
    }

    /// One question by UDP, and by TCP when the answer is truncated.
    async fn exchange(&self, name: &Name, kind: RecordType) -> io::Result<Message> {
        let mut message = Message::new(rand_id(name, kind), MessageType::Query, OpCode::Query);
        message.metadata.recursion_desired = true;
        message.metadata.authentic_data = true;
        message.add_query(Query::query(name.clone(), kind));
        let mut edns = Edns::new();
        edns.set_max_payload(1232).set_version(0);
        message.set_edns(edns);
        let bytes = message.to_vec().map_err(io::Error::other)?;
        let unspecified: SocketAddr = if self.server.is_ipv4() {
            ([127, 0, 0, 1], 0).into()
        } else {
            (std::net::Ipv6Addr::LOCALHOST, 0).into()
        };
        let socket = UdpSocket::bind(unspecified).await?;
        socket.connect(self.server).await?;
        let answer = tokio::time::timeout(self.timeout, async {
            socket.send(&bytes).await?;
            let mut buffer = vec![0; 4096];
            loop {
                let length = socket.recv(&mut buffer).await?;
                let answer = parse(&buffer[..length])?;
                if answer.metadata.id == message.metadata.id && answer.queries == message.queries {
                    return io::Result::Ok(answer);
                }
            }
        });
        let answer = answer.await??;
        if !answer.metadata.truncation {
            return Ok(answer);
        }
        tokio::time::timeout(self.timeout, async {
            let mut stream = TcpStream::connect(self.server).await?;
            let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
            stream.write_all(&length.to_be_bytes()).await?;
            stream.write_all(&bytes).await?;
            let mut buffer = vec![0; usize::from(stream.read_u16().await?)];
            stream.read_exact(&mut buffer).await?;
            parse(&buffer)
        })
        .await?
    }
}

fn parse(bytes: &[u8]) -> io::Result<Message> {
    Message::from_vec(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// A number for the message. The socket is connected to a loopback address and used once, so nobody
/// else can answer; the number only has to differ between questions.
fn rand_id(name: &Name, kind: RecordType) -> u16 {
    let text = format!("{name}{kind}");
    text.bytes().fold(0x9dc5, |id: u16, byte| (id ^ u16::from(byte)).wrapping_mul(0x0193))
}
