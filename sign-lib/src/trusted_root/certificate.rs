//! What a trusted root says about a certificate beside itself: read to be shown, and believed by nobody. Whether it may issue,
//! `bulla-verify` judges; its own reader is for what it verifies, and hands out no name or date of anything else.

use crate::key::der::{
    CONTEXT_0, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, SEQUENCE, SET, UTC_TIME, UTF8_STRING, element,
};
use bulla_verify::Time;

/// UTF8String, PrintableString, IA5String.
const TEXTS: [u8; 3] = [UTF8_STRING, 0x13, 0x16];
/// 2.5.4.10 and 2.5.4.3.
const ORGANIZATION: &[u8] = &[0x55, 4, 10];
const COMMON_NAME: &[u8] = &[0x55, 4, 3];

/// A certificate's dates, and its subject's organization and name.
pub(super) struct Facts {
    pub(super) not_before: Time,
    pub(super) not_after: Time,
    pub(super) organization: String,
    pub(super) common_name: String,
}

impl Facts {
    /// Of a DER certificate (RFC 5280, 4.1).
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let (certificate, _) = element(SEQUENCE, der)?;
        let (tbs, _) = element(SEQUENCE, certificate)?;
        let rest = element(CONTEXT_0, tbs).map_or(tbs, |(_, rest)| rest);
        let (_serial, rest) = element(INTEGER, rest)?;
        let (_algorithm, rest) = element(SEQUENCE, rest)?;
        let (_issuer, rest) = element(SEQUENCE, rest)?;
        let (validity, rest) = element(SEQUENCE, rest)?;
        let (subject, _) = element(SEQUENCE, rest)?;
        let (not_before, later) = time(validity)?;
        let (not_after, _) = time(later)?;
        let part = |oid| name_part(subject, oid).unwrap_or_default();
        Some(Self { not_before, not_after, organization: part(ORGANIZATION), common_name: part(COMMON_NAME) })
    }
}

/// `UTCTime` between 1950 and 2049, or `GeneralizedTime` (RFC 5280, 4.1.2.5), and what follows it.
fn time(der: &[u8]) -> Option<(Time, &[u8])> {
    let (century, digits, rest) = match element(UTC_TIME, der) {
        Some((digits, rest)) => (if digits.first()? < &b'5' { "20" } else { "19" }, digits, rest),
        None => element(GENERALIZED_TIME, der).map(|(digits, rest)| ("", digits, rest))?,
    };
    let digits = format!("{century}{}", core::str::from_utf8(digits).ok()?);
    let (date, clock) = digits.strip_suffix('Z')?.split_at_checked(8)?;
    let ((year, day), (hour, second)) = (date.split_at_checked(4)?, clock.split_at_checked(2)?);
    let ((month, day), (minute, second)) = (day.split_at_checked(2)?, second.split_at_checked(2)?);
    let time = Time::parse_rfc3339(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))?;
    Some((time, rest))
}

/// The first part of a name of that kind (RFC 5280, 4.1.2.4).
fn name_part(mut name: &[u8], oid: &[u8]) -> Option<String> {
    while let Some((set, rest)) = element(SET, name) {
        let (pair, _) = element(SEQUENCE, set)?;
        let (kind, value) = element(OBJECT_IDENTIFIER, pair)?;
        let text = value.first().filter(|tag| TEXTS.contains(tag)).and_then(|tag| element(*tag, value));
        if let Some((text, _)) = text.filter(|_| kind == oid) {
            return core::str::from_utf8(text).ok().map(crate::error::shown);
        }
        name = rest;
    }
    None
}
