//! Under which name the TLSA records of an MX host stand.

use crate::names::DomainName;

/// The TLSA base domains of an MX host, in the order in which they are tried.
///
/// `host` is the name in the MX record, `end` where its aliases lead, the same name where there are none.
/// `secure` tells whether the addresses, aliases included, are DNSSEC-secure; `first_alias_secure`
/// whether the first alias alone is, which makes the host's own zone a signed one. Without either there
/// are no base domains: no TLSA record of an insecure host may be used.
///
/// The end of the aliases comes first, then the host itself. [RFC 7672 §2.2.2; RFC 7671 §7; Postfix
/// `tls_dane.c` `tls_dane_resolve`]
///
/// # Examples
///
/// ```
/// use mxward::dane::base_domains;
/// use mxward::names::DomainName;
///
/// let [mx, server] = ["mx.example.com", "server.example.net"].map(|it| DomainName::parse(it).unwrap());
/// assert_eq!(base_domains(&mx, &mx, true, false), [mx.clone()]);
/// assert_eq!(base_domains(&mx, &server, true, true), [server.clone(), mx.clone()]);
/// assert_eq!(base_domains(&mx, &server, false, true), [mx.clone()]);
/// assert!(base_domains(&mx, &server, false, false).is_empty());
/// ```
pub fn base_domains(
    host: &DomainName,
    end: &DomainName,
    secure: bool,
    first_alias_secure: bool,
) -> Vec<DomainName> {
    let is_alias = host != end;
    let own = secure || (is_alias && first_alias_secure);
    let target = (is_alias && secure).then(|| end.clone());
    target.into_iter().chain(own.then(|| host.clone())).collect()
}
