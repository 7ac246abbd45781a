//! What a trusted root lists, and how its services are.

use super::certificate::Facts;
use super::wire::{self, from_base64};
use super::{DraftError, log_id};
use crate::error::shown;
use crate::rekor::CHECKPOINT;
use bulla_transport::{Error, Options, Request, Service};
use bulla_verify::{Need, Time, TrustedRoot, VerifyError, VerifyingKey};
use std::time::{Duration, Instant};

/// What a service is trusted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Issues certificates (Fulcio).
    CertificateAuthority,
    /// Logs signatures (Rekor).
    Log,
    /// Logs certificates.
    CertificateLog,
    /// Signs times (RFC 3161).
    TimestampAuthority,
}

/// What a log's id is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogIdOf {
    /// Its key alone: Rekor v1, certificate logs, or a key on an elliptic curve.
    Key,
    /// Its key under the origin that its address has: Rekor v2.
    Origin(String),
    /// Neither. The log may have another origin than its address, which [`probe`] finds out; or else nothing that it signs
    /// will be found.
    Unknown,
}

/// A service, as a trusted root lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What it is trusted for.
    pub role: Role,
    /// Where it is; empty if the root does not say.
    pub url: String,
    /// Who runs it, if the root says so.
    pub operator: Option<String>,
    /// From when on it is trusted.
    pub from: Time,
    /// Until when, if that is said.
    pub until: Option<Time>,
    /// When the first of its certificates expires: from then on it can issue nothing.
    pub certificates_end: Option<Time>,
    /// For a log, whether its id is its key's.
    pub log_id: Option<LogIdOf>,
    log: Option<Log>,
}

/// A log's key, and its id as the root has it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Log {
    key: VerifyingKey,
    id: String,
}

impl Listed {
    /// Whether it is trusted for what is signed at `time`.
    pub fn is_current(&self, time: Time) -> bool {
        let not_over = |end: Option<Time>| end.is_none_or(|end| time <= end);
        self.from <= time && not_over(self.until) && not_over(self.certificates_end)
    }
}

/// How a service answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The status: any at all says that it is there.
    pub status: u16,
    /// How long it took.
    pub took: Duration,
    /// By how many seconds its clock is ahead of ours, if it told the time: to a second or so.
    pub clock_ahead: Option<i64>,
    /// For a log of Rekor v2, whether its id is its key's under the origin that its checkpoint says.
    pub log_id: Option<LogIdOf>,
}

/// The services of a trusted root, in the order of the file. What is listed is believed as far as the file is.
///
/// # Errors
/// [`VerifyError`] for what the verifier does not read.
pub fn list(trusted_root: &[u8]) -> Result<Vec<Listed>, VerifyError> {
    TrustedRoot::parse(trusted_root, Need::sigstore())?;
    let malformed = |reason: String| VerifyError::TrustedRootMalformed { reason };
    let root: wire::Root =
        bulla_verify::json::from_slice(trusted_root).map_err(|error| malformed(bulla_verify::json::reason(&error)))?;
    let authorities = root.certificate_authorities.iter();
    let listed = authorities
        .map(|one| authority(Role::CertificateAuthority, one))
        .chain(root.tlogs.iter().map(|one| log(Role::Log, one)))
        .chain(root.ctlogs.iter().map(|one| log(Role::CertificateLog, one)))
        .chain(root.timestamp_authorities.iter().map(|one| authority(Role::TimestampAuthority, one)));
    listed.collect::<Option<Vec<_>>>().ok_or_else(|| malformed("a time that is not RFC 3339".to_owned()))
}

fn authority(role: Role, wire: &wire::Authority) -> Option<Listed> {
    let ders = wire.cert_chain.certificates.iter().filter_map(|certificate| from_base64(&certificate.raw_bytes));
    let certificates_end = ders.filter_map(|der| Facts::read(&der)).map(|facts| facts.not_after).min();
    let listed = listed(role, &wire.uri, wire.operator.as_deref(), &wire.valid_for)?;
    Some(Listed { certificates_end, ..listed })
}

fn log(role: Role, wire: &wire::Log) -> Option<Listed> {
    let listed = listed(role, &wire.base_url, wire.operator.as_deref(), &wire.public_key.valid_for)?;
    let key = from_base64(&wire.public_key.raw_bytes).and_then(|spki| VerifyingKey::from_spki_der(&spki).ok());
    let log = key.map(|key| Log { key, id: wire.log_id.key_id.clone() });
    let origin = wire.base_url.split_once("://").map_or("", |(_, rest)| rest).trim_end_matches('/');
    let log_id = match &log {
        Some(log) if log.is(None) => LogIdOf::Key,
        Some(log) if log.is(Some(origin)) => LogIdOf::Origin(shown(origin)),
        _ => LogIdOf::Unknown,
    };
    Some(Listed { log_id: Some(log_id), log, ..listed })
}

impl Log {
    /// Whether its id is its key's, under the origin if there is one.
    fn is(&self, origin: Option<&str>) -> bool {
        let id: Result<_, DraftError> = log_id(&self.key, origin);
        id.is_ok_and(|id| wire::base64(id.as_bytes()) == self.id)
    }
}

fn listed(role: Role, url: &str, operator: Option<&str>, window: &wire::Window) -> Option<Listed> {
    let end = window.end.as_deref().map(Time::parse_rfc3339);
    Some(Listed {
        role,
        url: shown(url),
        operator: operator.map(shown),
        from: Time::parse_rfc3339(&window.start)?,
        until: if end == Some(None) { return None } else { end.flatten() },
        certificates_end: None,
        log_id: None,
        log: None,
    })
}

/// Asks a service for something harmless. `clock` is asked before and after.
///
/// # Errors
/// Why it cannot be reached.
pub fn probe(service: &Listed, options: &Options, clock: &dyn Fn() -> Time) -> Result<Probe, Error> {
    let path = match (service.role, &service.log_id) {
        (Role::CertificateAuthority, _) => "/api/v2/configuration",
        (Role::Log, Some(LogIdOf::Key)) => "/api/v1/log",
        (Role::Log, _) => CHECKPOINT,
        (Role::CertificateLog, _) => "/ct/v1/get-sth",
        (Role::TimestampAuthority, _) => "",
    };
    let door = Service::new(&service.url, options)?;
    let (before, began) = (clock(), Instant::now());
    let reply = door.get(path, &Request::default())?;
    let (after, took) = (clock(), began.elapsed());
    // Whatever it told lies between the two; within them nobody is ahead.
    let ahead = |told: Time| match told.unix() {
        told if told > after.unix() => told.saturating_sub(after.unix()),
        told if told < before.unix() => told.saturating_sub(before.unix()),
        _ => 0,
    };
    let checkpoint = service.log.as_ref().filter(|_| path == CHECKPOINT && reply.is_success());
    let log_id =
        checkpoint.map(|log| match core::str::from_utf8(&reply.body).ok().and_then(|text| text.lines().next()) {
            Some(origin) if log.is(Some(origin)) => LogIdOf::Origin(shown(origin)),
            _ => LogIdOf::Unknown,
        });
    Ok(Probe { status: reply.status, took, clock_ahead: reply.date().map(ahead), log_id })
}
