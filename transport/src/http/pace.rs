//! How long, and how often: the overall deadline, pauses with jitter, `Retry-After`.

use crate::budget;
use crate::error::Error;
use crate::options::Cancel;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The overall deadline of one opened store, and the flag that stops it earlier.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    end: Instant,
    total: Duration,
    cancel: Cancel,
}

impl Pace {
    /// Starts now.
    pub(crate) fn new(total: Duration, cancel: Cancel) -> Self {
        Self { end: Instant::now() + total, total, cancel }
    }

    /// The same, for a part that may take no longer than this.
    pub(crate) fn within(&self, most: Duration) -> Self {
        let end = Instant::now() + most;
        if end >= self.end {
            return self.clone();
        }
        Self { end, total: most, cancel: self.cancel.clone() }
    }

    /// What is left of the deadline; nothing once it has passed.
    pub(crate) fn rest(&self) -> Duration {
        self.end.saturating_duration_since(Instant::now())
    }

    /// What is left of the deadline.
    pub(crate) fn left(&self, origin: &str) -> Result<Duration, Error> {
        self.go_on()?;
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(self.exceeded(origin)) } else { Ok(left) }
    }

    /// Whether `pause` fits into what is left.
    pub(crate) fn has(&self, pause: Duration) -> bool {
        self.end.saturating_duration_since(Instant::now()) > pause
    }

    pub(crate) fn go_on(&self) -> Result<(), Error> {
        if self.cancel.is_raised() { Err(Error::Cancelled) } else { Ok(()) }
    }

    pub(crate) fn exceeded(&self, origin: &str) -> Error {
        Error::DeadlineExceeded { origin: origin.to_owned(), seconds: self.total.as_secs() }
    }

    /// Sleeps, unless the deadline or the flag comes first.
    pub(crate) fn sleep(&self, pause: Duration, origin: &str) -> Result<(), Error> {
        let end = Instant::now() + pause;
        while let Some(rest) = end.checked_duration_since(Instant::now()).filter(|rest| !rest.is_zero()) {
            let step = rest.min(self.left(origin)?).min(Duration::from_millis(50));
            std::thread::sleep(step);
        }
        self.go_on()
    }

    pub(crate) fn cancel(&self) -> &Cancel {
        &self.cancel
    }
}

/// The pause after failed try number `tried` (1, 2, …): doubled each time, half of it random.
pub(crate) fn pause(tried: u32) -> Duration {
    let doubled = budget::FIRST_PAUSE.saturating_mul(1_u32.checked_shl(tried.saturating_sub(1)).unwrap_or(u32::MAX));
    jittered(doubled.min(budget::LONGEST_PAUSE))
}

/// Between half of `most` and all of it.
pub(crate) fn jittered(most: Duration) -> Duration {
    // Without randomness from the system the pause is simply the longest: no secret depends on it.
    let random = getrandom::u32().unwrap_or(u32::MAX);
    most / 2 + (most / 2).mul_f64(f64::from(random) / f64::from(u32::MAX))
}

/// `Retry-After` in either form (RFC 9110, section 10.2.3), from `now`.
pub(crate) fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let now = now.duration_since(UNIX_EPOCH).ok()?;
    Some(Duration::from_secs(http_date(header)?).saturating_sub(now))
}

/// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that servers may send.
pub(crate) fn http_date(text: &str) -> Option<u64> {
    let (_, date) = text.split_once(", ")?;
    let mut parts = date.split(' ');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let (clock, zone) = (parts.next()?, parts.next()?);
    let day: u64 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = u64::try_from(names.iter().position(|name| *name == month)?).ok()? + 1;
    let year: u64 = year.parse().ok().filter(|year| (1970..=9999).contains(year))?;
    let mut clock = clock.split(':').map(|part| part.parse::<u64>().ok().filter(|part| *part < 61));
    let (hours, minutes, seconds) = (clock.next()??, clock.next()??, clock.next()??);
    // Days from the civil calendar, years beginning in March (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
    let (year, shifted) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * shifted + 2) / 5 + day - 1 - 719_468;
    (zone == "GMT").then_some(days * 86_400 + hours * 3_600 + minutes * 60 + seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:47 GMT", now), Some(Duration::from_secs(10)));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:07 GMT", now), Some(Duration::ZERO));
        assert_eq!(http_date("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
        assert_eq!(http_date("Tue, 29 Feb 2028 12:00:00 GMT"), Some(1_835_438_400));
        for text in ["", "soon", "-1", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            assert_eq!(retry_after(text, now), None, "{text}");
        }
    }

    #[test]
    fn pauses_grow_and_are_capped() {
        for tried in [1, 2, 3, 40] {
            let most = budget::FIRST_PAUSE.saturating_mul(1 << (tried - 1).min(20)).min(budget::LONGEST_PAUSE);
            let pause = pause(tried);
            assert!(most / 2 <= pause && pause <= most, "{tried}: {pause:?}");
        }
    }

    #[test]
    fn a_raised_flag_ends_a_pause() {
        let pace = Pace::new(Duration::from_secs(60), Cancel::default());
        pace.cancel().raise();
        assert!(matches!(pace.sleep(Duration::from_secs(30), "r"), Err(Error::Cancelled)));
        let late = Pace::new(Duration::ZERO, Cancel::default());
        assert!(matches!(late.sleep(Duration::from_secs(30), "r"), Err(Error::DeadlineExceeded { .. })));
    }
}
