//! Seconds since 1970, as an argument and never as a clock.

use crate::VerifyError;
use ::time::{Date, Month, OffsetDateTime, format_description::well_known::Rfc3339};
use core::fmt;

/// A moment: whole seconds since 1970-01-01T00:00:00Z, shown as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

impl Time {
    /// The moment `seconds` after 1970-01-01T00:00:00Z.
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    pub fn unix(self) -> i64 {
        self.0
    }

    /// Reads ASN.1's `GeneralizedTime` as RFC 3161 (2.4.2) writes it: `20261124120000Z`; fractions are dropped.
    pub(crate) fn parse_generalized(text: &[u8]) -> Option<Self> {
        let digits = text.strip_suffix(b"Z")?;
        let (whole, fraction) = digits.split_at_checked(14)?;
        let fraction = if fraction.is_empty() { b"0" } else { fraction.strip_prefix(b".")? };
        let is_number = !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit);
        let (century, rest) = whole.split_first_chunk::<2>()?;
        Self::of_century(two_digits(century)?, rest).filter(|_| is_number)
    }

    /// Reads ASN.1's `UTCTime` as RFC 5280 (4.1.2.5.1) writes it: `261124120000Z`, a year between 1950 and 2049.
    pub(crate) fn parse_utc(text: &[u8]) -> Option<Self> {
        let digits = text.strip_suffix(b"Z")?;
        let year = two_digits(digits.first_chunk()?)?;
        Self::of_century(if year < 50 { 20 } else { 19 }, digits)
    }

    /// `YYMMDDhhmmss` of that century.
    fn of_century(century: u8, digits: &[u8]) -> Option<Self> {
        let (pairs, rest) = digits.as_chunks::<2>();
        let &[year, month, day, hour, minute, second] = pairs else { return None };
        let year = i32::from(century) * 100 + i32::from(two_digits(&year)?);
        let month = Month::try_from(two_digits(&month)?).ok()?;
        let date = Date::from_calendar_date(year, month, two_digits(&day)?).ok()?;
        let time = date.with_hms(two_digits(&hour)?, two_digits(&minute)?, two_digits(&second)?).ok()?;
        rest.is_empty().then(|| Self(time.assume_utc().unix_timestamp()))
    }

    /// Reads RFC 3339, such as `2026-11-24T12:00:00Z`; fractions of a second are dropped.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339).ok().map(|time| Self(time.unix_timestamp()))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = OffsetDateTime::from_unix_timestamp(self.0).ok().and_then(|time| time.format(&Rfc3339).ok());
        match text {
            Some(text) => f.write_str(&text),
            None => write!(f, "@{}", self.0),
        }
    }
}

/// A window of time, closed on both sides (`trusted_root.json`'s `validFor` is inclusive; RFC 5280, 4.1.2.5 too).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    start: Time,
    end: Option<Time>,
}

impl Window {
    /// From `start` to `end`, both included; without `end`, for ever.
    pub fn new(start: Time, end: Option<Time>) -> Self {
        Self { start, end }
    }

    /// Its first moment.
    pub fn start(&self) -> Time {
        self.start
    }

    /// Its last moment, if it has one.
    pub fn end(&self) -> Option<Time> {
        self.end
    }

    /// Whether `time` lies within.
    pub fn contains(&self, time: Time) -> bool {
        self.start <= time && self.end.is_none_or(|end| time <= end)
    }

    /// # Errors
    /// [`VerifyError::CertificateWindow`], in the name of `certificate`, if `time` lies outside.
    pub(crate) fn includes(self, certificate: &'static str, time: Time) -> Result<(), VerifyError> {
        let outside = VerifyError::CertificateWindow { certificate, window: self, time };
        if self.contains(time) { Ok(()) } else { Err(outside) }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.end {
            Some(end) => write!(f, "{} to {end}", self.start),
            None => write!(f, "{} on", self.start),
        }
    }
}

fn two_digits(&[tens, ones]: &[u8; 2]) -> Option<u8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + ones - b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back_as_it_was_written() {
        let time = Time::from_unix(1_766_077_479);
        assert_eq!(time.to_string(), "2025-12-18T17:04:39Z");
        assert_eq!(Time::parse_rfc3339("2025-12-18T17:04:39.25Z"), Some(time));
    }

    #[test]
    fn a_generalized_time_is_in_utc_to_the_second() {
        let time = Some(Time::from_unix(1_766_077_479));
        assert_eq!(Time::parse_generalized(b"20251218170439Z"), time);
        assert_eq!(Time::parse_generalized(b"20251218170439.25Z"), time);
        for text in ["20251218170439", "202512181704Z", "20251218170439+0100", "20251218170439.Z", "20251318170439Z"] {
            assert_eq!(Time::parse_generalized(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_utc_time_is_of_the_century_around_2000() {
        assert_eq!(Time::parse_utc(b"251218170439Z"), Some(Time::from_unix(1_766_077_479)));
        assert_eq!(Time::parse_utc(b"500101000000Z"), Time::parse_rfc3339("1950-01-01T00:00:00Z"));
        assert_eq!(Time::parse_utc(b"491231235959Z"), Time::parse_rfc3339("2049-12-31T23:59:59Z"));
        for text in
            ["2512181704Z", "251218170439", "251218170439+0100", "25121817043 Z", "20251218170439Z", "250230000000Z"]
        {
            assert_eq!(Time::parse_utc(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_last_second_of_a_window_is_in_it() {
        let window = Window::new(Time::from_unix(10), Some(Time::from_unix(20)));
        assert!(window.contains(Time::from_unix(10)) && window.contains(Time::from_unix(20)));
        assert!(!window.contains(Time::from_unix(9)) && !window.contains(Time::from_unix(21)));
    }
}
