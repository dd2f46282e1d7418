//! DNS names as the rest of the program uses them: A-labels, lower case, no trailing dot.

use compact_str::CompactString;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

/// A DNS name: A-labels in lower case, without the trailing dot.
///
/// 1 to 253 bytes, labels of 1 to 63 bytes made of letters, digits, hyphen and underscore; no label
/// starts or ends with a hyphen, and the last one is not all digits, so that an IPv4 address is
/// never a name. [RFC 1123 §2.1; RFC 5890 §2.3.1; Postfix `valid_hostname.c`]
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DomainName(CompactString);

/// Why a text is not a [`DomainName`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    /// Nothing, or only dots.
    #[error("the name is empty")]
    Empty,
    /// More than 253 bytes as A-labels.
    #[error("the name is longer than 253 bytes")]
    TooLong,
    /// A label is empty, as in `a..b` or `.a`.
    #[error("a label is empty")]
    EmptyLabel,
    /// The final dot, where none is allowed.
    #[error("it ends with a dot")]
    FinalDot,
    /// A label of more than 63 bytes.
    #[error("the label `{0}` is longer than 63 bytes")]
    LabelTooLong(String),
    /// A label starts or ends with `-`.
    #[error("the label `{0}` starts or ends with a hyphen")]
    Hyphen(String),
    /// A byte that no host name has.
    #[error("`{}` cannot stand in a name", shown(*.0))]
    Character(char),
    /// The last label is all digits: this is an address or nothing.
    #[error("the last label is a number, as in an address")]
    Numeric,
    /// Not valid as an internationalised name. [UTS 46]
    #[error("not a valid internationalised name")]
    Idna,
}

impl DomainName {
    /// Reads a name as a person writes it: U-labels or A-labels, any case, one trailing dot allowed.
    ///
    /// # Errors
    ///
    /// A [`NameError`] that says what is wrong; the caller adds the place.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if let Some(name) = Self::parse_canonical(text) {
            return Ok(name);
        }
        let text = text.strip_suffix('.').unwrap_or(text);
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        let name = if text.is_ascii() {
            text.to_ascii_lowercase()
        } else {
            idna::domain_to_ascii(text).map_err(|_| NameError::Idna)?
        };
        check(&name)?;
        // What is left where characters were mapped away may look like an A-label, too.
        if name.split('.').any(|label| label.starts_with("xn--")) {
            let (unicode, result) = idna::domain_to_unicode(&name);
            if result.is_err() || !idna::domain_to_ascii(&unicode).is_ok_and(|it| it == name) {
                return Err(NameError::Idna);
            }
        }
        Ok(Self(name.into()))
    }

    /// The fast path of [`Self::parse`]: the text is already what would be stored.
    fn parse_canonical(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        if bytes.is_empty() || bytes.len() > 253 {
            return None;
        }
        let (mut start, mut digits) = (0, true);
        for (at, &byte) in bytes.iter().enumerate() {
            match byte {
                b'a'..=b'z' | b'_' => digits = false,
                b'0'..=b'9' => {}
                b'-' => {
                    if at == start || bytes.get(at + 1).is_none_or(|&next| next == b'.') {
                        return None;
                    }
                    digits = false;
                }
                b'.' => {
                    if at == start || at - start > 63 {
                        return None;
                    }
                    (start, digits) = (at + 1, true);
                }
                _ => return None,
            }
            // An A-label needs the slow path, which checks that it decodes.
            if at == start + 3 && &bytes[start..=at] == b"xn--" {
                return None;
            }
        }
        if start == bytes.len() || bytes.len() - start > 63 || digits {
            return None;
        }
        Some(Self(CompactString::new(text)))
    }

    /// The name as it stands in DNS and in maps: A-labels, lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The U-label form, when it differs from [`Self::as_str`].
    ///
    /// Postfix converts neither map keys nor recipients, so maps need both forms.
    /// [Postfix `transport.c`, `smtp_tls_policy.c`: no IDNA call on the key]
    pub fn unicode(&self) -> Option<String> {
        // A search for one byte passes over names without A-labels at once.
        let bytes = self.0.as_bytes();
        if !memchr::memchr_iter(b'x', bytes).any(|at| bytes[at..].starts_with(b"xn--")) {
            return None;
        }
        let (unicode, result) = idna::domain_to_unicode(&self.0);
        (result.is_ok() && unicode != self.0.as_str()).then_some(unicode)
    }

    /// The labels from left to right; never empty.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }

    /// The parent domain: `b.c` of `a.b.c`, none of `c`.
    pub fn parent(&self) -> Option<&str> {
        self.0.split_once('.').map(|(_, parent)| parent)
    }

    /// Whether this name lies below `ancestor`, at any depth; a name is not below itself.
    pub fn is_below(&self, ancestor: &str) -> bool {
        self.0.strip_suffix(ancestor).is_some_and(|rest| rest.ends_with('.'))
    }
}

/// The first bytes of a text as a number: whose is smaller comes first; where they are equal, the rest decides.
pub(crate) fn sort_prefix(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let length = text.len().min(8);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(bytes)
}

/// A character as messages show it: none that a terminal would act on.
fn shown(character: char) -> String {
    if character.is_control() {
        character.escape_default().to_string()
    } else {
        character.to_string()
    }
}

fn check(name: &str) -> Result<(), NameError> {
    if name.len() > 253 {
        return Err(NameError::TooLong);
    }
    for label in name.split('.') {
        if label.is_empty() {
            return Err(NameError::EmptyLabel);
        }
        let bad = |c: &char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if let Some(character) = label.chars().find(bad) {
            return Err(NameError::Character(character));
        }
        if label.len() > 63 {
            return Err(NameError::LabelTooLong(label.to_owned()));
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(NameError::Hyphen(label.to_owned()));
        }
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    if last.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NameError::Numeric);
    }
    Ok(())
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for DomainName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// What a declaration or a map key names: one domain, or all subdomains of one.
///
/// Ordered as the keys are in a sorted map: `.` sorts before every character a name starts with.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Recipients {
    /// `.example.com`: mail for every subdomain at any depth, not for the domain itself.
    /// [transport(5); postconf(5) `smtp_tls_policy_maps`]
    Subdomains(DomainName),
    /// `example.com`: mail for that domain itself, not for its subdomains.
    Domain(DomainName),
}

impl Recipients {
    /// Reads `example.com` or `.example.com`, U-labels allowed.
    ///
    /// # Errors
    ///
    /// As [`DomainName::parse`].
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match text.strip_prefix('.') {
            Some(rest) => DomainName::parse(rest).map(Self::Subdomains),
            None => DomainName::parse(text).map(Self::Domain),
        }
    }

    /// The domain without the leading dot.
    pub fn name(&self) -> &DomainName {
        match self {
            Self::Domain(name) | Self::Subdomains(name) => name,
        }
    }

    /// The lookup key: A-labels, with the leading dot of the subdomains form.
    pub fn key(&self) -> CompactString {
        match self {
            Self::Domain(name) => name.0.clone(),
            Self::Subdomains(name) => compact_str::format_compact!(".{name}"),
        }
    }

    /// As [`Self::key`], borrowed where that is possible.
    pub fn key_text(&self) -> Cow<'_, str> {
        match self {
            Self::Domain(name) => Cow::Borrowed(name.as_str()),
            Self::Subdomains(name) => Cow::Owned(format!(".{name}")),
        }
    }

    /// Compares the lookup key with another, byte by byte.
    pub fn cmp_key(&self, other: &str) -> Ordering {
        match self {
            Self::Domain(name) => name.as_str().cmp(other),
            Self::Subdomains(name) => {
                std::iter::once(b'.').chain(name.as_str().bytes()).cmp(other.bytes())
            }
        }
    }

    /// [`sort_prefix`] of the lookup key.
    pub fn sort_prefix(&self) -> u64 {
        let name = sort_prefix(&self.name().0);
        if self.is_subdomains() { (u64::from(b'.') << 56) | (name >> 8) } else { name }
    }

    /// The lookup key with U-labels, when it differs from [`Self::key`].
    pub fn unicode_key(&self) -> Option<CompactString> {
        let unicode = self.name().unicode()?;
        Some(if self.is_subdomains() {
            compact_str::format_compact!(".{unicode}")
        } else {
            CompactString::from(unicode)
        })
    }

    /// Whether this is the `.example.com` form.
    pub fn is_subdomains(&self) -> bool {
        matches!(self, Self::Subdomains(_))
    }
}

impl fmt::Display for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(name) => write!(f, "{name}"),
            Self::Subdomains(name) => write!(f, ".{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stored_as_lower_case_a_labels_without_the_final_dot() {
        for (text, stored) in [
            ("gmail.com", "gmail.com"),
            ("GMail.COM.", "gmail.com"),
            ("münchen.example", "xn--mnchen-3ya.example"),
            ("XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"),
            ("_dc-mx.53f489fd2075.lavega.com", "_dc-mx.53f489fd2075.lavega.com"),
        ] {
            assert_eq!(DomainName::parse(text).unwrap().as_str(), stored, "{text}");
        }
        let invisible = DomainName::parse("xn--xn--mnxn-\u{feff}che");
        assert_eq!(invisible, Err(NameError::Idna), "without the mark it is no A-label");
        assert_eq!(
            DomainName::parse("xn--mnchen-3ya.example").unwrap().unicode().as_deref(),
            Some("münchen.example")
        );
    }

    #[test]
    fn prefixes_are_ordered_as_the_keys_are() {
        let texts = [
            ".a.example",
            ".aaaaaaaa.example",
            "0.example",
            "_a.example",
            "a.b",
            "a.bc",
            "aaaaaaaab.c",
        ];
        let mut list: Vec<_> = texts.iter().map(|it| Recipients::parse(it).unwrap()).collect();
        list.sort();
        assert!(list.is_sorted_by_key(Recipients::sort_prefix));
        assert_eq!(list.iter().map(Recipients::key).collect::<Vec<_>>(), texts);
    }

    #[test]
    fn what_is_no_name_is_refused_with_the_reason() {
        for (text, error) in [
            ("", NameError::Empty),
            (".", NameError::Empty),
            ("a..b", NameError::EmptyLabel),
            (".example.com", NameError::EmptyLabel),
            ("192.0.2.1", NameError::Numeric),
            ("user@example.com", NameError::Character('@')),
            ("*.example.com", NameError::Character('*')),
            ("-a.example", NameError::Hyphen("-a".into())),
            ("a b.example", NameError::Character(' ')),
            ("a\u{1b}[31m.example", NameError::Character('\u{1b}')),
            ("xn--a.example", NameError::Idna),
        ] {
            assert_eq!(DomainName::parse(text), Err(error), "{text:?}");
        }
    }
}
