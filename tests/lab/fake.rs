//! A name server that misbehaves as told.

use super::fresh_address;
use super::query::{exchange, signed_records};
use hickory_resolver::proto::op::{Message, MessageType, ResponseCode};
use hickory_resolver::proto::rr::{Name, Record, RecordType};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A question as the server sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Asked {
    /// In lower case, without the final dot.
    pub(crate) name: String,
    pub(crate) kind: RecordType,
    /// Whether it came by TCP.
    pub(crate) tcp: bool,
}

/// What to do with a question.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Pass it on to this server, and its answer back.
    Forward(SocketAddr),
    /// Answer with a code and no records.
    Code(ResponseCode),
    /// Deny the name, with this record set and its signatures, fetched from this server, as the proof.
    DeniedBy(SocketAddr, Name, RecordType),
    /// Answer with these records, unsigned.
    Records(Vec<Record>),
    /// Say nothing.
    Silence,
    /// Answer that the answer does not fit.
    Truncate,
    /// Answer with bytes that are no message, but for the number.
    Garbage,
    /// Answer under another number, with an address nobody asked for.
    WrongNumber(Vec<Record>),
}

/// A running server.
pub(crate) struct Fake {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Fake {
    /// Starts a server that does with each question what `act` says.
    pub(crate) fn new(act: impl Fn(&Asked) -> Act + Send + Sync + 'static) -> Self {
        let address = fresh_address();
        let (asked, stop) = (Arc::<Mutex<Vec<Asked>>>::default(), Arc::<AtomicBool>::default());
        let act = Arc::new(act);
        let udp = UdpSocket::bind(address).unwrap();
        let tcp = TcpListener::bind(address).unwrap();
        let mut threads = Vec::new();
        let answer = {
            let asked = Arc::clone(&asked);
            move |bytes: &[u8], tcp: bool| answer(&*act, &asked, bytes, tcp)
        };
        threads.push(std::thread::spawn({
            let (stop, answer) = (Arc::clone(&stop), answer.clone());
            move || {
                let mut buffer = vec![0; 65_535];
                while let Ok((length, from)) = udp.recv_from(&mut buffer) {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    if let Some(bytes) = answer(&buffer[..length], false) {
                        // Who has stopped waiting does not read it.
                        let _sent = udp.send_to(&bytes, from);
                    }
                }
            }
        }));
        threads.push(std::thread::spawn({
            let stop = Arc::clone(&stop);
            move || {
                while let Ok((stream, _)) = tcp.accept() {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let _ended = by_tcp(stream, &answer);
                }
            }
        }));
        Self { address, asked, stop, threads }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every question so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Wakes both threads.
        if let Ok(socket) = UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0)) {
            let _sent = socket.send_to(&[], self.address);
        }
        let _connected = TcpStream::connect(self.address);
        for thread in self.threads.drain(..) {
            let _ended = thread.join();
        }
    }
}

/// One question of a connection; both sides close it afterwards.
fn by_tcp(
    mut stream: TcpStream,
    answer: &impl Fn(&[u8], bool) -> Option<Vec<u8>>,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut bytes = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut bytes)?;
    if let Some(bytes) = answer(&bytes, true) {
        let length = u16::try_from(bytes.len()).unwrap();
        stream.write_all(&[&length.to_be_bytes()[..], &bytes].concat())?;
    }
    Ok(())
}

fn answer(
    act: &(impl Fn(&Asked) -> Act + ?Sized),
    asked: &Mutex<Vec<Asked>>,
    bytes: &[u8],
    tcp: bool,
) -> Option<Vec<u8>> {
    let query = Message::from_vec(bytes).ok()?;
    let question = query.queries.first()?;
    let name = question.name().to_ascii().to_ascii_lowercase();
    let it =
        Asked { name: name.trim_end_matches('.').to_owned(), kind: question.query_type(), tcp };
    asked.lock().unwrap().push(it.clone());
    let mut message = query.clone();
    message.metadata.message_type = MessageType::Response;
    message.metadata.recursion_available = true;
    message.metadata.authentic_data = false;
    match act(&it) {
        Act::Forward(server) => return exchange(server, bytes),
        Act::Silence => return None,
        Act::Garbage => return Some([&bytes[..2], &[0xff; 40]].concat()),
        Act::DeniedBy(server, name, kind) => {
            let proof = signed_records(server, name, kind);
            message.metadata.response_code = ResponseCode::NXDomain;
            message.add_authorities(proof);
        }
        Act::Code(code) => message.metadata.response_code = code,
        Act::Records(records) => {
            message.add_answers(records);
        }
        Act::Truncate => message.metadata.truncation = true,
        Act::WrongNumber(records) => {
            message.metadata.id = query.metadata.id.wrapping_add(1);
            message.add_answers(records);
        }
    }
    Some(message.to_vec().unwrap())
}
