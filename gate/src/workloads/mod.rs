//! Which images a manifest would run: text in, values out.
//!
//! [`images`] finds them in YAML or JSON of one or several documents: Kubernetes' workloads, lists of them, common custom resources
//! and those whose [`Paths`] the caller knows, and compose files. [`images_of`] finds them in an object that was parsed already.
//!
//! ```
//! use bulla_gate::workloads::{Paths, images, pin};
//! use bulla_verify::Digest;
//!
//! # fn main() -> Result<(), bulla_gate::workloads::ManifestError> {
//! let manifest = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - image: 'acme/app:1.4' # ours\n";
//! let found = images(manifest, &Paths::known())?;
//! assert!(found.doubts.is_empty());
//! let [web] = &found.images[..] else { panic!("one image") };
//! assert_eq!((&*web.path, &*web.object.to_string()), ("spec.containers[0].image", "Pod web"));
//! assert_eq!(web.reference()?.to_string(), "docker.io/acme/app:1.4");
//! let pinned = pin(manifest, &[(web, Digest::of(b"its manifest"))])?;
//! assert!(pinned.contains("- image: 'acme/app:1.4@sha256:"));
//! # Ok(())
//! # }
//! ```
//!
//! What a controller is told to run by an argument, a variable or a chart's name is not seen, nor what it makes up by itself.

mod compose;
mod doubt;
mod error;
mod find;
mod kinds;
mod node;
mod pin;
mod yaml;

pub use doubt::{Doubt, Why};
pub use error::{ManifestError, Position};
pub use kinds::Paths;
pub use pin::pin;

use bulla_transport::Reference;
use error::shown;
use find::Finder;
use node::Node;
use std::fmt;
use std::ops::Range;

/// What was found in a manifest. While there are doubts, the images need not be all that would run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "an image that is not looked at may be anybody's"]
pub struct Found {
    /// In the order of the text.
    pub images: Vec<ImageUse>,
    /// What looks like an image, and may not be one.
    pub doubts: Vec<Doubt>,
}

/// An image in the place where it would be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageUse {
    /// As it is written: maybe without a registry, maybe with variables, maybe no image's name at all.
    pub image: String,
    /// Where, if it was found in a text.
    pub at: Option<At>,
    /// Where in its object: `spec.template.spec.containers[0].image`.
    pub path: String,
    /// What would run it.
    pub object: Object,
    /// The container's name, or the volume's.
    pub container: Option<String>,
}

/// Where in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// Of the value, counted from 1.
    pub line: usize,
    /// Of the value and its quotes, counted from 1, in characters.
    pub column: usize,
    /// Of the image's name without quotes; of all of the value, quotes included, if escapes are in it. An alias is where the value
    /// is that it stands for.
    pub bytes: Range<usize>,
}

/// An object of a manifest, as it names itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Object {
    /// The API's group: `apps`; empty for Kubernetes' core and for compose files.
    pub group: String,
    /// `Deployment`; `service` in a compose file; empty if it has none.
    pub kind: String,
    /// Of the object; the cluster may have another default.
    pub namespace: Option<String>,
    /// Of the object, or the beginning of it where the cluster makes it up.
    pub name: Option<String>,
}

/// Finds the images of all documents of `text`.
///
/// # Errors
/// [`ManifestError`] if any document of it is malformed, ambiguous, or more than is read: then none counts.
pub fn images(text: &str, paths: &Paths) -> Result<Found, ManifestError> {
    let mut finder = Finder::new(Some(text), paths);
    yaml::documents(text, |document, number| finder.document(&document, number))?;
    Ok(finder.found)
}

/// Finds the images of an object, as in [`images`].
///
/// # Errors
/// [`ManifestError::NotAnObject`], [`ManifestError::OverBudget`].
pub fn images_of(object: &serde_json::Value, paths: &Paths) -> Result<Found, ManifestError> {
    let mut finder = Finder::new(None, paths);
    finder.document(&*Node::of(object)?, 1)?;
    Ok(finder.found)
}

impl ImageUse {
    /// The image's name as Docker and containerd read it: without a registry it is Docker Hub's. (CRI-O and podman can be
    /// configured otherwise; they are asked for Docker Hub's then, too.)
    ///
    /// # Errors
    /// [`ManifestError::ImageUnresolved`], [`ManifestError::ImageMalformed`].
    pub fn reference(&self) -> Result<Reference, ManifestError> {
        reference(&self.image)
    }
}

fn reference(image: &str) -> Result<Reference, ManifestError> {
    if image.contains('$') || image.contains("{{") {
        return Err(ManifestError::ImageUnresolved { image: shown(image) });
    }
    // distribution/reference, `splitDockerDomain`: only what looks like a host is one.
    let host = image.split_once('/').map_or("", |(first, _)| first);
    let reference = match host {
        "index.docker.io" => Reference::parse(image.trim_start_matches("index.")),
        host if host == "localhost" || host.contains(['.', ':']) => Reference::parse(image),
        _ => Reference::parse(&format!("docker.io/{image}")),
    };
    reference.map_err(|error| ManifestError::ImageMalformed(error.to_string()))
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.kind.is_empty() { "an object without a kind" } else { &self.kind })?;
        let Some(name) = &self.name else { return Ok(()) };
        match &self.namespace {
            Some(namespace) => write!(f, " {namespace}/{name}"),
            None => write!(f, " {name}"),
        }
    }
}

#[cfg(test)]
mod tests;
