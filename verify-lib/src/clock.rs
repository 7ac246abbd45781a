//! The clock: who says when?

use crate::{
    Time, VerifyError,
    timestamp::Token,
    tlog::LoggedEntries,
    trust::{TrustedRoot, Voucher, distinct},
};

/// A moment at which the signature is proved to have existed, and who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EstablishedTime {
    time: Time,
    source: String,
    voucher: Voucher,
}

impl EstablishedTime {
    /// The moment.
    pub fn time(&self) -> Time {
        self.time
    }

    /// The authority that has signed it: a log's name, or a timestamp authority's.
    pub fn source(&self) -> &str {
        &self.source
    }
}

/// Every time that an authority of the trusted root has signed.
///
/// Holding one proves of each that an authority saw the signature, or its log entry, then. A time of a log counts only
/// under its signed promise.
#[derive(Debug)]
pub(crate) struct EstablishedTimes {
    times: Vec<EstablishedTime>,
    /// Why there may be fewer than there might have been: the first that did not count.
    refused: Option<VerifyError>,
}

/// A timestamp that does not verify counts for nothing, and spoils nothing.
pub(crate) fn establish(
    entries: &LoggedEntries<'_>,
    timestamps: &[Vec<u8>],
    signature: &[u8],
    roots: &[TrustedRoot],
    now: Time,
) -> EstablishedTimes {
    let logged = entries.times().map(|(time, log)| EstablishedTime {
        time,
        source: log.name().to_owned(),
        voucher: log.voucher().clone(),
    });
    let mut established = EstablishedTimes { times: logged.collect(), refused: None };
    for timestamp in timestamps {
        match verify(timestamp, signature, roots, now) {
            Ok(time) => established.times.push(time),
            Err(error) => established.refused = established.refused.or(Some(error)),
        }
    }
    established.refused = established.refused.or(entries.unknown().cloned());
    established
}

/// The time of a token, under exactly one authority: the first whose own it is in every respect.
fn verify(
    timestamp: &[u8],
    signature: &[u8],
    roots: &[TrustedRoot],
    now: Time,
) -> Result<EstablishedTime, VerifyError> {
    let token = Token::parse(timestamp)?;
    let mut refused = VerifyError::UnknownTimestampAuthority;
    for authority in roots.iter().flat_map(TrustedRoot::timestamp_authorities) {
        match authority.verify(&token, signature) {
            Ok(time) if time > now => return Err(VerifyError::TimeInFuture { time, now }),
            Ok(time) => {
                let (source, voucher) = (authority.name().to_owned(), authority.voucher().clone());
                return Ok(EstablishedTime { time, source, voucher });
            }
            Err(VerifyError::UnknownTimestampAuthority) => {}
            Err(error) => refused = error,
        }
    }
    Err(refused)
}

impl EstablishedTimes {
    pub(crate) fn times(&self) -> Vec<Time> {
        self.times.iter().map(EstablishedTime::time).collect()
    }

    /// Every one of them, or `now` where there is none.
    pub(crate) fn all_or(&self, now: Time) -> impl Iterator<Item = Time> {
        let now = self.times.is_empty().then_some(now);
        self.times.iter().map(EstablishedTime::time).chain(now)
    }

    /// # Errors
    /// [`VerifyError::TimeThreshold`], or why one did not count, if fewer than `needed` distinct authorities have signed a
    /// time.
    pub(crate) fn at_least(&self, needed: usize) -> Result<(), VerifyError> {
        let found = distinct(self.times.iter().map(|time| &time.voucher));
        if found >= needed {
            return Ok(());
        }
        Err(self.refused.clone().unwrap_or(VerifyError::TimeThreshold { needed, found }))
    }

    pub(crate) fn into_vec(self) -> Vec<EstablishedTime> {
        self.times
    }
}
