//! Speaking STARTTLS with a server: what is asked, and what came of it.

use crate::dane::Tlsa;
use crate::names::DomainName;
use crate::postfix::{ClientTls, MatchPattern};
use jiff::Timestamp;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// One conversation with one server: greeting, EHLO, STARTTLS, handshake, QUIT. No mail is sent.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct StarttlsRequest {
    /// The server.
    pub address: SocketAddr,
    /// How the client names itself.
    pub helo: DomainName,
    /// The name in the server name indication; none is sent without.
    pub server_name: Option<ServerName>,
    /// Protocols, ciphers and OpenSSL's security level; `None` ends the conversation after EHLO.
    pub tls: Option<ClientTls>,
    /// Whom to trust.
    pub trust: Trust,
    /// TLSA records, or trust anchors that are given like ones; where there are any, they decide
    /// instead of [`Self::trust`].
    pub tlsa: Vec<Tlsa>,
    /// The names that a certificate below a trust anchor of [`Self::tlsa`] must have one of.
    pub tlsa_names: Vec<MatchPattern>,
    /// How long and how much.
    pub limits: StarttlsLimits,
}

/// A server name indication.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ServerName {
    /// A host name.
    Name(DomainName),
    /// The text of an address, which no server expects, but Postfix sends it where it is told to.
    Address(IpAddr),
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name}"),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

/// Which certification authorities are trusted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Trust {
    /// Those of this system.
    System,
    /// Those in a file, or in the files of a folder, on this host.
    Path(PathBuf),
    /// These, as PEM; none at all when it is empty.
    Certificates(Arc<[u8]>),
}

/// The bounds of a conversation. Everything beyond them ends it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StarttlsLimits {
    /// For each step: connecting, a reply, the handshake.
    pub step: Duration,
    /// For everything together.
    pub total: Duration,
    /// Bytes of one line.
    pub line: usize,
    /// Lines of one reply.
    pub lines: usize,
    /// Bytes that the server may send in the handshake.
    pub handshake: usize,
}

impl Default for StarttlsLimits {
    fn default() -> Self {
        Self {
            step: Duration::from_secs(30),
            total: Duration::from_mins(1),
            line: 2048,
            lines: 100,
            handshake: 1 << 20,
        }
    }
}

/// What came of a conversation. All texts of the server are escaped and cut.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StarttlsOutcome {
    /// TLS was established.
    Tls(Box<Session>),
    /// The server speaks SMTP and offers no STARTTLS; or it does, and nobody wanted it.
    NotOffered {
        /// Whether it did offer STARTTLS.
        offered: bool,
    },
    /// The server refused.
    Refused {
        /// What it refused.
        step: Step,
        /// The code of the reply, 400 to 599.
        code: u16,
        /// The reply with its code, its lines joined by blanks.
        text: String,
    },
    /// There was no answer, or none that can be used.
    Failed {
        /// What failed.
        step: Step,
        /// Why, in a phrase.
        why: Failure,
    },
}

/// Why a step failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Nothing in time, or not all of it.
    TimedOut,
    /// Nobody listens: refused, or no way there.
    Unreachable(String),
    /// The server closed the connection, or it broke.
    Lost,
    /// More bytes or lines than [`StarttlsLimits`] allow.
    TooMuch,
    /// No reply of SMTP.
    Garbled(String),
    /// The handshake failed; OpenSSL's reason.
    Handshake(String),
    /// What was asked for cannot be done here, such as an unreadable CA file.
    Local(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => f.write_str("no complete answer in time"),
            Self::Lost => f.write_str("the server closed the connection"),
            Self::TooMuch => f.write_str("the server sends without end"),
            Self::Garbled(what) => write!(f, "the answer is not SMTP: {what}"),
            Self::Unreachable(why) | Self::Handshake(why) | Self::Local(why) => f.write_str(why),
        }
    }
}

/// The steps of a conversation, in order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Step {
    /// The TCP connection.
    Connect,
    /// The greeting of the server.
    Greeting,
    /// EHLO, and HELO when that is refused.
    Ehlo,
    /// The reply to STARTTLS.
    Starttls,
    /// The TLS handshake.
    Handshake,
}

impl Step {
    /// The name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Greeting => "greeting",
            Self::Ehlo => "ehlo",
            Self::Starttls => "starttls",
            Self::Handshake => "handshake",
        }
    }
}

/// An established TLS connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Such as `TLSv1.3`.
    pub protocol: &'static str,
    /// OpenSSL's name of the cipher.
    pub cipher: &'static str,
    /// The bits of its key: used, and of the algorithm.
    pub bits: (u32, u32),
    /// What the server sent, its own certificate first; empty when it sent none.
    pub chain: Vec<Certificate>,
    /// Whether the chain ends at somebody whom the request trusts, whatever names are in it; what
    /// OpenSSL objects to, in order. With TLSA records it is what keeps a trust anchor from holding.
    pub objections: Vec<Objection>,
    /// The chain that OpenSSL built for [`Self::objections`], the trust anchor last where one was found.
    pub path: Vec<Certificate>,
    /// What TLSA records made of it.
    pub dane: DaneMatch,
    /// What each step took, in order.
    pub times: Vec<(Step, Duration)>,
}

impl Session {
    /// Whether the chain ends at somebody whom the request trusts, names aside.
    ///
    /// # Errors
    ///
    /// OpenSSL's words for what is wrong nearest to the server's certificate.
    pub fn verified(&self) -> Result<(), String> {
        match self.objections.iter().min_by_key(|it| it.depth) {
            None => Ok(()),
            Some(objection) => Err(objection.text.to_owned()),
        }
    }
}

/// One thing that OpenSSL objects to in a chain. [OpenSSL `X509_STORE_CTX_get_error(3)`]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Objection {
    /// The number of `X509_V_ERR_…`.
    pub code: i32,
    /// OpenSSL's text for it.
    pub text: &'static str,
    /// Where in the chain: 0 is the server's certificate.
    pub depth: u32,
    /// The subject of the certificate there.
    pub subject: String,
    /// Its issuer.
    pub issuer: String,
}

impl Objection {
    /// Whether OpenSSL looks at this only after the names: dates and signatures. [OpenSSL `x509_vfy.c`
    /// `verify_chain`]
    pub fn comes_after_names(&self) -> bool {
        matches!(self.code, 4 | 6 | 7 | 9 | 10 | 13 | 14)
    }
}

/// What TLSA records made of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DaneMatch {
    /// There were none.
    NotAsked,
    /// None of them can be used.
    Unusable,
    /// The record with this index holds for the certificate at this depth.
    Matched {
        /// The index in [`StarttlsRequest::tlsa`].
        record: usize,
        /// 0 is the server's certificate.
        depth: usize,
    },
    /// A trust anchor is in the chain, and the chain is not valid: see [`Session::objections`].
    Broken,
    /// A trust anchor holds, and no name.
    NameMismatch,
    /// None holds.
    Mismatch,
}

/// One certificate. All texts are escaped and cut.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate {
    /// The subject: `/C=CH/O=Example/CN=mx.example.com`.
    pub subject: String,
    /// The issuer.
    pub issuer: String,
    /// The DNS names that count: the alternative names, else the common name.
    /// [OpenSSL `X509_check_host(3)`]
    pub names: Vec<String>,
    /// Whether [`Self::names`] is a common name, for want of alternative names.
    pub by_common_name: bool,
    /// The alternative names that are addresses.
    pub addresses: Vec<IpAddr>,
    /// Valid from.
    pub not_before: Timestamp,
    /// Valid until.
    pub not_after: Timestamp,
    /// Whether it is its own issuer.
    pub self_signed: bool,
    /// The certificate in DER.
    pub der: Vec<u8>,
    /// Its public key with the algorithm (`SubjectPublicKeyInfo`) in DER.
    pub public_key: Vec<u8>,
    /// The digests of both.
    pub digests: Digests,
}

/// The SHA-256 digests of a certificate and of its public key, in lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Digests {
    /// Of the certificate.
    pub certificate: String,
    /// Of the public key.
    pub public_key: String,
}
