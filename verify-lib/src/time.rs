//! Seconds since 1970, as an argument and never as a clock.

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

    /// Whether `time` lies within.
    pub fn contains(&self, time: Time) -> bool {
        self.start <= time && self.end.is_none_or(|end| time <= end)
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
    fn the_last_second_of_a_window_is_in_it() {
        let window = Window::new(Time::from_unix(10), Some(Time::from_unix(20)));
        assert!(window.contains(Time::from_unix(10)) && window.contains(Time::from_unix(20)));
        assert!(!window.contains(Time::from_unix(9)) && !window.contains(Time::from_unix(21)));
    }
}
