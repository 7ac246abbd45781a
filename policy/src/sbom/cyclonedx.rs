//! `CycloneDX` 1.2 to 1.7 in JSON (CycloneDX/specification, `schema/bom-1.6.schema.json`).

use super::{License, Package, Sbom, SbomFormat, license};
use crate::{
    budget,
    document::{
        DocumentError, read, shown,
        wire::{List, Text, said},
        within,
    },
};
use serde::Deserialize;
use serde_json::value::RawValue;

pub(super) const FORMAT: &str = "a CycloneDX document";

/// Components as they stand there: what they hold is looked at one level after the other.
type Components<'a> = List<&'a RawValue, { budget::PACKAGES }>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    bom_format: Text,
    spec_version: Text,
    #[serde(borrow)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow, default)]
    components: Components<'a>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    /// What the document is about.
    #[serde(borrow)]
    component: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Component<'a> {
    group: Option<Text>,
    name: Text,
    version: Option<Text>,
    purl: Option<Text>,
    #[serde(default)]
    licenses: List<Choice, { budget::NAMES }>,
    #[serde(borrow, default)]
    components: Components<'a>,
}

/// One or the other.
#[derive(Deserialize)]
struct Choice {
    license: Option<Stated>,
    expression: Option<Text>,
}

#[derive(Deserialize)]
struct Stated {
    id: Option<Text>,
    name: Option<Text>,
}

pub(super) fn sbom(json: &[u8]) -> Result<Sbom, DocumentError> {
    let document: Document<'_> = read(FORMAT, json)?;
    if document.bom_format.as_str() != "CycloneDX" {
        let reason = format!("`bomFormat` is `{}`", shown(document.bom_format.as_str()));
        return Err(DocumentError::malformed(FORMAT, reason));
    }
    let version = document.spec_version.as_str();
    if !["1.2", "1.3", "1.4", "1.5", "1.6", "1.7"].contains(&version) {
        let (format, expected) = ("CycloneDX", "1.2 to 1.7");
        return Err(DocumentError::UnsupportedVersion { format, expected, found: shown(version) });
    }
    let about = document.metadata.and_then(|metadata| metadata.component);
    let mut level: Vec<_> = about.into_iter().chain(document.components.all("packages")?).collect();
    let mut packages = Vec::new();
    for depth in 1.. {
        if level.is_empty() {
            break;
        }
        within("levels of components", budget::COMPONENT_NESTING, depth)?;
        within("packages", budget::PACKAGES, packages.len() + level.len())?;
        let mut next = Vec::new();
        for component in level {
            let component: Component<'_> = read(FORMAT, component.get().as_bytes())?;
            let (package, held) = component.package()?;
            packages.push(package);
            within("packages", budget::PACKAGES, packages.len() + next.len() + held.len())?;
            next.extend(held);
        }
        level = next;
    }
    Ok(Sbom { format: SbomFormat::CycloneDx, packages })
}

impl<'a> Component<'a> {
    /// A group is a part of the name, as in a package URL: `@babel/core`.
    fn package(self) -> Result<(Package, Vec<&'a RawValue>), DocumentError> {
        let name = self.name.as_str();
        let name = said(self.group).map_or_else(|| name.to_owned(), |group| format!("{group}/{name}"));
        let licenses = self.licenses.all("licences of a package")?;
        let licenses = licenses.into_iter().map(|choice| choice.license(&name)).collect::<Result<_, _>>()?;
        let package = Package { version: said(self.version), purl: said(self.purl), licenses, name };
        Ok((package, self.components.all("packages")?))
    }
}

impl Choice {
    fn license(self, package: &str) -> Result<License, DocumentError> {
        let wrong =
            |what: &str| Err(DocumentError::malformed(FORMAT, format!("a licence of `{}` has {what}", shown(package))));
        match (self.license, self.expression) {
            (Some(stated), None) => match (stated.id, stated.name) {
                (Some(id), None) if license::is_listed(id.as_str()) => Ok(License::parse(id.as_str())),
                (Some(id), None) => Err(DocumentError::UnknownLicense {
                    package: shown(package),
                    list: license::LIST,
                    found: shown(id.as_str()),
                }),
                (None, Some(name)) => Ok(License::named(name.as_str())),
                (None, None) => wrong("neither `id` nor `name`"),
                (Some(_), Some(_)) => wrong("both `id` and `name`"),
            },
            (None, Some(expression)) => Ok(License::parse(expression.as_str())),
            (None, None) => wrong("neither `license` nor `expression`"),
            (Some(_), Some(_)) => wrong("both `license` and `expression`"),
        }
    }
}
