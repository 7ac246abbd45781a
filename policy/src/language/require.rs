//! What is demanded of an artifact.

use super::{
    age::Age,
    by::By,
    contents::{Sbom, Vsa, Vulnerabilities, When},
    error::{Fault, PolicyError},
    pattern::Exact,
    position::{At, Position},
    provenance::Provenance,
};
use bulla_verify::SIGN_V1;
use core::{fmt, num::NonZeroUsize};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A requirement. It always says by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Require {
    /// Every one of these.
    All(#[schemars(length(min = 1))] Vec<At<Self>>),
    /// At least one of these.
    Any(#[schemars(length(min = 1))] Vec<At<Self>>),
    /// So many of these, each met by a signer of its own: whoever meets two of them counts once.
    AtLeast(AtLeast),
    /// A signature over the artifact itself. An attestation by the same signer is not one.
    Signed(Signed),
    /// An attestation about the artifact.
    Attested(Attested),
    /// SLSA provenance of the artifact, by its builder.
    Provenance(At<Box<Provenance>>),
    /// A scan report that has not found too much.
    Vulnerabilities(Box<Vulnerabilities>),
    /// An SBOM without what must not be in it.
    Sbom(Box<Sbom>),
    /// A verification summary.
    Vsa(Box<Vsa>),
}

/// So many of several requirements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AtLeast {
    /// How many.
    pub count: NonZeroUsize,
    /// Of these, each of which asks for something that somebody signed.
    #[schemars(length(min = 1))]
    pub of: Vec<At<Require>>,
}

/// A signature over the artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Signed {
    /// Whose.
    pub by: At<By>,
    /// How long ago it may have been made, by *verified* times only: without one it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Age>,
    /// Who has to vouch for it besides what the root demands anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<At<Witnessed>>,
}

/// An attestation about the artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attested {
    /// The type of its predicate: a URI, or the short name of one.
    #[serde(rename = "type")]
    pub predicate_type: PredicateType,
    /// Whose.
    pub by: At<By>,
    /// A condition over what is attested, and over its signer.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
    /// How long ago it may have been made, by *verified* times only: without one it does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age: Option<Age>,
    /// Who has to vouch for it besides what the root demands anyway.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<At<Witnessed>>,
}

/// Who vouches for a signature. Each is counted once, however often it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Witnessed {
    /// How many logs hold an entry about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<NonZeroUsize>,
    /// How many authorities have stated when it was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<NonZeroUsize>,
    /// Logs and timestamp authorities, by their names in the trusted root, each of which has to be among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Exact>,
}

/// The type of a predicate: a URI.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PredicateType {
    written: String,
    uri: String,
}

/// The short names, as cosign and `bulla attest` have them.
const SHORT: [(&str, &str); 12] = [
    ("slsaprovenance", "https://slsa.dev/provenance/v0.2"),
    ("slsaprovenance02", "https://slsa.dev/provenance/v0.2"),
    ("slsaprovenance1", "https://slsa.dev/provenance/v1"),
    ("link", "https://in-toto.io/Link/v1"),
    ("spdx", "https://spdx.dev/Document"),
    ("spdxjson", "https://spdx.dev/Document"),
    ("cyclonedx", "https://cyclonedx.org/bom"),
    ("vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"),
    ("openvex", "https://openvex.dev/ns"),
    ("custom", "https://cosign.sigstore.dev/attestation/v1"),
    ("vsa", "https://slsa.dev/verification_summary/v1"),
    ("scai", "https://in-toto.io/attestation/scai/attribute-report"),
];

impl PredicateType {
    /// The URI.
    pub fn uri(&self) -> &str {
        &self.uri
    }
}

impl TryFrom<String> for PredicateType {
    type Error = Fault;

    fn try_from(written: String) -> Result<Self, Fault> {
        if written.is_empty() {
            let message = "an attestation's type cannot be empty";
            return Err(Fault::new("predicate-type-empty", message, "name its URI: every type would do otherwise"));
        }
        if written == SIGN_V1 {
            let message = format!("a statement of type `{SIGN_V1}` is a signature, not an attestation");
            return Err(Fault::new("predicate-type-reserved", message, "demand it with `signed`"));
        }
        let short = SHORT.iter().find(|(short, _)| *short == written);
        match short {
            Some((_, uri)) => Ok(Self { uri: (*uri).to_owned(), written }),
            None if written.contains(':') => Ok(Self { uri: written.clone(), written }),
            None => {
                let message = format!("`{written}` is no type of an attestation");
                Err(Fault::new("predicate-type-malformed", message, "name its URI, or a short name such as `spdx`"))
            }
        }
    }
}

impl From<PredicateType> for String {
    fn from(predicate_type: PredicateType) -> Self {
        predicate_type.written
    }
}

impl fmt::Display for PredicateType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.uri)
    }
}

impl JsonSchema for PredicateType {
    fn schema_name() -> Cow<'static, str> {
        "PredicateType".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The type of a predicate: a URI, or the short name of one.",
            "anyOf": [{ "enum": SHORT.map(|(short, _)| short) }, { "type": "string", "pattern": ":" }],
        })
    }
}

impl Require {
    /// A signature by that signer.
    pub fn signed(by: By) -> Self {
        Self::Signed(Signed { by: At::nowhere(by), max_age: None, witnessed: None })
    }

    /// An attestation of that type by that signer.
    pub fn attested(predicate_type: PredicateType, by: By) -> Self {
        Self::Attested(Attested { predicate_type, by: At::nowhere(by), when: None, max_age: None, witnessed: None })
    }

    /// The same, with an entry in so many logs; none is what is demanded anyway.
    #[must_use]
    pub fn logged(mut self, logs: usize) -> Self {
        let demanded = NonZeroUsize::new(logs);
        if let Self::Signed(Signed { witnessed, .. }) | Self::Attested(Attested { witnessed, .. }) = &mut self {
            *witnessed = demanded.map(|_| At::nowhere(Witnessed { logs: demanded, times: None, names: Vec::new() }));
        }
        self
    }

    /// Any of these; the only one itself.
    #[must_use]
    pub fn any(mut of: Vec<Self>) -> Self {
        match (of.pop(), of.is_empty()) {
            (Some(only), true) => only,
            (last, _) => Self::Any(of.into_iter().chain(last).map(At::nowhere).collect()),
        }
    }

    /// Every one of these; the only one itself, and nothing of none.
    pub(crate) fn every(mut of: Vec<Self>) -> Option<Self> {
        match (of.pop()?, of.is_empty()) {
            (only, true) => Some(only),
            (last, false) => Some(Self::All(of.into_iter().chain([last]).map(At::nowhere).collect())),
        }
    }

    /// The signers that it names, to be completed, and whether it matters when they signed.
    pub(super) fn each_by(
        &mut self,
        visit: &mut impl FnMut(&mut At<By>, bool) -> Result<(), PolicyError>,
    ) -> Result<(), PolicyError> {
        match self {
            Self::All(of) | Self::Any(of) | Self::AtLeast(AtLeast { of, .. }) => {
                of.iter_mut().try_for_each(|part| part.each_by(visit))
            }
            Self::Signed(Signed { by, max_age, witnessed })
            | Self::Attested(Attested { by, max_age, witnessed, .. }) => {
                visit(by, max_age.is_some() || witnessed.is_some())
            }
            Self::Provenance(_) => Ok(()),
            Self::Vulnerabilities(report) => {
                visit(&mut report.by, report.max_age.is_some() || report.witnessed.is_some())?;
                report.vex.as_mut().map_or(Ok(()), |by| visit(by, false))
            }
            Self::Sbom(sbom) => visit(&mut sbom.by, sbom.max_age.is_some() || sbom.witnessed.is_some()),
            Self::Vsa(vsa) => visit(&mut vsa.by, vsa.max_age.is_some() || vsa.witnessed.is_some()),
        }
    }

    /// The roots under which builders' certificates have to have been issued.
    pub(super) fn builders_roots(&self) -> Vec<(&str, Position)> {
        match self {
            Self::All(of) | Self::Any(of) | Self::AtLeast(AtLeast { of, .. }) => {
                of.iter().flat_map(|part| part.builders_roots()).collect()
            }
            Self::Signed(_) | Self::Attested(_) | Self::Vulnerabilities(_) | Self::Sbom(_) | Self::Vsa(_) => Vec::new(),
            Self::Provenance(provenance) => vec![(provenance.root(), provenance.position())],
        }
    }

    /// What it is made of, down to what one bundle meets.
    pub(super) fn leaves<'a>(&'a self, found: &mut Vec<&'a Self>) {
        match self {
            Self::All(of) | Self::Any(of) | Self::AtLeast(AtLeast { of, .. }) => {
                of.iter().for_each(|part| part.leaves(found));
            }
            leaf => found.push(leaf),
        }
    }

    /// What is demanded, without what it is made of.
    pub(crate) fn heading(&self) -> String {
        match self {
            Self::All(_) => "all of these".to_owned(),
            Self::Any(_) => "any of these".to_owned(),
            Self::AtLeast(AtLeast { count, .. }) => format!("{count} of these, each by a signer of its own"),
            leaf => leaf.to_string(),
        }
    }

    fn is_leaf(&self) -> bool {
        !matches!(self, Self::All(_) | Self::Any(_) | Self::AtLeast(_))
    }

    fn witnessed(&self) -> Option<&At<Witnessed>> {
        match self {
            Self::Signed(Signed { witnessed, .. }) | Self::Attested(Attested { witnessed, .. }) => witnessed.as_ref(),
            Self::Provenance(provenance) => provenance.witnessed.as_ref(),
            Self::Vulnerabilities(report) => report.witnessed.as_ref(),
            Self::Sbom(sbom) => sbom.witnessed.as_ref(),
            Self::Vsa(vsa) => vsa.witnessed.as_ref(),
            Self::All(_) | Self::Any(_) | Self::AtLeast(_) => None,
        }
    }
}

impl At<Require> {
    /// What its parts allow each by itself, and all of them together do not.
    pub(super) fn check(&self) -> Result<(), PolicyError> {
        match &**self {
            Require::All(of) => check_parts("all", of, self)?,
            Require::Any(of) => check_parts("any", of, self)?,
            Require::AtLeast(AtLeast { count, of }) => {
                check_parts("atLeast", of, self)?;
                if count.get() > of.len() {
                    let message = format!("{count} are demanded of {}: nothing could ever meet that", of.len());
                    return Err(
                        Fault::new("threshold-too-high", message, "lower `count`, or name more").at(self.position())
                    );
                }
                if let Some(part) = of.iter().find(|part| !part.is_leaf()) {
                    let hint = "name `signed` or `attested` here, and combine with `all` or `any` outside";
                    let message = "`atLeast` counts signers, and this is several requirements in one";
                    return Err(Fault::new("threshold-of-groups", message, hint).at(part.position()));
                }
            }
            Require::Signed(_) | Require::Attested(_) | Require::Sbom(_) | Require::Vsa(_) => {}
            Require::Vulnerabilities(report) => report.check()?,
            Require::Provenance(provenance) => {
                provenance.check().map_err(|fault| fault.at(provenance.position()))?;
            }
        }
        match self.witnessed() {
            Some(witnessed) if **witnessed == Witnessed { logs: None, times: None, names: Vec::new() } => {
                let hint = "demand `logs`, `times` or `names`, or take it out";
                Err(Fault::new("demands-nothing", "`witnessed` demands nothing", hint).at(witnessed.position()))
            }
            _ => Ok(()),
        }
    }
}

fn check_parts(what: &str, of: &[At<Require>], whole: &At<Require>) -> Result<(), PolicyError> {
    if of.is_empty() {
        let message = format!("`{what}` of nothing demands nothing");
        return Err(Fault::new("demands-nothing", message, "name what is demanded").at(whole.position()));
    }
    for (at, part) in of.iter().enumerate() {
        if of.iter().take(at).any(|before| before == part) {
            let hint = "take it out: it changes nothing, and something else may have been meant";
            return Err(Fault::new("demanded-twice", "the same is demanded twice", hint).at(part.position()));
        }
        part.check()?;
    }
    Ok(())
}

impl fmt::Display for Require {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let several = |f: &mut fmt::Formatter<'_>, of: &[At<Self>], between: &str| {
            of.iter().enumerate().try_for_each(|(at, part)| {
                let (open, close) = if part.is_leaf() { ("", "") } else { ("(", ")") };
                write!(f, "{}{open}{}{close}", if at == 0 { "" } else { between }, **part)
            })
        };
        match self {
            Self::All(of) => several(f, of, " and "),
            Self::Any(of) => several(f, of, " or "),
            Self::AtLeast(AtLeast { count, of }) => {
                write!(f, "{count} of: ")?;
                several(f, of, ", ")
            }
            Self::Signed(Signed { by, .. }) => write!(f, "signed by {}", **by),
            Self::Attested(Attested { predicate_type, by, .. }) => {
                write!(f, "attested as `{predicate_type}` by {}", **by)
            }
            Self::Provenance(provenance) => write!(f, "{}", ***provenance),
            Self::Vulnerabilities(report) => {
                let max: Vec<_> = report
                    .max
                    .iter()
                    .map(|(severity, most)| format!("{most} {}", severity.severity().as_str()))
                    .collect();
                write!(f, "a scan with at most {} findings by {}", max.join(", "), *report.by)
            }
            Self::Sbom(sbom) => write!(f, "an SBOM by {}", *sbom.by),
            Self::Vsa(vsa) => write!(f, "verified by {}, says {}", vsa.verifier, *vsa.by),
        }
    }
}
