//! SLSA provenance v0.2 (slsa.dev/provenance/v0.2).

use super::shape::{At, Mismatch};

pub(super) const TYPE: &str = "https://slsa.dev/provenance/v0.2";

pub(super) fn check(predicate: &At<'_>) -> Result<(), Mismatch> {
    predicate.field("builder").object()?;
    predicate.field("builder").field("id").text()?;
    predicate.field("buildType").text()?;
    predicate.optional("invocation").map_or(Ok(()), |at| at.object())?;
    predicate.optional("materials").map_or(Ok(()), |at| at.objects())?;
    let Some(metadata) = predicate.optional("metadata") else { return Ok(()) };
    metadata.object()?;
    metadata.optional("buildStartedOn").map_or(Ok(()), |at| at.timestamp())?;
    metadata.optional("buildFinishedOn").map_or(Ok(()), |at| at.timestamp())
}
