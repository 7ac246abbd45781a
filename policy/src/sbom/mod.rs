//! SBOMs: what a piece of software is made of, as somebody says who should know. One file per format.
//!
//! An SBOM is a claim, worth no more than whoever signed it: what it leaves out is not there.

mod cyclonedx;
mod license;
mod spdx;

pub use license::License;

use crate::document::{
    DocumentError, found, measured, read,
    wire::{Present, Text},
};
use serde::Deserialize;

/// A software bill of materials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sbom {
    format: SbomFormat,
    packages: Vec<Package>,
}

/// What it was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SbomFormat {
    /// SPDX 2.2 or 2.3.
    Spdx,
    /// `CycloneDX` 1.2 to 1.7.
    CycloneDx,
}

/// A piece of software that is in it, or that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Its name; in `CycloneDX` with its group before it, as in `@babel/core`.
    pub name: String,
    /// Its version, if it says one.
    pub version: Option<String>,
    /// Its package URL, if it says one; in SPDX the first.
    pub purl: Option<String>,
    /// Its licences. Several count together, like the two sides of an `AND`; without one, nothing is known.
    pub licenses: Vec<License>,
}

impl Sbom {
    /// Reads SPDX 2.2 or 2.3, or `CycloneDX` 1.2 to 1.7, in JSON.
    ///
    /// Unknown fields are tolerated, since the formats are others' to extend; a known one of another kind and a key that is there
    /// twice are not.
    ///
    /// # Errors
    /// [`DocumentError`] for anything else: SPDX 3, XML, tag-value and Syft's own JSON by their names.
    pub fn parse(document: &[u8]) -> Result<Self, DocumentError> {
        match Shape::of(measured(document)?)? {
            Shape::Spdx => spdx::sbom(document),
            Shape::CycloneDx => cyclonedx::sbom(document),
        }
    }

    /// What it was written in.
    pub fn format(&self) -> SbomFormat {
        self.format
    }

    /// All packages, at whatever depth; what the document is about is one of them.
    pub fn packages(&self) -> &[Package] {
        &self.packages
    }
}

/// What a document looks like.
enum Shape {
    Spdx,
    CycloneDx,
}

/// The keys by which the formats are told apart.
#[derive(Deserialize)]
struct Marks {
    #[serde(default, rename = "spdxVersion")]
    spdx_version: Present,
    #[serde(default, rename = "bomFormat")]
    bom_format: Present,
    #[serde(rename = "@context")]
    context: Option<Text>,
    #[serde(default, rename = "@graph")]
    graph: Present,
    #[serde(default)]
    artifacts: Present,
    #[serde(default, rename = "artifactRelationships")]
    artifact_relationships: Present,
}

impl Shape {
    fn of(document: &[u8]) -> Result<Self, DocumentError> {
        let read_are = "SPDX 2.2 and 2.3, and CycloneDX 1.2 to 1.7, in JSON";
        let unrecognised =
            || DocumentError::Unrecognised { expected: "an SBOM", found: found(document), read: read_are };
        let Ok(marks) = read::<Marks>("JSON", document) else {
            return Err(in_text(document).unwrap_or_else(unrecognised));
        };
        let spdx_3 = marks.graph.0 && marks.context.is_some_and(|context| context.as_str().contains("spdx"));
        match (marks.spdx_version.0, marks.bom_format.0) {
            (true, true) => Err(DocumentError::Ambiguous { one: spdx::FORMAT, other: cyclonedx::FORMAT }),
            (true, false) => Ok(Self::Spdx),
            (false, true) => Ok(Self::CycloneDx),
            (false, false) if spdx_3 => Err(DocumentError::NotRead {
                found: "SPDX 3",
                instead: "have it written as SPDX 2.3 (`syft -o spdx-json@2.3`)",
            }),
            (false, false) if marks.artifacts.0 && marks.artifact_relationships.0 => Err(DocumentError::NotRead {
                found: "Syft's own JSON",
                instead: "have Syft write SPDX (`syft -o spdx-json`) or CycloneDX (`syft -o cyclonedx-json`)",
            }),
            (false, false) => Err(unrecognised()),
        }
    }
}

/// What is an SBOM, and no JSON.
fn in_text(document: &[u8]) -> Option<DocumentError> {
    let text = document.trim_ascii_start();
    let instead = "have the tool write JSON (`syft -o spdx-json`, `syft -o cyclonedx-json`)";
    let is_xml = text.starts_with(b"<");
    let tag_value = text.starts_with(b"SPDXVersion:");
    match (is_xml, tag_value) {
        (true, _) => Some(DocumentError::NotRead { found: "an SBOM in XML", instead }),
        (_, true) => Some(DocumentError::NotRead { found: "SPDX's tag-value format", instead }),
        _ => None,
    }
}
