//! SPDX documents: 2.x (spdx.github.io/spdx-spec/v2.3, section 6) and 3.x (JSON-LD), as JSON.

use super::shape::{At, Mismatch};

pub(super) const TYPE: &str = "https://spdx.dev/Document";

pub(super) fn check(predicate: &At<'_>) -> Result<(), Mismatch> {
    if predicate.optional("@graph").is_some() {
        predicate.field("@context").begins_with("https://spdx.org/rdf/3.")?;
        return predicate.field("@graph").objects();
    }
    predicate.field("spdxVersion").begins_with("SPDX-2.")?;
    predicate.field("SPDXID").one_of(&["SPDXRef-DOCUMENT"])?;
    predicate.field("name").text()?;
    predicate.field("documentNamespace").text()?;
    predicate.field("dataLicense").text()?;
    let creation = predicate.field("creationInfo");
    creation.object()?;
    creation.field("created").timestamp()?;
    creation.field("creators").texts()?;
    predicate.optional("packages").map_or(Ok(()), |at| at.objects())?;
    predicate.optional("files").map_or(Ok(()), |at| at.objects())?;
    predicate.optional("relationships").map_or(Ok(()), |at| at.objects())
}
