//! What a VEX statement is about: products and their components, by package URL, hash or other identifier.

use crate::{
    document::{
        DocumentError, read,
        wire::{List, Text},
    },
    purl::Purl,
};
use bulla_verify::Digest;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What the artifact may be called in VEX: its digests, its repository, and other identifiers that its owner knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Product {
    digests: Vec<String>,
    repository: Option<String>,
    identifiers: Vec<Identifier>,
}

impl Product {
    /// Whatever has this digest.
    pub fn of(digest: &Digest) -> Self {
        Self { digests: vec![digest.to_hex()], ..Self::default() }
    }

    /// Also whatever has that digest: of the index that holds the image, or of an image in it.
    #[must_use]
    pub fn or(mut self, digest: &Digest) -> Self {
        self.digests.push(digest.to_hex());
        self
    }

    /// The image's repository with its registry, such as `registry.acme.dev/services/app`.
    #[must_use]
    pub fn in_repository(self, repository: &str) -> Self {
        Self { repository: Some(canonical(repository)), ..self }
    }

    /// Another identifier: a package URL, which is matched as such, or an IRI, which has to be the same.
    #[must_use]
    pub fn known_as(mut self, identifier: &str) -> Self {
        self.identifiers.push(Identifier::parse(identifier));
        self
    }

    fn is(&self, component: &Component) -> bool {
        let digest = |digest: &str| self.digests.iter().any(|mine| mine == digest);
        component.sha256.as_deref().is_some_and(digest)
            || component.identifiers.iter().any(|identifier| match identifier {
                Identifier::Purl(purl) if purl.kind == "oci" => self.is_image(purl) || self.is_known_as(identifier),
                Identifier::Purl(_) | Identifier::Iri(_) => self.is_known_as(identifier),
            })
    }

    fn is_known_as(&self, identifier: &Identifier) -> bool {
        self.identifiers.iter().any(|mine| identifier.covers(mine))
    }

    /// `pkg:oci` (PURL-TYPES.rst): its version is a digest, and whatever has that digest is the same image under any name.
    /// Without a version it is every image of that name, and of that repository if it says one. Other qualifiers, such as
    /// `tag` and `arch`, are not known here: then it is not this image.
    fn is_image(&self, purl: &Purl) -> bool {
        let Some(version) = &purl.version else { return self.is_named(purl) };
        version.strip_prefix("sha256:").is_some_and(|hex| self.digests.iter().any(|mine| mine == hex))
    }

    fn is_named(&self, purl: &Purl) -> bool {
        let Some(repository) = &self.repository else { return false };
        let name = repository.rsplit('/').next().unwrap_or_default();
        let in_repository = |(key, url): (&String, &String)| {
            let url = canonical(url);
            key == "repository_url" && (url == *repository || format!("{url}/{name}") == *repository)
        };
        purl.namespace.is_empty() && name == purl.name && purl.qualifiers.iter().all(in_repository)
    }
}

/// Without a scheme; Docker Hub has several names, and `library` for what has no owner there.
fn canonical(repository: &str) -> String {
    let bare = repository.trim_start_matches("https://").trim_end_matches('/');
    match bare.split_once('/') {
        Some(("index.docker.io" | "registry-1.docker.io" | "hub.docker.com", path)) => format!("docker.io/{path}"),
        _ => bare.to_owned(),
    }
}

/// A name of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Identifier {
    Purl(Box<Purl>),
    Iri(String),
}

impl Identifier {
    fn parse(text: &str) -> Self {
        Purl::parse(text).map_or_else(|| Self::Iri(text.to_owned()), |purl| Self::Purl(Box::new(purl)))
    }

    fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Purl(mine), Self::Purl(theirs)) => mine.covers(theirs),
            (Self::Iri(mine), Self::Iri(theirs)) => mine == theirs,
            (Self::Purl(_), Self::Iri(_)) | (Self::Iri(_), Self::Purl(_)) => false,
        }
    }
}

/// A product or a part of one. One that has only a CPE or another hash has no name that is compared: it matches nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Component {
    identifiers: Vec<Identifier>,
    sha256: Option<String>,
}

impl Component {
    pub(super) fn named(identifier: &str) -> Self {
        Self { identifiers: vec![Identifier::parse(identifier)], sha256: None }
    }

    /// The same, which is also known by its SHA-256, if it has one.
    pub(super) fn hashing_to(self, sha256: Option<String>) -> Self {
        Self { sha256: sha256.map(|hex| hex.to_ascii_lowercase()).or(self.sha256), ..self }
    }

    /// Whether a package is this component, or one of those that this is a general name for.
    fn covers(&self, package: &Purl) -> bool {
        self.identifiers.iter().any(|identifier| match identifier {
            Identifier::Purl(purl) => purl.covers(package),
            Identifier::Iri(_) => false,
        })
    }
}

/// A product, and those of its parts that a statement is about: all, if it names none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) component: Component,
    pub(super) subcomponents: Vec<Component>,
}

impl Listed {
    /// Whether a statement about this is one about `package` in `product`. A package can be the product itself.
    pub(super) fn is_about(&self, product: &Product, package: Option<&Purl>) -> bool {
        let covers = |component: &Component| package.is_some_and(|package| component.covers(package));
        match (product.is(&self.component), self.subcomponents.as_slice()) {
            (true, []) => true,
            (true, parts) => parts.iter().any(covers),
            (false, []) => covers(&self.component),
            (false, _) => false,
        }
    }

    /// How many comparisons that may take.
    pub(super) fn comparisons(&self) -> usize {
        1 + self.subcomponents.len()
    }
}

/// A component on the wire; a product has subcomponents besides.
#[derive(Deserialize)]
pub(super) struct Wire<'a, const PARTS: usize> {
    #[serde(rename = "@id")]
    id: Option<Text>,
    #[serde(default)]
    identifiers: Identifiers,
    #[serde(default)]
    hashes: Hashes,
    #[serde(borrow, default)]
    pub(super) subcomponents: List<&'a RawValue, PARTS>,
}

#[derive(Default, Deserialize)]
struct Identifiers {
    purl: Option<Text>,
}

#[derive(Default, Deserialize)]
struct Hashes {
    #[serde(rename = "sha-256")]
    sha256: Option<Text>,
}

impl<const PARTS: usize> Wire<'_, PARTS> {
    pub(super) fn component(&self) -> Component {
        let named = [&self.id, &self.identifiers.purl];
        Component {
            identifiers: named.into_iter().flatten().map(|text| Identifier::parse(text.as_str())).collect(),
            sha256: self.hashes.sha256.as_ref().map(|hash| hash.as_str().to_ascii_lowercase()),
        }
    }
}

/// A part of a product: an object, or in v0.0.1 a text.
pub(super) fn part(format: &'static str, json: &RawValue) -> Result<Component, DocumentError> {
    let json = json.get();
    if json.starts_with('"') {
        return Ok(Component::named(read::<Text>(format, json.as_bytes())?.as_str()));
    }
    read::<Wire<'_, 0>>(format, json.as_bytes()).map(|wire| wire.component())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

    fn image() -> Product {
        Product::of(&Digest::of(b"foo")).in_repository("registry.acme.dev/services/app")
    }

    #[track_caller]
    fn is(product: &Product, identifier: &str) {
        assert!(product.is(&Component::named(identifier)), "{identifier}");
    }

    #[track_caller]
    fn is_not(product: &Product, identifier: &str) {
        assert!(!product.is(&Component::named(identifier)), "{identifier}");
    }

    #[test]
    fn an_image_is_what_its_digest_says_whatever_it_is_called() {
        is(&image(), &format!("pkg:oci/app@sha256%3A{HEX}"));
        is(&image(), &format!("pkg:oci/elsewhere@sha256:{HEX}?repository_url=mirror.acme.dev/x&tag=1&arch=amd64"));
        is(&Product::of(&Digest::of(b"bar")).or(&Digest::of(b"foo")), &format!("pkg:oci/app@sha256:{HEX}"));
        is_not(&image(), &format!("pkg:oci/app@sha256%3A{}", HEX.replace('a', "b")));
        is_not(&image(), "pkg:oci/app@1.4");
        is_not(&image(), &format!("pkg:generic/app@sha256%3A{HEX}"));
    }

    #[test]
    fn without_a_digest_the_name_and_the_repository_count() {
        is(&image(), "pkg:oci/app");
        is(&image(), "pkg:oci/app?repository_url=registry.acme.dev/services");
        is(&image(), "pkg:oci/app?repository_url=registry.acme.dev%2Fservices%2Fapp");
        is_not(&image(), "pkg:oci/app?repository_url=registry.acme.dev/other");
        is_not(&image(), "pkg:oci/app?tag=1.4");
        is_not(&image(), "pkg:oci/services/app");
        is_not(&image(), "pkg:oci/ap");
        is_not(&Product::of(&Digest::of(b"foo")), "pkg:oci/app");
        let hub = Product::of(&Digest::of(b"foo")).in_repository("docker.io/library/debian");
        is(&hub, "pkg:oci/debian?repository_url=index.docker.io/library");
    }

    #[test]
    fn other_identifiers_are_the_same_or_more_general() {
        let product = image().known_as("pkg:golang/acme.dev/app@v1.4.0").known_as("https://acme.dev/app");
        is(&product, "pkg:golang/acme.dev/app");
        is(&product, "pkg:golang/acme.dev/app@v1.4.0");
        is_not(&product, "pkg:golang/acme.dev/app@v1.5.0");
        is(&product, "https://acme.dev/app");
        is_not(&product, "https://acme.dev/app/");
    }
}
