//! `OpenVEX` (github.com/openvex/spec, OPENVEX-SPEC.md, v0.0.1 to v0.2.0).

use super::{
    Origin, Statement, Status, Vex,
    component::{Component, Listed, Wire, part},
    malformed, moment,
};
use crate::{
    budget,
    document::{
        DocumentError, read, shown,
        wire::{List, Text, distinct, said},
        within,
    },
};
use bulla_verify::Time;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::Arc;

const FORMAT: &str = "an OpenVEX document";

/// How its versions are named (`@context`); the bare one is any.
const CONTEXT: &str = "https://openvex.dev/ns";

/// Whether a version is read; nothing of what is no version of it.
pub(super) fn expect_version(context: &str) -> Option<Result<(), DocumentError>> {
    Some(match context.strip_prefix(CONTEXT)? {
        "" | "/" | "/v0.0.1" | "/v0.0.2" | "/v0.2.0" => Ok(()),
        version => Err(DocumentError::UnsupportedVersion {
            format: "OpenVEX",
            expected: "v0.0.1 to v0.2.0",
            found: shown(version.trim_start_matches('/')),
        }),
    })
}

pub(super) fn parse(document: &[u8]) -> Result<Vex, DocumentError> {
    let wire: WireDocument<'_> = read(FORMAT, document)?;
    let timestamp = moment(FORMAT, "timestamp", &wire.timestamp)?;
    let mut parts = 0;
    let statements = wire.statements.all("statements")?;
    if statements.is_empty() {
        return Err(DocumentError::malformed(FORMAT, "it has no statements"));
    }
    let statements = statements.into_iter().map(|json| statement(json, timestamp, &mut parts));
    Ok(Vex {
        origin: Arc::new(Origin { document: wire.id.into_string(), author: wire.author.into_string() }),
        timestamp,
        statements: statements.collect::<Result<_, _>>()?,
    })
}

fn statement(json: &RawValue, issued: Time, parts: &mut usize) -> Result<Statement, DocumentError> {
    let wire: WireStatement<'_> = read(FORMAT, json.get().as_bytes())?;
    let status = Status::parse(wire.status.as_str());
    let status = status.ok_or_else(|| malformed(FORMAT, "status", wire.status.as_str()))?;
    let shared = counted(wire.subcomponents.as_slice("subcomponents")?, parts)?;
    let products = wire.products.as_ref().map(|products| products.as_slice("products")).transpose()?;
    let products =
        products.map(|products| products.iter().map(|json| listed(json, &shared, parts)).collect::<Result<_, _>>());
    Ok(Statement {
        names: named(wire.vulnerability)?.into(),
        products: products.transpose()?,
        reason: reason(status, &wire)?.into(),
        status,
        time: wire.timestamp.as_ref().map_or(Ok(issued), |time| moment(FORMAT, "timestamp", time))?,
    })
}

#[derive(Deserialize)]
struct WireDocument<'a> {
    #[serde(rename = "@id")]
    id: Text,
    author: Text,
    timestamp: Text,
    #[serde(borrow)]
    statements: List<&'a RawValue, { budget::STATEMENTS }>,
}

#[derive(Deserialize)]
struct WireStatement<'a> {
    /// An object; in v0.0.1 a text.
    #[serde(borrow)]
    vulnerability: &'a RawValue,
    timestamp: Option<Text>,
    /// Objects; in v0.0.1 texts.
    #[serde(borrow)]
    products: Option<List<&'a RawValue, { budget::COMPONENTS }>>,
    /// In v0.0.1 those of all products.
    #[serde(borrow, default)]
    subcomponents: List<&'a RawValue, { budget::COMPONENTS }>,
    status: Text,
    justification: Option<Text>,
    impact_statement: Option<Text>,
    action_statement: Option<Text>,
}

#[derive(Deserialize)]
struct Vulnerability {
    #[serde(rename = "@id")]
    id: Option<Text>,
    name: Option<Text>,
    #[serde(default)]
    aliases: List<Text, { budget::NAMES }>,
}

/// The name, the aliases and the IRI. Trivy writes the name as the IRI, and no name.
fn named(vulnerability: &RawValue) -> Result<Vec<String>, DocumentError> {
    let json = vulnerability.get();
    let names = if json.starts_with('"') {
        vec![read::<Text>(FORMAT, json.as_bytes())?.into_string()]
    } else {
        let Vulnerability { id, name, aliases } = read(FORMAT, json.as_bytes())?;
        let aliases = aliases.all("names of a vulnerability")?;
        distinct(said(name).into_iter().chain(aliases.into_iter().map(Text::into_string)).chain(said(id)))
    };
    match names.iter().any(|name| !name.is_empty()) {
        true => Ok(names),
        false => Err(DocumentError::malformed(FORMAT, "a vulnerability has no name")),
    }
}

fn listed(json: &RawValue, shared: &[Component], parts: &mut usize) -> Result<Listed, DocumentError> {
    let text = json.get();
    let (component, own) = if text.starts_with('"') {
        (part(FORMAT, json)?, Vec::new())
    } else {
        let wire: Wire<'_, { budget::COMPONENTS }> = read(FORMAT, text.as_bytes())?;
        (wire.component(), wire.subcomponents.all("subcomponents")?)
    };
    let own = counted(&own, parts)?;
    *parts += 1 + shared.len();
    within("components", budget::COMPONENTS, *parts)?;
    Ok(Listed { component, subcomponents: shared.iter().cloned().chain(own).collect() })
}

/// As many as the whole document may have.
fn counted(components: &[&RawValue], parts: &mut usize) -> Result<Vec<Component>, DocumentError> {
    *parts += components.len();
    within("components", budget::COMPONENTS, *parts)?;
    components.iter().map(|json| part(FORMAT, json)).collect()
}

/// `not_affected` has to say why ("Note on `justification` and `impact_statement`").
fn reason(status: Status, wire: &WireStatement<'_>) -> Result<String, DocumentError> {
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.as_str().to_owned()).filter(|text| !text.is_empty());
    let justification = text(&wire.justification);
    if let Some(label) = justification.as_deref().filter(|label| !JUSTIFICATIONS.contains(label)) {
        return Err(malformed(FORMAT, "justification", label));
    }
    let said = [justification, text(&wire.impact_statement), text(&wire.action_statement)];
    let said = said.into_iter().flatten().collect::<Vec<_>>().join(": ");
    match (status, said.as_str()) {
        (Status::NotAffected, "") => {
            Err(DocumentError::malformed(FORMAT, "a statement of `not_affected` does not say why"))
        }
        _ => Ok(said),
    }
}

/// "Status Justifications" of the specification.
const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];
