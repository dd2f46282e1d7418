//! The entry that is proposed for a domain.

use crate::model::Route;
use crate::names::DomainName;
use crate::postfix::{MatchPattern, SecurityLevel};
use crate::source::yaml::scalar;
use jiff::civil::Date;
use std::fmt;

/// The entry that is proposed for a domain, as it is written in YAML.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Entry {
    /// A level, with the names that the certificate must have where the level checks names.
    Level {
        /// The level.
        level: SecurityLevel,
        /// Sorted; empty for levels that check no names.
        matches: Vec<MatchPattern>,
    },
    /// A provider's template.
    Provider {
        /// Its name.
        name: String,
        /// The route, where that of the repository does not fit.
        route: Option<Route>,
    },
    /// The resolver for MTA-STS decides at run time.
    LeaveToMtaSts,
    /// The MTA-STS policy as it is now, without a resolver.
    Frozen {
        /// The MX hosts that it covers, sorted: `*.` in a policy is one label, `.` in Postfix any number.
        hosts: Vec<DomainName>,
        /// Its id.
        id: String,
        /// The last day on which it may be followed.
        until: Date,
    },
}

impl Entry {
    /// A line of a block mapping, without indentation: `example.com: { level: dane-only }`.
    pub fn line(&self, domain: &DomainName) -> String {
        format!("{}: {self}", scalar(domain.as_str()))
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level { level, matches } if matches.is_empty() => {
                write!(f, "{{ level: {level} }}")
            }
            Self::Level { level, matches } => {
                let names: Vec<String> = matches.iter().map(|it| scalar(&it.to_string())).collect();
                write!(f, "{{ level: {level}, match: [{}] }}", names.join(", "))
            }
            Self::Provider { name, route: None } => f.write_str(&scalar(name)),
            Self::Provider { name, route: Some(route) } => {
                write!(f, "{{ provider: {}, route: {} }}", scalar(name), route.as_str())
            }
            Self::LeaveToMtaSts => f.write_str("{ leave_to: mta-sts }"),
            Self::Frozen { hosts, id, until } => {
                let hosts: Vec<String> = hosts.iter().map(|it| scalar(it.as_str())).collect();
                // The id has letters and digits alone. [RFC 8461 §3.1]
                write!(
                    f,
                    "{{ level: secure, match: [{}], servername: hostname, \
                     reason: \"MTA-STS policy {id}\", until: {until} }}",
                    hosts.join(", ")
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(domain: &str, entry: &Entry) -> String {
        entry.line(&DomainName::parse(domain).unwrap())
    }

    #[test]
    fn entries_are_written_as_people_write_them() {
        let secure = Entry::Level {
            level: SecurityLevel::Secure,
            matches: [".b.example", "mx.example"]
                .map(|it| MatchPattern::parse_name(it).unwrap())
                .to_vec(),
        };
        assert_eq!(
            line("kunde.example", &secure),
            "kunde.example: { level: secure, match: [.b.example, mx.example] }"
        );
        let dane = Entry::Level { level: SecurityLevel::DaneOnly, matches: Vec::new() };
        assert_eq!(line("1e3.e5", &dane), "\"1e3.e5\": { level: dane-only }");
        assert_eq!(line("null", &Entry::LeaveToMtaSts), "\"null\": { leave_to: mta-sts }");
        let provider = |route| Entry::Provider { name: "google".to_owned(), route };
        assert_eq!(line("a.example", &provider(None)), "a.example: google");
        let frozen = Entry::Frozen {
            hosts: vec![DomainName::parse("mx.example").unwrap()],
            id: "2030".to_owned(),
            until: "2030-01-08".parse().unwrap(),
        };
        assert_eq!(
            line("a.example", &frozen),
            "a.example: { level: secure, match: [mx.example], servername: hostname, \
             reason: \"MTA-STS policy 2030\", until: 2030-01-08 }"
        );
        let routed = "a.example: { provider: google, route: mx }";
        assert_eq!(line("a.example", &provider(Some(Route::Mx))), routed);
    }
}
