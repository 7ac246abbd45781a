//! Writes digests into a manifest, and changes nothing else in it.

use super::error::{ManifestError, shown};
use super::{ImageUse, reference, yaml};
use bulla_verify::Digest;
use std::collections::BTreeMap;
use std::ops::Range;

/// The text with each of these images, which were found in it, pinned: `name:tag@sha256:…`. The tag stays, for people; whoever runs
/// it goes by the digest. Every other byte stays as it is. An image that has this digest already is left alone.
///
/// # Errors
/// [`ManifestError::ManifestChanged`] if an image is not where it was found, [`ManifestError::PinnedOtherwise`] if it names another
/// digest, or is to have two; [`ManifestError::ImageUnresolved`] and [`ManifestError::ImageMalformed`] if it is no image's name.
pub fn pin(text: &str, pins: &[(&ImageUse, Digest)]) -> Result<String, ManifestError> {
    let mut edits = BTreeMap::new();
    for (image, digest) in pins {
        let changed = || ManifestError::ManifestChanged { image: shown(&image.image) };
        let range = image.at.as_ref().map(|at| at.bytes.clone()).ok_or_else(changed)?;
        let new = pinned(&image.image, digest)?;
        let new = written(text, &range, &image.image, new).ok_or_else(changed)?;
        // Aliases of one value are one place.
        let before = edits.insert(range.start, (range.end, new.clone()));
        if before.is_some_and(|before| before != (range.end, new)) {
            return Err(otherwise(&image.image, digest));
        }
    }
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (start, (end, new)) in edits {
        let overlap = || ManifestError::ManifestChanged { image: shown(&new) };
        out.push_str(text.get(done..start).ok_or_else(overlap)?);
        out.push_str(&new);
        done = end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    Ok(out)
}

fn pinned(image: &str, digest: &Digest) -> Result<String, ManifestError> {
    match reference(image)?.digest() {
        Some(named) if named == digest => Ok(image.to_owned()),
        Some(_) => Err(otherwise(image, digest)),
        None => Ok(format!("{image}@{digest}")),
    }
}

fn otherwise(image: &str, digest: &Digest) -> ManifestError {
    ManifestError::PinnedOtherwise { image: shown(image), digest: digest.to_string() }
}

/// `new` as it has to be written in place of `image`, which has to be at `range`: as it is, or with quotes where there are escapes
/// within quotes. Images' names have no character that needs one.
fn written(text: &str, range: &Range<usize>, image: &str, new: String) -> Option<String> {
    let old = text.get(range.clone())?;
    if old == image {
        return Some(new);
    }
    let escaped = old.starts_with('"') && yaml::scalar(old).is_some_and(|read| read == image);
    escaped.then(|| if new == image { old.to_owned() } else { format!("\"{new}\"") })
}
