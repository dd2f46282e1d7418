//! HTTPS to policy hosts: one request a connection, nothing followed, everything bounded.

use crate::mta_sts::is_text_plain;
use crate::world::{FetchError, PolicyRequest};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use std::convert::Infallible;
use std::error::Error as _;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Addresses of a host that are tried.
const ADDRESSES: usize = 3;

/// The largest head of an answer, in bytes.
const HEAD: usize = 16_384;

/// A client for policies.
pub(super) struct Https {
    ca: Option<PathBuf>,
    step: Duration,
    /// Read at first use: most domains have no policy.
    config: OnceLock<Result<Arc<ClientConfig>, FetchError>>,
}

impl Https {
    pub(super) fn new(ca: Option<PathBuf>, step: Duration) -> Self {
        Self { ca, step, config: OnceLock::new() }
    }

    /// Fetches a policy.
    pub(super) async fn fetch(&self, request: &PolicyRequest) -> Result<Vec<u8>, FetchError> {
        let config = self.config.get_or_init(|| config(self.ca.as_deref())).clone()?;
        let whole = timeout(self.step * 3, self.fetch_now(config, request));
        whole.await.unwrap_or(Err(FetchError::Timeout("the whole request")))
    }

    async fn fetch_now(
        &self,
        config: Arc<ClientConfig>,
        request: &PolicyRequest,
    ) -> Result<Vec<u8>, FetchError> {
        let stream = self.connect(request).await?;
        let name = ServerName::try_from(request.host.as_str().to_owned())
            .map_err(|error| FetchError::Certificate(error.to_string()))?;
        let handshake = TlsConnector::from(config).connect(name, stream);
        let stream = timeout(self.step, handshake)
            .await
            .map_err(|_| FetchError::Timeout("the TLS handshake"))?
            .map_err(|error| tls_error(&error))?;
        timeout(self.step, get(stream, request))
            .await
            .unwrap_or(Err(FetchError::Timeout("the answer")))
    }

    async fn connect(&self, request: &PolicyRequest) -> Result<TcpStream, FetchError> {
        let mut failure = FetchError::Connect("it has no address".to_owned());
        for address in request.addresses.iter().take(ADDRESSES) {
            let to = SocketAddr::new(*address, request.port);
            match timeout(self.step, TcpStream::connect(to)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => failure = FetchError::Connect(format!("{address}: {error}")),
                Err(_) => failure = FetchError::Timeout("the connection"),
            }
        }
        Err(failure)
    }
}

async fn get(stream: TlsStream<TcpStream>, request: &PolicyRequest) -> Result<Vec<u8>, FetchError> {
    let http = |error: hyper::Error| FetchError::Http(text(&error));
    let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
        .max_buf_size(HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(http)?;
    let asked = Request::get("/.well-known/mta-sts.txt")
        .header(HOST, request.host.as_str())
        .header(ACCEPT, "text/plain")
        .header(CONNECTION, "close")
        .header(USER_AGENT, concat!("mxward/", env!("CARGO_PKG_VERSION")))
        .body(Empty::<Bytes>::new())
        .map_err(|error| FetchError::Http(error.to_string()))?;
    let exchange = async {
        let response = sender.send_request(asked).await.map_err(http)?;
        judge(&response)?;
        read(response.into_body(), request.most).await
    };
    // The connection is driven beside, and ends with the exchange; when it ends first, the exchange
    // tells why.
    let driven = async {
        let _told = connection.await;
        std::future::pending::<Infallible>().await
    };
    tokio::select! {
        result = exchange => result,
        never = driven => match never {},
    }
}

/// Only the status 200 and text count. [RFC 8461 §3.3]
fn judge(response: &Response<Incoming>) -> Result<(), FetchError> {
    let status = response.status();
    if status.is_redirection() {
        return Err(FetchError::Redirect(status.as_u16()));
    }
    if status != StatusCode::OK {
        return Err(FetchError::Status(status.as_u16()));
    }
    let kind = response.headers().get(CONTENT_TYPE);
    let kind = kind.map_or_else(String::new, |it| String::from_utf8_lossy(it.as_bytes()).into());
    if is_text_plain(&kind) {
        return Ok(());
    }
    Err(FetchError::MediaType(kind.chars().take(60).collect()))
}

async fn read(mut body: Incoming, most: usize) -> Result<Vec<u8>, FetchError> {
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |length| length > most) {
        return Err(FetchError::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| FetchError::Http(text(&error)))?;
        let Some(data) = frame.data_ref() else { continue };
        if bytes.len() + data.len() > most {
            return Err(FetchError::TooLarge);
        }
        bytes.extend_from_slice(data);
    }
    Ok(bytes)
}

/// An error with what it came of.
fn text(error: &hyper::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

fn tls_error(error: &io::Error) -> FetchError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(why)) => FetchError::Certificate(objection(why)),
        Some(other) => FetchError::Tls(other.to_string()),
        None => FetchError::Tls(error.to_string()),
    }
}

/// What is wrong with a certificate, without the time of day.
#[expect(clippy::wildcard_enum_match_arm, reason = "an open enum of the library")]
fn objection(error: &CertificateError) -> String {
    let text = match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is not for that name"
        }
        CertificateError::UnknownIssuer => "nobody known has issued it",
        other => return other.to_string(),
    };
    text.to_owned()
}

fn config(ca: Option<&Path>) -> Result<Arc<ClientConfig>, FetchError> {
    let mut roots = RootCertStore::empty();
    let mut why = String::new();
    if let Some(path) = ca {
        match CertificateDer::pem_file_iter(path) {
            Ok(list) => {
                roots.add_parsable_certificates(list.filter_map(Result::ok));
            }
            Err(error) => why = format!(": `{}`: {error}", path.display()),
        }
    } else {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        why = found.errors.first().map_or(why, |error| format!(": {error}"));
    }
    if roots.is_empty() {
        return Err(FetchError::NoRoots(why));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| FetchError::Tls(error.to_string()))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}
