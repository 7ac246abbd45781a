//! Where an image is: a registry, or a layout on disk.

use crate::error::{Error, shown};
use crate::reference::{Reference, is_tag};
use bulla_verify::Digest;
use std::fmt;
use std::path::PathBuf;

/// A registry reference, or one image of an OCI image layout.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// `registry/repository[:tag][@sha256:…]`
    Registry(Reference),
    /// `oci:dir[:tag|@sha256:…]`
    Layout {
        /// The folder that holds `oci-layout`.
        dir: PathBuf,
        /// Which of its images.
        pick: Pick,
    },
}

/// Which image of a layout is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// The only one that there is.
    Only,
    /// The one with this `org.opencontainers.image.ref.name`.
    Tag(String),
    /// The one with this digest.
    Digest(Digest),
}

impl Place {
    /// Reads `oci:dir`, `oci:dir:tag`, `oci:dir@sha256:…`, or a reference.
    ///
    /// # Errors
    /// As [`Reference::parse`]; [`Error::NotAReference`] for an `oci:` place without a folder or with a broken digest.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text.strip_prefix("oci:") {
            Some(layout) => parse_layout(text, layout),
            None => Reference::parse(text).map(Self::Registry),
        }
    }

    /// The tag, if one was written and no digest.
    pub fn tag(&self) -> Option<&str> {
        match self {
            Self::Registry(reference) if reference.digest().is_none() => reference.tag(),
            Self::Layout { pick: Pick::Tag(tag), .. } => Some(tag),
            Self::Registry(_) | Self::Layout { .. } => None,
        }
    }

    /// The digest, if one was written.
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Registry(reference) => reference.digest(),
            Self::Layout { pick: Pick::Digest(digest), .. } => Some(digest),
            Self::Layout { .. } => None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry(reference) => fmt::Display::fmt(reference, f),
            Self::Layout { dir, pick: Pick::Only } => write!(f, "oci:{}", dir.display()),
            Self::Layout { dir, pick: Pick::Tag(tag) } => write!(f, "oci:{}:{tag}", dir.display()),
            Self::Layout { dir, pick: Pick::Digest(digest) } => write!(f, "oci:{}@{digest}", dir.display()),
        }
    }
}

/// `dir`, `dir:tag` or `dir@sha256:…`; a colon before a slash belongs to the folder.
fn parse_layout(text: &str, layout: &str) -> Result<Place, Error> {
    let refuse = |why| Error::NotAReference { text: shown(text), why };
    let (dir, pick) = if let Some((dir, hex)) = layout.rsplit_once("@sha256:") {
        let digest = Digest::parse(&format!("sha256:{hex}")).map_err(|_| refuse("not a sha256 digest"))?;
        (dir, Pick::Digest(digest))
    } else {
        match layout.rsplit_once(':') {
            Some((dir, tag)) if is_tag(tag) => (dir, Pick::Tag(tag.to_owned())),
            Some((_, tag)) if !tag.contains('/') => return Err(refuse("not a tag")),
            _ => (layout, Pick::Only),
        }
    };
    if dir.is_empty() {
        return Err(refuse("no folder"));
    }
    Ok(Place::Layout { dir: PathBuf::from(dir), pick })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, dir: &str, pick: Pick) {
        let place = Place::parse(text).unwrap();
        assert_eq!(place, Place::Layout { dir: PathBuf::from(dir), pick });
        assert_eq!(place.to_string(), text);
    }

    #[test]
    fn layouts_are_read_with_and_without_a_pick() {
        reads("oci:dir", "dir", Pick::Only);
        reads("oci:./a/b:1.4", "./a/b", Pick::Tag("1.4".to_owned()));
        reads("oci:a:b/c", "a:b/c", Pick::Only);
        let digest = Digest::of(b"");
        reads(&format!("oci:/tmp/x@{digest}"), "/tmp/x", Pick::Digest(digest));
    }

    #[test]
    fn broken_places_are_refused() {
        for text in ["oci:", "oci::tag", "oci:dir:", "oci:dir@sha256:12", "oci:dir:-x"] {
            assert_eq!(Place::parse(text).unwrap_err().code(), "not-a-reference", "{text}");
        }
        assert_eq!(Place::parse("app.tar.gz").unwrap_err().code(), "no-registry-host");
    }
}
