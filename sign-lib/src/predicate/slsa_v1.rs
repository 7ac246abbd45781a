//! SLSA provenance v1 (slsa.dev/spec/v1.0/provenance).

use super::shape::{At, Mismatch};

pub(super) const TYPE: &str = "https://slsa.dev/provenance/v1";

pub(super) fn check(predicate: &At<'_>) -> Result<(), Mismatch> {
    let definition = predicate.field("buildDefinition");
    definition.object()?;
    definition.field("buildType").text()?;
    definition.field("externalParameters").object()?;
    definition.optional("internalParameters").map_or(Ok(()), |at| at.object())?;
    definition.optional("resolvedDependencies").map_or(Ok(()), |at| at.objects())?;
    let run = predicate.field("runDetails");
    run.object()?;
    run.field("builder").object()?;
    run.field("builder").field("id").text()?;
    run.optional("byproducts").map_or(Ok(()), |at| at.objects())?;
    let Some(metadata) = run.optional("metadata") else { return Ok(()) };
    metadata.object()?;
    metadata.optional("invocationId").map_or(Ok(()), |at| at.any_text())?;
    metadata.optional("startedOn").map_or(Ok(()), |at| at.timestamp())?;
    metadata.optional("finishedOn").map_or(Ok(()), |at| at.timestamp())
}
