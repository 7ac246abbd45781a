//! The clock: who says when?

use crate::{Time, VerifyError, tlog::LoggedEntries};

/// A moment at which the signature is proved to have existed, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EstablishedTime {
    time: Time,
    source: String,
}

impl EstablishedTime {
    /// The moment.
    pub fn time(&self) -> Time {
        self.time
    }

    /// The authority that has signed it: a log's name.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// Every time that an authority of the trusted root has signed.
///
/// A time of a log counts only under its signed promise; RFC 3161 timestamps are not read yet, and do not count.
#[derive(Debug)]
pub(crate) struct EstablishedTimes {
    times: Vec<EstablishedTime>,
    /// Why there may be fewer than there are entries.
    unknown: Option<VerifyError>,
}

pub(crate) fn establish(entries: &LoggedEntries) -> EstablishedTimes {
    let established = |(time, source): (Time, &str)| EstablishedTime { time, source: source.to_owned() };
    EstablishedTimes { times: entries.times().map(established).collect(), unknown: entries.unknown().cloned() }
}

impl EstablishedTimes {
    pub(crate) fn times(&self) -> Vec<Time> {
        self.times.iter().map(EstablishedTime::time).collect()
    }

    /// # Errors
    /// [`VerifyError::TimeThreshold`], or that a log is not known, if fewer than `needed` distinct authorities have
    /// signed a time.
    pub(crate) fn at_least(&self, needed: usize) -> Result<(), VerifyError> {
        let mut sources: Vec<_> = self.times.iter().map(EstablishedTime::source).collect();
        sources.sort_unstable();
        sources.dedup();
        if sources.len() >= needed {
            return Ok(());
        }
        Err(self.unknown.clone().unwrap_or(VerifyError::TimeThreshold { needed, found: sources.len() }))
    }

    pub(crate) fn into_vec(self) -> Vec<EstablishedTime> {
        self.times
    }
}
