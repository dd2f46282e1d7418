//! The last day of an exception, as it is typed.

use crate::diag::printable;
use jiff::Span;
use jiff::civil::Date;

/// An exception for longer is no emergency: others should agree to it.
const DAYS: i32 = 30;

/// Reads a day, or days or weeks from today.
///
/// # Errors
///
/// What is wrong, in a phrase.
pub(super) fn until(text: &str, today: Date) -> Result<Date, String> {
    let shown = printable(text);
    let day = match text.strip_suffix(['d', 'w']) {
        Some(number) => {
            let number = number.parse::<u16>().ok().filter(|_| !number.starts_with('+'));
            let factor = if text.ends_with('w') { 7 } else { 1 };
            number.and_then(|it| today.checked_add(Span::new().days(i64::from(it) * factor)).ok())
        }
        None => text.parse::<Date>().ok().filter(|it| it.to_string() == text),
    };
    let day = day.ok_or_else(|| {
        format!("`--until {shown}`: write a day as YYYY-MM-DD, or days or weeks such as 3d or 2w")
    })?;
    match (day - today).get_days() {
        ..0 => Err(format!("`--until {shown}`: {day} has passed, today is {today} in UTC")),
        days if days > DAYS => Err(format!(
            "`--until {shown}`: {day} is more than {DAYS} days away; write an exception for longer into the \
             repository yourself, with `reason` and `until`, and have it reviewed"
        )),
        _ => Ok(day),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> Result<String, String> {
        until(text, "2026-11-30".parse().unwrap()).map(|it| it.to_string())
    }

    #[test]
    fn days_and_spans_of_days() {
        for (text, day) in [
            ("2026-12-02", "2026-12-02"),
            ("2026-11-30", "2026-11-30"),
            ("0d", "2026-11-30"),
            ("3d", "2026-12-03"),
            ("2w", "2026-12-14"),
            ("30d", "2026-12-30"),
        ] {
            assert_eq!(on(text).as_deref(), Ok(day), "{text}");
        }
    }

    #[test]
    fn what_is_no_day_or_too_far_is_refused() {
        for text in ["", "d", "tomorrow", "3", "3h", "-1d", "+1d", "2026-12-02T10:00", "20261202"] {
            assert!(on(text).unwrap_err().contains("write a day as YYYY-MM-DD"), "{text}");
        }
        for text in ["2026-11-29", "2025-01-01"] {
            assert!(on(text).unwrap_err().contains("has passed"), "{text}");
        }
        for text in ["31d", "5w", "65535w", "2027-12-31"] {
            assert!(on(text).unwrap_err().contains("more than 30 days"), "{text}");
        }
    }
}
