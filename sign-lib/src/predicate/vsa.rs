//! SLSA verification summary v1 (slsa.dev/spec/v1.0/verification_summary).

use super::shape::{At, Mismatch};

pub(super) const TYPE: &str = "https://slsa.dev/verification_summary/v1";

pub(super) fn check(predicate: &At<'_>) -> Result<(), Mismatch> {
    predicate.field("verifier").object()?;
    predicate.field("verifier").field("id").text()?;
    predicate.optional("timeVerified").map_or(Ok(()), |at| at.timestamp())?;
    predicate.field("resourceUri").text()?;
    predicate.field("policy").object()?;
    predicate.field("policy").field("uri").text()?;
    predicate.optional("inputAttestations").map_or(Ok(()), |at| at.objects())?;
    predicate.field("verificationResult").one_of(&["PASSED", "FAILED"])?;
    predicate.field("verifiedLevels").texts()
}
