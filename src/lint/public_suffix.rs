//! Names under which anybody can register one.

use crate::names::DomainName;

/// Whether the name is a suffix of the Public Suffix List, such as `com`, `co.uk` or `github.io`.
/// Top-level domains that the list does not know, such as those of a private network, are none.
pub(super) fn is_public_suffix(name: &DomainName) -> bool {
    let name = name.as_str().as_bytes();
    psl::suffix(name).is_some_and(|suffix| suffix.is_known() && suffix.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_those_of_the_list() {
        let is = |text| is_public_suffix(&DomainName::parse(text).unwrap());
        for name in ["com", "ch", "co.uk", "github.io", "xn--p1ai"] {
            assert!(is(name), "{name}");
        }
        for name in ["example.com", "example.co.uk", "a.github.io", "internal", "outlook.com"] {
            assert!(!is(name), "{name}");
        }
    }
}
