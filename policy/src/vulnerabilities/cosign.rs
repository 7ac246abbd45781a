//! cosign's `vuln` predicate (sigstore/cosign, `pkg/cosign/attestation`): another scanner's report, and when it was made.

use super::{Database, Scanner, Shape, VulnerabilityReport, when};
use crate::document::{
    DocumentError, measured, read,
    wire::{Text, said},
};
use bulla_verify::Time;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

pub(super) const FORMAT: &str = "cosign's `vuln` predicate";

/// The type of the predicate.
pub const VULN_V1: &str = "https://cosign.sigstore.dev/attestation/vuln/v1";

#[derive(Deserialize)]
struct Predicate<'a> {
    #[serde(borrow)]
    scanner: Scanned<'a>,
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Scanned<'a> {
    version: Option<Text>,
    db: Option<Db>,
    #[serde(borrow)]
    result: &'a RawValue,
}

#[derive(Deserialize)]
struct Db {
    uri: Option<Text>,
    version: Option<Text>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    scan_started_on: Option<Text>,
}

/// The report inside, with what the predicate adds to it. Of two times the earlier counts, since it is the older scan.
pub(super) fn report(json: &[u8]) -> Result<VulnerabilityReport, DocumentError> {
    let predicate: Predicate<'_> = read(FORMAT, json)?;
    let result = predicate.scanner.result.get().as_bytes();
    let mut report = match Shape::of(result)? {
        Shape::Cosign => return Err(DocumentError::malformed(FORMAT, "it is inside another")),
        shape => shape.report(result)?,
    };
    let started = predicate.metadata.and_then(|metadata| metadata.scan_started_on);
    let started = when(FORMAT, "metadata.scanStartedOn", started.as_ref())?;
    report.scanned_at = [report.scanned_at, started].into_iter().flatten().min();
    let scanner = &mut report.scanner;
    scanner.version = scanner.version.take().or(said(predicate.scanner.version));
    let added = predicate.scanner.db.map(|db| Database { uri: said(db.uri), version: said(db.version) });
    scanner.database = scanner.database.take().or(added.filter(Database::says_something));
    Ok(report)
}

/// A predicate that was made of a scanner's raw report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapped {
    /// Whose report it is.
    pub scanner: Scanner,
    /// The predicate, of type [`VULN_V1`].
    pub predicate: Vec<u8>,
}

#[derive(Serialize)]
struct NewPredicate<'a> {
    invocation: Nothing,
    scanner: NewScanner<'a>,
    metadata: NewMetadata,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct NewScanner<'a> {
    uri: String,
    version: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    db: Option<NewDb<'a>>,
    result: &'a RawValue,
}

#[derive(Serialize)]
struct NewDb<'a> {
    uri: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NewMetadata {
    scan_started_on: String,
    scan_finished_on: String,
}

/// Makes the predicate of a scanner's raw report, byte for byte the report inside. Nothing for what is the predicate already.
///
/// Reports have one time, when they were written; it stands for both the start and the end of the scan.
///
/// # Errors
/// [`DocumentError`] for what is no report, and for one that does not say when the scan was made.
pub fn wrap(json: &[u8]) -> Result<Option<Wrapped>, DocumentError> {
    let shape = Shape::of(measured(json)?)?;
    if matches!(shape, Shape::Cosign) {
        return Ok(None);
    }
    let report = shape.report(json)?;
    let time = report.scanned_at.ok_or(DocumentError::NoScanTime)?;
    let result: &RawValue = read(FORMAT, json)?;
    let predicate = serde_json::to_vec(&new_predicate(&report.scanner, time, result))
        .map_err(|error| DocumentError::malformed(FORMAT, error.to_string()))?;
    Ok(Some(Wrapped { scanner: report.scanner, predicate }))
}

fn new_predicate<'a>(scanner: &'a Scanner, time: Time, result: &'a RawValue) -> NewPredicate<'a> {
    let said = |text: &'a Option<String>| text.as_deref().unwrap_or_default();
    NewPredicate {
        invocation: Nothing {},
        scanner: NewScanner {
            uri: scanner.uri(),
            version: said(&scanner.version),
            db: scanner.database.as_ref().map(|db| NewDb { uri: said(&db.uri), version: said(&db.version) }),
            result,
        },
        metadata: NewMetadata { scan_started_on: time.to_string(), scan_finished_on: time.to_string() },
    }
}
