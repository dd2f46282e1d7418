//! Certificates of every kind, made for one run.

use openssl::asn1::{Asn1Integer, Asn1Time};
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// A certificate with its key.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) certificate: X509,
    pub(crate) key: PKey<Private>,
}

/// What a certificate is to be like.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'w> {
    pub(crate) common_name: &'w str,
    /// `name` or `IP:address`.
    pub(crate) names: &'w [&'w str],
    pub(crate) authority: bool,
    /// Days from today.
    pub(crate) from: i64,
    pub(crate) until: i64,
    /// An RSA key of so many bits, instead of an elliptic curve.
    pub(crate) rsa: Option<u32>,
    /// Only for clients.
    pub(crate) client: bool,
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self {
            common_name: "",
            names: &[],
            authority: false,
            from: -1,
            until: 60,
            rsa: None,
            client: false,
        }
    }
}

impl Identity {
    /// One that its own key signs.
    pub(crate) fn self_signed(wanted: Wanted<'_>) -> Self {
        Self::made(wanted, None)
    }

    /// One that this one signs.
    pub(crate) fn issue(&self, wanted: Wanted<'_>) -> Self {
        Self::made(wanted, Some(self))
    }

    fn made(wanted: Wanted<'_>, issuer: Option<&Self>) -> Self {
        let key = if let Some(bits) = wanted.rsa {
            PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap()
        } else {
            let curve = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
            PKey::from_ec_key(EcKey::generate(&curve).unwrap()).unwrap()
        };
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_nid(Nid::ORGANIZATIONNAME, "Test").unwrap();
        if !wanted.common_name.is_empty() {
            name.append_entry_by_nid(Nid::COMMONNAME, wanted.common_name).unwrap();
        }
        let name = name.build();
        let mut builder = X509::builder().unwrap();
        builder.set_version(2).unwrap();
        let mut number = BigNum::new().unwrap();
        number.rand(100, openssl::bn::MsbOption::MAYBE_ZERO, false).unwrap();
        builder.set_serial_number(&Asn1Integer::from_bn(&number).unwrap()).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(issuer.map_or(&*name, |it| it.certificate.subject_name())).unwrap();
        builder.set_pubkey(&key).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let day = |days: i64| {
            let time = i64::try_from(now).unwrap() + days * 86_400 + 3600;
            Asn1Time::from_unix(time).unwrap()
        };
        builder.set_not_before(&day(wanted.from)).unwrap();
        builder.set_not_after(&day(wanted.until)).unwrap();
        let mut basic = BasicConstraints::new();
        basic.critical();
        if wanted.authority {
            basic.ca();
        }
        builder.append_extension(basic.build().unwrap()).unwrap();
        if wanted.client {
            let usage = ExtendedKeyUsage::new().client_auth().build().unwrap();
            builder.append_extension(usage).unwrap();
        }
        if !wanted.names.is_empty() {
            let mut alternative = SubjectAlternativeName::new();
            for name in wanted.names {
                match name.strip_prefix("IP:") {
                    Some(address) => alternative.ip(address),
                    None => alternative.dns(name),
                };
            }
            let context = builder.x509v3_context(issuer.map(|it| &*it.certificate), None);
            let alternative = alternative.build(&context).unwrap();
            builder.append_extension(alternative).unwrap();
        }
        let signer = issuer.map_or(&key, |it| &it.key);
        builder.sign(signer, MessageDigest::sha256()).unwrap();
        Self { certificate: builder.build(), key }
    }

    /// The certificate as PEM.
    pub(crate) fn pem(&self) -> String {
        String::from_utf8(self.certificate.to_pem().unwrap()).unwrap()
    }

    /// The public key as PEM.
    pub(crate) fn key_pem(&self) -> String {
        String::from_utf8(self.key.public_key_to_pem().unwrap()).unwrap()
    }

    /// Writes the key, the certificate and the others that the server sends.
    pub(crate) fn write(&self, file: &Path, others: &[&Self]) {
        let key = String::from_utf8(self.key.private_key_to_pem_pkcs8().unwrap()).unwrap();
        let others: String = others.iter().map(|it| it.pem()).collect();
        fs::write(file, format!("{key}{}{others}", self.pem())).unwrap();
    }

    /// SHA-256 digests of the certificate and of the key in hexadecimal digits.
    pub(crate) fn digests(&self) -> [String; 2] {
        let key = self.key.public_key_to_der().unwrap();
        [self.certificate.to_der().unwrap(), key].map(|it| hex(&openssl::sha::sha256(&it)))
    }

    /// The SHA-512 digest of the key.
    pub(crate) fn key_sha512(&self) -> String {
        hex(&openssl::sha::sha512(&self.key.public_key_to_der().unwrap()))
    }

    /// All of the certificate in hexadecimal digits.
    pub(crate) fn full(&self) -> String {
        hex(&self.certificate.to_der().unwrap())
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}
