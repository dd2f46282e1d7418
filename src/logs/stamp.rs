//! When a line was written.

use jiff::civil::{Date, DateTime};

/// What a line says about when it was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum When<'a> {
    /// A stamp as text.
    Stamp(&'a [u8]),
    /// Microseconds since 1970. [systemd.journal-fields(7) `__REALTIME_TIMESTAMP`]
    Micros(u64),
    /// Nothing that tells the day.
    Unknown,
}

/// Reads stamps; the last one is remembered, since many lines have the same.
#[derive(Debug)]
pub(super) struct Clock {
    /// Stamps without a year are of the last year in which they do not lie behind this day.
    today: Date,
    last: Vec<u8>,
    seconds: Option<i64>,
}

impl Clock {
    pub(super) fn new(today: Date) -> Self {
        Self { today, last: Vec::new(), seconds: None }
    }

    /// Seconds since 1970: in UTC where the stamp has an offset, else as the clock on the wall showed.
    pub(super) fn seconds(&mut self, when: When<'_>) -> Option<i64> {
        match when {
            When::Unknown => None,
            When::Micros(micros) => i64::try_from(micros / 1_000_000).ok(),
            When::Stamp(text) => {
                if self.last != text {
                    self.last.clear();
                    self.last.extend_from_slice(text);
                    self.seconds = self.read(text);
                }
                self.seconds
            }
        }
    }

    fn read(&self, text: &[u8]) -> Option<i64> {
        if text.first()?.is_ascii_digit() {
            return if text.get(4) == Some(&b'-') { full(text) } else { unix(text) };
        }
        if text.get(3) != Some(&b' ') {
            return None;
        }
        if text.get(8) == Some(&b'-') {
            return full(&text[4..]);
        }
        let month = MONTHS.iter().position(|month| text.starts_with(month.as_bytes()))?;
        let month = i8::try_from(month + 1).ok()?;
        let day =
            if text.get(4) == Some(&b' ') { digits(text, 5, 1)? } else { digits(text, 4, 2)? };
        let time = time(text, 7)?;
        // Clocks differ, so tomorrow is still this year.
        let latest = self.today.tomorrow().unwrap_or(self.today);
        let of_year = |year: i16| Date::new(year, month, i8::try_from(day).ok()?).ok();
        let year = self.today.year();
        // A leap day lies up to eight years back.
        (year - 8..=year + 1)
            .rev()
            .filter_map(of_year)
            .find(|date| *date <= latest)
            .map(|date| seconds_of(date) + time)
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// How many bytes at the start of a line are its stamp; `None` when there is none.
pub(super) fn length(head: &[u8]) -> Option<usize> {
    let fraction = |at: usize| match head.get(at) {
        Some(b'.' | b',') => {
            1 + head[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count()
        }
        _ => 0,
    };
    let word_end = |at: usize| {
        at + head[at..].iter().position(|byte| *byte == b' ').unwrap_or(head.len() - at)
    };
    match head.first()? {
        b'[' => Some(memchr::memchr(b']', head)? + 1),
        byte if byte.is_ascii_digit() => {
            let end = word_end(0);
            // `2026-11-24 15:24:31` as well as `2026-11-24T15:24:31Z`.
            let is_day = end == 10 && head.get(4) == Some(&b'-');
            Some(if is_day && end + 1 < head.len() { word_end(end + 1) } else { end })
        }
        _ if head.get(3) == Some(&b' ') && head.get(8) == Some(&b'-') => {
            // `Tue 2026-11-24 15:24:31 CET`
            let end = word_end((word_end(4) + 1).min(head.len()));
            Some(word_end((end + 1).min(head.len())))
        }
        _ if head.len() >= 15 && head.get(3) == Some(&b' ') => Some(15 + fraction(15)),
        _ => None,
    }
}

fn digits(text: &[u8], at: usize, count: usize) -> Option<i64> {
    let part = text.get(at..at + count)?;
    part.iter().try_fold(0, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0'))
    })
}

/// `15:24:31` in seconds.
fn time(text: &[u8], at: usize) -> Option<i64> {
    if text.get(at + 2) != Some(&b':') || text.get(at + 5) != Some(&b':') {
        return None;
    }
    let [hours, minutes, seconds] =
        [digits(text, at, 2)?, digits(text, at + 3, 2)?, digits(text, at + 6, 2)?];
    (hours < 24 && minutes < 60 && seconds < 61).then_some(hours * 3600 + minutes * 60 + seconds)
}

/// `2026-11-24T15:24:31.123+01:00`, `…Z`, `…+0100`, or with a blank and no offset. [RFC 3339 §5.6]
fn full(text: &[u8]) -> Option<i64> {
    let year = i16::try_from(digits(text, 0, 4)?).ok()?;
    let month = i8::try_from(digits(text, 5, 2)?).ok()?;
    let day = i8::try_from(digits(text, 8, 2)?).ok()?;
    if !matches!(text.get(10), Some(b'T' | b't' | b' ')) {
        return None;
    }
    let seconds = seconds_of(Date::new(year, month, day).ok()?) + time(text, 11)?;
    let rest = text.get(19..)?;
    let fraction = rest.iter().take_while(|it| matches!(it, b'.' | b',' | b'0'..=b'9')).count();
    let zone = &rest[fraction..];
    let sign = match zone.first() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return Some(seconds),
    };
    let minutes = if zone.get(3) == Some(&b':') { 4 } else { 3 };
    let offset = digits(zone, 1, 2)? * 3600 + digits(zone, minutes, 2)? * 60;
    Some(seconds - sign * offset)
}

/// `1764000000.123456`, as `journalctl -o short-unix` writes.
fn unix(text: &[u8]) -> Option<i64> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 || count > 12 { None } else { digits(text, 0, count) }
}

fn seconds_of(date: Date) -> i64 {
    let midnight: DateTime = date.into();
    jiff::tz::Offset::UTC.to_timestamp(midnight).map_or(0, jiff::Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        let text = text.as_bytes();
        let length = length(text)?;
        let mut clock = Clock::new(jiff::civil::date(2026, 11, 24));
        let seconds = clock.seconds(When::Stamp(&text[..length]))?;
        let stamp = jiff::Timestamp::from_second(seconds).unwrap();
        Some(format!("{stamp} {}", String::from_utf8_lossy(&text[length..])))
    }

    #[test]
    fn stamps_are_read_in_every_form_that_syslog_and_journalctl_write() {
        for (text, expected) in [
            ("Nov 24 15:24:31 h", "2026-11-24T15:24:31Z  h"),
            ("Nov  4 15:24:31 h", "2026-11-04T15:24:31Z  h"),
            ("Nov 24 15:24:31.123456 h", "2026-11-24T15:24:31Z  h"),
            ("2026-11-24T15:24:31.123456+01:00 h", "2026-11-24T14:24:31Z  h"),
            ("2026-11-24T15:24:31-0230 h", "2026-11-24T17:54:31Z  h"),
            ("2026-11-24T15:24:31Z h", "2026-11-24T15:24:31Z  h"),
            ("2026-11-24 15:24:31 h", "2026-11-24T15:24:31Z  h"),
            ("Tue 2026-11-24 15:24:31 CET h", "2026-11-24T15:24:31Z  h"),
            ("1764000000.123456 h", "2025-11-24T16:00:00Z  h"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_stamp_without_a_year_is_of_the_last_year_in_which_it_has_been() {
        for (text, day) in [
            ("Nov 25 00:00:00", "2026-11-25"),
            ("Nov 26 00:00:00", "2025-11-26"),
            ("Dec 31 23:59:59", "2025-12-31"),
            ("Feb 29 00:00:00", "2024-02-29"),
        ] {
            assert!(read(text).unwrap().starts_with(day), "{text}");
        }
    }

    #[test]
    fn what_is_no_stamp_tells_no_time() {
        for text in ["[ 1234.567890] h", "Foo 24 15:24:31 h", "Nov 24 15.24.31 h", "1 h", "", "é"]
        {
            assert!(text == "1 h" || read(text).is_none(), "{text}");
        }
    }
}
