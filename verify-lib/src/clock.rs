//! The clock: who says when?

use crate::{Time, tlog::LoggedEntries};

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
pub(crate) struct EstablishedTimes(Vec<EstablishedTime>);

pub(crate) fn establish(entries: &LoggedEntries) -> EstablishedTimes {
    let established = |(time, source): (Time, &str)| EstablishedTime { time, source: source.to_owned() };
    EstablishedTimes(entries.times().map(established).collect())
}

impl EstablishedTimes {
    pub(crate) fn times(&self) -> Vec<Time> {
        self.0.iter().map(EstablishedTime::time).collect()
    }

    /// How many distinct authorities there are.
    pub(crate) fn sources(&self) -> usize {
        let mut sources: Vec<_> = self.0.iter().map(EstablishedTime::source).collect();
        sources.sort_unstable();
        sources.dedup();
        sources.len()
    }

    pub(crate) fn into_vec(self) -> Vec<EstablishedTime> {
        self.0
    }
}
