//! The result of tests (in-toto/attestation, `spec/predicates/test-result.md`).

use super::shape::{At, Mismatch};

pub(super) const TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";

pub(super) fn check(predicate: &At<'_>) -> Result<(), Mismatch> {
    predicate.field("result").one_of(&["PASSED", "WARNED", "FAILED"])?;
    predicate.field("configuration").objects()?;
    predicate.optional("url").map_or(Ok(()), |at| at.text().map(drop))?;
    for tests in ["passedTests", "warnedTests", "failedTests"] {
        predicate.optional(tests).map_or(Ok(()), |at| at.texts())?;
    }
    Ok(())
}
