//! A stub that trusts the AD bit of a resolver on this host.
#![expect(clippy::wildcard_enum_match_arm, reason = "codes and kinds of errors are open enums")]

use super::answers::{alias_of, empty, follow, query, reply};
use super::lookup::code_name;
use super::servers;
use crate::answer::{Alias, Answer, Dnssec, Found, Question, UnknownReason};
use crate::world::DnsSettings;
use hickory_resolver::proto::op::{Edns, Message, MessageType, OpCode, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RecordType};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};

/// How often a question is asked, by turns where there are several resolvers.
const TRIES: u32 = 3;

/// The pause before the second try; each later one is longer by as much.
const PAUSE: Duration = Duration::from_millis(100);

/// Resolvers on loopback addresses that validate DNSSEC.
#[derive(Clone, Debug)]
pub(super) struct Stub {
    /// Never empty.
    servers: Vec<SocketAddr>,
    timeout: Duration,
}

impl Stub {
    /// # Errors
    ///
    /// When there is no server, or one that is not on this host: the AD bit of a far resolver can be
    /// set by anybody on the way. [RFC 4035 §4.9.3]
    pub(super) fn new(settings: &DnsSettings, deadline: Duration) -> io::Result<Self> {
        let servers = servers::plain(settings)?;
        if let Some(far) = servers.iter().find(|server| !server.ip().is_loopback()) {
            return Err(io::Error::other(format!(
                "the resolver {far} may not be trusted to validate: it is not on a loopback address"
            )));
        }
        Ok(Self { servers, timeout: deadline / TRIES })
    }

    /// Asks for the keys of the root, which every validating resolver answers with the AD bit, and goes
    /// on with the resolvers that answer.
    ///
    /// # Errors
    ///
    /// When one answers without the bit, or none answers.
    pub(super) async fn tested(self) -> io::Result<Self> {
        let mut servers = Vec::new();
        let mut failure = None;
        for server in self.servers {
            let asked = exchange(server, &Name::root(), RecordType::DNSKEY, self.timeout).await;
            match asked {
                Ok(message)
                    if message.metadata.authentic_data
                        && message
                            .answers
                            .iter()
                            .any(|it| it.record_type() == RecordType::DNSKEY) =>
                {
                    servers.push(server);
                }
                Ok(_) => {
                    return Err(io::Error::other(format!(
                        "the resolver {server} does not validate DNSSEC: it answers for the keys of the root without the AD bit"
                    )));
                }
                Err(error) => {
                    let why = reason(&error);
                    let message = || format!("the resolver {server} cannot be asked: {why}");
                    failure.get_or_insert_with(message);
                }
            }
        }
        match failure {
            Some(failure) if servers.is_empty() => Err(io::Error::other(failure)),
            _ => Ok(Self { servers, timeout: self.timeout }),
        }
    }

    /// Asks, and asks again where that may help.
    pub(super) async fn ask(&self, question: &Question) -> Found {
        let mut unknown = UnknownReason::Timeout;
        let mut pause = Duration::ZERO;
        for server in self.servers.iter().cycle().take(TRIES as usize) {
            tokio::time::sleep(pause).await;
            pause += PAUSE;
            match self.ask_once(*server, question).await {
                Ok(found) => return found,
                Err(reason) => unknown = reason,
            }
            if unknown.is_of_the_name() {
                break;
            }
        }
        Answer::Unknown(unknown).into()
    }

    async fn ask_once(
        &self,
        server: SocketAddr,
        question: &Question,
    ) -> Result<Found, UnknownReason> {
        let (name, kind) = query(question)?;
        let message =
            exchange(server, &name, kind, self.timeout).await.map_err(|error| reason(&error))?;
        match message.metadata.response_code {
            ResponseCode::NoError | ResponseCode::NXDomain => {}
            code => return Err(UnknownReason::Failure(code_name(code))),
        }
        // The bit holds for all of the answer, aliases and denials included. [RFC 4035 §3.2.3]
        let secure = message.metadata.authentic_data;
        let status = if secure { Dnssec::Secure } else { Dnssec::Insecure };
        let chain = follow(&name, kind, &message.answers)?;
        let mut aliases: Vec<Alias> =
            chain.aliases.iter().map(|record| alias_of(record, status)).collect();
        // Of several steps an insecure one makes all insecure; that the first is signed says that the
        // zone of the name is. [RFC 7672 §2.2.2]
        if !secure && let Some(first) = aliases.first_mut() {
            let alone = exchange(server, &name, RecordType::CNAME, self.timeout).await;
            if alone.map_err(|error| reason(&error))?.metadata.authentic_data {
                first.dnssec = Dnssec::Secure;
            }
        }
        if chain.found.is_empty() {
            let proven = Answer::ProvenAbsent;
            let answer = if secure { proven } else { Answer::Insecure(empty(question)) };
            return Ok(Found { answer, aliases });
        }
        let reply = reply(question, chain.found.iter().map(|record| &record.data))?;
        let answer = if secure { Answer::Secure(reply) } else { Answer::Insecure(reply) };
        Ok(Found { answer, aliases })
    }
}

/// One query by UDP, and by TCP when the answer is truncated.
async fn exchange(
    server: SocketAddr,
    name: &Name,
    kind: RecordType,
    timeout: Duration,
) -> io::Result<Message> {
    let mut message = Message::new(number(name, kind), MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.metadata.authentic_data = true;
    message.add_query(Query::query(name.clone(), kind));
    let mut edns = Edns::new();
    edns.set_max_payload(1232).set_version(0);
    message.set_edns(edns);
    let bytes = message.to_vec().map_err(io::Error::other)?;
    let answers = |answer: &Message| {
        answer.metadata.id == message.metadata.id
            && answer.metadata.message_type == MessageType::Response
            && answer.queries == message.queries
    };
    let answer = tokio::time::timeout(timeout, async {
        let here: SocketAddr = match server {
            SocketAddr::V4(_) => (Ipv4Addr::LOCALHOST, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::LOCALHOST, 0).into(),
        };
        let socket = UdpSocket::bind(here).await?;
        socket.connect(server).await?;
        socket.send(&bytes).await?;
        let mut buffer = vec![0; 4096];
        loop {
            let length = socket.recv(&mut buffer).await?;
            let answer = parse(&buffer[..length])?;
            if answers(&answer) {
                return io::Result::Ok(answer);
            }
        }
    });
    let answer = answer.await??;
    if !answer.metadata.truncation {
        return Ok(answer);
    }
    tokio::time::timeout(timeout, async {
        let mut stream = TcpStream::connect(server).await?;
        let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
        stream.write_all(&length.to_be_bytes()).await?;
        stream.write_all(&bytes).await?;
        let mut buffer = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut buffer).await?;
        let answer = parse(&buffer)?;
        if answers(&answer) && !answer.metadata.truncation {
            return Ok(answer);
        }
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "by TCP it is cut off or for another question",
        ))
    })
    .await?
}

fn parse(bytes: &[u8]) -> io::Result<Message> {
    Message::from_vec(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn reason(error: &io::Error) -> UnknownReason {
    match error.kind() {
        io::ErrorKind::TimedOut => UnknownReason::Timeout,
        io::ErrorKind::InvalidData => UnknownReason::Garbled(error.to_string()),
        _ => UnknownReason::Unreachable,
    }
}

/// A number for the message. The socket is connected to a loopback address and used once, so nobody
/// else can answer; the number only has to differ between questions.
fn number(name: &Name, kind: RecordType) -> u16 {
    let text = format!("{name}{kind}");
    text.bytes().fold(0x9dc5, |id: u16, byte| (id ^ u16::from(byte)).wrapping_mul(0x0193))
}
