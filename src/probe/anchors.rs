//! Files of trust anchors.

use crate::dane::Tlsa;
use openssl::pkey::PKey;
use openssl::x509::X509;

/// The certificates and public keys of a file of `tafile`, as Postfix gives them to OpenSSL: each stands
/// for an issuer, and for the server itself. `None` when there are none. [Postfix `tls_dane.c`
/// `tls_dane_load_trustfile`]
pub fn anchors(pem: &str) -> Option<Vec<Tlsa>> {
    let mut list = Vec::new();
    let mut add = |selector: u8, der: &[u8]| {
        list.extend([2, 3].map(|usage| Tlsa::new(usage, selector, 0, der.to_vec())));
    };
    let mut rest = pem;
    while let Some(start) = rest.find("-----BEGIN ") {
        let block = &rest[start..];
        let end = block.find("-----END ").and_then(|at| Some(at + block[at..].find('\n')? + 1));
        let (block, behind) = block.split_at(end.unwrap_or(block.len()));
        rest = behind;
        if block.starts_with("-----BEGIN CERTIFICATE-----")
            || block.starts_with("-----BEGIN X509 CERTIFICATE-----")
        {
            add(0, &X509::from_pem(block.as_bytes()).ok()?.to_der().ok()?);
        } else if block.starts_with("-----BEGIN PUBLIC KEY-----") {
            let key = PKey::public_key_from_pem(block.as_bytes()).ok()?;
            add(1, &key.public_key_to_der().ok()?);
        }
    }
    (!list.is_empty()).then_some(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_anchors_is_none() {
        assert_eq!(anchors(""), None);
        assert_eq!(anchors("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), None);
    }

    #[test]
    fn a_key_is_an_issuer_and_the_server_itself() {
        let key = "-----BEGIN PUBLIC KEY-----\n\
                   MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
                   -----END PUBLIC KEY-----\n";
        let list = anchors(key).unwrap();
        let numbers: Vec<u8> = list.iter().map(|it| it.usage.number()).collect();
        assert_eq!((numbers, list[0].selector.number()), (vec![2, 3], 1));
        assert!(list.iter().all(|it| it.usable().is_ok()));
    }
}
