//! The TLS handshake as smtp(8) makes it. [Postfix `tls_client.c`]

use super::anchors::{self, Judged, objection};
use super::certificate::certificate;
use super::conversation::shown;
use super::wire::Wire;
use crate::postfix::ClientTls;
use crate::world::{Certificate, DaneMatch, Failure, Objection, Session, StarttlsRequest, Trust};
use openssl::error::ErrorStack;
use openssl::ssl::{
    HandshakeError, Ssl, SslCipherRef, SslContext, SslMethod, SslOptions, SslStream, SslVerifyMode,
    SslVersion,
};
use openssl::stack::StackRef;
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// As `smtp_tls_scert_verifydepth`, and one more for the root. [Postfix `tls_client.c` `tls_client_init`]
pub(super) const DEPTH: u32 = 10;

/// One context for each set of authorities and protocols: reading a hundred authorities takes longer than a
/// handshake.
#[derive(Default)]
pub(super) struct Contexts(Mutex<BTreeMap<Kind, Result<SslContext, String>>>);

/// Whom to trust, and the protocols.
type Kind = (Trust, [bool; 4]);

impl Contexts {
    fn get(&self, trust: &Trust, protocols: [bool; 4]) -> Result<SslContext, String> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let made = || context(trust, protocols);
        known.entry((trust.clone(), protocols)).or_insert_with(made).clone()
    }
}

fn context(trust: &Trust, [v1, v1_1, v1_2, v1_3]: [bool; 4]) -> Result<SslContext, String> {
    let fault = |error: ErrorStack| reason(&error);
    let mut builder = SslContext::builder(SslMethod::tls_client()).map_err(fault)?;
    builder.set_security_level(0);
    builder.set_verify_depth(DEPTH);
    let mut options = SslOptions::IGNORE_UNEXPECTED_EOF;
    for (allowed, option) in [
        (v1, SslOptions::NO_TLSV1),
        (v1_1, SslOptions::NO_TLSV1_1),
        (v1_2, SslOptions::NO_TLSV1_2),
        (v1_3, SslOptions::NO_TLSV1_3),
    ] {
        if !allowed {
            options |= option;
        }
    }
    builder.set_options(options);
    builder.set_min_proto_version(Some(SslVersion::TLS1)).map_err(fault)?;
    let mut store = X509StoreBuilder::new().map_err(fault)?;
    for authority in authorities(trust)? {
        // The same authority twice is no harm.
        let _again = store.add_cert(authority);
    }
    builder.set_cert_store(store.build());
    Ok(builder.build())
}

fn authorities(trust: &Trust) -> Result<Vec<X509>, String> {
    match trust {
        Trust::Certificates(pem) => from_pem(pem),
        Trust::System => {
            let found = rustls_native_certs::load_native_certs();
            Ok(found.certs.iter().filter_map(|it| X509::from_der(it).ok()).collect())
        }
        Trust::Path(path) => {
            let told = |error: std::io::Error| format!("{}: {error}", path.display());
            if !path.is_dir() {
                let found = from_pem(&std::fs::read(path).map_err(told)?)?;
                if found.is_empty() {
                    return Err(format!("{}: there is no certificate in it", path.display()));
                }
                return Ok(found);
            }
            // The names of the files are those of c_rehash(1); what is no certificate is passed over.
            let mut list = Vec::new();
            for entry in std::fs::read_dir(path).map_err(told)? {
                let file = entry.map_err(told)?.path();
                list.extend(read_one(&file));
            }
            Ok(list)
        }
    }
}

fn read_one(file: &Path) -> Vec<X509> {
    let hashed = file.file_name().and_then(|it| it.to_str()).and_then(|it| it.split_once('.'));
    let hashed = hashed.is_some_and(|(hash, number)| {
        hash.len() == 8
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    if !hashed {
        return Vec::new();
    }
    std::fs::read(file).ok().and_then(|bytes| from_pem(&bytes).ok()).unwrap_or_default()
}

fn from_pem(pem: &[u8]) -> Result<Vec<X509>, String> {
    if !pem.windows(11).any(|it| it == b"-----BEGIN ") {
        return Ok(Vec::new());
    }
    X509::stack_from_pem(pem).map_err(|error| reason(&error))
}

/// Makes the handshake, judges the chain, and says QUIT.
pub(super) fn handshake(
    mut wire: Wire,
    request: &StarttlsRequest,
    contexts: &Contexts,
) -> Result<Session, Failure> {
    let Some(tls) = &request.tls else {
        return Err(Failure::Local("no TLS was asked for".to_owned()));
    };
    // TLSA records decide instead of the authorities.
    let nobody = Trust::Certificates(Arc::from([]));
    let trust = if request.tlsa.is_empty() { &request.trust } else { &nobody };
    let context = contexts.get(trust, tls.protocols).map_err(Failure::Local)?;
    let seen: Arc<Mutex<Vec<Objection>>> = Arc::default();
    let ssl = prepare(&context, tls, request, &seen).map_err(|it| Failure::Local(reason(&it)))?;
    wire.begin(&request.limits, request.limits.handshake);
    let mut stream = ssl.connect(wire).map_err(failure)?;
    let mut session = describe(&stream, request);
    if request.tlsa.is_empty() {
        session.objections =
            std::mem::take(&mut seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
    stream.get_mut().begin(&request.limits, 0);
    // The connection ends either way.
    let _ended = stream.write_all(b"QUIT\r\n");
    Ok(session)
}

fn prepare(
    context: &SslContext,
    tls: &ClientTls,
    request: &StarttlsRequest,
    seen: &Arc<Mutex<Vec<Objection>>>,
) -> Result<Ssl, ErrorStack> {
    let mut ssl = Ssl::new(context)?;
    ssl.set_cipher_list(&tls.ciphers)?;
    ssl.set_security_level(u32::from(tls.authenticates));
    if let Some(name) = &request.server_name {
        ssl.set_hostname(&name.to_string())?;
    }
    let seen = Arc::clone(seen);
    // Nothing ends the handshake: all objections are collected, and judged afterwards.
    // [Postfix `tls_verify.c` `tls_verify_certificate_callback`]
    ssl.set_verify_callback(SslVerifyMode::NONE, move |fine, at| {
        if !fine {
            let objection = objection(at);
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            // A chain has few certificates, and each few faults.
            if seen.len() < 100 {
                seen.push(objection);
            }
        }
        true
    });
    Ok(ssl)
}

fn describe(stream: &SslStream<Wire>, request: &StarttlsRequest) -> Session {
    let ssl = stream.ssl();
    let list = |chain: Option<&StackRef<X509>>| -> Vec<Certificate> {
        chain.into_iter().flatten().filter_map(|it| certificate(it).ok()).collect()
    };
    let cipher = ssl.current_cipher();
    let bits = cipher.map_or((0, 0), |it| {
        let bits = it.bits();
        let number = |bits: i32| u32::try_from(bits).unwrap_or(0);
        (number(bits.secret), number(bits.algorithm))
    });
    let chain = list(ssl.peer_cert_chain());
    let judged = match (request.tlsa.is_empty(), ssl.peer_cert_chain()) {
        (true, _) => {
            let path = list(ssl.verified_chain());
            Judged { dane: DaneMatch::NotAsked, path, objections: Vec::new() }
        }
        (false, None) => {
            let (path, objections) = (Vec::new(), Vec::new());
            Judged { dane: DaneMatch::Mismatch, path, objections }
        }
        (false, Some(sent)) => anchors::judge(sent, &chain, request),
    };
    let Judged { dane, path, objections } = judged;
    Session {
        protocol: ssl.version_str(),
        cipher: cipher.map_or("none", SslCipherRef::name),
        bits,
        chain,
        objections,
        path,
        dane,
        times: Vec::new(),
    }
}

fn failure(error: HandshakeError<Wire>) -> Failure {
    match error {
        HandshakeError::SetupFailure(error) => Failure::Local(reason(&error)),
        HandshakeError::Failure(mid) | HandshakeError::WouldBlock(mid) => {
            match (mid.error().ssl_error(), mid.get_ref().fault()) {
                (Some(error), None | Some(Failure::Lost)) => Failure::Handshake(reason(error)),
                (_, Some(fault)) => fault.clone(),
                (None, None) => Failure::Lost,
            }
        }
    }
}

/// OpenSSL's reason in its own words.
pub(super) fn reason(error: &ErrorStack) -> String {
    let reason = error.errors().iter().find_map(openssl::error::Error::reason);
    shown(reason.unwrap_or("OpenSSL gives no reason"))
}
