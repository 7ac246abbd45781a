//! SLSA provenance v1 (slsa.dev/spec/v1.0/provenance).

use super::resource::ResourceDescriptor;
use crate::json;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

pub(super) const TYPE: &str = "https://slsa.dev/provenance/v1";

/// How the subject was built, as its signer claims: worth no more than the signer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SlsaProvenanceV1 {
    build_definition: BuildDefinition,
    run_details: RunDetails,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct BuildDefinition {
    build_type: String,
    external_parameters: Option<Box<RawValue>>,
    internal_parameters: Option<Box<RawValue>>,
    #[serde(default)]
    resolved_dependencies: Vec<ResourceDescriptor>,
}

#[derive(Debug, Clone, Deserialize)]
struct RunDetails {
    builder: Builder,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Debug, Clone, Deserialize)]
struct Builder {
    id: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    /// BuildKit and others write it as in-toto's library for Go once did (moby/buildkit, `docs/attestations`).
    #[serde(default, alias = "invocationID", deserialize_with = "text_or_number")]
    invocation_id: Option<String>,
}

/// It is a text; GitLab's own provenance has a number (docs.gitlab.com/ci/pipeline_security/slsa/provenance_v1).
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Number(u64),
    }
    let written = Option::deserialize(deserializer)?;
    Ok(written.map(|written| match written {
        Written::Text(text) => text,
        Written::Number(number) => number.to_string(),
    }))
}

impl SlsaProvenanceV1 {
    pub(super) fn parse(predicate: &str) -> serde_json::Result<Self> {
        json::from_slice(predicate.as_bytes())
    }

    /// `buildDefinition.buildType`: a URI that says how to read the parameters.
    pub fn build_type(&self) -> &str {
        &self.build_definition.build_type
    }

    /// `buildDefinition.externalParameters`, as JSON: what whoever started the build could choose.
    pub fn external_parameters(&self) -> Option<&str> {
        self.build_definition.external_parameters.as_deref().map(RawValue::get)
    }

    /// `buildDefinition.internalParameters`, as JSON: what the platform chose.
    pub fn internal_parameters(&self) -> Option<&str> {
        self.build_definition.internal_parameters.as_deref().map(RawValue::get)
    }

    /// `buildDefinition.resolvedDependencies`: what went into the build, the source among them.
    pub fn resolved_dependencies(&self) -> &[ResourceDescriptor] {
        &self.build_definition.resolved_dependencies
    }

    /// `runDetails.builder.id`: a URI that names the platform that is trusted to have run the build.
    pub fn builder_id(&self) -> &str {
        &self.run_details.builder.id
    }

    /// `runDetails.metadata.invocationId`: the run.
    pub fn invocation_id(&self) -> Option<&str> {
        self.run_details.metadata.invocation_id.as_deref()
    }
}
