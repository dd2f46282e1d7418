//! Letter case in lookup keys.

use std::borrow::Cow;
use unicase::UniCase;

/// A lookup key as maps store and compare it: folded by Unicode's rules, not merely in lower case.
///
/// `ß` folds to `ss` and `ς` to `σ`, so that the U-label forms of two domains can be one key.
/// [postconf(5) `smtputf8_enable`; Postfix `casefold.c`]
pub fn fold_key(key: &str) -> Cow<'_, str> {
    if !key.is_ascii() {
        return Cow::Owned(UniCase::unicode(key).to_folded_case());
    }
    if key.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(key.to_ascii_lowercase());
    }
    Cow::Borrowed(key)
}
