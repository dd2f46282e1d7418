//! The policy that a policy host serves.

use super::mx::PolicyMx;
use super::record::is_extension_name;
use crate::names::DomainName;

/// The largest policy that is read. [RFC 8461 §3.3]
pub const MAX_POLICY_BYTES: usize = 65_536;

/// The largest `max_age` in seconds: about a year. [RFC 8461 §3.2]
const MAX_AGE: u32 = 31_557_600;

/// More `mx` than this are no mail system's.
const MAX_MX: usize = 256;

/// A valid policy. [RFC 8461 §3.2]
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Policy {
    /// What senders are to do with hosts that fail.
    pub mode: Mode,
    /// For how many seconds the policy holds once it was fetched: 0 to 31,557,600.
    pub max_age: u32,
    /// The MX hosts, in the order of writing; empty only with [`Mode::None`].
    pub mx: Vec<PolicyMx>,
}

/// What senders are to do with hosts that fail. [RFC 8461 §5]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mode {
    /// Not to deliver to them.
    Enforce,
    /// To deliver, and to tell.
    Testing,
    /// To behave as without a policy.
    None,
}

/// Why a text is not a policy.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PolicyError {
    /// Larger than [`MAX_POLICY_BYTES`].
    #[error("it is larger than 64 KiB")]
    TooLarge,
    /// A line that is no field.
    #[error("line {0} is not a field as the grammar has them")]
    Line(usize),
    /// `version` is missing.
    #[error("`version` is missing")]
    NoVersion,
    /// `mode` is missing.
    #[error("`mode` is missing")]
    NoMode,
    /// `max_age` is missing.
    #[error("`max_age` is missing")]
    NoMaxAge,
    /// No `mx`, and the mode needs one.
    #[error("it names no `mx`")]
    NoMx,
    /// More `mx` than any mail system has.
    #[error("it names more than {MAX_MX} `mx`")]
    TooManyMx,
}

impl Mode {
    /// Every mode with its name in policies.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("enforce", Self::Enforce), ("testing", Self::Testing), ("none", Self::None)];

    /// The name in policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Testing => "testing",
            Self::None => "none",
        }
    }
}

impl Policy {
    /// Reads a policy: lines ended by LF or CRLF, the last one also by the end of the text. Of a field
    /// that is there twice the first counts, but for `mx`; unknown fields are fine where they follow
    /// the grammar. [RFC 8461 §3.2, errata 6253 and 7282]
    ///
    /// # Errors
    ///
    /// When it is not valid as a whole: then the domain has no policy that a sender could use.
    pub fn parse(text: &[u8]) -> Result<Self, PolicyError> {
        if text.len() > MAX_POLICY_BYTES {
            return Err(PolicyError::TooLarge);
        }
        let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
        if lines.last().is_some_and(|last| last.is_empty()) {
            lines.pop();
        }
        let (mut version, mut mode, mut max_age) = (false, None, None);
        let mut mx = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let wrong = || PolicyError::Line(at + 1);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let line = std::str::from_utf8(line).map_err(|_| wrong())?;
            let (name, value) = line.split_once(':').ok_or_else(wrong)?;
            let value = value.trim_matches([' ', '\t']);
            match name {
                "version" => {
                    if !version && value != "STSv1" {
                        return Err(wrong());
                    }
                    version = true;
                }
                "mode" => {
                    let found = Mode::ALL.iter().find(|(name, _)| *name == value);
                    if mode.is_none() {
                        mode = Some(found.ok_or_else(wrong)?.1);
                    }
                }
                "max_age" => {
                    if max_age.is_none() {
                        max_age = Some(seconds(value).ok_or_else(wrong)?);
                    }
                }
                "mx" => {
                    mx.push(PolicyMx::parse_strict(value).ok_or_else(wrong)?);
                    if mx.len() > MAX_MX {
                        return Err(PolicyError::TooManyMx);
                    }
                }
                _ if is_extension_name(name.as_bytes()) && is_extension_value(value) => {}
                _ => return Err(wrong()),
            }
        }
        if !version {
            return Err(PolicyError::NoVersion);
        }
        let mode = mode.ok_or(PolicyError::NoMode)?;
        let max_age = max_age.ok_or(PolicyError::NoMaxAge)?;
        if mx.is_empty() && mode != Mode::None {
            return Err(PolicyError::NoMx);
        }
        Ok(Self { mode, max_age, mx })
    }

    /// Whether the policy covers an MX host. [RFC 8461 §4.1]
    pub fn covers(&self, host: &DomainName) -> bool {
        self.mx.iter().any(|mx| mx.covers(host))
    }
}

fn seconds(text: &str) -> Option<u32> {
    let digits = (1..=10).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    text.parse().ok().filter(|seconds| digits && *seconds <= MAX_AGE)
}

/// Letters, digits and signs of any language, with blanks inside only.
fn is_extension_value(value: &str) -> bool {
    // Control characters are ASCII or the block behind it, which is UTF-8 of two bytes and allowed.
    let plain = |byte: u8| byte.is_ascii_graphic() || byte == b' ' || !byte.is_ascii();
    !value.is_empty() && value.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENFORCE: &str =
        "version: STSv1\nmode: enforce\nmx: mx.example.com\nmx: *.example.net\nmax_age: 604800\n";

    fn parse(text: &str) -> Result<Policy, PolicyError> {
        Policy::parse(text.as_bytes())
    }

    #[test]
    fn a_policy_has_a_version_a_mode_hosts_and_an_age() {
        let policy = parse(ENFORCE).unwrap();
        assert_eq!((policy.mode, policy.max_age), (Mode::Enforce, 604_800));
        let shown: Vec<String> = policy.mx.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["mx.example.com", "*.example.net"]);
        assert_eq!(parse(&ENFORCE.replace('\n', "\r\n")), Ok(policy.clone()));
        assert_eq!(parse(ENFORCE.trim_end()), Ok(policy.clone()));
        assert_eq!(parse(&ENFORCE.replace(": ", ":\t")), Ok(policy.clone()));
        assert_eq!(parse(&ENFORCE.replace('\n', " \n")), Ok(policy));
        let none = parse("mode: none\nversion: STSv1\nmax_age: 0").unwrap();
        assert_eq!((none.mode, none.max_age, none.mx.len()), (Mode::None, 0, 0));
    }

    #[test]
    fn unknown_fields_and_repeated_ones_are_passed_over() {
        let more = format!("{ENFORCE}x-note: \u{20ac} {{caf\u{e9}}} a:b\nmode: none\nmax_age: 1\n");
        assert_eq!(parse(&more), parse(ENFORCE));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let with = |from: &str, to: &str| parse(&ENFORCE.replace(from, to)).unwrap_err();
        assert_eq!(with("version: STSv1\n", ""), PolicyError::NoVersion);
        assert_eq!(with("mode: enforce\n", ""), PolicyError::NoMode);
        assert_eq!(with("max_age: 604800\n", ""), PolicyError::NoMaxAge);
        assert_eq!(parse("version: STSv1\nmode: testing\nmax_age: 1\n"), Err(PolicyError::NoMx));
        for (from, to, line) in [
            ("STSv1", "STSv2", 1),
            ("enforce", "Enforce", 2),
            ("mode", "Mode", 2),
            ("mode: enforce", "\nmode: enforce", 2),
            ("mx.example.com", "192.0.2.1", 3),
            ("mx.example.com", "mx.example.com.", 3),
            ("mx.example.com", "my_host.example.com", 3),
            ("mx.example.com", "b\u{fc}cher.example", 3),
            ("mx.example.com", "", 3),
            ("*.example.net", "a.*.example.net", 4),
            ("*.example.net", "*.1.2.3.4", 4),
            ("604800", "31557601", 5),
            ("604800", "-1", 5),
            ("604800", "+1", 5),
            ("604800", "1e3", 5),
            ("604800", "", 5),
            ("604800\n", "604800\n\n", 6),
            ("604800\n", "604800\nnote:\n", 6),
            ("604800\n", "604800\nnote: a\tb\n", 6),
            ("604800\n", "604800\nnote: a\rb\n", 6),
            ("604800\n", "604800\nbad name: a\n", 6),
        ] {
            // `Mode` and an empty host are lines of another kind than they look like.
            let found = parse(&ENFORCE.replacen(from, to, 1));
            let expected = if to == "Mode" { PolicyError::NoMode } else { PolicyError::Line(line) };
            assert_eq!(found, Err(expected), "{from} to {to}");
        }
        let large = format!("{ENFORCE}note: {}\n", "a".repeat(MAX_POLICY_BYTES));
        assert_eq!(parse(&large), Err(PolicyError::TooLarge));
        let many = format!("{ENFORCE}{}", "mx: mx.example.com\n".repeat(256));
        assert_eq!(parse(&many), Err(PolicyError::TooManyMx));
    }
}
