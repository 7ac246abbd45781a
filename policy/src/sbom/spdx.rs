//! SPDX 2.2 and 2.3 in JSON (spdx/spdx-spec, `schemas/spdx-schema.json`).

use super::{License, Package, Sbom, SbomFormat};
use crate::{
    budget,
    document::{
        DocumentError, read, shown,
        wire::{List, Text, said},
    },
};
use serde::Deserialize;

pub(super) const FORMAT: &str = "an SPDX document";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    spdx_version: Text,
    #[serde(default)]
    packages: List<Described, { budget::PACKAGES }>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    name: Text,
    version_info: Option<Text>,
    license_concluded: Option<Text>,
    license_declared: Option<Text>,
    #[serde(default)]
    external_refs: List<Reference, { budget::FINDINGS }>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reference {
    reference_type: Text,
    reference_locator: Text,
}

pub(super) fn sbom(json: &[u8]) -> Result<Sbom, DocumentError> {
    let document: Document = read(FORMAT, json)?;
    match document.spdx_version.as_str() {
        "SPDX-2.2" | "SPDX-2.3" => {}
        found => {
            let (format, expected) = ("SPDX", "SPDX-2.2 or SPDX-2.3");
            return Err(DocumentError::UnsupportedVersion { format, expected, found: shown(found) });
        }
    }
    let packages = document.packages.all("packages")?.into_iter().map(Described::package);
    Ok(Sbom { format: SbomFormat::Spdx, packages: packages.collect::<Result<_, _>>()? })
}

impl Described {
    fn package(self) -> Result<Package, DocumentError> {
        let references = self.external_refs.all("references of a package")?;
        let purl = references.into_iter().find(|reference| reference.reference_type.as_str() == "purl");
        Ok(Package {
            name: self.name.into_string(),
            version: said(self.version_info),
            purl: purl.map(|reference| reference.reference_locator.into_string()),
            licenses: license(self.license_concluded).or(license(self.license_declared)).into_iter().collect(),
        })
    }
}

/// What its author has concluded (7.13) goes before what the package declares (7.15). `NONE` and `NOASSERTION` name no licence.
fn license(text: Option<Text>) -> Option<License> {
    let text = said(text).filter(|text| !["NONE", "NOASSERTION"].contains(&text.as_str()))?;
    Some(License::parse(&text))
}
