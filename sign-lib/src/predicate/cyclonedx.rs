//! CycloneDX documents (ECMA-424; the JSON schemas 1.4 to 1.7 demand the same of the top).

use super::shape::{At, Mismatch};

pub(super) const TYPE: &str = "https://cyclonedx.org/bom";

pub(super) fn check(predicate: &At<'_>) -> Result<(), Mismatch> {
    predicate.field("bomFormat").one_of(&["CycloneDX"])?;
    predicate.field("specVersion").begins_with("1.")?;
    predicate.optional("version").map_or(Ok(()), |at| at.positive())?;
    predicate.optional("serialNumber").map_or(Ok(()), |at| at.begins_with("urn:uuid:"))?;
    predicate.optional("metadata").map_or(Ok(()), |at| at.object())?;
    predicate.optional("vulnerabilities").map_or(Ok(()), |at| at.objects())?;
    predicate.optional("dependencies").map_or(Ok(()), |at| at.objects())?;
    let Some(components) = predicate.optional("components") else { return Ok(()) };
    components.items()?.try_for_each(|component| {
        component.object()?;
        component.field("type").text()?;
        component.field("name").any_text()
    })
}
