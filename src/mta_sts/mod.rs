//! MTA-STS: the TXT record and the policy of a domain. [RFC 8461 §3]

mod media_type;
mod mx;
mod policy;
mod record;

pub use media_type::is_text_plain;
pub use mx::PolicyMx;
pub use policy::{MAX_POLICY_BYTES, Mode, Policy, PolicyError};
pub use record::{Record, RecordError, find_record};
