//! Fields of protobuf's JSON, read strictly.

use super::wire::Text;
use crate::{VerifyError, encoding};

pub(super) fn base64(field: &'static str, text: &str) -> Result<Vec<u8>, VerifyError> {
    let filled = |bytes: &Vec<u8>| !bytes.is_empty();
    encoding::from_base64(text)
        .filter(filled)
        .ok_or(VerifyError::FieldMalformed { field, expected: "strict base64 of something" })
}

pub(super) fn hash(field: &'static str, text: &str) -> Result<[u8; 32], VerifyError> {
    encoding::from_base64_exact(text)
        .ok_or(VerifyError::FieldMalformed { field, expected: "32 bytes in strict base64" })
}

/// A decimal without sign or leading zeros, below 2^63, as protobuf's JSON writes an `int64` that is not negative.
pub(super) fn number(field: &'static str, text: &str) -> Result<u64, VerifyError> {
    let canonical = text == "0" || text.starts_with(|first| ('1'..='9').contains(&first));
    text.parse::<u64>()
        .ok()
        .filter(|&number| canonical && number <= i64::MAX.unsigned_abs())
        .ok_or(VerifyError::FieldMalformed { field, expected: "a canonical number that is not negative" })
}

/// Protobuf's JSON leaves out a zero: the first entry of a log has no index.
pub(super) fn index(field: &'static str, text: Option<Text<'_>>) -> Result<u64, VerifyError> {
    text.map_or(Ok(0), |text| number(field, &text.0))
}

/// Each of `items`, or the first error, in a list that is as long from the start.
pub(super) fn each<T>(items: impl ExactSizeIterator<Item = Result<T, VerifyError>>) -> Result<Vec<T>, VerifyError> {
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        all.push(item?);
    }
    Ok(all)
}
