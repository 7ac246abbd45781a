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
pub(crate) struct EstablishedTimes<'trust> {
    seen: Vec<Seen<'trust>>,
    /// Why there may be fewer than there might have been: the first that did not count.
    refused: Option<VerifyError>,
}

/// When, who says so, and whom that counts as.
#[derive(Debug)]
struct Seen<'trust> {
    time: Time,
    source: &'trust str,
    voucher: &'trust Voucher,
}

/// A timestamp that does not verify counts for nothing, and spoils nothing.
pub(crate) fn establish<'trust>(
    entries: &LoggedEntries<'trust>,
    timestamps: &[Vec<u8>],
    signature: &[u8],
    roots: &'trust [TrustedRoot],
    now: Time,
) -> EstablishedTimes<'trust> {
    let logged = entries.times().map(|(time, log)| Seen { time, source: log.name(), voucher: log.voucher() });
    let mut established =
        EstablishedTimes { seen: Vec::with_capacity(entries.len() + timestamps.len()), refused: None };
    established.seen.extend(logged);
    for timestamp in timestamps {
        match verify(timestamp, signature, roots, now) {
            Ok(seen) => established.seen.push(seen),
            Err(error) => established.refused = established.refused.or(Some(error)),
        }
    }
    established.refused = established.refused.or(entries.unknown().cloned());
    established
}

/// The time of a token, under exactly one authority: the first whose own it is in every respect.
fn verify<'trust>(
    timestamp: &[u8],
    signature: &[u8],
    roots: &'trust [TrustedRoot],
    now: Time,
) -> Result<Seen<'trust>, VerifyError> {
    let token = Token::parse(timestamp)?;
    let mut refused = None;
    for authority in roots.iter().flat_map(TrustedRoot::timestamp_authorities) {
        match authority.verify(&token, signature) {
            Ok(time) if time > now => return Err(VerifyError::TimeInFuture { time, now }),
            Ok(time) => return Ok(Seen { time, source: authority.name(), voucher: authority.voucher() }),
            Err(error) => refused = Some(VerifyError::more_telling_of(refused, error)),
        }
    }
    Err(refused.unwrap_or(VerifyError::UnknownTimestampAuthority))
}

impl EstablishedTimes<'_> {
    pub(crate) fn times(&self) -> impl Iterator<Item = Time> + Clone {
        self.seen.iter().map(|seen| seen.time)
    }

    /// Every one of them, or `now` where there is none.
    pub(crate) fn all_or(&self, now: Time) -> impl Iterator<Item = Time> {
        self.times().chain(self.seen.is_empty().then_some(now))
    }

    /// # Errors
    /// [`VerifyError::TimeThreshold`], or why one did not count, if fewer than `needed` distinct authorities have signed a
    /// time.
    pub(crate) fn at_least(&self, needed: usize) -> Result<(), VerifyError> {
        let found = distinct(self.seen.iter().map(|seen| seen.voucher));
        if found >= needed {
            return Ok(());
        }
        Err(self.refused.clone().unwrap_or(VerifyError::TimeThreshold { needed, found }))
    }

    pub(crate) fn into_vec(self) -> Vec<EstablishedTime> {
        let public = |seen: Seen<'_>| EstablishedTime { time: seen.time, source: seen.source.to_owned() };
        self.seen.into_iter().map(public).collect()
    }
}
