//! What a target is: an image, a layout, a file, standard input, or a bare digest.

use crate::error::{Failure, Result};
use bulla_policy::Name;
use bulla_transport::Place;
use bulla_verify::Digest;
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// What a command is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// An image in a registry or a layout.
    Image(Place),
    /// A file.
    File(PathBuf),
    /// `-`
    Stdin,
    /// A bare digest.
    Digest(Digest),
}

/// Says "this is an image" where a file of the same name lies about.
const IMAGE: &str = "docker://";

impl Target {
    /// The file, if it is one.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            _ => None,
        }
    }

    /// What the rules call it: as it was typed, or as `--as` says. A file is called without its folders, and what comes in a
    /// pipe has no name.
    pub(crate) fn name(&self, called: Option<&str>) -> Result<Name> {
        match (self, called) {
            (Self::Image(place), called) => image_name(place, called),
            (_, Some(called)) => Ok(Name::File(called.to_owned())),
            (_, None) => {
                let file = self.file().and_then(Path::file_name);
                Ok(file.map_or(Name::Unnamed, |name| Name::File(name.to_string_lossy().into_owned())))
            }
        }
    }

    /// Reads what was typed, and looks whether a file is meant.
    ///
    /// An image has to name its registry's host; everything else is a file, so that a mistyped file name never becomes
    /// somebody's image. What names an image *and* is a file here is refused: guessing would sign or trust the wrong one.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        if text == "-" {
            return Ok(Self::Stdin);
        }
        if text.starts_with("sha256:") {
            return digest(text);
        }
        if let Some(image) = text.strip_prefix(IMAGE) {
            return Place::parse(image).map(Self::Image).map_err(Failure::from);
        }
        let path = Path::new(text);
        match Place::parse(text) {
            Ok(place @ Place::Registry(_)) if path.symlink_metadata().is_ok() => Err(ambiguous(text, "file", &place)),
            // A mistyped name in a folder like `dist.v1` never becomes somebody's image either.
            Ok(place @ Place::Registry(_)) if first_folder(path).is_dir() => Err(ambiguous(text, "path", &place)),
            Ok(place) => Ok(Self::Image(place)),
            Err(error) if error.code() == "no-registry-host" => Ok(Self::File(path.to_path_buf())),
            Err(_) if path.symlink_metadata().is_ok() => Ok(Self::File(path.to_path_buf())),
            Err(error) => Err(error.into()),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(place) => write!(f, "{place}"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Stdin => f.write_str("-"),
            Self::Digest(digest) => write!(f, "{digest}"),
        }
    }
}

/// [`Target::name`] of an image.
pub(crate) fn image_name(place: &Place, called: Option<&str>) -> Result<Name> {
    match called {
        None => Ok(bulla_gate::name(place)),
        Some(called) => Ok(bulla_gate::name(&Place::parse(called)?)),
    }
}

/// A file that is not there: perhaps it was meant to be an image.
pub(crate) fn missing_file(path: &Path) -> Failure {
    let failure = Failure::unknown("file-not-found", format!("no such file: `{}`", path.display()));
    let text = path.to_string_lossy();
    if let Some((_, reference)) = text.split_once("://") {
        return failure.hint(format!("an image is written without a scheme: `{reference}`"));
    }
    let rooted = text.starts_with(['/', '.', '~']);
    match text.contains(':') && !rooted {
        true => failure.hint("an image names its registry: `docker.io/library/alpine:3`, `localhost:5000/app`"),
        false => failure.hint("check the spelling; an image names its registry, as in `registry.acme.dev/app:1.4`"),
    }
}

fn digest(text: &str) -> Result<Target> {
    Digest::parse(text).map(Target::Digest).map_err(|error| {
        Failure::unknown("digest-malformed", error).hint("a digest is `sha256:` and 64 lowercase hex digits")
    })
}

fn ambiguous(text: &str, what: &str, place: &Place) -> Failure {
    Failure::unknown("ambiguous-target", format!("`{text}` is a {what} here, and an image in a registry"))
        .hint(format!("write `./{text}` for the file, `{IMAGE}{place}` for the image"))
}

fn first_folder(path: &Path) -> &Path {
    path.components().next().map_or(path, |first| Path::new(first.as_os_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_names_no_registry_is_a_file() {
        for text in ["app.tar.gz", "./registry.acme.dev/app:1.4", "dist/app", "ubuntu:24.04", "library/ubuntu"] {
            assert_eq!(Target::parse(text).unwrap(), Target::File(PathBuf::from(text)), "{text}");
        }
    }

    #[test]
    fn images_layouts_digests_and_standard_input_are_told_apart() {
        assert!(matches!(Target::parse("registry.acme.dev/app:1.4").unwrap(), Target::Image(Place::Registry(_))));
        assert!(matches!(Target::parse("docker://localhost/app").unwrap(), Target::Image(Place::Registry(_))));
        assert!(matches!(Target::parse("oci:dir:1.4").unwrap(), Target::Image(Place::Layout { .. })));
        let digest = Digest::of(b"x");
        assert_eq!(Target::parse(&digest.to_string()).unwrap(), Target::Digest(digest));
        assert_eq!(Target::parse("-").unwrap(), Target::Stdin);
    }

    #[test]
    fn a_broken_digest_is_not_taken_for_a_file() {
        assert_eq!(Target::parse("sha256:12").unwrap_err().code(), "digest-malformed");
    }
}
