//! DANE for SMTP: TLSA records, and which of them a mail client may use. [RFC 7672 §3.1; RFC 7671 §4]

mod base_domain;
mod certificate_match;
mod tlsa;
mod tlsa_state;

pub use base_domain::base_domains;
pub use certificate_match::counting;
pub use tlsa::{CertificateUsage, MatchingType, Selector, Tlsa, Unusable, usable};
pub use tlsa_state::TlsaState;
