//! The log: were you there?

mod checkpoint;
mod entry;
mod merkle;

use crate::{
    Time, VerifyError,
    bundle::LogEntry,
    clock::EstablishedTimes,
    encoding,
    envelope::Signed,
    trust::{Log, TrustedRoot, distinct},
};
use entry::Entry;
pub(crate) use entry::EntryKind;
pub use merkle::verify_consistency;

/// The entries of a bundle that a trusted log holds.
///
/// Holding one proves that each entry is in its log, or that the log has promised to put it there, and when; **not** that
/// the entries have to do with the signature at hand, which is [`LoggedEntries::bind`]'s to say.
#[derive(Debug)]
pub(crate) struct LoggedEntries<'a> {
    logged: Vec<Logged<'a>>,
    /// The first entry in a log that nobody trusts: it proves nothing, but may be what the user has to hear of.
    unknown: Option<VerifyError>,
}

#[derive(Debug)]
struct Logged<'a> {
    log: &'a Log,
    log_index: u64,
    /// When the log says that it took the entry; nothing unless it has signed that.
    time: Option<Time>,
    entry: Entry<'a>,
}

/// An entry in a trusted log about the very signature that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundEntry {
    log: String,
    log_index: u64,
    time: Option<Time>,
}

impl BoundEntry {
    /// The log's name, from the trusted root.
    pub fn log(&self) -> &str {
        &self.log
    }

    /// The entry's index in the log. An entry of Rekor v1 has one in its shard too, and the log vouches for this one only
    /// under a signed time.
    pub fn log_index(&self) -> u64 {
        self.log_index
    }

    /// When the log put it there, if it has signed that (SET).
    pub fn time(&self) -> Option<Time> {
        self.time
    }
}

/// Every entry has to be in its log; one in a log that nobody trusts counts for nothing.
pub(crate) fn verify<'a>(
    entries: &'a [LogEntry],
    roots: &'a [TrustedRoot],
    now: Time,
) -> Result<LoggedEntries<'a>, VerifyError> {
    let mut verified = LoggedEntries { logged: Vec::with_capacity(entries.len()), unknown: None };
    for entry in entries {
        match roots.iter().flat_map(TrustedRoot::logs).find(|log| log.is(&entry.log_id)) {
            Some(log) => verified.logged.push(verify_entry(entry, log, now)?),
            None => {
                let id = crate::digest::to_hex(&entry.log_id);
                verified.unknown.get_or_insert(VerifyError::UnknownLog { id });
            }
        }
    }
    Ok(verified)
}

fn verify_entry<'a>(entry: &'a LogEntry, log: &'a Log, now: Time) -> Result<Logged<'a>, VerifyError> {
    let parsed = Entry::parse(&entry.kind, &entry.body)?;
    if let Some(proof) = &entry.proof {
        parsed.generation().same_index(entry.log_index, proof.log_index)?;
        merkle::verify(proof, &entry.body)?;
        checkpoint::verify(proof, log)?;
    }
    let time = promised_time(entry, log)?;
    if let Some(time) = time {
        log.trusted_at(time)?;
        not_after(time, now)?;
    }
    Ok(Logged { log, log_index: entry.log_index, time, entry: parsed })
}

fn not_after(time: Time, now: Time) -> Result<(), VerifyError> {
    if time <= now { Ok(()) } else { Err(VerifyError::TimeInFuture { time, now }) }
}

/// The integrated time, if the log has promised it (signed entry timestamp, SET): Rekor signs the canonical JSON of
/// four fields, whose values need no escapes.
fn promised_time(entry: &LogEntry, log: &Log) -> Result<Option<Time>, VerifyError> {
    let Some(promise) = &entry.promise else { return Ok(None) };
    let time = entry.integrated_time.ok_or(VerifyError::FieldMalformed {
        field: "tlogEntries[].integratedTime",
        expected: "there, as its promise needs it",
    })?;
    let rest = format!(r#"","integratedTime":{time},"logID":"{}","logIndex":{}}}"#, log.id_hex(), entry.log_index);
    let signed = log.has_signed(
        &|say| {
            say(br#"{"body":""#);
            encoding::say_base64(&entry.body, say);
            say(rest.as_bytes());
        },
        promise,
    );
    if signed {
        Ok(Some(Time::from_unix(time)))
    } else {
        Err(VerifyError::InclusionPromise { log: log.name().to_owned() })
    }
}

impl<'a> LoggedEntries<'a> {
    /// The times that logs have signed, for each entry that has one.
    pub(crate) fn times(&self) -> impl Iterator<Item = (Time, &'a Log)> {
        self.logged.iter().filter_map(|logged| Some((logged.time?, logged.log)))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.logged.len()
    }

    /// The first entry in a log that nobody trusts.
    pub(crate) fn unknown(&self) -> Option<&VerifyError> {
        self.unknown.as_ref()
    }

    /// Every entry has to be about this signature, this signer and these bytes, and `needed` distinct logs have to hold one.
    ///
    /// A log that has not signed a time has to be trusted at every time that others have established, or, if there is
    /// none, still now.
    pub(crate) fn bind(
        self,
        signed: &Signed<'_>,
        times: &EstablishedTimes<'_>,
        needed: usize,
        now: Time,
    ) -> Result<Vec<BoundEntry>, VerifyError> {
        for logged in &self.logged {
            logged.entry.is_about(signed)?;
            if logged.time.is_none() {
                times.all_or(now).try_for_each(|time| logged.log.trusted_at(time))?;
            }
        }
        let found = distinct(self.logged.iter().map(|logged| logged.log.voucher()));
        if found < needed {
            return Err(self.unknown.unwrap_or(VerifyError::LogThreshold { needed, found }));
        }
        Ok(self.logged.iter().map(Logged::bound).collect())
    }
}

impl Logged<'_> {
    fn bound(&self) -> BoundEntry {
        BoundEntry { log: self.log.name().to_owned(), log_index: self.log_index, time: self.time }
    }
}
