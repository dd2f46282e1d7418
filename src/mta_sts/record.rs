//! The TXT record, which tells that there is a policy and when it has changed.

use std::fmt;

/// A valid record. [RFC 8461 §3.1]
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Record {
    /// The id: 1 to 32 letters and digits. Another id means another policy.
    id: String,
}

/// Why TXT records make no MTA-STS record. A domain with one of these has no policy as far as senders
/// are concerned. [RFC 8461 §3.1]
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecordError {
    /// More than one record begins as one.
    #[error("there are several MTA-STS records")]
    Several,
    /// No `v=STSv1` at the beginning.
    #[error("it does not begin with `v=STSv1;`")]
    Version,
    /// No `id`.
    #[error("it has no `id`")]
    NoId,
    /// The id is not of 1 to 32 letters and digits.
    #[error("its `id` is not 1 to 32 letters and digits")]
    Id,
    /// Something else in it does not follow the grammar.
    #[error("it does not follow the grammar of MTA-STS records")]
    Syntax,
}

/// Finds the record among the TXT records at `_mta-sts.DOMAIN`, the strings of each joined.
///
/// Records that begin otherwise are passed over; `None` when that leaves none. [RFC 8461 §3.1]
///
/// # Errors
///
/// When there are several, or the one is not valid.
pub fn find_record<T: AsRef<[u8]>>(records: &[T]) -> Result<Option<Record>, RecordError> {
    let mut candidates = records.iter().filter(|it| has_version(it.as_ref()));
    match (candidates.next(), candidates.next()) {
        (None, _) => Ok(None),
        (Some(record), None) => Record::parse(record.as_ref()).map(Some),
        (Some(_), Some(_)) => Err(RecordError::Several),
    }
}

/// Whether a text begins as a record: the version alone, then blanks and the delimiter.
fn has_version(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"v=STSv1") else { return false };
    // The grammar allows blanks before the delimiter, the text around it does not. The grammar is what
    // parsers follow. [RFC 8461 §3.1, erratum 6285]
    rest.iter().find(|byte| !is_blank(**byte)) == Some(&b';')
}

impl Record {
    /// Reads one record.
    ///
    /// # Errors
    ///
    /// When it is not valid. Unknown fields are fine where they follow the grammar; of a field that is
    /// there twice the first counts. [RFC 8461 §3.1, §3.2]
    pub fn parse(text: &[u8]) -> Result<Self, RecordError> {
        if !has_version(text) {
            return Err(RecordError::Version);
        }
        let mut fields: Vec<&[u8]> = text.split(|byte| *byte == b';').collect();
        // One delimiter may stand at the end, with blanks around it.
        if fields.last().is_some_and(|last| trim(last).is_empty()) {
            fields.pop();
        } else if fields.last().is_some_and(|last| last.last().copied().is_some_and(is_blank)) {
            return Err(RecordError::Syntax);
        }
        let mut id = None;
        for field in fields.iter().skip(1) {
            let field = trim(field);
            let Some(equals) = field.iter().position(|byte| *byte == b'=') else {
                return Err(RecordError::Syntax);
            };
            let (name, value) = (&field[..equals], &field[equals + 1..]);
            if name == b"id" {
                let letters = value.iter().all(u8::is_ascii_alphanumeric);
                if !letters || !(1..=32).contains(&value.len()) {
                    return Err(RecordError::Id);
                }
                let value = String::from_utf8_lossy(value).into_owned();
                id = id.or(Some(value));
            } else if !is_extension_name(name) || !is_extension_value(value) {
                return Err(RecordError::Syntax);
            }
        }
        id.map(|id| Self { id }).ok_or(RecordError::NoId)
    }

    /// The id.
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v=STSv1; id={};", self.id)
    }
}

/// The name of a field that is not known: also in policies. [RFC 8461 §3.1, §3.2]
pub(super) fn is_extension_name(name: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (1..=32).contains(&name.len()) && name[0].is_ascii_alphanumeric() && name.iter().all(plain)
}

/// No control characters, blanks, `=`, `;` and nothing beyond ASCII.
fn is_extension_value(value: &[u8]) -> bool {
    let plain = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'=' | b';');
    !value.is_empty() && value.iter().all(plain)
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !is_blank(*byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_blank(*byte)).map_or(start, |at| at + 1);
    &text[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Result<String, RecordError> {
        Record::parse(text.as_bytes()).map(|record| record.id)
    }

    #[test]
    fn a_record_has_a_version_and_an_id() {
        for text in [
            "v=STSv1; id=20300101T000000Z;",
            "v=STSv1;id=20300101T000000Z",
            "v=STSv1 \t; \t id=20300101T000000Z \t;  ",
            "v=STSv1; note=a+b; id=20300101T000000Z; x.y-z_1=~",
            "v=STSv1; id=20300101T000000Z; id=other",
        ] {
            assert_eq!(id(text).as_deref(), Ok("20300101T000000Z"), "{text}");
        }
        assert_eq!(id(&format!("v=STSv1; id={}", "a".repeat(32))), Ok("a".repeat(32)));
    }

    #[test]
    fn what_does_not_follow_the_grammar_is_no_record() {
        use RecordError::{Id, NoId, Syntax, Version};
        let long = format!("v=STSv1; id={}", "a".repeat(33));
        let name = format!("v=STSv1; id=a; {}=b", "n".repeat(33));
        for (text, error) in [
            ("", Version),
            ("v=STSv1", Version),
            (" v=STSv1; id=a", Version),
            ("V=STSv1; id=a", Version),
            ("v=stsv1; id=a", Version),
            ("v=STSv10; id=a", Version),
            ("id=a; v=STSv1;", Version),
            ("v=STSv1;", NoId),
            ("v=STSv1; ID=a", NoId),
            ("v=STSv1; id=", Id),
            ("v=STSv1; id=a-b", Id),
            ("v=STSv1; id=a b", Id),
            (&long, Id),
            ("v=STSv1; id = a", Syntax),
            ("v=STSv1; id=a ", Syntax),
            ("v=STSv1; id=a;;", Syntax),
            ("v=STSv1;; id=a", Syntax),
            ("v=STSv1; id=a; note", Syntax),
            ("v=STSv1; id=a; note=", Syntax),
            ("v=STSv1; id=a; note=b c", Syntax),
            ("v=STSv1; id=a; note=b=c", Syntax),
            ("v=STSv1; id=a; note=\u{e9}", Syntax),
            ("v=STSv1; id=a; -note=b", Syntax),
            (&name, Syntax),
        ] {
            assert_eq!(id(text), Err(error), "{text}");
        }
    }

    #[test]
    fn other_records_are_passed_over_and_two_are_too_many() {
        let found = |records: &[&str]| {
            find_record(records).map(|found| found.map(|record| record.id().to_owned()))
        };
        assert_eq!(found(&[]), Ok(None));
        assert_eq!(found(&["v=spf1 -all", "v=STSv2; id=a"]), Ok(None));
        assert_eq!(found(&["verification=x", "v=STSv1; id=a;"]), Ok(Some("a".to_owned())));
        assert_eq!(found(&["v=STSv1; id=a;", "v=STSv1; id=a;"]), Err(RecordError::Several));
        assert_eq!(found(&["v=STSv1; id=a;", "v=STSv1;"]), Err(RecordError::Several));
        assert_eq!(found(&["v=STSv1; x=y;"]), Err(RecordError::NoId));
    }
}
