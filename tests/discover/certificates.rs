//! Certificates for servers of the tests.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd,
};
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::sync::Arc;

/// An authority of its own.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: Certificate,
}

/// A certificate with its key.
#[derive(Clone)]
pub(super) struct Identity {
    pub(super) key: Arc<CertifiedKey>,
    /// SHA-256 of the certificate, in hexadecimal.
    pub(super) digest: String,
}

impl Authority {
    pub(super) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "Lab CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        Self { issuer: Issuer::new(params, key), certificate }
    }

    /// Its own certificate, as `--ca` wants it.
    pub(super) fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// A valid certificate for these names.
    pub(super) fn identity(&self, names: &[&str]) -> Identity {
        self.signed(&params(names))
    }

    /// One that was valid once.
    pub(super) fn expired(&self, names: &[&str]) -> Identity {
        let mut params = params(names);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
        self.signed(&params)
    }

    fn signed(&self, params: &CertificateParams) -> Identity {
        let key = KeyPair::generate().unwrap();
        let certificate = params.clone().signed_by(&key, &self.issuer).unwrap();
        identity(&certificate, &key)
    }
}

/// A certificate that nobody else has signed.
pub(super) fn self_signed(names: &[&str]) -> Identity {
    let key = KeyPair::generate().unwrap();
    let certificate = params(names).self_signed(&key).unwrap();
    identity(&certificate, &key)
}

fn params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.not_after = date_time_ymd(2070, 1, 1);
    params
}

fn identity(certificate: &Certificate, key: &KeyPair) -> Identity {
    let der: CertificateDer<'static> = certificate.der().clone();
    let digest = Sha256::digest(&der).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let key = any_supported_type(&key).unwrap();
    Identity { key: Arc::new(CertifiedKey::new(vec![der], key)), digest }
}
