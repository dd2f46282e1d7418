//! A TCP connection with deadlines and bounds.

use crate::world::{Failure, StarttlsLimits};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

/// A connection that ends at its deadline, however slowly bytes drip, and at its bound of bytes.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    /// When everything must be over.
    end: Instant,
    /// When the present step must be.
    step: Instant,
    /// Bytes that may still be read.
    left: usize,
    /// Why reading or writing failed.
    fault: Option<Failure>,
}

impl Wire {
    /// Connects.
    pub(super) fn connect(address: SocketAddr, limits: &StarttlsLimits) -> Result<Self, Failure> {
        let now = Instant::now();
        let stream = TcpStream::connect_timeout(&address, limits.step.min(limits.total))
            .map_err(|error| failure(&error))?;
        // Without it each small message would wait for the answer to the one before it.
        let _slower = stream.set_nodelay(true);
        let end = now + limits.total;
        Ok(Self { stream, end, step: end, left: usize::MAX, fault: None })
    }

    /// Begins a step, in which at most `bytes` are read.
    pub(super) fn begin(&mut self, limits: &StarttlsLimits, bytes: usize) {
        self.step = self.end.min(Instant::now() + limits.step);
        self.left = bytes;
    }

    /// Why the last operation failed.
    pub(super) fn fault(&self) -> Option<&Failure> {
        self.fault.as_ref()
    }

    fn fail(&mut self, failure: Failure) -> io::Error {
        self.fault = Some(failure);
        io::Error::from(io::ErrorKind::TimedOut)
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wait = self.step.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            return Err(self.fail(Failure::TimedOut));
        }
        if self.left == 0 {
            return Err(self.fail(Failure::TooMuch));
        }
        self.stream.set_read_timeout(Some(wait))?;
        let most = buffer.len().min(self.left);
        match self.stream.read(&mut buffer[..most]) {
            Ok(0) => {
                self.fault = Some(Failure::Lost);
                Ok(0)
            }
            Ok(length) => {
                self.left -= length;
                Ok(length)
            }
            Err(error) => Err(self.fail(failure(&error))),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let wait = self.step.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            return Err(self.fail(Failure::TimedOut));
        }
        self.stream.set_write_timeout(Some(wait))?;
        self.stream.write(bytes).map_err(|error| self.fail(failure(&error)))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

fn failure(error: &io::Error) -> Failure {
    use io::ErrorKind as Kind;
    let kind = error.kind();
    if matches!(kind, Kind::TimedOut | Kind::WouldBlock) {
        return Failure::TimedOut;
    }
    let lost =
        [Kind::ConnectionReset, Kind::ConnectionAborted, Kind::BrokenPipe, Kind::UnexpectedEof];
    if lost.contains(&kind) {
        return Failure::Lost;
    }
    let known = [
        (Kind::ConnectionRefused, "connection refused"),
        (Kind::HostUnreachable, "no route to host"),
        (Kind::NetworkUnreachable, "network is unreachable"),
    ];
    let known = known.iter().find(|(it, _)| *it == kind);
    Failure::Unreachable(
        known.map_or_else(|| error.to_string().to_lowercase(), |it| it.1.to_owned()),
    )
}
