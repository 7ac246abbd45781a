//! in-toto link metadata (in-toto specification 1.0, section 4.4), with every field that cosign demands.

use super::shape::{At, Mismatch};

pub(super) const TYPE: &str = "https://in-toto.io/Link/v1";

pub(super) fn check(predicate: &At<'_>) -> Result<(), Mismatch> {
    predicate.field("_type").one_of(&["link"])?;
    predicate.field("name").text()?;
    predicate.field("materials").object()?;
    predicate.field("products").object()?;
    predicate.field("byproducts").object()?;
    predicate.field("command").items()?.try_for_each(|word| word.any_text())?;
    predicate.field("environment").object()
}
