//! What a mistyped word may have meant.

/// The longest word that is compared; nobody mistypes a name of this length.
const MAX_CHARS: usize = 64;

/// The candidate that `word` most likely was meant to be; the first of equally near ones.
///
/// A third of the characters may differ, one in short words; upper and lower case are the same.
/// `None` when nothing is near enough to be worth suggesting.
///
/// # Examples
///
/// ```
/// use mxward::diag::nearest;
///
/// assert_eq!(nearest("gogle", ["hostpoint", "google"]), Some("google"));
/// assert_eq!(nearest("zürich", ["hostpoint", "google"]), None);
/// ```
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().take(MAX_CHARS + 1).count();
    if length > MAX_CHARS {
        return None;
    }
    let limit = (length / 3).max(1);
    let word = word.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        if candidate.chars().take(length + limit + 1).count() > length + limit {
            continue;
        }
        let distance = strsim::damerau_levenshtein(&word, &candidate.to_lowercase());
        // A word of one or two letters resembles every other such word.
        if distance <= limit && distance < length && best.is_none_or(|(least, _)| distance < least)
        {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn transposed_letters_and_case_are_near() {
        assert_eq!(nearest("ruote", ["level", "route"]), Some("route"));
        assert_eq!(nearest("Route", ["level", "route"]), Some("route"));
        assert_eq!(nearest("next-hop", ["next_hop", "next_hops"]), Some("next_hop"));
    }

    #[test]
    fn far_long_and_tiny_words_get_no_suggestion() {
        assert_eq!(nearest("provider", ["level", "route"]), None);
        assert_eq!(nearest("x", ["y"]), None);
        assert_eq!(nearest("", ["y"]), None);
        assert_eq!(nearest(&"a".repeat(1 << 20), ["a"]), None);
    }
}
