//! Many questions to the network side by side.

use super::dns_settings::DnsSettings;
use super::starttls::{StarttlsOutcome, StarttlsRequest};
use crate::answer::{Found, Question};
use crate::names::DomainName;
use std::io;
use std::net::IpAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

/// Something that is waited for.
pub type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Many questions to the network side by side.
///
/// What may run at once is bounded behind this: whoever asks may have any number of questions waiting.
/// Each answer comes within a deadline, which starts when the question is sent.
pub trait Net: Send + Sync {
    /// Runs `work`, in which the others are used, to its end.
    ///
    /// # Errors
    ///
    /// When nobody can be asked, as for [`super::Dns::lookup`]; `work` was then not begun.
    fn run(&self, work: Pin<Box<dyn Future<Output = ()> + '_>>) -> io::Result<()>;

    /// Asks DNS.
    fn ask(&self, question: Question) -> Waiting<'_, Found>;

    /// Fetches the policy of a domain by HTTPS. [RFC 8461 §3.3]
    fn fetch_policy(&self, request: PolicyRequest) -> Waiting<'_, Result<Vec<u8>, FetchError>>;

    /// Speaks STARTTLS with a server.
    fn starttls(&self, request: StarttlsRequest) -> Waiting<'_, StarttlsOutcome>;

    /// Waits for a time.
    fn pause(&self, time: Duration) -> Waiting<'_, ()>;

    /// Waits until the user wants the program to end. [signal(7) `SIGINT`, `SIGTERM`]
    fn interrupted(&self) -> Waiting<'_, ()>;
}

/// How the network is used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NetSettings {
    /// How to ask DNS.
    pub dns: DnsSettings,
    /// The file with the CAs that policy hosts are checked with; `None` means those of the system.
    pub ca: Option<PathBuf>,
    /// How many connections to one address may be open at once; at least 1.
    pub per_host: usize,
    /// The deadline of each step of a connection in milliseconds; 0 means 10,000. All steps together
    /// have three times as long.
    pub step_ms: u32,
}

/// A policy to be fetched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyRequest {
    /// The policy host, `mta-sts.DOMAIN`, for whose name the certificate must be.
    pub host: DomainName,
    /// Its addresses, which were looked at: they may be connected to. Tried in this order.
    pub addresses: Vec<IpAddr>,
    /// 443 but for tests.
    pub port: u16,
    /// The largest body that is read, in bytes.
    pub most: usize,
}

/// Why there is no policy from a policy host. Texts come from the network in part: they are for messages
/// only, which print no control characters.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FetchError {
    /// No connection to any of the addresses.
    #[error("no connection: {0}")]
    Connect(String),
    /// The certificate is not one for the host by a known CA that is valid now. [RFC 8461 §3.3]
    #[error("its certificate does not hold: {0}")]
    Certificate(String),
    /// TLS failed otherwise.
    #[error("no TLS: {0}")]
    Tls(String),
    /// Nothing came in time.
    #[error("{0} took too long")]
    Timeout(&'static str),
    /// The answer is no HTTP, or ended early.
    #[error("the answer is no valid HTTP: {0}")]
    Http(String),
    /// It wants the client to go elsewhere, which clients must not. [RFC 8461 §3.3]
    #[error("it answers with the redirect {0}, which must not be followed")]
    Redirect(u16),
    /// Any other status than 200.
    #[error("it answers with the status {0}")]
    Status(u16),
    /// Not `text/plain`; what it is instead.
    #[error("it is `{0}` and not `text/plain`")]
    MediaType(String),
    /// Larger than it may be.
    #[error("it is larger than 64 KiB")]
    TooLarge,
    /// There are no CAs to check with here: this says nothing about the host.
    #[error("no root certificates to check it with{0}")]
    NoRoots(String),
}

impl FetchError {
    /// Whether the same may go well another time without anybody changing anything.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Connect(_) | Self::Timeout(_) | Self::NoRoots(_) => true,
            Self::Status(status) => *status >= 500,
            Self::Certificate(_)
            | Self::Tls(_)
            | Self::Http(_)
            | Self::Redirect(_)
            | Self::MediaType(_)
            | Self::TooLarge => false,
        }
    }
}
