//! Postfix versions, for everything that depends on them.

use std::fmt;

/// A Postfix version as `postconf -h mail_version` prints it, such as 3.7 or 3.7.11.
///
/// Without a patch level the oldest of the series is assumed, so that nothing is emitted which only a
/// later patch level reads right.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Version {
    /// The 3 of 3.7.11.
    pub major: u8,
    /// The 7 of 3.7.11.
    pub minor: u8,
    /// The 11 of 3.7.11; `None` when only the series is known.
    pub patch: Option<u8>,
}

/// Why a text is not a [`Version`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VersionError {
    /// Not two or three numbers with dots.
    #[error("`{0}` is not a Postfix version")]
    Syntax(String),
    /// Older than 2.11 or newer than the major version 3.
    #[error("Postfix {0} is not supported: 2.11 and later are, up to 3.x")]
    Unsupported(Version),
}

impl Version {
    /// Newer than everything that exists: no feature is missing.
    pub const NEWEST: Self = Self { major: u8::MAX, minor: 0, patch: None };

    /// A series without patch level.
    pub const fn series(major: u8, minor: u8) -> Self {
        Self { major, minor, patch: None }
    }

    /// Reads `3.7` or `3.7.11`; a suffix after `-`, as in `3.11-20250101`, is passed over.
    ///
    /// # Errors
    ///
    /// [`VersionError`], with what was written.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let syntax = || VersionError::Syntax(text.to_owned());
        let numbers = text.split_once('-').map_or(text, |(numbers, _)| numbers);
        let mut parts = numbers.split('.').map(|part| part.parse::<u8>().map_err(|_| syntax()));
        let major = parts.next().ok_or_else(syntax)??;
        let minor = parts.next().ok_or_else(syntax)??;
        let patch = parts.next().transpose()?;
        if parts.next().is_some() {
            return Err(syntax());
        }
        let version = Self { major, minor, patch };
        let supported = Self::series(2, 11) <= version && major <= 3;
        if supported { Ok(version) } else { Err(VersionError::Unsupported(version)) }
    }

    /// Whether this version is at least `major.minor`, whatever its patch level.
    pub fn at_least(self, major: u8, minor: u8) -> bool {
        (self.major, self.minor) >= (major, minor)
    }

    /// Whether `connection_reuse` works: in 3.4 and 3.5 the attribute table was wrong until 3.4.14 and
    /// 3.5.4. [Postfix `smtp_tls_policy.c`]
    pub(super) fn reads_connection_reuse(self) -> bool {
        match (self.major, self.minor) {
            (3, 4) => self.patch.is_some_and(|patch| patch >= 14),
            (3, 5) => self.patch.is_some_and(|patch| patch >= 4),
            _ => self.at_least(3, 6),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        match self.patch {
            Some(patch) => write!(f, ".{patch}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_postconf_prints_them() {
        assert_eq!(Version::parse("3.7").unwrap(), Version::series(3, 7));
        assert_eq!(Version::parse("3.7.11").unwrap().patch, Some(11));
        assert_eq!(Version::parse("3.11-20250101").unwrap(), Version::series(3, 11));
        assert!(Version::parse("3.10").unwrap() > Version::parse("3.9.14").unwrap());
        for text in ["", "3", "3.x", "3.7.1.2", "three"] {
            assert_eq!(Version::parse(text), Err(VersionError::Syntax(text.into())), "{text}");
        }
        for text in ["2.10", "1.0", "4.0"] {
            assert!(matches!(Version::parse(text), Err(VersionError::Unsupported(_))), "{text}");
        }
    }
}
