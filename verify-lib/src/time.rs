//! Seconds since 1970, as an argument and never as a clock.

use crate::VerifyError;
use ::time::{OffsetDateTime, format_description::well_known::Rfc3339};
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
        let text = core::str::from_utf8(text).ok()?.strip_suffix('Z')?;
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (date, time) =
            whole.split_at_checked(8).filter(|_| whole.len() == 14 && digits(whole) && digits(fraction))?;
        let (year, day) = date.split_at_checked(4)?;
        let (hour, minute) = time.split_at_checked(2)?;
        let [(month, day), (minute, second)] = [day.split_at_checked(2)?, minute.split_at_checked(2)?];
        Self::parse_rfc3339(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
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

    pub(crate) fn start(self) -> Time {
        self.start
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
    fn the_last_second_of_a_window_is_in_it() {
        let window = Window::new(Time::from_unix(10), Some(Time::from_unix(20)));
        assert!(window.contains(Time::from_unix(10)) && window.contains(Time::from_unix(20)));
        assert!(!window.contains(Time::from_unix(9)) && !window.contains(Time::from_unix(21)));
    }
}
