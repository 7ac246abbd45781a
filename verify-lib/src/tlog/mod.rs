//! The log: were you there?

mod checkpoint;
mod entry;
mod merkle;

use crate::{
    Time, VerifyError,
    bundle::LogEntry,
    encoding,
    envelope::Signed,
    trust::{Log, Need},
};
use entry::Entry;

/// The entries of a bundle that a trusted log holds.
///
/// Holding one proves that each entry is in its log, and when the log says that it was put there; **not** that the
/// entries have to do with the signature at hand, which is [`LoggedEntries::bind`]'s to say.
#[derive(Debug)]
pub(crate) struct LoggedEntries {
    logged: Vec<Logged>,
    /// The first entry in a log that nobody trusts: it proves nothing, but may be what the user has to hear of.
    unknown: Option<VerifyError>,
}

#[derive(Debug)]
struct Logged {
    log: String,
    log_id: String,
    log_index: u64,
    time: Option<Time>,
    entry: Entry,
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

    /// The entry's index in the log, as the bundle gives it; the log vouches for it only under a signed time.
    pub fn log_index(&self) -> u64 {
        self.log_index
    }

    /// When the log put it there, if it has signed that (SET).
    pub fn time(&self) -> Option<Time> {
        self.time
    }
}

/// Every entry has to be in its log; one in a log that nobody trusts counts for nothing.
pub(crate) fn verify(entries: &[LogEntry], logs: &[Log], now: Time) -> Result<LoggedEntries, VerifyError> {
    let mut verified = LoggedEntries { logged: Vec::new(), unknown: None };
    for entry in entries {
        match logs.iter().find(|log| log.is(&entry.log_id)) {
            Some(log) => verified.logged.push(verify_entry(entry, log, now)?),
            None => {
                let id = crate::digest::to_hex(&entry.log_id);
                verified.unknown.get_or_insert(VerifyError::UnknownLog { id });
            }
        }
    }
    Ok(verified)
}

fn verify_entry(entry: &LogEntry, log: &Log, now: Time) -> Result<Logged, VerifyError> {
    let parsed = Entry::parse(&entry.kind, &entry.version, &entry.body)?;
    merkle::verify(&entry.proof, &entry.body)?;
    checkpoint::verify(&entry.proof, log)?;
    let time = promised_time(entry, log)?;
    // Without a signed time it is not known when the log spoke: it has to be trusted still.
    log.trusted_at(time.unwrap_or(now))?;
    match time {
        Some(time) if time > now => Err(VerifyError::TimeInFuture { time, now }),
        _ => {
            let (log, log_id) = (log.name().to_owned(), log.id_hex());
            Ok(Logged { log, log_id, log_index: entry.log_index, time, entry: parsed })
        }
    }
}

/// The integrated time, if the log has promised it (signed entry timestamp, SET): Rekor signs the canonical JSON of
/// four fields, whose values need no escapes.
fn promised_time(entry: &LogEntry, log: &Log) -> Result<Option<Time>, VerifyError> {
    let Some(promise) = &entry.promise else { return Ok(None) };
    let time = entry.integrated_time.ok_or(VerifyError::FieldMalformed {
        field: "tlogEntries[].integratedTime",
        expected: "there, as its promise needs it",
    })?;
    let payload = format!(
        r#"{{"body":"{}","integratedTime":{time},"logID":"{}","logIndex":{}}}"#,
        encoding::to_base64(&entry.body),
        log.id_hex(),
        entry.log_index
    );
    if log.has_signed(payload.as_bytes(), promise) {
        Ok(Some(Time::from_unix(time)))
    } else {
        Err(VerifyError::InclusionPromise { log: log.name().to_owned() })
    }
}

impl LoggedEntries {
    /// The times that logs have signed, for each entry that has one.
    pub(crate) fn times(&self) -> impl Iterator<Item = (Time, &str)> {
        self.logged.iter().filter_map(|logged| Some((logged.time?, logged.log.as_str())))
    }

    /// The first entry in a log that nobody trusts.
    pub(crate) fn unknown(&self) -> Option<&VerifyError> {
        self.unknown.as_ref()
    }

    /// Every entry has to be about this signature, this signer and these bytes, and enough distinct logs have to hold one.
    pub(crate) fn bind(self, signed: &Signed<'_>, need: &Need) -> Result<Vec<BoundEntry>, VerifyError> {
        for logged in &self.logged {
            logged.entry.is_about(signed)?;
        }
        let needed = need.logs_for(signed.signer());
        let mut logs: Vec<_> = self.logged.iter().map(|logged| logged.log_id.as_str()).collect();
        logs.sort_unstable();
        logs.dedup();
        if logs.len() < needed {
            return Err(self.unknown.unwrap_or(VerifyError::LogThreshold { needed, found: logs.len() }));
        }
        let bound = |logged: Logged| BoundEntry { log: logged.log, log_index: logged.log_index, time: logged.time };
        Ok(self.logged.into_iter().map(bound).collect())
    }
}
