//! The media type of a policy.

/// Whether a `Content-Type` is `text/plain`, with any parameters. [RFC 8461 §3.2; RFC 9110 §8.3.1]
pub fn is_text_plain(value: &str) -> bool {
    let essence = value.split(';').next().unwrap_or_default();
    essence.trim_matches([' ', '\t']).eq_ignore_ascii_case("text/plain")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_letter_case_do_not_matter() {
        for value in ["text/plain", "Text/Plain; charset=utf-8", "text/plain ;format=flowed"] {
            assert!(is_text_plain(value), "{value}");
        }
        for value in ["", "text/html", "text/plainer", "text/html; a=text/plain", "text / plain"] {
            assert!(!is_text_plain(value), "{value}");
        }
    }
}
