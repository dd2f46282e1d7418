//! TLSA records and files of trust anchors against a chain. [RFC 6698 §2.1.1; RFC 7671 §5; OpenSSL
//! `x509_vfy.c` `dane_verify`]

use super::certificate::{certificate, name};
use super::handshake::DEPTH;
use crate::dane::{CertificateUsage, MatchingType, Selector, Tlsa, counting, usable};
use crate::world::{Certificate, DaneMatch, Objection, StarttlsRequest};
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::stack::{Stack, StackRef};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::{X509VerifyFlags, X509VerifyParam};
use openssl::x509::{
    X509, X509NameRef, X509PurposeId, X509Ref, X509StoreContext, X509StoreContextRef,
};

/// What came of TLSA records.
pub(super) struct Judged {
    pub(super) dane: DaneMatch,
    /// The path from the server's certificate to the record that holds.
    pub(super) path: Vec<Certificate>,
    /// What keeps a trust anchor from holding.
    pub(super) objections: Vec<Objection>,
}

impl Judged {
    fn new(dane: DaneMatch) -> Self {
        Self { dane, path: Vec::new(), objections: Vec::new() }
    }
}

/// Which record holds.
///
/// A record about the server's own certificate needs no names and no dates, since the zone says what it is;
/// one about a trust anchor needs a valid chain, and one of the names. [RFC 7672 §3.1.1, §3.1.2]
pub(super) fn judge(
    sent: &StackRef<X509>,
    chain: &[Certificate],
    request: &StarttlsRequest,
) -> Judged {
    let records = &request.tlsa;
    if usable(records).next().is_none() {
        return Judged::new(DaneMatch::Unusable);
    }
    let (Some(leaf), Some(server)) = (chain.first(), sent.get(0)) else {
        return Judged::new(DaneMatch::Mismatch);
    };
    let index = |record: &Tlsa| records.iter().position(|it| it == record).unwrap_or(0);
    let about = |record: &&Tlsa, it: &Certificate| record.is_about(&it.der, &it.public_key);
    let own = counting(records, CertificateUsage::DaneEe).find(|it| about(it, leaf));
    if let Some(record) = own {
        let dane = DaneMatch::Matched { record: index(record), depth: 0 };
        return Judged { path: vec![leaf.clone()], ..Judged::new(dane) };
    }
    let has = |name: &String| request.tlsa_names.iter().any(|it| it.matches_certificate_name(name));
    let named = leaf.names.iter().any(has);
    let mut judged = Judged::new(DaneMatch::Mismatch);
    for record in counting(records, CertificateUsage::DaneTa) {
        // A server's certificate is never its own trust anchor.
        let in_chain = sent.iter().zip(chain).skip(1);
        let mut anchors: Vec<X509> =
            in_chain.filter(|(_, it)| about(&record, it)).map(|(it, _)| it.to_owned()).collect();
        if record.matching == MatchingType::Full {
            anchors.extend(not_sent(record, sent));
        }
        for anchor in anchors {
            match path(server, sent, &anchor) {
                Err(_) => {}
                Ok(Ok(path)) if named => {
                    let depth = path.len().saturating_sub(1);
                    let dane = DaneMatch::Matched { record: index(record), depth };
                    return Judged { path, ..Judged::new(dane) };
                }
                Ok(Ok(_)) => judged = Judged::new(DaneMatch::NameMismatch),
                // Names come before dates and signatures.
                Ok(Err(it)) if !named && it.comes_after_names() => {
                    judged = Judged::new(DaneMatch::NameMismatch);
                }
                // It has issued nothing of this.
                Ok(Err(it)) if matches!(it.code, 2 | 18..=21) => {}
                Ok(Err(it)) => {
                    judged = Judged { objections: vec![it], ..Judged::new(DaneMatch::Broken) };
                }
            }
        }
    }
    judged
}

/// A trust anchor that the record itself gives: a certificate, or a key that signed one in the chain.
fn not_sent(record: &Tlsa, sent: &StackRef<X509>) -> Vec<X509> {
    match record.selector {
        Selector::Cert => X509::from_der(&record.data).into_iter().collect(),
        Selector::Spki => {
            let Ok(key) = PKey::public_key_from_der(&record.data) else { return Vec::new() };
            let signed = |it: &&X509Ref| it.verify(&key).unwrap_or(false);
            sent.iter().filter(signed).map(ToOwned::to_owned).collect()
        }
        Selector::Unassigned(_) => Vec::new(),
    }
}

/// The path from the server's certificate to a trust anchor, or what is wrong with it.
fn path(
    server: &X509Ref,
    sent: &StackRef<X509>,
    anchor: &X509,
) -> Result<Result<Vec<Certificate>, Objection>, ErrorStack> {
    let mut parameters = X509VerifyParam::new()?;
    parameters.set_purpose(X509PurposeId::SSL_SERVER)?;
    parameters.set_depth(i32::try_from(DEPTH).unwrap_or(i32::MAX));
    parameters.set_auth_level(1);
    parameters.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
    let mut store = X509StoreBuilder::new()?;
    store.set_param(&parameters)?;
    store.add_cert(anchor.clone())?;
    let store = store.build();
    let mut others = Stack::new()?;
    for it in sent.iter().skip(1) {
        others.push(it.to_owned())?;
    }
    let mut context = X509StoreContext::new()?;
    context.init(&store, server, &others, |context| {
        if !context.verify_cert()? {
            return Ok(Err(objection(context)));
        }
        let chain = context.chain().into_iter().flatten();
        Ok(Ok(chain.filter_map(|it| certificate(it).ok()).collect()))
    })
}

/// What OpenSSL objects to right now.
pub(super) fn objection(at: &X509StoreContextRef) -> Objection {
    let (error, certificate) = (at.error(), at.current_cert());
    let named = |which: fn(&X509Ref) -> &X509NameRef| {
        certificate.map_or_else(String::new, |it| name(which(it)))
    };
    Objection {
        code: error.as_raw(),
        text: error.error_string(),
        depth: at.error_depth(),
        subject: named(X509Ref::subject_name),
        issuer: named(X509Ref::issuer_name),
    }
}
