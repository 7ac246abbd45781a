//! Durations and timestamps: values that are written in the evidence or in the condition. There is no clock: `now` would make
//! the same evidence give two answers.

use ::time::{Duration, OffsetDateTime, UtcOffset, format_description::well_known::Rfc3339};
use core::fmt;

/// A moment between the years 1 and 9999, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Timestamp {
    seconds: i64,
    nanos: u32,
}

/// Nanoseconds in 64 bits, as the specification says: 290 years either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span(i64);

/// What can be asked of a timestamp; the last four of a duration too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    FullYear,
    Month,
    Date,
    DayOfMonth,
    DayOfWeek,
    DayOfYear,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

const UNITS: [(&str, i64); 6] =
    [("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", NANOS), ("m", 60 * NANOS), ("h", 3_600 * NANOS)];
const NANOS: i64 = 1_000_000_000;

impl Timestamp {
    pub(super) fn parse(text: &str) -> Option<Self> {
        OffsetDateTime::parse(text, &Rfc3339).ok().and_then(Self::of)
    }

    pub(super) fn from_unix(seconds: i64) -> Option<Self> {
        OffsetDateTime::from_unix_timestamp(seconds).ok().and_then(Self::of)
    }

    fn of(moment: OffsetDateTime) -> Option<Self> {
        let utc = moment.checked_to_offset(UtcOffset::UTC)?;
        (1..=9999).contains(&utc.year()).then(|| Self { seconds: utc.unix_timestamp(), nanos: utc.nanosecond() })
    }

    fn utc(self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(self.seconds).ok()?.checked_add(Duration::nanoseconds(self.nanos.into()))
    }

    pub(super) fn unix(self) -> i64 {
        self.seconds
    }

    /// As RFC 3339, in UTC.
    pub(super) fn text(self) -> Option<String> {
        self.utc()?.format(&Rfc3339).ok()
    }

    pub(super) fn plus(self, Span(nanos): Span) -> Option<Self> {
        self.utc()?.checked_add(Duration::nanoseconds(nanos)).and_then(Self::of)
    }

    pub(super) fn minus(self, Span(nanos): Span) -> Option<Self> {
        self.utc()?.checked_sub(Duration::nanoseconds(nanos)).and_then(Self::of)
    }

    pub(super) fn since(self, other: Self) -> Option<Span> {
        let seconds = self.seconds.checked_sub(other.seconds)?;
        let nanos = i128::from(seconds) * i128::from(NANOS) + i128::from(self.nanos) - i128::from(other.nanos);
        i64::try_from(nanos).ok().map(Span)
    }

    pub(super) fn part(self, part: Part) -> Option<i64> {
        let utc = self.utc()?;
        Some(match part {
            Part::FullYear => utc.year().into(),
            Part::Month => i64::from(u8::from(utc.month())) - 1,
            Part::Date => utc.day().into(),
            Part::DayOfMonth => i64::from(utc.day()) - 1,
            Part::DayOfWeek => utc.weekday().number_days_from_sunday().into(),
            Part::DayOfYear => i64::from(utc.ordinal()) - 1,
            Part::Hours => utc.hour().into(),
            Part::Minutes => utc.minute().into(),
            Part::Seconds => utc.second().into(),
            Part::Milliseconds => utc.millisecond().into(),
        })
    }
}

impl Span {
    /// Reads `1h30m`, `-1.5h`, `250ms` or `0`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Some(Self(0));
        }
        if rest.is_empty() {
            return None;
        }
        let mut total = 0_i128;
        while !rest.is_empty() {
            let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (number, after) = rest.split_at_checked(number)?;
            let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
            let (unit, after) = after.split_at_checked(end)?;
            let (_, nanos) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
            total = total.checked_add(scaled(number, nanos)?)?;
            rest = after;
        }
        i64::try_from(if negative { -total } else { total }).ok().map(Self)
    }

    /// The whole of it, in that unit.
    pub(super) fn part(self, part: Part) -> Option<i64> {
        match part {
            Part::Hours => Some(self.0 / (3_600 * NANOS)),
            Part::Minutes => Some(self.0 / (60 * NANOS)),
            Part::Seconds => Some(self.0 / NANOS),
            Part::Milliseconds => Some(self.0 / 1_000_000 % 1_000),
            Part::FullYear | Part::Month | Part::Date | Part::DayOfMonth | Part::DayOfWeek | Part::DayOfYear => None,
        }
    }

    pub(super) fn plus(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    pub(super) fn minus(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

/// A decimal number of `unit`s, in nanoseconds; what is below one is cut off.
fn scaled(number: &str, unit: i64) -> Option<i128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut scale = i128::from(unit);
    let mut below = 0;
    for digit in fraction.chars() {
        let digit = digit.to_digit(10)?;
        scale /= 10;
        below += i128::from(digit) * scale;
    }
    Some(i128::from(whole) * i128::from(unit) + below)
}

impl Part {
    const ALL: [Self; 10] = [
        Self::FullYear,
        Self::Month,
        Self::Date,
        Self::DayOfMonth,
        Self::DayOfWeek,
        Self::DayOfYear,
        Self::Hours,
        Self::Minutes,
        Self::Seconds,
        Self::Milliseconds,
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::FullYear => "getFullYear",
            Self::Month => "getMonth",
            Self::Date => "getDate",
            Self::DayOfMonth => "getDayOfMonth",
            Self::DayOfWeek => "getDayOfWeek",
            Self::DayOfYear => "getDayOfYear",
            Self::Hours => "getHours",
            Self::Minutes => "getMinutes",
            Self::Seconds => "getSeconds",
            Self::Milliseconds => "getMilliseconds",
        }
    }
}

/// Seconds, with as many decimals as it takes: `60.001s`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (nanos, unit) = (self.0.unsigned_abs(), NANOS.unsigned_abs());
        let sign = if self.0 < 0 { "-" } else { "" };
        let fraction = format!(".{:09}", nanos % unit);
        write!(f, "{sign}{}{}s", nanos / unit, fraction.trim_end_matches('0').trim_end_matches('.'))
    }
}
