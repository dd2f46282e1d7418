//! Lines of plain lists that exceptions stand in for.

use super::exception::{ExceptionError, FORMER};
use crate::model::listed;
use crate::names::Recipients;
use std::fmt::Write as _;

/// Makes the line of a plain list that names somebody a comment. `None` where there is none.
///
/// # Errors
///
/// When there is such a comment already: [`unstrike`] would not know which one it is about.
pub fn strike(text: &str, of: &Recipients) -> Result<Option<String>, ExceptionError> {
    if text.lines().any(|line| struck(line, of).is_some()) {
        return Err(ExceptionError::Noted(of.clone()));
    }
    Ok(change_line(text, |line| names(line, of).then(|| format!("{FORMER} {line}"))))
}

/// Makes such a line one of the list again. `None` where there is none.
///
/// # Errors
///
/// When there are several.
pub fn unstrike(text: &str, of: &Recipients) -> Result<Option<String>, ExceptionError> {
    if text.lines().filter(|line| struck(line, of).is_some()).count() > 1 {
        return Err(ExceptionError::Noted(of.clone()));
    }
    Ok(change_line(text, |line| struck(line, of).map(str::to_owned)))
}

/// The line of a list that was made a comment, if it names somebody.
fn struck<'t>(line: &'t str, of: &Recipients) -> Option<&'t str> {
    line.strip_prefix(FORMER)?.strip_prefix(' ').filter(|it| names(it, of))
}

/// Whether a line of a plain list names somebody.
fn names(line: &str, of: &Recipients) -> bool {
    Recipients::parse(listed(line)).is_ok_and(|it| it == *of)
}

fn change_line(text: &str, change: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (mut new, mut changed) = (String::with_capacity(text.len() + FORMER.len() + 1), false);
    for whole in text.split_inclusive('\n') {
        let line = whole.trim_end_matches(['\n', '\r']);
        match change(line).filter(|_| !changed) {
            Some(other) => {
                changed = true;
                // Writing to a String cannot fail.
                let _ = write!(new, "{other}{}", &whole[line.len()..]);
            }
            None => new.push_str(whole),
        }
    }
    changed.then_some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Recipients {
        Recipients::parse(text).unwrap()
    }

    #[test]
    fn a_line_of_a_list_becomes_a_comment_and_comes_back() {
        let list = "# ours\na.example\nKunde.example  # note\r\nb.example";
        let of = name("kunde.example");
        let struck = strike(list, &of).unwrap().unwrap();
        assert_eq!(struck, "# ours\na.example\n#| Kunde.example  # note\r\nb.example");
        assert_eq!(unstrike(&struck, &of).unwrap().as_deref(), Some(list));
        assert_eq!(unstrike(list, &of), Ok(None));
        assert_eq!(strike("a.example\n", &of), Ok(None));
        // An older comment is somebody's.
        let noted = Err(ExceptionError::Noted(of.clone()));
        assert_eq!(strike("#| kunde.example\nkunde.example\n", &of), noted);
        assert_eq!(unstrike("#| kunde.example\n#| kunde.example\n", &of), noted);
    }
}
