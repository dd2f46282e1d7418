//! Right-hand sides of `transport_maps`.

use super::next_hop::{NextHop, NextHopError};
use super::version::Version;
use compact_str::CompactString;
use std::fmt;

/// A transport result: a delivery service and next hops, tried in order. [transport(5)]
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Transport {
    /// The name of a service in master.cf, case and all; empty keeps the service that is chosen
    /// without this entry.
    pub service: CompactString,
    /// Next hops in the order of trying. Empty means the recipient domain, or with an empty service
    /// the next hop that is chosen without this entry.
    pub next_hops: Vec<NextHop>,
    /// What stands behind the colon for services that take no next hop: the text of `error:` and
    /// `retry:`, the path of `lmtp:unix:`. Empty otherwise.
    pub text: CompactString,
}

/// Why a text is not a [`Transport`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TransportError {
    /// Without a colon the whole text is the name of a service.
    #[error("`{0}` has no colon: Postfix would take it as the name of a service")]
    Colon(String),
    /// Not the name of a service in master.cf.
    #[error("`{0}` cannot be the name of a service")]
    Service(String),
    /// A next hop is wrong.
    #[error("{0}")]
    NextHop(NextHopError),
    /// Before 3.5 the whole list is one destination, which ends smtp(8).
    #[error("a list of next hops needs Postfix 3.5")]
    List,
    /// `smtp:[a],smtp:[b]`: the second element is read as the host `smtp`.
    #[error("`{0}` repeats the service: it stands once, before all next hops")]
    RepeatedService(String),
    /// The text of `error:` and the like has a control character: a line break would end the line.
    #[error("`{0}` has a control character, which no line of a map can hold")]
    Text(String),
}

impl TransportError {
    /// What to write instead, where that can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Colon(text) => Some(format!("write `smtp:{text}`")),
            Self::NextHop(error) => error.hint(),
            Self::RepeatedService(_) => Some("write `smtp:[a],[b]`".to_owned()),
            Self::Service(text) if text.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                Some(format!("write `{}`: upper and lower case differ here", text.to_lowercase()))
            }
            Self::Service(text) if text.starts_with('[') => Some(format!("write `smtp:{text}`")),
            Self::List => Some("write `route: mx`, or one next hop".to_owned()),
            Self::Service(_) | Self::Text(_) => None,
        }
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b',')
}

impl Transport {
    /// `smtp:` with these next hops.
    pub fn smtp(next_hops: Vec<NextHop>) -> Self {
        Self {
            service: CompactString::const_new("smtp"),
            next_hops,
            text: CompactString::default(),
        }
    }

    /// Reads what may be emitted for `version`.
    ///
    /// # Errors
    ///
    /// [`TransportError`] for everything that Postfix refuses, or reads otherwise than it looks.
    pub fn parse(text: &str, version: Version) -> Result<Self, TransportError> {
        let Some((service, rest)) = text.split_once(':') else {
            return Err(TransportError::Colon(text.to_owned()));
        };
        let plain = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
        if !service.bytes().all(plain) {
            return Err(TransportError::Service(service.to_owned()));
        }
        if is_text(service, rest) {
            if rest.trim().contains(char::is_control) {
                return Err(TransportError::Text(rest.trim().to_owned()));
            }
            let (service, text) = (service.into(), rest.trim().into());
            return Ok(Self { service, next_hops: Vec::new(), text });
        }
        let mut next_hops = Vec::with_capacity(1 + rest.bytes().filter(|it| *it == b',').count());
        for word in words(rest) {
            if repeats_service(service, word) {
                return Err(TransportError::RepeatedService(word.to_owned()));
            }
            next_hops.push(NextHop::parse(word).map_err(TransportError::NextHop)?);
        }
        if next_hops.is_empty() && !rest.is_empty() {
            return Err(TransportError::NextHop(NextHopError::Empty));
        }
        if next_hops.len() > 1 && !version.at_least(3, 5) {
            return Err(TransportError::List);
        }
        Ok(Self { service: service.into(), next_hops, text: CompactString::default() })
    }

    /// Reads a deployed result as Postfix does: split at the first colon, without one a service alone;
    /// before 3.5 the rest is one next hop.
    ///
    /// What services other than `smtp` and `relay` make of the rest is not known here: when it is no list
    /// of next hops, it is kept as [`Self::text`].
    ///
    /// # Errors
    ///
    /// [`TransportError::NextHop`] when a next hop would end smtp(8), which then stalls all mail of the
    /// service; the service is known even then, but nothing is delivered by it.
    pub fn parse_as_postfix(text: &str, version: Version) -> Result<Self, TransportError> {
        let text = text.trim();
        let (service, rest) = text.split_once(':').unwrap_or((text, ""));
        let as_text = || Self { service: service.into(), next_hops: Vec::new(), text: rest.into() };
        if is_text(service, rest) {
            return Ok(as_text());
        }
        let next_hop = |word| NextHop::parse_as_postfix(word).map_err(TransportError::NextHop);
        let next_hops = if !rest.is_empty() && words(rest).next().is_none() {
            // Separators alone end smtp(8) too.
            Err(TransportError::NextHop(NextHopError::Empty))
        } else if version.at_least(3, 5) {
            words(rest).map(next_hop).collect::<Result<Vec<NextHop>, TransportError>>()
        } else if rest.is_empty() {
            Ok(Vec::new())
        } else {
            next_hop(rest).map(|it| vec![it])
        };
        match next_hops {
            Ok(next_hops) => Ok(Self { next_hops, text: CompactString::default(), ..as_text() }),
            Err(_) if !is_smtp(service) => Ok(as_text()),
            Err(error) => Err(error),
        }
    }
}

/// Whether a service is smtp(8), as master.cf comes, or the one that is chosen otherwise.
fn is_smtp(service: &str) -> bool {
    matches!(service, "" | "smtp" | "relay")
}

impl Transport {
    /// Whether policies are looked up for it at all.
    pub fn speaks_smtp(&self) -> bool {
        is_smtp(&self.service)
    }

    /// Adds the text that [`Display`](fmt::Display) shows.
    pub fn write_to(&self, text: &mut String) {
        for part in [&*self.service, ":", &*self.text] {
            text.push_str(part);
        }
        for (at, next_hop) in self.next_hops.iter().enumerate() {
            if at > 0 {
                text.push(',');
            }
            text.push_str(next_hop.as_str());
        }
    }

    /// Whether the service never delivers: `error`, `retry` and `discard`.
    pub fn returns_or_drops(&self) -> bool {
        matches!(self.service.as_str(), "error" | "retry" | "discard")
    }
}

/// The next hops of a list as they are spelt. [Postfix `smtp_connect.c` `CHARS_COMMA_SP`]
pub fn words(mut rest: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let start = rest.bytes().position(|byte| !is_separator(byte))?;
        let end = rest[start..].bytes().position(is_separator);
        let end = end.map_or(rest.len(), |length| start + length);
        let word = &rest[start..end];
        rest = &rest[end..];
        Some(word)
    })
}

/// Whether a next hop begins with the service that stands before all of them already.
pub(super) fn repeats_service(service: &str, word: &str) -> bool {
    word.strip_prefix(service).is_some_and(|rest| rest.starts_with(':'))
}

/// Whether the rest is no list of next hops: a text for the sender, or a socket.
fn is_text(service: &str, rest: &str) -> bool {
    matches!(service, "error" | "retry" | "discard" | "local" | "virtual" | "pipe")
        || (service == "lmtp" && rest.starts_with("unix:"))
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write_to(&mut text);
        f.write_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const V3_7: Version = Version::series(3, 7);

    #[test]
    fn a_list_is_written_without_blanks_and_read_back() {
        let text = "smtp:[64.233.166.26],[173.194.221.26],gmail.com";
        let transport = Transport::parse(text, V3_7).unwrap();
        assert_eq!(transport.next_hops.len(), 3);
        assert_eq!(transport.to_string(), text);
    }

    /// [RELEASE_NOTES-3.5]
    #[test]
    fn before_3_5_a_list_is_one_destination() {
        let list = "smtp:[192.0.2.1],[192.0.2.2]";
        let old = Version::series(3, 4);
        assert_eq!(Transport::parse(list, old), Err(TransportError::List));
        assert!(Transport::parse_as_postfix(list, old).is_err());
        assert!(Transport::parse(list, Version::series(3, 5)).is_ok());
    }

    /// [transport(5); Postfix `transport.c` `update_entry`]
    #[test]
    fn without_a_colon_the_whole_is_a_service() {
        let read = Transport::parse_as_postfix("[mx.example.net]", V3_7).unwrap();
        assert_eq!((read.service.as_str(), read.next_hops.len()), ("[mx.example.net]", 0));
        assert!(matches!(
            Transport::parse("[mx.example.net]", V3_7),
            Err(TransportError::Colon(_))
        ));
    }

    #[test]
    fn a_repeated_service_ends_smtp_on_failover() {
        let text = "smtp:[192.0.2.1],smtp:[192.0.2.2]";
        assert!(matches!(Transport::parse(text, V3_7), Err(TransportError::RepeatedService(_))));
        assert!(Transport::parse_as_postfix(text, V3_7).is_err());
    }

    #[test]
    fn a_comment_behind_the_next_hop_is_more_next_hops() {
        let text = "smtp:[192.0.2.1] # Google";
        assert!(Transport::parse(text, V3_7).is_err());
        assert!(Transport::parse_as_postfix(text, V3_7).is_err());
    }

    #[test]
    fn special_results_are_read() {
        for text in [":", "smtp:", ":[relay.example]:587", "error:no mail here", "lmtp:unix:/run/x"]
        {
            let transport = Transport::parse(text, V3_7).unwrap();
            assert_eq!(transport.to_string(), text);
        }
        assert!(Transport::parse("SMTP:", V3_7).is_err(), "names of services have a letter case");
    }

    #[test]
    fn a_text_is_one_line() {
        for text in ["error:gone\nb.example smtp:", "error:a\0b", "lmtp:unix:/run/a\tb"] {
            assert!(
                matches!(Transport::parse(text, V3_7), Err(TransportError::Text(_))),
                "{text:?}"
            );
        }
    }
}
